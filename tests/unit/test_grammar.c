#include "grammar/grammar.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct context ctx;
static jmp_buf oom;

static int setup(void **state)
{
    (void)state;
    context_init(&ctx, &oom);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    context_free(&ctx);
    return 0;
}

static struct ast *parse_bytes(const char *text, size_t n)
{
    diags_init(&ctx.diags, &ctx.arena, &ctx.sources);
    struct source *s = source_add(&ctx.sources, "test.nn", text, n);
    assert_non_null(s);
    return parse_source(&ctx, s);
}

static struct ast *parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

static struct ast *parse_well(const char *text)
{
    struct ast *tree = parse(text);
    if (!tree) {
        struct text out = text_new(&ctx.arena);
        diags_print(&ctx.diags, DIAG_FULL, false, &out);
        fail_msg("%s\n%s", text, out.s);
    }
    return tree;
}

static const char *dump(const struct ast *tree)
{
    struct text out = text_new(&ctx.arena);
    ast_dump(tree, &out);
    return out.s;
}

static const char *tree_text(const char *text)
{
    return dump(parse_well(text));
}

static const char *layout(const char *text)
{
    struct source *s = source_add(&ctx.sources, "test.nn", text, strlen(text));
    struct ast *tree = parse_source(&ctx, s);
    assert_non_null(tree);
    struct text out = text_new(&ctx.arena);
    ast_format(&ctx, tree, s, &out);
    return out.s;
}

/* -- expressions -- */

static void test_operators_bind_as_the_language_says(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        {"y = -x**2", "y = -(x**2)"},
        {"y = 2**-1**2", "y = 2**(-(1**2))"},
        {"y = a**b**c", "y = a**(b**c)"},
        {"y = -a*b", "y = (-a)*b"},
        {"y = a*b/c@d", "y = ((a*b)/c)@d"},
        {"y = a - b + c", "y = (a - b) + c"},
        {"y = a + b*c < d", "y = (a + (b*c)) < d"},
        {"y = not a < b", "y = not (a < b)"},
        {"y = a or b and not c", "y = a or (b and (not c))"},
        {"y = -x[i].T(3)", "y = -(((x[i]).T)(3))"},
        {"y = 0.5 * d(E)/d(V) * 2", "y = (0.5 * (d(E)/d(V))) * 2"},
        {"y = a |> f |> g[K](b)", "y = (a |> f) |> g[K](b)"},
        {"y = a <-1", "y = a < -1"},
        {"y = a +-1", "y = a + (-1)"},
        {"expect f(a +-1) = 2 +- 3 +-1", "expect f(a + (-1)) = 2 +- 3 + (-1)"},
    };
    /* The last pair: a second +- has no place of its own in an expect. */
    for (size_t i = 0; i + 1 < sizeof same / sizeof *same; i++)
        assert_string_equal(tree_text(same[i][0]), tree_text(same[i][1]));
    assert_null(parse("expect a = 2 +- 3 +- 1"));
    assert_string_not_equal(tree_text("y = (a |> f)(b)"), tree_text("y = a |> f(b)"));
    assert_string_not_equal(tree_text("y = a - (b - c)"), tree_text("y = a - b - c"));
}

static void test_pipes_join_postfix_expressions_only(void **state)
{
    (void)state;
    static const char *const wrong[] = {"y = h + h |> f", "y = x |> f + 1", "y = -x |> f", "y = x as a + 1",
                                        "y = x |> f < 3", "y = not x |> f"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_null(parse(wrong[i]));
        assert_int_equal(ctx.diags.errors, 1);
        assert_int_equal(ctx.diags.list.at[0].code, E0103);
    }
    parse_well("y = (h + h) |> f |> g as a |> k\nz = f(x |> g, [x |> g])");
}

static double number_in(const char *literal)
{
    return parse_well(arena_printf(&ctx.arena, "y = %s", literal))->kid[0]->kid[0]->number;
}

