#include "codegen/emit/conv.h"

#include <string.h>

enum { X, W, Y, SIDES, AROUND_MOST = 4, SAMPLES_LEAST = 4, AXES_LEAST = 4 /* of what is convolved */, ROW_AXES_LEAST = 3, ROW_LEAST = 4 };

/* A label on its way to a place in the kernel's shape. */
struct role {
    int label; /* -1: none */
    int64_t size; /* 0: run-time, of the lanes alone */
};

struct found {
    ir_id id;
    struct access operand[2];
    unsigned side[SIDES];              /* which operand is x, w and y: 2 is the result */
    ir_size numbers_by[SIDES][LABELS_MAX], extent[LABELS_MAX], first_number, pixel;
    int64_t by[SIDES][LABELS_MAX], size[LABELS_MAX]; /* pixels of x and y, numbers of w */
    bool in[SIDES][LABELS_MAX];
    struct role lanes, samples, outs, rows, cols, u, c, v, around[AROUND_MOST];
    unsigned n_around;
    const struct guard *row_guard, *col_guard;
    int64_t first;
};

static bool known(struct unit *u, ir_size s, int64_t *v)
{
    return size_known(u->sizes, s, v);
}

static void spread(const struct affine *flat, ir_size *by)
{
    for (unsigned k = 0; k < flat->n; k++)
        if (flat->term[k].var < LABELS_MAX) by[flat->term[k].var] = flat->term[k].by;
}

static struct affine flat_of(struct unit *u, const struct access *a)
{
    return a->flat ? a->offset : index_flatten(u, &a->at, ir_at(u->g, a->base)->shape);
}

/* Sizes and distances by operand, as `side` has them. */
static void read_sides(struct unit *u, struct found *f)
{
    const struct ir_node *n = ir_at(u->g, f->id);
    const int64_t *label = n->attr + 3;
    for (unsigned i = 0; i < 3; i++) {
        const struct ir_shape *s = i < 2 ? ir_at(u->g, n->arg[i])->shape : n->shape;
        unsigned side = f->side[X] == i ? X : f->side[W] == i ? W : Y;
        struct index at = {.rank = s->rank};
        for (unsigned k = 0; k < s->rank; k++, label++) {
            at.at[k] = s->dim[k] == 1 ? affine_size(0) : affine_var((uint8_t)*label);
            f->in[side][*label] = true;
            f->extent[*label] = s->dim[k];
        }
        struct affine flat;
        if (i < 2) {
            access_follow(u, n->arg[i], &at, &f->operand[i]);
            flat = flat_of(u, &f->operand[i]);
        } else
            flat = index_flatten(u, &at, s);
        if (side == X) f->first_number = flat.plus;
        spread(&flat, f->numbers_by[side]);
    }
}

/* A distance in pixels of so many numbers. */
static bool in_pixels(struct unit *u, ir_size numbers, ir_size lanes, int64_t *pixels)
{
    ir_size whole = numbers ? size_div(u->sizes, numbers, lanes) : numbers;
    return whole != SIZE_BAD && known(u, whole, pixels);
}

/* How many numbers a pixel is: some may be nobody's. */
static ir_size pixel_of(struct unit *u, const struct found *f, unsigned side)
{
    ir_id base = f->side[side] < 2 ? f->operand[f->side[side]].base : f->id;
    const struct ir_shape *s = ir_at(u->g, base)->shape;
    return s->rank ? s->dim[s->rank - 1] : 0;
}

