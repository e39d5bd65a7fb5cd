/* initial_values_in_place: made by nngen, not by hand. See initial_values_in_place.h for what it does and how to use it. */
#include "initial_values_in_place.h"

#include <math.h>

static uint64_t nnrt_mix(uint64_t z)
{
    z ^= z >> 30;
    z *= UINT64_C(0xbf58476d1ce4e5b9);
    z ^= z >> 27;
    z *= UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* What a stream's numbers have in common. */
static uint64_t nnrt_stream(uint64_t key, uint64_t stream)
{
    return nnrt_mix(key + UINT64_C(0x9e3779b97f4a7c15) * stream);
}

/* Number i of a stream: a multiple of 2^-24 in [0, 1), the same in either precision. */
static float nnrt_uniform(uint64_t stream, size_t i)
{
    uint64_t z = nnrt_mix(stream + UINT64_C(0x9e3779b97f4a7c15) * ((uint64_t)i + 1));
    return (float)(int32_t)(z >> 40) * 0x1p-24f;
}

/* The same in single precision; dot products add up in double. */
static void nnrt_orthonormal_f32(size_t rows, size_t cols, const float *x, float *y)
{
    size_t count = rows < cols ? rows : cols, length = rows < cols ? cols : rows;
    size_t next = rows < cols ? cols : 1, step = rows < cols ? 1 : cols;
    for (size_t i = 0; i < rows * cols; i++) y[i] = x[i];
    for (size_t j = 0; j < count; j++) {
        float *v = y + j * next;
        double s;
        for (size_t k = 0; k < 2 * j; k++) {
            const float *q = y + k % j * next;
            s = 0;
            for (size_t i = 0; i < length; i++) s += (double)q[i * step] * (double)v[i * step];
            for (size_t i = 0; i < length; i++) v[i * step] = (float)((double)v[i * step] - s * (double)q[i * step]);
        }
        s = 0;
        for (size_t i = 0; i < length; i++) s += (double)v[i * step] * (double)v[i * step];
        s = sqrt(s);
        for (size_t i = 0; s > 0 && i < length; i++) v[i * step] = (float)((double)v[i * step] / s);
    }
}


size_t initial_values_in_place_work_size(void)
{
    return sizeof(initial_values_in_place_work);
}

initial_values_in_place_status initial_values_in_place_init(initial_values_in_place_params *p, uint64_t seed)
{
    if (!p) return INITIAL_VALUES_IN_PLACE_E_NULL;
    const uint64_t stream_1 = nnrt_stream(seed, 0x1bc5376eab3ed1b4u);
    const uint64_t stream_2 = nnrt_stream(seed, 0x7bca8b65c0b5f546u);
    const uint64_t stream_3 = nnrt_stream(seed, 0x2f292e35f48e9cc6u);
    const uint64_t stream_4 = nnrt_stream(seed, 0x4f23da3a9ae37814u);
    /* param V[3, 3] = orthogonal() */
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            const initial_values_in_place_real t1 = sqrtf(-2.0f * logf(1.0f - nnrt_uniform(stream_1, i * 3 + j))) * cosf(6.2831855f * nnrt_uniform(stream_2, i * 3 + j));
            p->V[i][j] = 0.0f + t1;
        }
    }
    nnrt_orthonormal_f32(3, 3, &p->V[0][0], &p->V[0][0]);
    /* param U[3, 4] = orthogonal() * 2 */
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 4; j++) {
            const initial_values_in_place_real t2 = sqrtf(-2.0f * logf(1.0f - nnrt_uniform(stream_3, i * 4 + j))) * cosf(6.2831855f * nnrt_uniform(stream_4, i * 4 + j));
            p->U[i][j] = 0.0f + t2;
        }
    }
    nnrt_orthonormal_f32(3, 4, &p->U[0][0], &p->U[0][0]);
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 4; j++) {
            p->U[i][j] = p->U[i][j] * 2.0f;
        }
    }
    return INITIAL_VALUES_IN_PLACE_OK;
}

initial_values_in_place_status initial_values_in_place_forward(const initial_values_in_place_params *p,
                                                               const initial_values_in_place_inputs *in,
                                                               initial_values_in_place_outputs *out,
                                                               initial_values_in_place_work *w)
{
    (void)in;
    (void)w;
    if (!p || !out) return INITIAL_VALUES_IN_PLACE_E_NULL;
    /* loss l = sum(V ** 3) + sum(U ** 3) */
    double acc1 = 0;
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            acc1 += p->V[i][j] * (p->V[i][j] * p->V[i][j]);
        }
    }
    const initial_values_in_place_real sum1 = (initial_values_in_place_real)acc1;
    double acc2 = 0;
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 4; j++) {
            acc2 += p->U[i][j] * (p->U[i][j] * p->U[i][j]);
        }
    }
    const initial_values_in_place_real sum2 = (initial_values_in_place_real)acc2;
    out->l = sum1 + sum2;
    return INITIAL_VALUES_IN_PLACE_OK;
}

initial_values_in_place_status initial_values_in_place_grad(const initial_values_in_place_params *p,
                                                            const initial_values_in_place_inputs *in,
                                                            initial_values_in_place_outputs *out,
                                                            initial_values_in_place_params *g,
                                                            initial_values_in_place_work *w)
{
    (void)in;
    (void)w;
    if (!p || !out || !g) return INITIAL_VALUES_IN_PLACE_E_NULL;
    /* loss l = sum(V ** 3) + sum(U ** 3) */
    /* gradient: param V[3, 3] = orthogonal() */
    double acc1 = 0;
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            const initial_values_in_place_real t1 = p->V[i][j] * p->V[i][j];
            acc1 += p->V[i][j] * t1;
            g->V[i][j] = t1 + t1 + t1;
        }
    }
    const initial_values_in_place_real sum1 = (initial_values_in_place_real)acc1;
    /* loss l = sum(V ** 3) + sum(U ** 3) */
    double acc2 = 0;
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 4; j++) {
            const initial_values_in_place_real t2 = p->U[i][j] * p->U[i][j];
            acc2 += p->U[i][j] * t2;
        }
    }
    const initial_values_in_place_real sum2 = (initial_values_in_place_real)acc2;
    out->l = sum1 + sum2;
    /* gradient: param U[3, 4] = orthogonal() * 2 */
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 4; j++) {
            const initial_values_in_place_real t2 = p->U[i][j] * p->U[i][j];
            g->U[i][j] = t2 + t2 + t2;
        }
    }
    return INITIAL_VALUES_IN_PLACE_OK;
}
