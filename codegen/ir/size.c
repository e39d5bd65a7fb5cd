#include "codegen/ir/size.h"

#include <assert.h>
#include <string.h>

/* A monomial is the sorted list of its dims, a square names its dim twice. A polynomial is a list of terms, the larger
 * monomial first: by degree, then by the smaller dim. That is a monomial order, which exact division needs. */
enum { DEGREE_MAX = 12 };

struct term {
    int64_t coefficient; /* not 0 */
    uint8_t degree;
    uint16_t dim[DEGREE_MAX];
};

struct poly {
    uint32_t n;
    const struct term *term;
};

struct run_time_dim {
    const char *name;
    int64_t max;
};

/* Constants below FIRST are themselves; FIRST + i is polynomial i. */
#define FIRST ((ir_size)0xC0000000u)

struct ir_sizes {
    struct arena *arena;
    vec(struct run_time_dim) dims;
    vec(struct poly) polys;
    uint32_t *slot; /* polynomial index + 1, by content */
    uint32_t n_slots;
    vec(struct term) work; /* terms being put together */
};

struct ir_sizes *sizes_new(struct arena *a)
{
    struct ir_sizes *t = arena_new(a, struct ir_sizes);
    t->arena = a;
    t->n_slots = 64;
    t->slot = arena_many(a, uint32_t, t->n_slots);
    return t;
}

static uint64_t hash_poly(const struct poly *p)
{
    uint64_t h = p->n;
    for (uint32_t i = 0; i < p->n; i++) {
        h = hash_bytes(h, &p->term[i].coefficient, sizeof p->term[i].coefficient);
        h = hash_bytes(h, p->term[i].dim, p->term[i].degree * sizeof p->term[i].dim[0]);
    }
    return h;
}

/* Above 0 where a is the larger monomial. */
static int compare_monomials(const struct term *a, const struct term *b)
{
    if (a->degree != b->degree) return a->degree > b->degree ? 1 : -1;
    for (unsigned i = 0; i < a->degree; i++)
        if (a->dim[i] != b->dim[i]) return a->dim[i] < b->dim[i] ? 1 : -1;
    return 0;
}

static bool equal_polys(const struct poly *a, const struct poly *b)
{
    if (a->n != b->n) return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (a->term[i].coefficient != b->term[i].coefficient || compare_monomials(&a->term[i], &b->term[i]))
            return false;
    return true;
}

static uint32_t *find_slot(const struct ir_sizes *t, const struct poly *p)
{
    uint32_t i = (uint32_t)hash_poly(p) & (t->n_slots - 1);
    while (t->slot[i] && !equal_polys(&t->polys.at[t->slot[i] - 1], p)) i = (i + 1) & (t->n_slots - 1);
    return &t->slot[i];
}

static void grow_slots(struct ir_sizes *t)
{
    t->n_slots *= 2;
    t->slot = arena_many(t->arena, uint32_t, t->n_slots);
    for (uint32_t i = 0; i < t->polys.n; i++) *find_slot(t, &t->polys.at[i]) = i + 1;
}

/* The number of the sorted terms p, which are copied when they are new. */
static ir_size intern(struct ir_sizes *t, struct poly p)
{
    if (p.n == 0) return 0;
    if (p.n == 1 && p.term[0].degree == 0 && p.term[0].coefficient > 0 && p.term[0].coefficient < (int64_t)FIRST)
        return (ir_size)p.term[0].coefficient;
    uint32_t *at = find_slot(t, &p);
    if (*at) return FIRST + (*at - 1);
    if (FIRST + t->polys.n == SIZE_BAD) return SIZE_BAD;
    struct term *copy = arena_many(t->arena, struct term, p.n);
    memcpy(copy, p.term, p.n * sizeof *copy);
    p.term = copy;
    vec_push(t->arena, &t->polys, p);
    *at = t->polys.n;
    if (t->polys.n * 2 > t->n_slots) grow_slots(t);
    return FIRST + (t->polys.n - 1);
}

/* The terms of s; `constant` is room for those of a plain number. */
static struct poly poly_of(const struct ir_sizes *t, ir_size s, struct term *constant)
{
    if (s >= FIRST) return t->polys.at[s - FIRST];
    *constant = (struct term){.coefficient = s};
    return (struct poly){.n = s ? 1 : 0, .term = constant};
}

/* Adds a term to the sorted work list. False on overflow. */
static bool add_term(struct ir_sizes *t, struct term x)
{
    uint32_t i = 0;
    while (i < t->work.n && compare_monomials(&t->work.at[i], &x) > 0) i++;
    if (i < t->work.n && compare_monomials(&t->work.at[i], &x) == 0) {
        int64_t *c = &t->work.at[i].coefficient;
        if (__builtin_add_overflow(*c, x.coefficient, c) || *c == INT64_MIN) return false;
        if (*c == 0) {
            memmove(&t->work.at[i], &t->work.at[i + 1], (t->work.n - i - 1) * sizeof x);
            t->work.n--;
        }
        return true;
    }
    vec_push(t->arena, &t->work, x);
    memmove(&t->work.at[i + 1], &t->work.at[i], (t->work.n - 1 - i) * sizeof x);
    t->work.at[i] = x;
    return true;
}