/* The lanes: the label whose entries are neighbours in both x and y; all other distances are in pixels. */
static bool find_lanes(struct unit *u, struct found *f)
{
    int at = -1;
    for (int l = 0; l < LABELS_MAX; l++)
        if (f->in[X][l] && f->in[Y][l] && !f->in[W][l] && f->numbers_by[X][l] == 1 && f->numbers_by[Y][l] == 1) at = l;
    if (at < 0) return false;
    ir_size lanes = u->in_rows ? size_const(u->sizes, 1) : pixel_of(u, f, X);
    f->lanes = (struct role){at, 0};
    if (!lanes || (!u->in_rows && pixel_of(u, f, Y) != lanes)) return false;
    f->pixel = lanes;
    known(u, f->extent[at], &f->lanes.size);
    if (f->lanes.size && f->lanes.size < SAMPLES_LEAST) return false;
    if (!in_pixels(u, f->first_number, lanes, &f->first)) return false;
    for (int l = 0; l < LABELS_MAX; l++) {
        if (l == at) continue;
        if (!known(u, f->extent[l], &f->size[l]) || !known(u, f->numbers_by[W][l], &f->by[W][l])) return false;
        if (!in_pixels(u, f->numbers_by[X][l], lanes, &f->by[X][l]) || !in_pixels(u, f->numbers_by[Y][l], lanes, &f->by[Y][l])) return false;
    }
    return true;
}

static int64_t coefficient(struct unit *u, const struct affine *a, int label)
{
    int64_t by = 0;
    for (unsigned k = 0; label >= 0 && k < a->n; k++)
        if (a->term[k].var == label) known(u, a->term[k].by, &by);
    return by;
}

/* The label of those in x and `with`, not in `without`, that is least far apart there and not yet taken. */
static struct role nearest(const struct found *f, unsigned with, unsigned without, const bool *taken)
{
    struct role r = {-1, 1};
    for (int l = 0; l < LABELS_MAX; l++) {
        if (taken[l] || !f->in[X][l] || !f->in[with][l] || f->in[without][l] || f->size[l] == 1) continue;
        if (r.label >= 0 && f->by[X][r.label] <= f->by[X][l]) continue;
        r = (struct role){l, f->size[l]};
    }
    return r;
}

static struct role take(struct role r, bool *taken)
{
    if (r.label >= 0) taken[r.label] = true;
    return r;
}

/* The tap that moves along the same axis as this label: what a guard says, or the nearest that is left. */
static struct role tap_of(const struct found *f, const struct guard *g, bool *taken)
{
    for (unsigned k = 0; g && k < g->at.n; k++) {
        uint8_t l = g->at.term[k].var;
        if (l < LABELS_MAX && !taken[l] && f->in[W][l] && f->in[X][l]) return take((struct role){l, f->size[l]}, taken);
    }
    return take(nearest(f, W, Y, taken), taken);
}

static const struct guard *guard_of(struct unit *u, const struct access *a, int label)
{
    for (unsigned k = 0; label >= 0 && k < a->n_guards; k++)
        if (coefficient(u, &a->guard[k].at, label)) return &a->guard[k];
    return NULL;
}

static bool has_terms(const struct guard *g, struct role a, struct role b)
{
    for (unsigned k = 0; g && k < g->at.n; k++)
        if (g->at.term[k].var != a.label && g->at.term[k].var != b.label) return false;
    return true;
}

