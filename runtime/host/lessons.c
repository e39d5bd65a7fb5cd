/* What `nngen explain NAME` adds from lessons.def. Its examples are run when they are asked for. */
#include "runtime/host/host.h"

#include <stdlib.h>
#include <string.h>

#define ONE(n, values, y)                                                                                              \
    "input x[" #n "] = [" values "]\noutput y = " y "\noutput slope = grad(sum(y), x)\n"
#define TWO(n, u, v, y)                                                                                                \
    "input a[" #n "] = [" u "]\ninput b[" #n "] = [" v "]\noutput y = " y                                              \
    "\noutput slope_a = grad(sum(y), a)\noutput slope_b = grad(sum(y), b)\n"
#define STEPS(stages) "param p = 1\nloss e = p**2\ntrain " stages "\n"

static const struct lesson lessons[] = {
#define LESSON(name, math, shapes, edges, example) {#name, math, shapes, edges, example, false},
#define RULE(name, math, shapes, edges, example) {#name, math, shapes, edges, example, true},
#include "runtime/host/lessons.def"
#undef LESSON
#undef RULE
};
enum { LESSONS = sizeof lessons / sizeof *lessons, STEPS_SHOWN = 3 };

const struct lesson *lesson_of(const char *name)
{
    for (size_t i = 0; i < LESSONS; i++)
        if (!strcmp(lessons[i].name, name)) return &lessons[i];
    return NULL;
}

void put_indented(struct text *out, const char *s)
{
    for (bool begins = true; *s; begins = *s++ == '\n') {
        if (begins && *s != '\n') text_put(out, "    ");
        text_char(out, *s);
    }
}

/* Nested lists of the axes from `axis` on; returns where the next one begins. */
static const double *put_list(struct text *out, const double *v, int axis, int rank, const int64_t *dim)
{
    if (axis == rank) {
        text_short(out, *v);
        return v + 1;
    }
    text_char(out, '[');
    for (int64_t i = 0; i < dim[axis]; i++) {
        if (i) text_put(out, ", ");
        v = put_list(out, v, axis + 1, rank, dim);
    }
    text_char(out, ']');
    return v;
}

static void put_value(struct text *out, struct nngen_model *m, const char *name)
{
    enum { ROOM = 256 };
    double v[ROOM];
    int64_t dim[NNGEN_RANK_MAX];
    int rank = nngen_get(m, name, v, ROOM, dim);
    if (rank < 0) return;
    text_printf(out, "    %s = ", name);
    (void)put_list(out, v, 0, rank, dim);
    text_char(out, '\n');
}

static void put_steps(struct text *out, struct nngen_model *m)
{
    text_put(out, "    p = 1");
    for (int i = 0; i < STEPS_SHOWN && !nngen_step(m); i++) {
        text_put(out, ", ");
        text_short(out, nngen_scalar(m, "p"));
    }
    text_put(out, ", ...\n");
}

/* Outputs; of a layer, which has a loss, the gradients of its parameters; of an optimizer where it goes. */
static void put_results(struct text *out, struct nngen_program *p, struct nngen_model *m)
{
    struct nngen_info info;
    if (nngen_has_step(p)) {
        put_steps(out, m);
        return;
    }
    bool loss = false;
    for (size_t i = 0; !nngen_info(p, NNGEN_OUTPUT, i, &info); i++) loss |= info.is_loss;
    if (loss ? nngen_grad(m) : nngen_forward(m)) return;
    for (size_t i = 0; loss && !nngen_info(p, NNGEN_PARAM, i, &info); i++) put_value(out, m, info.name);
    for (size_t i = 0; !nngen_info(p, NNGEN_OUTPUT, i, &info); i++) put_value(out, m, info.name);
    for (size_t i = 0; loss && !nngen_info(p, NNGEN_GRADIENT, i, &info); i++) put_value(out, m, info.name);
}

static void put_example(struct text *out, const char *example)
{
    text_put(out, "For example\n\n");
    put_indented(out, example);
    struct nngen_program *p = nngen_compile_text(example, strlen(example), "example.nn", NULL);
    struct nngen_model *m = p && nngen_ok(p) ? nngen_model_new(p, NNGEN_INTERP, 1) : NULL;
    text_put(out, "\ngives\n\n");
    if (m)
        put_results(out, p, m);
    else if (p)
        put_indented(out, nngen_messages(p, NNGEN_FULL, 0));
    nngen_model_free(m);
    nngen_program_free(p);
    text_char(out, '\n');
}

static const char *const usual_shapes[] = {
    [LESSON_OTHER] = "", [LESSON_ELEMENT] = "any; the result has it, and several arguments broadcast to one",
    [LESSON_OPTIMIZER] = "p, its gradient g and the states have the parameter's", [LESSON_RATE] = "a number for each t"};

static bool tells_of_g(const char *math)
{
    static const char part[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (const char *s = math; (s = strchr(s, 'g')); s++)
        if ((s == math || !strchr(part, s[-1])) && (!s[1] || !strchr(part, s[1]))) return true;
    return false;
}

void lesson_put(struct text *out, const struct lesson *l, enum lesson_kind kind)
{
    for (const char *s = l->math; *s;) { /* a line a sentence */
        const char *end = strstr(s, ";  ");
        size_t n = end ? (size_t)(end - s) : strlen(s);
        text_put(out, "  ");
        text_putn(out, s, n);
        text_put(out, end ? "\n" : "\n\n");
        s += end ? n + 3 : n;
    }
    const char *shapes = *l->shapes ? l->shapes : usual_shapes[kind];
    if (tells_of_g(l->math)) text_put(out, "g is what the result receives.\n\n");
    if (*shapes) text_printf(out, "Shapes: %s.\n", shapes);
    if (*l->edges) text_printf(out, "At the edges: %s.\n", l->edges);
    if (*shapes || *l->edges) text_char(out, '\n');
    if (*l->example) put_example(out, l->example);
}
