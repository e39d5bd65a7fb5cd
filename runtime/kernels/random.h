/* Counter-based random numbers: the same on every backend and machine. Element i of a stream is
 *     (mix(mix(key + GOLDEN * stream) + GOLDEN * (i + 1)) >> 40) * 2^-24
 *
 * The headers of this folder are C99 and C++ alike and carried as text inside emitted C, function by function: a line
 * that begins with an at sign in a comment names the function that follows and those it needs, and its text goes up to
 * the next such line. */
#ifndef NNRT_RANDOM_H
#define NNRT_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/*@ nnrt_mix */
static uint64_t nnrt_mix(uint64_t z)
{
    z ^= z >> 30;
    z *= UINT64_C(0xbf58476d1ce4e5b9);
    z ^= z >> 27;
    z *= UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/*@ nnrt_stream needs nnrt_mix */
/* What a stream's numbers have in common. */
static uint64_t nnrt_stream(uint64_t key, uint64_t stream)
{
    return nnrt_mix(key + UINT64_C(0x9e3779b97f4a7c15) * stream);
}

/*@ nnrt_uniform needs nnrt_mix */
/* Number i of a stream: a multiple of 2^-24 in [0, 1), the same in either precision. */
static float nnrt_uniform(uint64_t stream, size_t i)
{
    uint64_t z = nnrt_mix(stream + UINT64_C(0x9e3779b97f4a7c15) * ((uint64_t)i + 1));
    return (float)(int32_t)(z >> 40) * 0x1p-24f;
}

/*@ nnrt_uniforms_f32 needs nnrt_uniform */
/* Numbers first .. first+n-1 of a stream. */
static void nnrt_uniforms_f32(float *y, size_t n, uint64_t stream, size_t first)
{
    for (size_t i = 0; i < n; i++) y[i] = nnrt_uniform(stream, first + i);
}

/*@ nnrt_uniforms_f64 needs nnrt_uniform */
static void nnrt_uniforms_f64(double *y, size_t n, uint64_t stream, size_t first)
{
    for (size_t i = 0; i < n; i++) y[i] = (double)nnrt_uniform(stream, first + i);
}

/*@ end */
#endif