/* Which label plays which part. */
static bool cast(struct unit *u, struct found *f)
{
    bool taken[LABELS_MAX] = {false};
    const struct access *x = &f->operand[f->side[X]];
    unsigned n_guards = 0;
    take(f->lanes, taken);
    f->cols = take(nearest(f, Y, W, taken), taken);
    f->rows = take(nearest(f, Y, W, taken), taken);
    f->col_guard = guard_of(u, x, f->cols.label);
    f->row_guard = guard_of(u, x, f->rows.label);
    f->samples = take(nearest(f, Y, W, taken), taken);
    f->v = tap_of(f, f->col_guard, taken);
    if (f->row_guard || f->v.label < 0)
        f->u = tap_of(f, f->row_guard, taken);
    else { /* the farthest of two: the channels go inside rows */
        f->u = (struct role){-1, 1};
        bool others[LABELS_MAX];
        memcpy(others, taken, sizeof others);
        struct role near = take(nearest(f, W, Y, others), others), far = nearest(f, W, Y, others);
        f->u = take(far.label >= 0 || near.label < 0 ? near : far, taken);
    }
    f->c = take(nearest(f, W, Y, taken), taken);
    f->outs = (struct role){-1, 1};
    for (int l = 0; l < LABELS_MAX; l++) {
        if (taken[l] || f->size[l] <= 1) continue;
        if (!f->in[X][l] && f->in[W][l] && f->in[Y][l] && f->outs.label < 0)
            f->outs = take((struct role){l, f->size[l]}, taken);
        else if (f->in[W][l] && f->in[Y][l] && f->n_around < AROUND_MOST)
            f->around[f->n_around++] = take((struct role){l, f->size[l]}, taken);
        else
            return false;
    }
    n_guards = f->row_guard ? 1 : 0;
    n_guards += f->col_guard ? 1 : 0;
    return n_guards == x->n_guards && has_terms(f->row_guard, f->rows, f->u) && has_terms(f->col_guard, f->cols, f->v);
}

static bool in_memory(struct unit *u, const struct access *a)
{
    return emit_in_memory(u, a->base) && ir_at(u->g, a->base)->shape->rank > 0;
}

/* Some axis of x is read through a window: at a place of the result and a tap. */
static bool has_window(const struct found *f, const struct access *x)
{
    for (unsigned k = 0; !x->flat && k < x->at.rank; k++) {
        bool place = false, tap = false;
        for (unsigned i = 0; i < x->at.at[k].n; i++) {
            uint8_t l = x->at.at[k].term[i].var;
            place |= f->in[Y][l] && !f->in[W][l];
            tap |= f->in[W][l] && !f->in[Y][l];
        }
        if (place && tap) return true;
    }
    return x->n_guards > 0;
}

static bool try_sides(struct unit *u, ir_id id, unsigned x, unsigned w, unsigned y, struct found *f)
{
    memset(f, 0, sizeof *f);
    f->id = id;
    f->side[X] = x, f->side[W] = w, f->side[Y] = y;
    read_sides(u, f);
    if (!find_lanes(u, f) || !cast(u, f)) return false;
    if (u->in_rows && (!f->lanes.size || f->lanes.size < ROW_LEAST || !has_window(f, &f->operand[x]))) return false;
    for (unsigned i = 0; i < 2; i++)
        if (!in_memory(u, &f->operand[i]) || (i != x && f->operand[i].n_guards)) return false;
    if (!f->n_around || has_window(f, &f->operand[x])) return true;
    bool apart = u->o->style == EMIT_JIT; /* else many products of matrices, as in attention */
    for (unsigned k = 0; k < f->n_around; k++) apart = apart && !f->in[X][f->around[k].label];
    return apart;
}

static bool find(struct unit *u, ir_id id, struct found *f)
{
    const struct ir_node *n = ir_at(u->g, id);
    if ((!u->in_lanes && !u->in_rows) || n->shape->rank == 0 || emit_adds(u, id)) return false;
    for (unsigned x = 0; x < 2; x++) {
        if (n->attr[x] < (u->in_rows ? ROW_AXES_LEAST : AXES_LEAST)) continue;
        struct found back;
        bool is = try_sides(u, id, x, 1 - x, 2, f), more = !is || u->in_rows;
        more = more && try_sides(u, id, x, 2, 1 - x, &back) && (!is || back.lanes.size > f->lanes.size);
        if (more) *f = back;
        if (is || more) return true;
    }
    return false;
}

bool conv_is(struct unit *u, ir_id id)
{
    struct found f;
    return find(u, id, &f);
}