static void test_numbers_reach_the_tree_in_every_locale(void **state)
{
    (void)state;
    static const char *const locales[] = {"C", "de_DE.UTF-8", "de_DE", "fr_FR.UTF-8"};
    for (size_t i = 0; i < sizeof locales / sizeof *locales; i++) {
        if (!setlocale(LC_ALL, locales[i])) continue;
        assert_true(number_in("3") == 3);
        assert_true(number_in(".5") == 0.5);
        assert_true(number_in("5.") == 5);
        assert_true(number_in("1e-3") == 1e-3);
        assert_true(number_in("1.5E+3") == 1.5e3);
        assert_true(number_in("0x10") == 16);
        assert_true(number_in("0.1000000000000000055511151231257827") == 0.1);
    }
    setlocale(LC_ALL, "C");
    assert_int_equal(parse_well("y = 12")->kid[0]->kid[0]->op, 'i');
    assert_int_equal(parse_well("y = 0x1F")->kid[0]->kid[0]->op, 'i');
    assert_int_equal(parse_well("y = 1e3")->kid[0]->kid[0]->op, 'f');
    static const char *const wrong[] = {"012", "00", "1_000", "2x", "1e", "0x", "0xg", "1.2.3", "1e999", "0x11112222333344445"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_null(parse(arena_printf(&ctx.arena, "y = %s\n", wrong[i])));
        assert_int_equal(ctx.diags.errors, 1);
    }
    assert_string_equal(tree_text("repeat l in 0..4 { }"), tree_text("repeat l in 0 .. 4 { }"));
}

static void test_strings_know_four_escapes(void **state)
{
    (void)state;
    struct ast *tree = parse_well("import \"a\\\"b\\\\c\\n\\t\xC3\xA9\"");
    assert_string_equal(tree->kid[0]->name, "a\"b\\c\n\t\xC3\xA9");
    assert_null(parse("import \"a\\qb\""));
    assert_null(parse("import \"abc\nx = 3"));
    assert_int_equal(ctx.diags.errors, 1);
}

/* -- statements -- */

static void test_newlines_end_statements_where_the_language_says(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        {"y = a\n  + b\n  |> f", "y = a + b |> f"},
        {"y = a +\n b", "y = a + b"},
        {"y = f(a\n, b\n)\n", "y = f(a, b)"},
        {"y = x\n # between\n\n |> f", "y = x |> f"},
        {"y = x |> f\n as g", "y = x |> f as g"},
        {"dim D = 3,\n K = 4", "dim D = 3, K = 4"},
        {"if a\n{\nb = 1 }\n\nelse\n{ c = 2\n}", "if a { b = 1 } else { c = 2 }"},
        {"for t in T\n checkpoint 2\n carry h = 1,\n g = 2\n collect a\n{ h = 3 }",
         "for t in T checkpoint 2 carry h = 1, g = 2 collect a { h = 3 }"},
        {"fn f(x) = x\n\nadjoint(g) = g", "fn f(x) = x adjoint(g) = g"},
        {"fn f(x) { return x }\nadjoint(g) = g", "fn f(x) { return x } adjoint(g) = g"},
        {"a = 1; b = 2;; c = 3", "a = 1\nb = 2\n\n\nc = 3"},
        {"if a { b = 1; } c = 2", "if a { b = 1 }\nc = 2"},
        {"y =\n3\r\nz = 4\r\n", "y = 3\nz = 4"},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (i != 0) assert_string_equal(tree_text(same[i][0]), tree_text(same[i][1]));
    assert_null(parse(same[0][0])); /* continues, and is then a pipe after an operator */
    assert_int_equal(ctx.diags.list.at[0].code, E0103);
    assert_int_equal(parse_well("for t in T { }\ncarry = 3\nfn f(x) = x\nadjoint = 4")->n, 4);
}

