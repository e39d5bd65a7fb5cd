#include "ir_fixture.h"

/* ---- sizes ---- */

static const char *size_text(ir_size s)
{
    struct text t = text_new(&ctx.arena);
    size_print(sizes, s, NULL, NULL, &t);
    return t.s;
}

static ir_size number(int64_t v)
{
    return size_const(sizes, v);
}

static void test_ir_size_constants_are_themselves(void **state)
{
    (void)state;
    assert_int_equal(number(28), 28);
    assert_int_equal(number(0), 0);
    assert_int_equal(number((int64_t)1 << 31), (int64_t)1 << 31);
    int64_t v;
    assert_true(size_known(sizes, number(-3), &v));
    assert_int_equal(v, -3);
    assert_true(size_known(sizes, number((int64_t)1 << 40), &v));
    assert_int_equal(v, (int64_t)1 << 40);
    assert_int_equal(size_add(sizes, number(-3), 5), 2);
    assert_int_equal(size_sub(sizes, 3, 5), number(-2));
}

static void test_ir_size_equal_polynomials_are_equal_numbers(void **state)
{
    (void)state;
    ir_size n = size_of_dim(sizes, size_new_dim(sizes, "N", 256)),
            t = size_of_dim(sizes, size_new_dim(sizes, "T", 100));
    ir_size a = size_mul(sizes, size_add(sizes, n, t), size_sub(sizes, n, t));
    ir_size b = size_sub(sizes, size_mul(sizes, n, n), size_mul(sizes, t, t));
    assert_int_equal(a, b);
    assert_int_equal(size_sub(sizes, a, b), 0);
    assert_int_equal(size_mul(sizes, n, t), size_mul(sizes, t, n));
    assert_int_not_equal(n, t);
    int64_t v;
    assert_false(size_known(sizes, a, &v));
    assert_int_equal(size_at(sizes, a, (int64_t[]){5, 3}), 16);
}

static void test_ir_size_divides_exactly_or_not(void **state)
{
    (void)state;
    ir_size n = size_of_dim(sizes, size_new_dim(sizes, "N", 8)), t = size_of_dim(sizes, size_new_dim(sizes, "T", 8));
    ir_size sum = size_add(sizes, size_mul(sizes, 2, n), t), product = size_mul(sizes, sum, size_sub(sizes, n, 3));
    assert_int_equal(size_div(sizes, product, sum), size_sub(sizes, n, 3));
    assert_int_equal(size_div(sizes, size_mul(sizes, 12, n), 4), size_mul(sizes, 3, n));
    assert_int_equal(size_div(sizes, 28, 7), 4);
    assert_int_equal(size_div(sizes, 0, n), 0);
    assert_int_equal(size_div(sizes, 28, 5), SIZE_BAD);
    assert_int_equal(size_div(sizes, n, t), SIZE_BAD);
    assert_int_equal(size_div(sizes, size_add(sizes, n, 1), n), SIZE_BAD);
    assert_int_equal(size_div(sizes, n, 0), SIZE_BAD);
    assert_int_equal(size_add(sizes, SIZE_BAD, 1), SIZE_BAD);
}

static void test_ir_size_overflow_is_bad(void **state)
{
    (void)state;
    ir_size big = number((int64_t)1 << 40);
    assert_int_equal(size_mul(sizes, big, big), SIZE_BAD);
    assert_int_equal(size_add(sizes, number(INT64_MAX), 1), SIZE_BAD);
    ir_size n = size_of_dim(sizes, size_new_dim(sizes, "N", 1000000)), p = n;
    for (int i = 0; i < 8; i++) p = size_mul(sizes, p, n);
    assert_int_equal(size_bound(sizes, p), INT64_MAX); /* saturates */
}

static void test_ir_size_bounds(void **state)
{
    (void)state;
    ir_size n = size_of_dim(sizes, size_new_dim(sizes, "N", 256));
    ir_size a = size_sub(sizes, size_mul(sizes, 2, n), 1), b = size_sub(sizes, 300, n);
    assert_int_equal(size_bound(sizes, a), 511);
    assert_int_equal(size_least(sizes, a), 1);
    assert_int_equal(size_bound(sizes, b), 299);
    assert_int_equal(size_least(sizes, b), 44);
}

