/* Two operations over rows at once, of type T, whose suffix is F: included once for each type behind few.h. y is (x0 with x1) with x2, or in
 * those whose names end in minus x2 - (x0 with x1); each operation is rounded by itself. A step of 0 stands for one number. */
#ifndef NNRT_PAIRS
#define NNRT_PAIRS
#define PAIR_ARGUMENTS(T) size_t n, T *y, const T *x0, size_t s0, const T *x1, size_t s1, const T *x2, size_t s2
#define PAIRS(DO)                                                                                                      \
    DO(add_add, (a + b) + c) DO(add_sub, (a + b) - c) DO(add_mul, (a + b) * c) DO(add_minus, c - (a + b))              \
    DO(sub_add, (a - b) + c) DO(sub_sub, (a - b) - c) DO(sub_mul, (a - b) * c) DO(sub_minus, c - (a - b))              \
    DO(mul_add, (a * b) + c) DO(mul_sub, (a * b) - c) DO(mul_mul, (a * b) * c) DO(mul_minus, c - (a * b))
#define PAIR_ENTRY(name, expression)                                                                                   \
    {"nnrt_b_" #name "_f32", FUNCTION(name##_f32)}, {"nnrt_b_" #name "_f64", FUNCTION(name##_f64)},
#define PAIR(name, expression)                                                                                         \
    static void OF(name)(PAIR_ARGUMENTS(T))                                                                            \
    {                                                                                                                  \
        T one[3 * LANES_OF];                                                                                           \
        const size_t d0 = s0 * LANES_OF, d1 = s1 * LANES_OF, d2 = s2 * LANES_OF, rest = n % LANES_OF;                  \
        if (!s0) x0 = OF(spread)(one, *x0);                                                                            \
        if (!s1) x1 = OF(spread)(one + LANES_OF, *x1);                                                                 \
        if (!s2) x2 = OF(spread)(one + 2 * LANES_OF, *x2);                                                             \
        for (T *const end = y + (n - rest); y < end; y += LANES_OF, x0 += d0, x1 += d1, x2 += d2) {                    \
            const VEC a = *(const VEC *)x0, b = *(const VEC *)x1, c = *(const VEC *)x2;                                \
            *(VEC *)y = expression;                                                                                    \
        }                                                                                                              \
        if (rest) {                                                                                                    \
            const VEC a = OF(some)(x0, rest), b = OF(some)(x1, rest), c = OF(some)(x2, rest);                          \
            OF(put_some)(y, expression, rest);                                                                         \
        }                                                                                                              \
    }
#endif

#define OF(name) FEW_NAME(name, F)
#define VEC OF(few_vec)
#define LANES_OF (FEW_BYTES / sizeof(T))
FEW_INLINE const T *OF(spread)(T *to, T x)
{
    for (size_t i = 0; i < LANES_OF; i++) to[i] = x;
    return to;
}
PAIRS(PAIR)
#undef LANES_OF
#undef VEC
#undef OF
