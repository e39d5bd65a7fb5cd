/* Pictures through the public API: what a host gets, and that nothing else moves. */
#include "runtime/include/nngen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char net[] = "dim N <= 4, K = 3\n"
                          "input x[N, 2] = [[1, -1], [0.5, 2]]\n"
                          "input label[N] in K = [2, 0]\n"
                          "p = x |> dense[8](act = tanh) |> dense[K] |> softmax\n"
                          "loss nll = mean[N](nll[K](log(p), label))\n"
                          "output p\n"
                          "train sgd(lr = 0.1)\n";

static struct nngen_program *compile(const char *text)
{
    struct nngen_program *p = nngen_compile_text(text, strlen(text), "m", NULL);
    if (!nngen_ok(p)) print_message("%s", nngen_messages(p, NNGEN_FULL, 0));
    assert_true(nngen_ok(p));
    return p;
}

static void assert_in(const char *text, const char *part)
{
    assert_non_null(text);
    if (!strstr(text, part)) fail_msg("'%s' is not in:\n%s", part, text);
}

static void test_a_picture_twice_is_the_same(void **state)
{
    (void)state;
    struct nngen_program *p = compile(net);
    struct nngen_model *m = nngen_model_new(p, NNGEN_INTERP, 1);
    for (enum nngen_picture as = NNGEN_SVG; as <= NNGEN_PLAIN; as++)
        for (int backward = 0; backward < 2; backward++) {
            char *once = nngen_graph(p, m, as, 1, backward), *again = nngen_graph(p, m, as, 1, backward);
            assert_in(once, "dense1");
            assert_string_equal(once, again);
            nngen_text_free(once);
            nngen_text_free(again);
        }
    nngen_model_free(m);
    nngen_program_free(p);
}

/* Derivatives of every edge are added to the program's graph; its models and texts must not notice. */
static void test_drawing_changes_nothing_else(void **state)
{
    (void)state;
    struct nngen_program *p = compile(net), *q = compile(net);
    struct nngen_model *m = nngen_model_new(p, NNGEN_TCC, 0), *n = nngen_model_new(q, NNGEN_TCC, 0);
    for (int step = 0; step < 3; step++) {
        nngen_text_free(nngen_graph(p, m, NNGEN_SVG, 2, step % 2));
        assert_int_equal(nngen_step(m), 0);
        assert_int_equal(nngen_step(n), 0);
        assert_memory_equal(&(double){nngen_scalar(m, "nll")}, &(double){nngen_scalar(n, "nll")}, sizeof(double));
    }
    assert_string_equal(nngen_emit_c(p, "m.h"), nngen_emit_c(q, "m.h"));
    nngen_model_free(m);
    nngen_model_free(n);
    nngen_program_free(p);
    nngen_program_free(q);
}

static void test_sizes_are_those_of_the_call(void **state)
{
    (void)state;
    struct nngen_program *p = compile(net);
    struct nngen_model *m = nngen_model_new(p, NNGEN_INTERP, 1);
    char *shapes = nngen_graph(p, NULL, NNGEN_PLAIN, 1, 0), *values = nngen_graph(p, m, NNGEN_PLAIN, 1, 0);
    assert_in(shapes, "dense1[N, 8]");
    assert_null(strstr(shapes, "gradient"));
    assert_in(values, "dense1[2, 8]");
    assert_in(values, "gradient");
    nngen_text_free(shapes);
    nngen_text_free(values);
    nngen_model_free(m);
    nngen_program_free(p);
}

static void test_what_cannot_be_drawn_is_said(void **state)
{
    (void)state;
    struct nngen_program *p = compile("input x[2]\noutput y = x + 1\n");
    struct nngen_model *m = nngen_model_new(p, NNGEN_INTERP, 1);
    assert_null(nngen_graph(NULL, NULL, NNGEN_SVG, 1, 0));
    assert_null(nngen_graph(p, m, NNGEN_SVG, 1, 0));
    assert_in(nngen_error(m), "x has no value and no sample");
    assert_null(nngen_graph(p, NULL, NNGEN_SVG, 1, 1));
    assert_in(nngen_messages(p, NNGEN_FULL, 0), "there is no gradient to draw");
    char *forward = nngen_graph(p, NULL, NNGEN_DOT, 1, 0); /* the failure before is forgotten */
    assert_in(forward, "digraph");
    nngen_text_free(forward);
    nngen_model_free(m);
    nngen_program_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_picture_twice_is_the_same),
        cmocka_unit_test(test_drawing_changes_nothing_else),
        cmocka_unit_test(test_sizes_are_those_of_the_call),
        cmocka_unit_test(test_what_cannot_be_drawn_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