static void test_ir_size_prints_as_written(void **state)
{
    (void)state;
    ir_size n = size_of_dim(sizes, size_new_dim(sizes, "N", 8)), t = size_of_dim(sizes, size_new_dim(sizes, "T", 8));
    assert_string_equal(size_text(64), "64");
    assert_string_equal(size_text(0), "0");
    assert_string_equal(size_text(number(-2)), "-2");
    assert_string_equal(size_text(size_sub(sizes, size_mul(sizes, 2, n), 1)), "2*N - 1");
    assert_string_equal(size_text(size_mul(sizes, t, n)), "N*T");
    assert_string_equal(size_text(size_sub(sizes, 5, n)), "5 - N");
    assert_string_equal(size_text(size_sub(sizes, 0, n)), "-N");
    assert_string_equal(size_text(size_add(sizes, size_mul(sizes, n, n), size_add(sizes, t, n))), "N*N + N + T");
}

/* ---- nodes ---- */

static void test_ir_equal_nodes_are_one(void **state)
{
    (void)state;
    ir_id x = input(VECTOR(3)), y = input(VECTOR(3));
    assert_int_equal(MAP2(add, x, y), MAP2(add, x, y));
    assert_int_not_equal(MAP2(add, x, y), MAP2(add, y, x));
    assert_int_equal(ir_const(g, 0.5), ir_const(g, 0.5));
    assert_int_not_equal(ir_const(g, 0.0), ir_const(g, -0.0));
    assert_int_not_equal(ir_bind(g, x), ir_bind(g, x));
    assert_int_not_equal(ir_hole(g, SCALAR), ir_hole(g, SCALAR));
    assert_ptr_equal(MATRIX(2, 3), MATRIX(2, 3));
}

static void test_ir_many_nodes_stay_findable(void **state)
{
    (void)state;
    enum { MANY = 50000 };
    ir_id *id = arena_many(&ctx.arena, ir_id, MANY);
    for (int i = 0; i < MANY; i++) id[i] = ir_const(g, i);
    for (int i = 0; i < MANY; i++) assert_int_equal(ir_const(g, i), id[i]);
}

static void test_ir_first_name_and_place_stay(void **state)
{
    (void)state;
    g->here = (struct span){3, 4};
    ir_id x = input(SCALAR);
    ir_name(g, x, "a");
    ir_name(g, x, "b");
    g->here = (struct span){7, 8};
    assert_int_equal(ir_leaf(g, OP_input, IR_REAL, SCALAR, 0, 0), x);
    assert_string_equal(ir_at(g, x)->name, "a");
    assert_int_equal(ir_at(g, x)->at.lo, 3);
}

static void assert_shape(ir_id x, const struct ir_shape *s)
{
    assert_ptr_equal(ir_at(g, x)->shape, s);
}

static void test_ir_constructors_work_out_shapes(void **state)
{
    (void)state;
    ir_size n = size_of_dim(sizes, size_new_dim(sizes, "N", 9));
    ir_id x = input(shape(3, n, 5, 7)), idx = ir_leaf(g, OP_input, IR_INT, shape(2, n, 2), 9, 0);
    assert_shape(MAP1(exp, x), shape(3, n, 5, 7));
    assert_shape(ir_reduce(g, OP_sum, x, 5), VECTOR(5));
    assert_int_equal(ir_reduce(g, OP_sum, x, 0), x);
    assert_shape(ir_argreduce(g, OP_argmax, x, 2), shape(2, n, 5));
    assert_int_equal(ir_at(g, ir_argreduce(g, OP_argmax, x, 2))->type, IR_INT);
    assert_shape(ir_permute(g, x, (int[]){2, 0, 1}), shape(3, 7, n, 5));
    assert_int_equal(ir_permute(g, x, (int[]){0, 1, 2}), x);
    assert_int_equal(ir_reshape(g, x, shape(3, n, 5, 7)), x);
    assert_shape(ir_concat(g, (ir_id[]){x, x}, 2, 0), shape(3, size_mul(sizes, 2, n), 5, 7));
    assert_shape(ir_concat(g, (ir_id[]){x, x, x}, 3, 1), shape(3, n, 15, 7));
    assert_shape(ir_gather(g, x, idx, 1), shape(4, n, n, 2, 7));
    assert_shape(ir_scatter(g, ir_gather(g, x, idx, 1), idx, shape(3, n, 5, 7), 1), shape(3, n, 5, 7));
    assert_shape(ir_window(g, x, 2, 3, 3, 2, 1, 0), shape(4, n, 5, 3, 3));
    assert_shape(ir_overlap(g, ir_window(g, x, 2, 3, 3, 2, 1, 0), 2, 7, 2, 1, 0), shape(3, n, 5, 7));
    assert_shape(ir_full(g, 1, MATRIX(2, 3)), MATRIX(2, 3));
    assert_shape(ir_full(g, 1, SCALAR), SCALAR);
    assert_int_equal(ir_elements(g->tables, shape(3, n, 5, 7)), size_mul(sizes, 35, n));
    assert_null(ir_verify(g));
}

