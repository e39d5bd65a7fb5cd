#include "codegen/emit/selfcheck.h"

#include "codegen/emit/quote.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- what all have ---- */

const char *selfcheck_suffix(struct arena *a, uint32_t stage)
{
    return arena_printf(a, "_check_%u", stage + 1);
}

void selfcheck_outputs(const struct header *h, struct text *out)
{
    header_outputs(h, out);
}

static int64_t count_at(const struct header *h, const struct ir_shape *s, const int64_t *dim)
{
    int64_t n = 1;
    for (unsigned k = 0; k < s->rank; k++) n *= size_at(h->p->tables->sizes, s->dim[k], dim);
    return n;
}

static void put_real(const struct header *h, double x, struct text *out)
{
    if (isnan(x))
        text_printf(out, "(%s)NAN", h->real);
    else if (isinf(x))
        text_printf(out, "%s(%s)INFINITY", x < 0 ? "-" : "", h->real);
    else {
        text_real(out, x, h->o->single);
        if (h->o->single) text_char(out, 'f');
    }
}

static void put_values(const struct header *h, const char *name, bool whole, const struct emit_array *v, struct text *out)
{
    text_printf(out, "    static const %s %s[%lld] = {", whole ? "int32_t" : h->real, name, (long long)v->n);
    for (int64_t k = 0; k < v->n; k++) {
        text_put(out, k % 8 ? " " : "\n        ");
        if (whole)
            text_printf(out, "%lld", (long long)v->value[k]);
        else
            put_real(h, v->value[k], out);
        text_char(out, ',');
    }
    text_put(out, "\n    };\n");
}

/* Arguments of forward and grad, as they are called here. */
static void put_arguments(const struct header *h, enum ir_entry_kind kind, const char *in, const char *outs, struct text *out)
{
    const char *const *name = header_parameters(h, kind);
    for (int i = 0; name[i]; i++) {
        if (i) text_put(out, ", ");
        if (!strcmp(name[i], "in"))
            text_put(out, in);
        else if (!strcmp(name[i], "out"))
            text_put(out, outs);
        else
            text_printf(out, "%s%s", strcmp(name[i], "w") ? "&w->check." : "", name[i]);
    }
}

static void put_fresh(const struct header *h, const char *seed, struct text *out)
{
    if (h->p->params.n) text_printf(out, "    (void)%s_init(&w->check.p, %s);\n", h->prefix, seed);
    if (h->abi->state.fields.n) text_printf(out, "    (void)%s_state_init(&w->check.s, %s);\n", h->prefix, seed);
}

static bool compares(const struct emit_options *o)
{
    bool any = false;
    for (uint32_t i = 0; i < o->n_stages; i++)
        for (uint32_t k = 0; k < o->stage[i].program->outputs.n; k++) any |= o->stage[i].program->outputs.at[k].name[0] == 'q';
    return any;
}

void selfcheck_begin(const struct header *h, struct text *out)
{
    text_put(out, "\n/* ---- the model's tests, and a derivative ---- */\n\n");
    if (!compares(h->o)) return;
    text_printf(out,
                "/* Is a farther from b than a test allows? within < 0: as the language has it. NaN equals NaN. */\n"
                "static int %s_far(double a, double b, double within)\n{\n"
                "    const double size = fabs(b) > 1 && fabs(b) <= 1.7976931348623157e308 ? fabs(b) : 1;\n"
                "    double allowed = within < 0 ? 1e-9 * size : within;\n",
                h->prefix);
    if (h->o->single) text_put(out, "    if (allowed < 1e-5 * size) allowed = 1e-5 * size;\n");
    text_put(out, "    if (a == b || (a != a && b != b)) return 0;\n    return !(fabs(a - b) <= allowed);\n}\n");
}

/* ---- a stage of a test ---- */

static void set_input(const struct header *h, uint32_t i, const struct emit_array *v, struct text *tables, struct text *out)
{
    const char *path = abi_find(&h->abi->inputs, ABI_INPUT, i)->path;
    const struct ir_array *x = &h->p->inputs.at[i];
    if (!v->value) return;
    if (x->shape->rank) {
        const char *name = arena_printf(out->arena, "%s_values", path);
        put_values(h, name, x->type == IR_INT, v, tables);
        text_printf(out, "    in.%s = %s;\n", path, name);
        return;
    }
    text_printf(out, "    in.%s = ", path);
    if (x->type == IR_INT)
        text_printf(out, "%lld", (long long)v->value[0]);
    else
        put_real(h, v->value[0], out);
    text_put(out, ";\n");
}