static void test_words_of_declarations_are_names_elsewhere(void **state)
{
    (void)state;
    static const char *const words[] = {"model", "import", "dim", "input", "param", "const", "state", "output",
                                        "wrt", "train", "test", "fn", "layer", "optimizer", "carry", "collect",
                                        "checkpoint", "adjoint", "inf", "p", "g", "t"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *w = words[i];
        struct ast *tree = parse_well(arena_printf(
            &ctx.arena, "%s = 3\n%s[i] = 4\n%s, _ = f(%s)\n%s <- %s + x.%s\ndim %s = 2\ninput %s[%s]\noutput %s\nfn %s(%s) = %s", w,
            w, w, w, w, w, w, w, w, w, w, w, w, w));
        assert_int_equal(tree->n, 8);
        assert_int_equal(tree->kid[0]->kind, AST_assign);
        assert_int_equal(tree->kid[3]->kind, AST_update);
    }
    static const char *const reserved[] = {"and", "or", "not", "in", "as", "if", "else", "for", "repeat", "return", "expect"};
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        assert_null(parse(arena_printf(&ctx.arena, "%s = 3", reserved[i])));
    parse_well("d = 3\nd[i] = d\ndim d = d / 2");
    parse_well("loss loss = a\ny = loss + 1\ny = d(loss)/d(x)");
    assert_null(parse("loss = e"));
    assert_int_equal(ctx.diags.list.at[0].code, E0402);
}

static const struct ast *find(const struct ast *a, enum ast_kind kind)
{
    if (!a || a->kind == kind) return a;
    for (uint32_t i = 0; i < a->n; i++) {
        const struct ast *found = find(a->kid[i], kind);
        if (found) return found;
    }
    return NULL;
}

/* Lowering reads kids by number: absent parts are there, as NULL. */
static void test_nodes_have_their_absent_parts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum ast_kind kind;
        uint32_t n;
    } rows[] = {
        {"input x", AST_decl, 3},
        {"expect a", AST_expect, 3},
        {"y = 1", AST_target, 1},
        {"_, y = f(x)", AST_target, 1},
        {"fn f(x) = x", AST_fn, 4},
        {"fn f(x) = x", AST_parameter, 2},
        {"layer f(x) { }", AST_layer, 3},
        {"optimizer f() { }", AST_optimizer, 3},
        {"for t in T { }", AST_for, 5},
        {"repeat l in 3 { }", AST_repeat, 2},
        {"if a { }", AST_if, 3},
        {"y = x[:]", AST_slice, 3},
        {"y = f()", AST_call, 1},
        {"y = d(a)/d(b.c)", AST_deriv, 2},
        {"fn f(x) = x adjoint(g, h) = 1, 2", AST_adjoint, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct ast *a = find(parse_well(rows[i].text), rows[i].kind);
        assert_non_null(a);
        assert_int_equal(a->n, rows[i].n);
    }
}

static void check_spans(const struct ast *a, struct span outer)
{
    if (!a) return;
    assert_true(a->span.lo <= a->span.hi);
    assert_true(a->span.lo >= outer.lo && a->span.hi <= outer.hi);
    const struct source *s = source_of(&ctx.sources, a->span.lo);
    if (a->name_span.hi && a->kind != AST_string && a->kind != AST_test && a->kind != AST_import)
        assert_memory_equal(s->text + (a->name_span.lo - s->base), a->name, strlen(a->name));
    for (uint32_t i = 0; i < a->n; i++) check_spans(a->kid[i], a->span);
}

static const char whole_language[] =
    "model mlp\nimport \"blocks.nn\"\ndim D = 784, K = 10\ndim N <= 256\ninput x[N, D]\ninput label[N] in K = [1, 2]\n"
    "param W[D, K] = glorot()\nconst t[2, 2] = [[1, 2], [3, 4]]\nstate mu[K] = zeros()\nmu <- 0.9*mu + 0.1*m\n"
    "output p, accuracy = mean[N](argmax[K](p) == label)\nloss nll = mean[N](e[K](z, label)) + 1e-4*sum(W**2)\n"
    "wrt x, fc1.W\ntrain clip_norm(1) |> adam(lr = cosine(t, 1e-3, 1000))\n"
    "test \"book\" { apple = 100; expect price = 715; expect d(price)/d(tax) = 650 +- 1e-9 }\n"
    "h[N, H] = expr   # c\na, _ = f(x)\ns[b, i] = sum[d in 0..4](q[b, i, d]) / sqrt(E)\n"
    "fn affine(x[.., I], W[I, O], b[O]) = x @ W + b\n"
    "fn softmax[a = -1](x) { e = exp(x - max[a](x, keep = 1)); return e / sum[a](e, keep = 1) }\n"
    "layer dense[O](x[.., I], act = identity) {\n  param W[I, O] = glorot() ## doc\n  return act(x @ W)\n}\n"
    "h = x |> dense[128](act = relu) as fc1 |> dense[K]\nrepeat l in 0..4 { h = h + block(h) }\n"
    "for t in T checkpoint 16 carry h = zeros[N, H], c = 1 collect hs {\n  h, c = cell(x[t], h, c);  hs = h\n}\n"
    "fn clip_id(x) = x adjoint(g) = clamp(g, -1, 1)\noptimizer sgd(lr = 0.01) { p <- p - lr * g }\n"
    "if n > 1 { a = 1 } else if not n == 3 and m < -1 { a = 2 } else { b = 3 }\n"
    "z = x[::2] + x[-1] + x[.., 0] + x[:, _] + x[a:b]\nq = rearrange(x, [B, T, NH*D] -> [B, NH, T, D])\n";