static void test_ir_contract_sums_lonely_labels_first(void **state)
{
    (void)state;
    ir_id a = input(MATRIX(2, 3)), b = input(MATRIX(5, 7));
    ir_id y = ir_contract(g, a, (uint8_t[]){0, 1}, b, (uint8_t[]){2, 3}, (uint8_t[]){2, 0}, 2);
    assert_shape(y, MATRIX(5, 2));
    assert_int_equal(ir_at(g, ir_at(g, y)->arg[0])->op, OP_sum);
    assert_shape(ir_at(g, y)->arg[1], VECTOR(5));
    ir_id z = ir_contract(g, a, (uint8_t[]){0, 1}, a, (uint8_t[]){0, 1}, NULL, 0);
    assert_shape(z, SCALAR);
    assert_null(ir_verify(g));
}

static void test_ir_substitute_copies_only_what_changes(void **state)
{
    (void)state;
    ir_id x = input(SCALAR), h = ir_hole(g, SCALAR), fixed = MAP1(exp, x), y = MAP2(mul, fixed, MAP2(add, h, x));
    uint32_t before = g->n;
    ir_id z = ir_substitute(g, y, &h, &fixed, 1);
    assert_int_equal(g->n, before + 2);
    assert_int_equal(ir_at(g, z)->arg[0], fixed);
    assert_int_equal(ir_at(g, ir_at(g, z)->arg[1])->arg[0], fixed);
    assert_int_equal(ir_substitute(g, fixed, &h, &x, 1), fixed);
    assert_int_equal(ir_substitute(g, h, &h, &x, 1), x);
}

static void test_ir_keep_drops_and_renumbers(void **state)
{
    (void)state;
    ir_id x = input(SCALAR);
    (void)MAP1(sin, x);
    ir_id y = MAP1(exp, x), root = y;
    ir_keep(g, &root, 1);
    assert_int_equal(g->n, 3);
    assert_int_equal(root, 2);
    assert_int_equal(MAP1(exp, 1), 2); /* still found */
    assert_null(ir_verify(g));
}

/* ---- printing and checking ---- */

static void test_ir_prints_a_line_a_node(void **state)
{
    (void)state;
    ir_size n = size_of_dim(sizes, size_new_dim(sizes, "N", 9));
    ir_id x = input(shape(2, n, 4)), w = input(MATRIX(4, 3)), unused = MAP1(exp, w);
    ir_id y = ir_contract(g, x, (uint8_t[]){0, 1}, w, (uint8_t[]){1, 2}, (uint8_t[]){0, 2}, 2);
    ir_name(g, y, "z");
    ir_id part = ir_slice(g, y, shape(2, n, 2), (ir_size[]){0, 0}, (int64_t[]){1, 2});
    ir_id half = MAP2(mul, part, ir_full(g, 0.5, shape(2, n, 2))), root = ir_reduce(g, OP_sum, half, 3);
    struct text t = text_new(&ctx.arena);
    ir_print(g, &root, 1, &t);
    assert_string_equal(t.s, "%1 = input{0} : real[N, 4]\n"
                             "%2 = input{1} : real[4, 3]\n"
                             "%4 = contract{ab,bc->ac} %1 %2 : real[N, 3]  # z\n"
                             "%5 = slice{0, 0:2} %4 : real[N, 2]\n"
                             "%6 = const{0.5} : real\n"
                             "%7 = expand{-1, -1} %6 : real[N, 2]\n"
                             "%8 = mul %5 %7 : real[N, 2]\n"
                             "%9 = sum{0, 1} %8 : real\n");
    assert_int_equal(unused, 3);
}

/* Each breaks the last node of a sound graph. */
static void break_arity(struct ir_node *n)
{
    n->n_arg = 1;
}
static void break_order(struct ir_node *n)
{
    static const ir_id self[2] = {4, 4};
    n->arg = self;
}
static void break_shape(struct ir_node *n)
{
    n->shape = VECTOR(4);
}
static void break_type(struct ir_node *n)
{
    n->type = IR_INT;
}
static void break_attributes(struct ir_node *n)
{
    static const int64_t one = 1;
    n->attr = &one;
    n->n_attr = 1;
}
static void break_operation(struct ir_node *n)
{
    n->op = OP_COUNT;
}