static void set_held(const struct header *h, char where, const struct abi_field *f, const struct emit_array *v, uint32_t i,
                     struct text *tables, struct text *out)
{
    if (!v->value) return;
    const char *name = arena_printf(out->arena, "%c%u_values", where, i + 1);
    put_values(h, name, f->type == ABI_INT, v, tables);
    text_printf(out, "    memcpy(&w->check.%c.%s, %s, sizeof %s);\n", where, f->path, name, name);
}

/* Memory for the outputs that are arrays. */
static void place_outputs(const struct header *h, const int64_t *dim, struct check_room *room, struct text *out)
{
    struct check_room mine = {0, 0};
    for (uint32_t i = 0; i < h->p->outputs.n; i++) {
        const struct ir_array *x = &h->p->outputs.at[i];
        if (!x->shape->rank) continue;
        size_t n = (size_t)count_at(h, x->shape, dim), *used = x->type == IR_INT ? &mine.ints : &mine.reals;
        text_printf(out, "    out.%s = w->check.%s + %zu;\n", x->name, x->type == IR_INT ? "whole" : "real", *used);
        *used += n;
    }
    if (mine.reals > room->reals) room->reals = mine.reals;
    if (mine.ints > room->ints) room->ints = mine.ints;
}

static const struct ir_array *find_output(const struct ir_program *p, char what, uint32_t expect)
{
    char name[24];
    snprintf(name, sizeof name, "%c%u", what, expect);
    for (uint32_t i = 0; i < p->outputs.n; i++)
        if (!strcmp(p->outputs.at[i].name, name)) return &p->outputs.at[i];
    return NULL;
}

static const char *element(const struct ir_array *x, struct arena *a)
{
    return x ? arena_printf(a, "(double)out.%s%s", x->name, x->shape->rank ? "[i]" : "") : "-1";
}

static void judge(const struct header *h, uint32_t expect, const int64_t *dim, struct text *out)
{
    const struct ir_array *e = find_output(h->p, 'e', expect), *q = find_output(h->p, 'q', expect), *t = find_output(h->p, 't', expect);
    int64_t n = count_at(h, e->shape, dim);
    struct arena *a = out->arena;
    if (q && q->shape->rank && count_at(h, q->shape, dim) != n) n = 0;
    if (e->shape->rank && n) text_printf(out, "    for (size_t i = 0; i < %lld; i++)\n    ", (long long)n);
    if (!n)
        text_put(out, "    ");
    else if (q)
        text_printf(out, "    if (%s_far(%s, %s, %s)) ", h->prefix, element(e, a), element(q, a), element(t, a));
    else
        text_printf(out, "    if (!(%s < 0 || %s > 0)) ", element(e, a), element(e, a));
    text_printf(out, "return %s_E_CHECK;\n", h->upper);
}

void selfcheck_stage(const struct header *h, const struct emit_stage *s, uint32_t stage, struct check_room *room, struct text *out)
{
    struct arena *a = out->arena;
    const char *suffix = selfcheck_suffix(a, stage);
    struct text tables = text_new(a), body = text_new(a);
    for (uint32_t d = 0; d < h->p->dims.n; d++)
        text_printf(&body, "    in.%s = %lld;\n", abi_find(&h->abi->inputs, ABI_DIM, d)->path, (long long)s->dim[d]);
    for (uint32_t i = 0; i < h->p->inputs.n; i++) set_input(h, i, &s->input[i], &tables, &body);
    put_fresh(h, "1", &body);
    for (uint32_t i = 0; i < h->p->params.n; i++)
        set_held(h, 'p', abi_find(&h->abi->params, ABI_PARAM, i), &s->param[i], i, &tables, &body);
    for (uint32_t i = 0; i < h->p->states.n; i++)
        set_held(h, 's', abi_find(&h->abi->state, ABI_STATE, i), &s->state[i], i, &tables, &body);
    place_outputs(h, s->dim, room, &body);
    text_printf(&body, "    if (%s_forward%s(", h->prefix, suffix);
    put_arguments(h, ENTRY_FORWARD, "&in", "&out", &body);
    text_printf(&body, ")) return %s_E_CHECK;\n", h->upper);
    for (uint32_t i = 0; find_output(h->p, 'e', i); i++) judge(h, i, s->dim, &body);
    text_put(out, "\n/* test \"");
    quote_text(out, s->title, strlen(s->title), 100);
    text_printf(out, "\" */\nstatic %s_status %s%s(%s_work *w)\n{\n", h->prefix, h->prefix, suffix, h->prefix);
    text_printf(out, "%s    %s_inputs in;\n    %s%s_outputs out;\n", tables.n ? tables.s : "", h->prefix, h->prefix, suffix);
    text_printf(out, "    memset(&in, 0, sizeof in);\n    memset(&out, 0, sizeof out);\n%s    return %s_OK;\n}\n", body.s, h->upper);
}