static void test_spans_nest_and_names_are_where_they_say(void **state)
{
    (void)state;
    struct ast *tree = parse_well(whole_language);
    check_spans(tree, tree->span);
}

static const char *doc_of(const struct ast *a, const char *name)
{
    if (!a) return NULL;
    if (a->doc && a->name && !strcmp(a->name, name)) return a->doc;
    const char *doc = NULL;
    for (uint32_t i = 0; i < a->n && !doc; i++) doc = doc_of(a->kid[i], name);
    return doc;
}

static void test_doc_comments_find_their_declaration(void **state)
{
    (void)state;
    struct ast *tree = parse_well("## of D\n## and more\ndim D = 3, K = 4 ## of K\n# plain\nfn f(x) { ## of f\n y = x\n"
                                  " return y\n} ## its end\nfn g(x) { z = x; return z } ## of g\n"
                                  "### no doc\nparam W[3] = [1,\n 2, 3] ## of W\ninput a\n");
    assert_string_equal(doc_of(tree, "D"), "of D\nand more");
    assert_string_equal(doc_of(tree, "K"), "of K");
    assert_string_equal(doc_of(tree, "f"), "of f\nits end");
    assert_string_equal(doc_of(tree, "g"), "of g");
    assert_string_equal(doc_of(tree, "W"), "of W");
    assert_null(doc_of(tree, "a"));
}

/* -- mistakes -- */

static void test_each_mistake_is_reported_once_at_its_place(void **state)
{
    (void)state;
    static const char text[] = "dim N < 3\n"                    /* 1:7 */
                               "x = [1, 2\n"                    /* 2:5 */
                               "y = a ^ b\n"                    /* 3:7 */
                               "for t on T {\n"                 /* 4:7 */
                               "  z = 3 +\n"                    /* 5:10 */
                               "  w = 4\n"
                               "}\n"
                               "f(x)\n"                         /* 8:1 */
                               "if a = b { c = 3 } else { d = 4 }\n" /* 9:6 */
                               "v = \"abc\n";                   /* 10:5 */
    static const unsigned places[][2] = {{1, 7}, {2, 5}, {3, 7}, {4, 7}, {5, 10}, {8, 1}, {9, 6}, {10, 5}};
    assert_null(parse(text));
    struct text out = text_new(&ctx.arena);
    diags_print(&ctx.diags, DIAG_SHORT, false, &out);
    assert_int_equal(ctx.diags.errors, 8);
    for (uint32_t i = 0; i < 8; i++) {
        struct place p = source_place(&ctx.sources, ctx.diags.list.at[i].at.lo);
        assert_int_equal(p.line, places[i][0]);
        assert_int_equal(p.col, places[i][1]);
    }
}

static const char *repeated(const char *left, int n, const char *middle, const char *right)
{
    struct text t = text_new(&ctx.arena);
    text_put(&t, "y = ");
    for (int i = 0; i < n; i++) text_put(&t, left);
    text_put(&t, middle);
    for (int i = 0; i < n; i++) text_put(&t, right);
    return t.s;
}

