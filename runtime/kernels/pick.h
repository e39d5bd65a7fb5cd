/* yes ? a : b without a branch, `yes` being 0 or 1: compilers that follow the ways through conditions no longer find vectors in
 * loops with more than one. */
#ifndef NNRT_PICK_H
#define NNRT_PICK_H

#include <stdint.h>

/*@ nnrt_pick_f32 */
static inline float nnrt_pick_f32(int yes, float a, float b)
{
    union { float x; uint32_t bits; } one, other;
    const uint32_t mask = 0u - (uint32_t)yes;
    one.x = a;
    other.x = b;
    one.bits = (one.bits & mask) | (other.bits & ~mask);
    return one.x;
}

/*@ nnrt_pick_f64 */
static inline double nnrt_pick_f64(int yes, double a, double b)
{
    union { double x; uint64_t bits; } one, other;
    const uint64_t mask = 0u - (uint64_t)yes;
    one.x = a;
    other.x = b;
    one.bits = (one.bits & mask) | (other.bits & ~mask);
    return one.x;
}

/*@ nnrt_pick_i32 */
static inline int32_t nnrt_pick_i32(int yes, int32_t a, int32_t b)
{
    return (a & -yes) | (b & ~-yes);
}

/*@ end */
#endif
