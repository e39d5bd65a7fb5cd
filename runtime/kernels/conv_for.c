/* Convolutions in blocks of samples for JIT text, of shapes that are known at run time: compiled for one instruction
 * set. */
#include "runtime/kernels/conv_shape.h"
#include "runtime/kernels/isa.h"

#include <string.h>

#define JOIN(name, isa) name##_##isa
#define NAME(name, isa) JOIN(name, isa)

enum { PIXELS_MOST = 8, TAPS_NOTED = 32, CONV_NEAR = 1 << 19, INSIDE_MOST = 4 /* of what is not, in fourths */ };
#define EACH(m) m(0) m(1) m(2) m(3) m(4) m(5) m(6) m(7)

/* Pixels by outputs, and taps by outputs, as there are registers for sums; and how many pixels where most tiles have so
 * many outputs. Of the shortest vectors, for a few samples, there are few kinds. */
#ifdef __AVX512VL__
enum { OUTS_MOST = 4 };
static const ptrdiff_t pixels_of[OUTS_MOST + 1] = {0, 8, 8, 8, 6};
#define TILES(m) m(6, 4) m(6, 3) m(8, 3) m(8, 2) m(8, 1)
#define BACK_TILES(m) m(6, 4) m(5, 4) m(8, 3) m(6, 3) m(8, 2) m(5, 2) m(8, 1) m(5, 1)
#else
enum { OUTS_MOST = 3 };
static const ptrdiff_t pixels_of[OUTS_MOST + 1] = {0, 8, 6, 4};
#define TILES(m) m(4, 3) m(4, 2) m(6, 2) m(6, 1) m(8, 1)
#define BACK_TILES(m) m(4, 3) m(3, 3) m(6, 2) m(5, 2) m(8, 1) m(5, 1)
#endif
static const ptrdiff_t few_of[5] = {0, 4, 4, 4, 4};
#define FEW_TILES(m) m(4, 3) m(4, 2) m(4, 1)

#define WITH(name, type, bytes) name##_##type##_##bytes
#define NAMED(name, type, bytes) WITH(name, type, bytes)
#define OF(name) NAMED(name, TYPE, BYTES)

#define CONV_OUTS 3
#define CONV_PIXELS few_of
#define CONV_TILES FEW_TILES
#define CONV_BACK_TILES FEW_TILES
#define REAL float
#define BITS int
#define TYPE f32
#define BYTES 4
#include "runtime/kernels/conv_lane.h"
#undef BYTES
#ifdef __AVX__
#define BYTES 16
#include "runtime/kernels/conv_lane.h"
#undef BYTES
#endif
#undef REAL
#undef BITS
#undef TYPE
#define REAL double
#define BITS long long
#define TYPE f64
#define BYTES 8
#include "runtime/kernels/conv_lane.h"
#undef BYTES
#ifdef __AVX__
#define BYTES 16
#include "runtime/kernels/conv_lane.h"
#undef BYTES
#endif
#undef REAL
#undef BITS
#undef TYPE
#undef CONV_OUTS
#undef CONV_PIXELS
#undef CONV_TILES
#undef CONV_BACK_TILES

#define CONV_OUTS OUTS_MOST
#define CONV_PIXELS pixels_of
#define CONV_TILES TILES
#define CONV_BACK_TILES BACK_TILES
#define REAL float
#define BITS int
#define TYPE f32
#ifndef __AVX__
#define BYTES 16
#include "runtime/kernels/conv_lane.h"
#undef BYTES
#else
#define BYTES 32
#include "runtime/kernels/conv_lane.h"
#undef BYTES
#endif
#ifdef __AVX512F__
#define BYTES 64
#include "runtime/kernels/conv_lane.h"
#undef BYTES
#endif
#undef REAL
#undef BITS
#undef TYPE
#define REAL double
#define BITS long long
#define TYPE f64
#ifndef __AVX__
#define BYTES 16
#include "runtime/kernels/conv_lane.h"
#undef BYTES
#else
#define BYTES 32
#include "runtime/kernels/conv_lane.h"
#undef BYTES
#endif
#ifdef __AVX512F__
#define BYTES 64
#include "runtime/kernels/conv_lane.h"
#undef BYTES
#endif
#undef REAL
#undef BITS
#undef TYPE
#undef CONV_OUTS
#undef CONV_PIXELS
#undef CONV_TILES
#undef CONV_BACK_TILES