/* ---- a derivative ---- */

struct varied { /* parameters first, then inputs whose gradient is an output */
    int64_t params, all;
};

/* The gradient of input i, or NULL. */
static const struct abi_field *gradient_of(const struct header *h, uint32_t i)
{
    for (uint32_t k = 0; k < h->p->wrt.n && h->p->inputs.at[i].type == IR_REAL; k++)
        if (!strcmp(h->p->wrt.at[k].name + 2, h->p->inputs.at[i].name)) return abi_find(&h->abi->outputs, ABI_WRT, k);
    return NULL;
}

static struct varied count_varied(const struct header *h)
{
    struct varied v = {0, 0};
    for (uint32_t i = 0; i < h->p->params.n; i++) v.params += (int64_t)h->abi->params.fields.at[i].count;
    v.all = v.params;
    for (uint32_t i = 0; i < h->p->inputs.n; i++)
        if (gradient_of(h, i)) v.all += count_at(h, h->p->inputs.at[i].shape, h->o->point->dim);
    return v;
}

/* The objective where `at` stands, with the same state and random numbers each time. */
static void put_objective(const struct header *h, const struct varied *v, struct text *out)
{
    const char *loss = "";
    for (uint32_t i = 0; i < h->p->outputs.n; i++)
        if (h->p->outputs.at[i].node == h->p->objective) loss = abi_find(&h->abi->outputs, ABI_OUTPUT, i)->path;
    text_printf(out,
                "\nstatic double %s_at(%s_inputs *in, %s_outputs *out, double step, uint64_t seed, %s_work *w)\n{\n"
                "    %s *const at = w->check.real, *const base = at + %lld, *const along = base + %lld;\n"
                "    for (size_t i = 0; i < %lld; i++) at[i] = (%s)((double)base[i] + step * (double)along[i]);\n",
                h->prefix, h->prefix, h->prefix, h->prefix, h->real, (long long)v->all, (long long)v->all, (long long)v->all,
                h->real);
    if (v->params) text_put(out, "    memcpy(&w->check.p, at, sizeof w->check.p);\n");
    int64_t at = v->params;
    for (uint32_t i = 0; i < h->p->inputs.n; i++) {
        const struct ir_array *x = &h->p->inputs.at[i];
        if (!gradient_of(h, i)) continue;
        text_printf(out, "    in->%s = at%s%lld%s;\n", abi_find(&h->abi->inputs, ABI_INPUT, i)->path,
                    x->shape->rank ? " + " : "[", (long long)at, x->shape->rank ? "" : "]");
        at += count_at(h, x->shape, h->o->point->dim);
    }
    if (h->abi->state.fields.n)
        text_printf(out, "    (void)%s_state_init(&w->check.s, seed);\n", h->prefix);
    else
        text_put(out, "    (void)seed;\n");
    text_printf(out, "    if (%s_grad(", h->prefix);
    put_arguments(h, ENTRY_GRAD, "in", "out", out);
    text_printf(out, ")) return (double)NAN;\n    return (double)out->%s;\n}\n", loss);
}