static bool multiply(const struct term *a, const struct term *b, struct term *out)
{
    if (a->degree + b->degree > DEGREE_MAX) return false;
    *out = (struct term){.degree = (uint8_t)(a->degree + b->degree)};
    if (__builtin_mul_overflow(a->coefficient, b->coefficient, &out->coefficient)) return false;
    if (out->coefficient == INT64_MIN) return false; /* so that every coefficient has a negative */
    for (unsigned i = 0, j = 0; i + j < out->degree;) {
        bool from_a = j == b->degree || (i < a->degree && a->dim[i] <= b->dim[j]);
        unsigned k = i + j;
        out->dim[k] = from_a ? a->dim[i++] : b->dim[j++];
    }
    return true;
}

/* a / b where it comes out as one term. */
static bool divide(const struct term *a, const struct term *b, struct term *out)
{
    if (a->coefficient % b->coefficient != 0 || a->degree < b->degree) return false;
    *out = (struct term){.coefficient = a->coefficient / b->coefficient};
    unsigned j = 0;
    for (unsigned i = 0; i < a->degree; i++) {
        if (j < b->degree && a->dim[i] == b->dim[j])
            j++;
        else
            out->dim[out->degree++] = a->dim[i];
    }
    return j == b->degree;
}

static ir_size take_work(struct ir_sizes *t)
{
    return intern(t, (struct poly){.n = t->work.n, .term = t->work.at});
}

/* a + scale * b * by, into the work list. */
static bool add_product(struct ir_sizes *t, const struct poly *b, struct term by)
{
    for (uint32_t i = 0; i < b->n; i++) {
        struct term x;
        if (!multiply(&b->term[i], &by, &x) || !add_term(t, x)) return false;
    }
    return true;
}

static ir_size combine(struct ir_sizes *t, ir_size a, ir_size b, int64_t scale)
{
    if (a == SIZE_BAD || b == SIZE_BAD) return SIZE_BAD;
    struct term ca, cb;
    struct poly pa = poly_of(t, a, &ca), pb = poly_of(t, b, &cb);
    t->work.n = 0;
    if (!add_product(t, &pa, (struct term){.coefficient = 1})) return SIZE_BAD;
    if (!add_product(t, &pb, (struct term){.coefficient = scale})) return SIZE_BAD;
    return take_work(t);
}

uint32_t size_new_dim(struct ir_sizes *t, const char *name, int64_t max)
{
    assert(max >= 1 && t->dims.n < UINT16_MAX);
    struct run_time_dim d = {name, max};
    vec_push(t->arena, &t->dims, d);
    return t->dims.n - 1;
}

ir_size size_of_dim(struct ir_sizes *t, uint32_t dim)
{
    assert(dim < t->dims.n);
    struct term x = {.coefficient = 1, .degree = 1, .dim = {(uint16_t)dim}};
    return intern(t, (struct poly){.n = 1, .term = &x});
}

ir_size size_const(struct ir_sizes *t, int64_t v)
{
    struct term x = {.coefficient = v};
    return intern(t, (struct poly){.n = v ? 1 : 0, .term = &x});
}

/* Most sizes are plain numbers, whose sums and products nearly always are. */
static bool plain(ir_size a, ir_size b)
{
    return a < FIRST && b < FIRST;
}

ir_size size_add(struct ir_sizes *t, ir_size a, ir_size b)
{
    if (plain(a, b) && (uint64_t)a + b < FIRST) return a + b;
    return combine(t, a, b, 1);
}

ir_size size_sub(struct ir_sizes *t, ir_size a, ir_size b)
{
    if (plain(a, b) && a >= b) return a - b;
    return combine(t, a, b, -1);
}

ir_size size_mul(struct ir_sizes *t, ir_size a, ir_size b)
{
    if (plain(a, b) && (uint64_t)a * b < FIRST) return (ir_size)((uint64_t)a * b);
    if (a == 1 || b == 1) return a == 1 ? b : a;
    if (a == SIZE_BAD || b == SIZE_BAD) return SIZE_BAD;
    struct term ca, cb;
    struct poly pa = poly_of(t, a, &ca), pb = poly_of(t, b, &cb);
    t->work.n = 0;
    for (uint32_t i = 0; i < pa.n; i++)
        if (!add_product(t, &pb, pa.term[i])) return SIZE_BAD;
    return take_work(t);
}