static void test_ir_verify_finds_broken_nodes(void **state)
{
    (void)state;
    static void (*const breaks[])(struct ir_node *) = {break_arity, break_order,      break_shape,
                                                       break_type,  break_attributes, break_operation};
    ir_id x = input(VECTOR(3)), y = input(VECTOR(3)), z = input(VECTOR(3)), s = MAP2(add, x, y);
    assert_int_equal(s, 4);
    (void)z;
    assert_null(ir_verify(g));
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
        struct ir_node sound = *ir_at(g, s);
        breaks[i](ir_edit(g, s));
        assert_non_null(ir_verify(g));
        *ir_edit(g, s) = sound;
        assert_null(ir_verify(g));
    }
}

static const char *wrong(enum ir_op op, const struct ir_shape *s, const ir_id *arg, uint32_t n_arg, const int64_t *attr,
                         uint32_t n_attr)
{
    struct ir_node n = {.op = (uint8_t)op,
                        .type = IR_REAL,
                        .shape = s,
                        .arg = arg,
                        .n_arg = n_arg,
                        .attr = attr,
                        .n_attr = (uint16_t)n_attr};
    return ir_verify_node(g, &n);
}

static void test_ir_verify_knows_every_move(void **state)
{
    (void)state;
    ir_id x = input(MATRIX(3, 4)), pair[2] = {x, x};
    assert_non_null(wrong(OP_expand, shape(3, 2, 3, 4), &x, 1, (int64_t[]){-1, 1, 0}, 3));
    assert_null(wrong(OP_expand, shape(3, 2, 3, 4), &x, 1, (int64_t[]){-1, 0, 1}, 3));
    assert_non_null(wrong(OP_expand, shape(2, 2, 3), &x, 1, (int64_t[]){-1, 0}, 2));
    assert_non_null(wrong(OP_reshape, VECTOR(11), &x, 1, NULL, 0));
    assert_non_null(wrong(OP_permute, MATRIX(3, 4), &x, 1, (int64_t[]){1, 0}, 2));
    assert_non_null(wrong(OP_slice, MATRIX(3, 2), &x, 1, (int64_t[]){0, 1, 1, 3}, 4));
    assert_null(wrong(OP_slice, MATRIX(3, 2), &x, 1, (int64_t[]){2, -1, 0, 3}, 4));
    assert_non_null(wrong(OP_slice, MATRIX(3, 2), &x, 1, (int64_t[]){0, 0, 0, 1}, 4));
    assert_non_null(wrong(OP_place, MATRIX(3, 5), &x, 1, (int64_t[]){0, 1, 2, 1}, 4));
    assert_non_null(wrong(OP_concat, MATRIX(5, 4), pair, 2, (int64_t[]){0}, 1));
    assert_non_null(wrong(OP_gather, MATRIX(3, 4), pair, 2, (int64_t[]){0}, 1)); /* indices are not INT */
    assert_non_null(wrong(OP_sum, VECTOR(3), &x, 1, (int64_t[]){4}, 1));
    assert_non_null(wrong(OP_sum, VECTOR(3), &x, 1, (int64_t[]){1}, 1));
    assert_null(wrong(OP_sum, VECTOR(3), &x, 1, (int64_t[]){2}, 1));
    assert_non_null(
        wrong(OP_contract, MATRIX(3, 3), pair, 2, (int64_t[]){2, 2, 2, 0, 1, 1, 2, 0, 2}, 9));       /* 4 against 3 */
    assert_non_null(wrong(OP_contract, VECTOR(3), pair, 2, (int64_t[]){2, 2, 1, 0, 1, 0, 2, 0}, 8)); /* lonely labels */
    assert_null(wrong(OP_contract, MATRIX(3, 3), pair, 2, (int64_t[]){2, 2, 2, 0, 1, 2, 1, 0, 2}, 9));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_ir_size_constants_are_themselves),
        CASE(test_ir_size_equal_polynomials_are_equal_numbers),
        CASE(test_ir_size_divides_exactly_or_not),
        CASE(test_ir_size_overflow_is_bad),
        CASE(test_ir_size_bounds),
        CASE(test_ir_size_prints_as_written),
        CASE(test_ir_equal_nodes_are_one),
        CASE(test_ir_many_nodes_stay_findable),
        CASE(test_ir_first_name_and_place_stay),
        CASE(test_ir_constructors_work_out_shapes),
        CASE(test_ir_contract_sums_lonely_labels_first),
        CASE(test_ir_substitute_copies_only_what_changes),
        CASE(test_ir_keep_drops_and_renumbers),
        CASE(test_ir_prints_a_line_a_node),
        CASE(test_ir_verify_finds_broken_nodes),
        CASE(test_ir_verify_knows_every_move),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