/* Shorter vectors where the last of the longest would be half empty or more. */
static ptrdiff_t vector_bytes(ptrdiff_t n, ptrdiff_t real)
{
#if defined(__AVX512F__)
    ptrdiff_t most = 64;
#elif defined(__AVX__)
    ptrdiff_t most = 32;
#else
    ptrdiff_t most = 16;
#endif
    const ptrdiff_t over = n * real % most;
    if (over && over <= most / 2 && most > 16) most /= 2;
    while (most > n * real) most /= 2;
    return most >= 16 ? most : real;
}

/* With the longer of two loops inside, where one is none. */
static struct nnrt_conv_shape in_order(const ptrdiff_t *shape)
{
    struct nnrt_conv_shape s;
    memcpy(&s, shape, sizeof s);
    if (s.nv > 1) return s;
    s.nv = s.nc;
    s.x_v = s.x_c;
    s.w_v = s.w_c;
    s.v_step = 0;
    s.nc = 1;
    return s;
}

#if defined(__AVX512F__)
#define BY_BYTES(call, type, least, ...)                                                                               \
    switch (vector_bytes(n, least)) {                                                                                  \
    case 64:                                                                                                           \
        call##_##type##_64(__VA_ARGS__);                                                                               \
        break;                                                                                                         \
    case 32:                                                                                                           \
        call##_##type##_32(__VA_ARGS__);                                                                               \
        break;                                                                                                         \
    case 16:                                                                                                           \
        call##_##type##_16(__VA_ARGS__);                                                                               \
        break;                                                                                                         \
    default:                                                                                                           \
        call##_##type##_##least(__VA_ARGS__);                                                                          \
        break;                                                                                                         \
    }
#elif defined(__AVX__)
#define BY_BYTES(call, type, least, ...)                                                                               \
    switch (vector_bytes(n, least)) {                                                                                  \
    case 32:                                                                                                           \
        call##_##type##_32(__VA_ARGS__);                                                                               \
        break;                                                                                                         \
    case 16:                                                                                                           \
        call##_##type##_16(__VA_ARGS__);                                                                               \
        break;                                                                                                         \
    default:                                                                                                           \
        call##_##type##_##least(__VA_ARGS__);                                                                          \
        break;                                                                                                         \
    }
#else
#define BY_BYTES(call, type, least, ...)                                                                               \
    switch (vector_bytes(n, least)) {                                                                                  \
    case 16:                                                                                                           \
        call##_##type##_16(__VA_ARGS__);                                                                               \
        break;                                                                                                         \
    default:                                                                                                           \
        call##_##type##_##least(__VA_ARGS__);                                                                          \
        break;                                                                                                         \
    }
#endif

#define CONVOLUTIONS(T, type, least)                                                                                   \
    void NAME(nnrt_conv_##type, ISA)(NNRT_CONV_ARGUMENTS(T))                                                           \
    {                                                                                                                  \
        const struct nnrt_conv_shape s = in_order(shape);                                                              \
        BY_BYTES(conv, type, least, &s, n, p, x, w, bias, y)                                                           \
    }                                                                                                                  \
    void NAME(nnrt_conv_back_##type, ISA)(NNRT_CONV_BACK_ARGUMENTS(T))                                                 \
    {                                                                                                                  \
        struct nnrt_conv_shape s;                                                                                      \
        memcpy(&s, shape, sizeof s);                                                                                   \
        BY_BYTES(conv_back, type, least, &s, n, p, x, y, w)                                                            \
    }
CONVOLUTIONS(float, f32, 4)
CONVOLUTIONS(double, f64, 8)