/* Whether it is a row in memory with an entry for each output, read as an array like the result. */
static bool is_bias(struct unit *u, const struct found *f, ir_id id)
{
    const struct ir_node *n = ir_at(u->g, id), *product = ir_at(u->g, f->id);
    if (n->op != OP_expand || ir_at(u->g, n->arg[0])->shape->rank != 1 || !emit_in_memory(u, n->arg[0])) return false;
    const int64_t *label = product->attr + product->n_attr - product->shape->rank;
    for (unsigned k = 0; k < n->shape->rank; k++)
        if ((n->attr[k] >= 0) != (label[k] == f->outs.label)) return false;
    return f->outs.label >= 0 && f->side[Y] == 2 && !f->n_around;
}

ir_id conv_in_sum(struct unit *u, ir_id id)
{
    const struct ir_node *n = ir_at(u->g, id);
    struct found f;
    for (unsigned i = 0; i < 2 && n->op == OP_add; i++) {
        ir_id x = n->arg[i];
        bool alone = ir_at(u->g, x)->op == OP_contract && u->value[x].uses == 1;
        if (alone && find(u, x, &f) && is_bias(u, &f, n->arg[1 - i])) return x;
    }
    return 0;
}

uint32_t conv_shared_labels(struct unit *u, ir_id id, bool *outputs)
{
    struct found f;
    if (!find(u, id, &f)) return 0;
    *outputs = f.side[W] == 2;
    int l = f.side[W] == 2 ? f.outs.label : f.samples.label;
    return l < 0 || f.n_around ? 0 : 1u << l;
}

/* ---- text ---- */

static void set_guard(struct unit *u, const struct guard *g, struct role at, struct role tap, int64_t *most, int64_t *step,
                      int64_t *tap_step, int64_t *first)
{
    int64_t lo, hi, plus;
    if (!g) return;
    known(u, g->lo, &lo);
    known(u, g->hi, &hi);
    known(u, g->at.plus, &plus);
    *most = hi - lo;
    *step = coefficient(u, &g->at, at.label);
    *tap_step = coefficient(u, &g->at, tap.label);
    *first = plus - lo;
}

static int64_t by(const struct found *f, unsigned side, struct role r)
{
    return r.label < 0 ? 0 : f->by[side][r.label];
}

static void shape_of(struct unit *u, const struct found *f, struct conv *c)
{
    memset(c, 0, sizeof *c);
    c->back = f->side[W] == 2;
    struct conv_shape s = {
        .samples = f->samples.size, .x_b = by(f, X, f->samples), .y_b = by(f, Y, f->samples),
        .outs = f->outs.size, .w_o = by(f, W, f->outs), .y_o = by(f, Y, f->outs),
        .rows = f->rows.size, .x_i = by(f, X, f->rows), .y_i = by(f, Y, f->rows),
        .cols = f->cols.size, .x_j = by(f, X, f->cols), .y_j = by(f, Y, f->cols),
        .nu = f->u.size, .x_u = by(f, X, f->u), .w_u = by(f, W, f->u),
        .nc = f->c.size, .x_c = by(f, X, f->c), .w_c = by(f, W, f->c),
        .nv = f->v.size, .x_v = by(f, X, f->v), .w_v = by(f, W, f->v),
        .first = f->first,
    };
    set_guard(u, f->row_guard, f->rows, f->u, &s.tall, &s.i_step, &s.u_step, &s.i_first);
    set_guard(u, f->col_guard, f->cols, f->v, &s.wide, &s.j_step, &s.v_step, &s.j_first);
    c->shape = s;
    c->lanes = f->lanes.size;
    known(u, f->pixel, &c->pixel);
    c->n_around = f->n_around;
    for (unsigned k = 0; k < f->n_around; k++) {
        c->around[k] = f->around[k].size;
        for (unsigned i = 0; i < SIDES; i++) c->around_by[k][i] = by(f, i, f->around[k]);
    }
}