static void test_nesting_ends_at_256(void **state)
{
    (void)state;
    static const char *const around[][2] = {{"(", ")"}, {"[", "]"}, {"f(", ")"}, {"x[", "]"}, {"-", ""}, {"not ", ""}, {"2**", ""}};
    for (size_t i = 0; i < sizeof around / sizeof *around; i++) {
        parse_well(repeated(around[i][0], 256, "1", around[i][1]));
        static const int deep[] = {257, 5000, 100000};
        for (size_t k = 0; k < sizeof deep / sizeof *deep; k++) {
            assert_null(parse(repeated(around[i][0], deep[k], "1", around[i][1])));
            assert_int_equal(ctx.diags.list.at[0].code, E0601);
            assert_int_equal(ctx.diags.errors, 1);
        }
    }
    /* Brackets and operators count together. */
    parse_well(repeated("(-", 128, "1", ")"));
    assert_null(parse(repeated("(-", 129, "1", ")")));
    assert_null(parse(repeated("if a { } else ", 300, "{ }", "") + 4));
    assert_int_equal(ctx.diags.list.at[0].code, E0601);
    parse_well(repeated("if a {", 256, "", "}") + 4);
    assert_null(parse(repeated("if a {", 257, "", "}") + 4));
}

static void test_long_chains_do_not_recurse(void **state)
{
    (void)state;
    static const char *const links[] = {" + a", " |> f", "(a)", "[a]", ".a", " and a"};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        const char *text = repeated("", 1, "a", "");
        struct text t = text_new(&ctx.arena);
        text_put(&t, text);
        for (int k = 0; k < 40000; k++) text_put(&t, links[i]);
        const char *laid = layout(t.s);
        assert_string_equal(tree_text(laid), tree_text(t.s));
    }
    struct text many = text_new(&ctx.arena);
    for (int k = 0; k < 100000; k++) text_printf(&many, "x%d = x%d * 2\n", k + 1, k);
    assert_int_equal(parse_well(many.s)->n, 100000);
    assert_string_equal(layout(many.s), many.s);
}

static void test_limits_are_errors(void **state)
{
    (void)state;
    char name[66];
    memset(name, 'a', sizeof name);
    name[63] = 0;
    parse_well(arena_printf(&ctx.arena, "%s = 1", name));
    name[63] = 'a', name[64] = 0;
    assert_null(parse(arena_printf(&ctx.arena, "%s = 1", name)));
    assert_int_equal(ctx.diags.list.at[0].code, E0601);
    char *big = malloc((16 << 20) + 1);
    memset(big, ' ', (16 << 20) + 1);
    assert_non_null(parse_bytes(big, 16 << 20));
    assert_null(parse_bytes(big, (16 << 20) + 1));
    memset(big, '1', 1 << 20);
    memcpy(big, "y = ", 4);
    assert_null(parse_bytes(big, 1 << 20));
    memset(big + 4, '"', 1);
    big[(1 << 20) - 1] = '"';
    assert_null(parse_bytes(big, 1 << 20));
    assert_int_equal(ctx.diags.list.at[0].code, E0601);
    free(big);
}

static void test_bytes_that_are_no_text_are_errors(void **state)
{
    (void)state;
    parse_well("\xEF\xBB\xBFy = 1 # \xE2\x82\xAC");
    static const char *const wrong[] = {"y = 1 # \xC0\x80", "y = 1 # \xED\xA0\x80", "y = 1 # \xF5\x80\x80\x80", "y = 1 \x01",
                                        "y = 1 # \x1b[31m", "import \"\xE2\x82\"", "\xC3\xA9 = 1", "y = 1 $ 2"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_null(parse(wrong[i]));
        assert_int_equal(ctx.diags.errors, 1);
        assert_int_equal(ctx.diags.list.at[0].code, E0101);
    }
    assert_null(parse_bytes("y = 1\0z = 2", 11));
    assert_null(parse_bytes("# a\0b", 5));
}

/* -- layout -- */

static void test_layout_keeps_the_tree_and_itself(void **state)
{
    (void)state;
    const char *once = layout(whole_language);
    assert_string_equal(layout(once), once);
    assert_string_equal(tree_text(once), tree_text(whole_language));
    for (const struct prelude_file *f = prelude_files; f->path; f++) {
        once = layout(f->text);
        assert_string_equal(layout(once), once);
        assert_string_equal(tree_text(once), tree_text(f->text));
    }
}