/* `n` numbers of the point go to `to`. */
static void put_drawn(const struct header *h, const char *to, int64_t n, const struct emit_array *sample, const char *table,
                      int64_t below, struct text *out)
{
    text_printf(out, "        for (size_t i = 0; i < %lld; i++) ", (long long)n);
    if (sample->value)
        text_printf(out, "%s[i] = %s[i];\n", to, table);
    else if (below)
        text_printf(out, "%s[i] = (int32_t)(%s_draw(&r) * %lld);\n", to, h->prefix, (long long)below);
    else
        text_printf(out, "%s[i] = (%s)(point %% 2 ? 0.2 + 0.7 * %s_draw(&r) : 2 * %s_draw(&r) - 1);\n", to, h->real, h->prefix,
                    h->prefix);
}

/* Inputs of the point: their tables, what is set once, what is drawn at each point. */
static void put_point(const struct header *h, const struct varied *v, struct check_room *room, struct text *tables,
                      struct text *once, struct text *each)
{
    const struct emit_stage *s = h->o->point;
    size_t reals = 4 * (size_t)v->all - (size_t)v->params, ints = 0;
    int64_t varied = v->params;
    struct arena *a = once->arena;
    for (uint32_t d = 0; d < h->p->dims.n; d++)
        text_printf(once, "    in.%s = %lld;\n", abi_find(&h->abi->inputs, ABI_DIM, d)->path, (long long)s->dim[d]);
    for (uint32_t i = 0; i < h->p->inputs.n; i++) {
        const struct ir_array *x = &h->p->inputs.at[i];
        const char *path = abi_find(&h->abi->inputs, ABI_INPUT, i)->path, *table = arena_printf(a, "%s_values", path);
        int64_t n = count_at(h, x->shape, s->dim);
        int64_t below = x->type == IR_REAL ? 0 : x->below ? size_at(h->p->tables->sizes, x->below, s->dim) : 3;
        const struct emit_array *sample = &s->input[i];
        if (sample->value) put_values(h, table, x->type == IR_INT, sample, tables);
        if (gradient_of(h, i)) {
            put_drawn(h, arena_printf(a, "(base + %lld)", (long long)varied), n, sample, table, below, each);
            varied += n;
            continue;
        }
        size_t *used = x->type == IR_INT ? &ints : &reals;
        const char *to = arena_printf(a, "(w->check.%s + %zu)", x->type == IR_INT ? "whole" : "real", *used);
        put_drawn(h, to, n, sample, table, below, each);
        text_printf(x->shape->rank ? once : each, "%s    in.%s = %s%s;\n", x->shape->rank ? "" : "    ", path, to,
                    x->shape->rank ? "" : "[0]");
        *used += (size_t)n;
    }
    if (reals > room->reals) room->reals = reals;
    if (ints > room->ints) room->ints = ints;
}

/* Gradients of inputs stand behind the three arrays, in their order. */
static void put_gradients(const struct header *h, const struct varied *v, struct text *once, struct text *after)
{
    int64_t at = 0;
    for (uint32_t i = 0; i < h->p->inputs.n; i++) {
        const struct abi_field *d = gradient_of(h, i);
        if (!d) continue;
        if (h->p->inputs.at[i].shape->rank)
            text_printf(once, "    out.%s = w->check.real + %lld;\n", d->path, (long long)(3 * v->all + at));
        else
            text_printf(after, "        w->check.real[%lld] = out.%s;\n", (long long)(3 * v->all + at), d->path);
        at += count_at(h, h->p->inputs.at[i].shape, h->o->point->dim);
    }
}

static void put_slope(const struct header *h, const struct varied *v, struct text *out)
{
    const char *g = "g[i]";
    if (v->params) text_printf(out, "        const %s *const g = (const %s *)(const void *)&w->check.g;\n", h->real, h->real);
    if (v->params < v->all) {
        text_printf(out, "        const %s *const d = w->check.real + %lld;\n", h->real, (long long)(3 * v->all));
        g = v->params ? arena_printf(out->arena, "(i < %lld ? g[i] : d[i - %lld])", (long long)v->params, (long long)v->params) : "d[i]";
    }
    text_printf(out,
                "        double slope = 0;\n"
                "        for (size_t i = 0; i < %lld; i++) {\n"
                "            const double by = (double)%s, size = fabs((double)base[i]), stride = 0.5 + %s_draw(&r);\n"
                "            along[i] = (%s)((by < 0 ? -stride : stride) * (size > 0.1 ? size : 0.1));\n"
                "            slope += (double)along[i] * by;\n        }\n",
                (long long)v->all, g, h->prefix, h->real);
}