ir_size size_div(struct ir_sizes *t, ir_size a, ir_size b)
{
    if (a == SIZE_BAD || b == SIZE_BAD || b == 0) return SIZE_BAD;
    if (plain(a, b)) return a % b ? SIZE_BAD : a / b;
    struct term ca, cb;
    struct poly pa = poly_of(t, a, &ca), pb = poly_of(t, b, &cb);
    t->work.n = 0; /* what is left of a */
    if (!add_product(t, &pa, (struct term){.coefficient = 1})) return SIZE_BAD;
    vec(struct term) quotient = {0};
    while (t->work.n) {
        struct term q, minus;
        if (!divide(&t->work.at[0], &pb.term[0], &q)) return SIZE_BAD;
        vec_push(t->arena, &quotient, q);
        minus = q;
        minus.coefficient = -q.coefficient;
        if (!add_product(t, &pb, minus)) return SIZE_BAD;
    }
    return intern(t, (struct poly){.n = quotient.n, .term = quotient.at});
}

bool size_known(const struct ir_sizes *t, ir_size s, int64_t *v)
{
    if (s == SIZE_BAD) return false;
    if (s < FIRST) {
        *v = s;
        return true;
    }
    struct term c;
    struct poly p = poly_of(t, s, &c);
    if (p.n > 1 || (p.n == 1 && p.term[0].degree)) return false;
    *v = p.n ? p.term[0].coefficient : 0;
    return true;
}

/* Saturating: sizes that overflow are larger than anything that is allowed. */
static int64_t mul_most(int64_t a, int64_t b)
{
    int64_t r;
    if (!__builtin_mul_overflow(a, b, &r)) return r;
    return (a < 0) == (b < 0) ? INT64_MAX : INT64_MIN;
}

static int64_t add_most(int64_t a, int64_t b)
{
    int64_t r;
    if (!__builtin_add_overflow(a, b, &r)) return r;
    return a > 0 ? INT64_MAX : INT64_MIN;
}

int64_t size_at(const struct ir_sizes *t, ir_size s, const int64_t *dims)
{
    struct term c;
    struct poly p = poly_of(t, s, &c);
    int64_t sum = 0;
    for (uint32_t i = 0; i < p.n; i++) {
        int64_t x = p.term[i].coefficient;
        for (unsigned k = 0; k < p.term[i].degree; k++) x = mul_most(x, dims[p.term[i].dim[k]]);
        sum = add_most(sum, x);
    }
    return sum;
}

/* Terms of one sign at their largest, those of the other at their smallest, which is with every dim at 1. */
static int64_t extreme(const struct ir_sizes *t, ir_size s, bool most)
{
    if (s == SIZE_BAD) return most ? INT64_MAX : INT64_MIN;
    if (s < FIRST) return s;
    struct term c;
    struct poly p = poly_of(t, s, &c);
    int64_t sum = 0;
    for (uint32_t i = 0; i < p.n; i++) {
        int64_t x = p.term[i].coefficient;
        bool at_max = (x > 0) == most;
        for (unsigned k = 0; at_max && k < p.term[i].degree; k++) x = mul_most(x, t->dims.at[p.term[i].dim[k]].max);
        sum = add_most(sum, x);
    }
    return sum;
}

int64_t size_bound(const struct ir_sizes *t, ir_size s)
{
    return extreme(t, s, true);
}

int64_t size_least(const struct ir_sizes *t, ir_size s)
{
    return extreme(t, s, false);
}

static void print_term(const struct ir_sizes *t, const struct term *x, bool first,
                       const char *(*dim_text)(void *, uint32_t), void *user, struct text *out)
{
    bool negative = x->coefficient < 0;
    if (first)
        text_put(out, negative ? "-" : "");
    else
        text_put(out, negative ? " - " : " + ");
    uint64_t size = negative ? -(uint64_t)x->coefficient : (uint64_t)x->coefficient;
    if (size != 1 || x->degree == 0) text_printf(out, "%llu%s", (unsigned long long)size, x->degree ? "*" : "");
    for (unsigned k = 0; k < x->degree; k++) {
        uint32_t dim = x->dim[k];
        if (k) text_char(out, '*');
        text_put(out, dim_text ? dim_text(user, dim) : t->dims.at[dim].name);
    }
}

void size_print(const struct ir_sizes *t, ir_size s, const char *(*dim_text)(void *user, uint32_t dim), void *user,
                struct text *out)
{
    if (s == SIZE_BAD) {
        text_put(out, "?");
        return;
    }
    struct term c;
    struct poly p = poly_of(t, s, &c);
    if (p.n == 0) text_char(out, '0');
    uint32_t lead = 0; /* `5 - N` rather than `-N + 5` */
    while (lead < p.n && p.term[lead].coefficient < 0) lead++;
    if (lead == p.n) lead = 0;
    if (p.n) print_term(t, &p.term[lead], true, dim_text, user, out);
    for (uint32_t i = 0; i < p.n; i++)
        if (i != lead) print_term(t, &p.term[i], false, dim_text, user, out);
}