static const char *function_of(struct unit *u, const struct conv *c)
{
    struct calls *calls = u->calls;
    struct arena *a = u->p->tables->arena;
    for (uint32_t i = 0; i < calls->convs.n; i++) {
        const struct conv *d = &calls->convs.at[i];
        if (d->back == c->back && d->adds == c->adds && d->lanes == c->lanes && d->pixel == c->pixel && !memcmp(&d->shape, &c->shape, sizeof c->shape) && d->n_around == c->n_around &&
            !memcmp(d->around, c->around, sizeof c->around) && !memcmp(d->around_by, c->around_by, sizeof c->around_by))
            return d->name;
    }
    struct conv made = *c;
    made.name = arena_printf(a, "%s_%s%u", u->prefix, c->back ? "conv_back" : "conv", calls->convs.n + 1);
    vec_push(a, &calls->convs, made);
    return made.name;
}

/* The first element of what an operand reads; of x that of the array, as zeros may stand before. */
static const char *start(struct body *b, const struct access *a, bool whole)
{
    struct access at = *a;
    struct affine none = affine_size(0);
    for (unsigned k = 0; k < at.at.rank; k++) {
        at.at.at[k].n = 0;
        if (whole) at.at.at[k] = none;
    }
    at.offset.n = 0;
    if (whole) at.offset = none;
    return arena_printf(b->u->scratch, "&%s", emit_memory(b, &at));
}

/* Vectors of less than 64 bytes where the last of these would be less than half full. */
static void limit_vectors(struct unit *u, int64_t lanes)
{
    enum { BYTES_MOST = 64 };
    uint32_t real = u->o->single ? 4 : 8, over = (uint32_t)lanes * real % BYTES_MOST, most = BYTES_MOST;
    if (over && over <= BYTES_MOST / 2) most = BYTES_MOST / 2;
    while (lanes && most > lanes * real) most /= 2;
    if (!u->calls->lane_bytes || most < u->calls->lane_bytes) u->calls->lane_bytes = most;
}

/* From where on an operand is read by one portion, and how much of it there is. */
static const char *portion(struct body *b, const struct found *f, unsigned side)
{
    struct unit *u = b->u;
    int l = b->share.var;
    if (b->share.portions <= 1 || !f->in[side][l]) return "";
    ir_size by = size_mul(u->sizes, f->numbers_by[side][l], size_const(u->sizes, b->share.each));
    return arena_printf(u->scratch, " + %s * %s", u->loop_name[0], emit_size(b, by, PREC_UNARY));
}

static void open_portions(struct body *b, struct found *f)
{
    const char *i = b->u->loop_name[0];
    struct role *r = f->side[W] == 2 ? &f->outs : &f->samples;
    if (b->share.portions <= 1) return;
    r->size = b->share.each;
    emit_line(b, "for (size_t %s = %s; %s < %s; %s++) {", i, b->u->from_name, i, b->u->to_name, i);
    b->indent++;
}

bool conv_print_product(struct body *b, ir_id id)
{
    struct unit *u = b->u;
    struct found f;
    struct conv c;
    ir_id product = u->value[id].conv ? u->value[id].conv : id;
    const struct ir_node *sum = ir_at(u->g, id);
    if (!find(u, product, &f)) return false;
    open_portions(b, &f);
    shape_of(u, &f, &c);
    c.adds = product != id;
    limit_vectors(u, c.lanes);
    struct access to = {.base = id, .at = {.rank = ir_at(u->g, id)->shape->rank}};
    const char *text[3], *name = function_of(u, &c);
    for (unsigned i = 0; i < 2; i++) text[i] = start(b, &f.operand[i], i == f.side[X]);
    text[2] = start(b, &to, true);
    unsigned last = c.back ? Y : W;
    const char *bias = "";
    if (c.adds) {
        struct access row = {.base = ir_at(u->g, sum->arg[sum->arg[0] == product])->arg[0], .at = {.rank = 1}};
        bias = arena_printf(u->scratch, "%s, ", start(b, &row, true));
    }
    const char *n = c.lanes ? "" : arena_printf(u->scratch, "(ptrdiff_t)%s, ", emit_size(b, f.extent[f.lanes.label], PREC_UNARY));
    emit_line(b, "%s(%s%s%s, %s%s, %s%s%s);", name, n, text[f.side[X]], portion(b, &f, X), text[f.side[last]],
              portion(b, &f, last), bias, text[2], portion(b, &f, c.back ? W : Y));
    if (b->share.portions <= 1) return true;
    b->indent--;
    emit_line(b, "}");
    return true;
}