static void put_derivative(const struct header *h, const struct varied *v, struct check_room *room, struct text *out)
{
    struct arena *a = out->arena;
    struct text tables = text_new(a), once = text_new(a), each = text_new(a), after = text_new(a);
    put_point(h, v, room, &tables, &once, &each);
    put_gradients(h, v, &once, &after);
    text_printf(out,
                "\nstatic double %s_draw(uint64_t *r)\n{\n    *r = *r * 6364136223846793005u + 1442695040888963407u;\n"
                "    return (double)(int64_t)(*r >> 11) / 9007199254740992.0;\n}\n",
                h->prefix);
    put_objective(h, v, out);
    text_printf(out,
                "\n/* Along a direction in which the objective grows the gradient's slope is that of the objective itself, at one of\n"
                " * four points and for one of four steps: elsewhere there may be kinks. */\n"
                "static %s_status %s_check_derivative(uint64_t seed, %s_work *w)\n{\n%s", h->prefix, h->prefix, h->prefix,
                tables.n ? tables.s : "");
    text_printf(out, "    static const double steps[4] = {%s};\n", h->o->single ? "1e-1, 3e-2, 1e-2, 3e-3" : "1e-2, 1e-3, 1e-4, 1e-5");
    text_printf(out, "    %s *const base = w->check.real + %lld, *const along = base + %lld;\n", h->real, (long long)v->all,
                (long long)v->all);
    text_printf(out, "    %s_inputs in;\n    %s_outputs out;\n    uint64_t r = seed * 2 + 1;\n", h->prefix, h->prefix);
    text_printf(out, "    memset(&in, 0, sizeof in);\n    memset(&out, 0, sizeof out);\n%s", once.n ? once.s : "");
    text_put(out, "    for (unsigned point = 0; point < 4; point++) {\n");
    if (v->params)
        text_printf(out, "        (void)%s_init(&w->check.p, seed + point);\n        memcpy(base, &w->check.p, sizeof w->check.p);\n",
                    h->prefix);
    text_printf(out, "%s        memset(along, 0, %lld * sizeof *along);\n", each.n ? each.s : "", (long long)v->all);
    text_printf(out, "        const double f = %s_at(&in, &out, 0, seed, w);\n%s", h->prefix, after.n ? after.s : "");
    put_slope(h, v, out);
    text_printf(out,
                "        for (unsigned k = 0; k < 4; k++) {\n            const double h = steps[k];\n"
                "            const double up = %s_at(&in, &out, h, seed, w), down = %s_at(&in, &out, -h, seed, w);\n"
                "            const double by = (up - down) / (2 * h), size = fabs(by) > fabs(slope) ? fabs(by) : fabs(slope);\n"
                "            if (fabs(by - slope) <= %s * size + %s * (fabs(f) + fabs(up) + fabs(down)) / h) return %s_OK;\n"
                "        }\n    }\n    return %s_E_CHECK;\n}\n",
                h->prefix, h->prefix, h->o->single ? "3e-2" : "1e-4", h->o->single ? "1e-6" : "1e-15", h->upper, h->upper);
}

void selfcheck_end(const struct header *h, struct check_room *room, struct text *out)
{
    bool derives = h->o->point && h->present[ENTRY_GRAD];
    struct varied v = {0, 0};
    if (derives) v = count_varied(h);
    derives = derives && v.all > 0;
    if (derives) put_derivative(h, &v, room, out);
    text_printf(out, "\n%s_status %s_selfcheck(uint64_t seed, %s_work *w)\n{\n    if (!w) return %s_E_NULL;\n", h->prefix, h->prefix,
                h->prefix, h->upper);
    for (uint32_t i = 0; i < h->o->n_stages; i++)
        text_printf(out, "    if (%s%s(w)) return %s_E_CHECK;\n", h->prefix, selfcheck_suffix(out->arena, i), h->upper);
    if (derives)
        text_printf(out, "    return %s_check_derivative(seed, w);\n}\n", h->prefix);
    else
        text_printf(out, "    (void)seed;\n    return %s_OK;\n}\n", h->upper);
}