/* Any text parses or is refused with a message; what parses is laid out as the same tree, once and for all. */
static void test_mutants_do_no_harm(void **state)
{
    (void)state;
    static const char *const parts[] = {"(", ")", "[", "]", "{", "}", "\n", "=", ",", "<-", "+-", "..", ":", "|>", "as ",
                                        "d(", "not ", "-", "**", "\"", "#", "## ", "_", ";", "else ", "for ", "fn ", "in ",
                                        "loss ", "1.", "0x", "\xC3", "\x01", "//", "/*", "&&", "adjoint(", "carry ", " "};
    uint64_t seed = 88172645463325252u;
    uint32_t parsed = 0;
    for (int i = 0; i < 3000; i++) {
        struct arena_mark mark = arena_mark(&ctx.arena);
        struct names names = ctx.names;
        struct sources sources = ctx.sources;
        names_init(&ctx.names, &ctx.arena);
        sources_init(&ctx.sources, &ctx.arena);
        struct text t = text_new(&ctx.arena);
        const char *s = whole_language;
        for (size_t at = 0; s[at];) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            unsigned dice = (unsigned)(seed >> 40) % 2500;
            if (dice < 3)
                text_put(&t, parts[(seed >> 20) % (sizeof parts / sizeof *parts)]);
            else if (dice < 5)
                at++;
            else if (dice == 5)
                at += (seed >> 20) % 40;
            if (at >= strlen(s)) break;
            text_char(&t, s[at++]);
        }
        if (parse_bytes(t.s, t.n)) {
            parsed++;
            const char *once = layout(t.s);
            assert_string_equal(layout(once), once);
            assert_string_equal(tree_text(once), tree_text(t.s));
        } else
            assert_true(ctx.diags.errors > 0);
        struct text out = text_new(&ctx.arena);
        diags_print(&ctx.diags, DIAG_FULL, false, &out);
        ctx.names = names;
        ctx.sources = sources;
        diags_init(&ctx.diags, &ctx.arena, &ctx.sources);
        arena_rewind(&ctx.arena, mark);
    }
    assert_in_range(parsed, 30, 2900);
}

static void test_running_out_of_memory_comes_back(void **state)
{
    (void)state;
    volatile int ran_out = 0;
    for (volatile size_t limit = 60000; limit < 400000; limit += 1777) {
        struct context c;
        jmp_buf here;
        if (setjmp(here) == 0) {
            context_init(&c, &here);
            c.arena.limit = limit;
            struct source *s = source_add(&c.sources, "x.nn", whole_language, sizeof whole_language - 1);
            struct ast *tree = parse_source(&c, s);
            struct text out = text_new(&c.arena);
            ast_dump(tree, &out);
            ast_format(&c, tree, s, &out);
        } else
            ran_out++;
        context_free(&c);
    }
    assert_in_range(ran_out, 10, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_operators_bind_as_the_language_says, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pipes_join_postfix_expressions_only, setup, teardown),
        cmocka_unit_test_setup_teardown(test_numbers_reach_the_tree_in_every_locale, setup, teardown),
        cmocka_unit_test_setup_teardown(test_strings_know_four_escapes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_newlines_end_statements_where_the_language_says, setup, teardown),
        cmocka_unit_test_setup_teardown(test_words_of_declarations_are_names_elsewhere, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nodes_have_their_absent_parts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_spans_nest_and_names_are_where_they_say, setup, teardown),
        cmocka_unit_test_setup_teardown(test_doc_comments_find_their_declaration, setup, teardown),
        cmocka_unit_test_setup_teardown(test_each_mistake_is_reported_once_at_its_place, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nesting_ends_at_256, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_chains_do_not_recurse, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits_are_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bytes_that_are_no_text_are_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_layout_keeps_the_tree_and_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mutants_do_no_harm, setup, teardown),
        cmocka_unit_test_setup_teardown(test_running_out_of_memory_comes_back, setup, teardown),
    };
    return cmocka_run_group_tests_name("grammar", tests, NULL, NULL);
}