/* In a file the numbers are literals for the compiler to see, in JIT text they are what the kernel is called with. */
static void print_one(const struct header *h, const struct conv *c, struct text *out)
{
    static const char *const at[SIDES] = {"x", "w", "y"};
    const int64_t *value = (const int64_t *)&c->shape;
    const char *from = c->back ? "y" : "w", *to = c->back ? "w" : "y";
    bool jit = h->o->style == EMIT_JIT;
    if (jit)
        text_put(out, "static ");
    else
        text_printf(out, "static %s_APART ", h->upper);
    text_printf(out, "void %s(%sconst %s *x, const %s *%s, ", c->name, c->lanes ? "" : "ptrdiff_t n, ", h->real, h->real, from);
    if (c->adds) text_printf(out, "const %s *bias, ", h->real);
    text_printf(out, "%s *%s)\n{\n", h->real, to);
    text_put(out, jit ? "    static const ptrdiff_t shape[] = {" : "    static const struct nnrt_conv_shape shape = {");
    for (size_t k = 0; k < sizeof c->shape / sizeof *value; k++)
        text_printf(out, "%s%lld", k ? k % 16 ? ", " : ",\n        " : "", (long long)value[k]);
    text_put(out, "};\n    ");
    for (unsigned k = 0; k < c->n_around; k++) text_printf(out, "for (ptrdiff_t g%u = 0; g%u < %lld; g%u++) ", k, k, (long long)c->around[k], k);
    text_put(out, c->back ? "nnrt_conv_back" : "nnrt_conv");
    text_put(out, !jit ? "(&shape, " : h->o->single ? "_f32(shape, " : "_f64(shape, ");
    if (c->lanes)
        text_printf(out, "%lld, %lld", (long long)c->lanes, (long long)c->pixel);
    else
        text_put(out, "n, n");
    static const int order[2][SIDES] = {{X, W, Y}, {X, Y, W}};
    for (unsigned i = 0; i < SIDES; i++) {
        int side = order[c->back][i];
        text_printf(out, ", %s", at[side]);
        for (unsigned k = 0; k < c->n_around; k++) {
            text_printf(out, " + g%u * %lld", k, (long long)c->around_by[k][side]);
            if (side != W) text_put(out, c->lanes ? arena_printf(out->arena, " * %lld", (long long)c->pixel) : " * n");
        }
        if (side == W && !c->back) text_put(out, c->adds ? ", bias" : jit ? ", 0" : ", NULL");
    }
    text_put(out, ");\n}\n\n");
}

void conv_print(const struct header *h, const struct calls *calls, struct text *out)
{
    for (uint32_t i = 0; i < calls->convs.n; i++) print_one(h, &calls->convs.at[i], out);
}

void conv_declare(const struct calls *calls, bool single, struct text *out)
{
    static const char *const name[2] = {"conv", "conv_back"};
    bool called[2] = {false, false};
    for (uint32_t i = 0; i < calls->convs.n; i++) called[calls->convs.at[i].back] = true;
    for (unsigned k = 0; k < 2; k++)
        if (called[k])
            text_printf(out, "void nnrt_%s_%s(const ptrdiff_t *, ptrdiff_t, ptrdiff_t, const real *, const real *, %sreal *);\n", name[k],
                        single ? "f32" : "f64", k ? "" : "const real *, ");
}
