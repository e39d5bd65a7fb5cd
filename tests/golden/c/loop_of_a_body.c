/* loop_of_a_body: made by nngen, not by hand. See loop_of_a_body.h for what it does and how to use it. */
#include "loop_of_a_body.h"

#include <math.h>

static const loop_of_a_body_real loop_of_a_body_table1[4] = {
    0.5f, -0.25f, 1.0f, 0.75f,
};

size_t loop_of_a_body_work_size(void)
{
    return sizeof(loop_of_a_body_work);
}

loop_of_a_body_status loop_of_a_body_init(loop_of_a_body_params *p, uint64_t seed)
{
    (void)seed;
    if (!p) return LOOP_OF_A_BODY_E_NULL;
    /* param W[H, H] = [[0.5, -0.25], [1, 0.75]] */
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            p->W[i][j] = loop_of_a_body_table1[i * 2 + j];
        }
    }
    return LOOP_OF_A_BODY_OK;
}

loop_of_a_body_status loop_of_a_body_forward(const loop_of_a_body_params *p, const loop_of_a_body_inputs *in,
                                             loop_of_a_body_outputs *out, loop_of_a_body_work *w)
{
    if (!p || !in || !out || !w) return LOOP_OF_A_BODY_E_NULL;
    if (!in->x) return LOOP_OF_A_BODY_E_NULL;
    loop_of_a_body_real *const h = w->real + 16; /* [2][2] */
    const loop_of_a_body_real *const x = in->x;
    loop_of_a_body_real *const hs = out->hs ? out->hs : w->real; /* [3][2][2] */
    /* for t in T carry h = zeros[N, H] collect hs { */
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            h[i * 2 + j] = 0.0f;
        }
    }
    for (size_t t = 0; t < 3; t++) {
        loop_of_a_body_real *const prod1 = w->real + 12; /* [2][2] */
        const loop_of_a_body_real *const x_t = &x[t * 4];
        loop_of_a_body_real *const hs_t = &hs[t * 4];
        /* h = tanh(x[t] + h @ W) */
        for (size_t i = 0; i < 2; i++) {
            for (size_t j = 0; j < 2; j++) {
                prod1[i * 2 + j] = 0;
            }
            for (size_t j = 0; j < 2; j++) {
                const loop_of_a_body_real x1 = h[i * 2 + j];
                for (size_t k = 0; k < 2; k++) {
                    prod1[i * 2 + k] += x1 * p->W[j][k];
                }
            }
        }
        for (size_t i = 0; i < 2; i++) {
            for (size_t j = 0; j < 2; j++) {
                const loop_of_a_body_real h_next = tanhf(x_t[i * 2 + j] + prod1[i * 2 + j]);
                h[i * 2 + j] = h_next;
                hs_t[i * 2 + j] = h_next;
            }
        }
    }
    /* loss e = sum(h**2) */
    double acc1 = 0;
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            acc1 += h[i * 2 + j] * h[i * 2 + j];
        }
    }
    out->e = (loop_of_a_body_real)acc1;
    return LOOP_OF_A_BODY_OK;
}

loop_of_a_body_status loop_of_a_body_grad(const loop_of_a_body_params *p, const loop_of_a_body_inputs *in,
                                          loop_of_a_body_outputs *out, loop_of_a_body_params *g,
                                          loop_of_a_body_work *w)
{
    if (!p || !in || !out || !g || !w) return LOOP_OF_A_BODY_E_NULL;
    if (!in->x) return LOOP_OF_A_BODY_E_NULL;
    loop_of_a_body_real *const h = w->real + 36; /* [2][2] */
    const loop_of_a_body_real *const x = in->x;
    loop_of_a_body_real *const hs = out->hs ? out->hs : w->real; /* [3][2][2] */
    loop_of_a_body_real *const h_rows = w->real + 12; /* [3][2][2] */
    loop_of_a_body_real *const d_x = out->d_x ? out->d_x : w->real + 24; /* [3][2][2] */
    /* for t in T carry h = zeros[N, H] collect hs { */
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            h[i * 2 + j] = 0.0f;
        }
    }
    for (size_t t = 0; t < 3; t++) {
        loop_of_a_body_real *const prod1 = w->real + 24; /* [2][2] */
        const loop_of_a_body_real *const x_t = &x[t * 4];
        loop_of_a_body_real *const hs_t = &hs[t * 4];
        loop_of_a_body_real *const h_rows_t = &h_rows[t * 4];
        /* h = tanh(x[t] + h @ W) */
        for (size_t i = 0; i < 2; i++) {
            for (size_t j = 0; j < 2; j++) {
                prod1[i * 2 + j] = 0;
            }
            for (size_t j = 0; j < 2; j++) {
                const loop_of_a_body_real x1 = h[i * 2 + j];
                for (size_t k = 0; k < 2; k++) {
                    prod1[i * 2 + k] += x1 * p->W[j][k];
                }
            }
        }
        /* for t in T carry h = zeros[N, H] collect hs { */
        for (size_t i = 0; i < 2; i++) {
            for (size_t j = 0; j < 2; j++) {
                h_rows_t[i * 2 + j] = h[i * 2 + j];
            }
        }
        /* h = tanh(x[t] + h @ W) */
        for (size_t i = 0; i < 2; i++) {
            for (size_t j = 0; j < 2; j++) {
                const loop_of_a_body_real h_next = tanhf(x_t[i * 2 + j] + prod1[i * 2 + j]);
                h[i * 2 + j] = h_next;
                hs_t[i * 2 + j] = h_next;
            }
        }
    }
    /* loss e = sum(h**2) */
    double acc1 = 0;
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            acc1 += h[i * 2 + j] * h[i * 2 + j];
        }
    }
    out->e = (loop_of_a_body_real)acc1;
    /* gradient: for t in T carry h = zeros[N, H] collect hs { */
    loop_of_a_body_real *const d_h = w->real + 40;
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            const loop_of_a_body_real d_h_ = h[i * 2 + j] + h[i * 2 + j];
            d_h[i * 2 + j] = d_h_;
        }
    }
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            g->W[i][j] = 0.0f;
        }
    }
    for (size_t t = 3; t-- > 0;) {
        const loop_of_a_body_real *const hs_t = &hs[t * 4];
        const loop_of_a_body_real *const h_rows_t = &h_rows[t * 4];
        loop_of_a_body_real *const d_x_t = &d_x[t * 4];
        /* gradient: h = tanh(x[t] + h @ W) */
        for (size_t i = 0; i < 2; i++) {
            for (size_t j = 0; j < 2; j++) {
                d_x_t[i * 2 + j] = d_h[i * 2 + j] * (1.0f - hs_t[i * 2 + j] * hs_t[i * 2 + j]);
            }
        }
        for (size_t i = 0; i < 2; i++) {
            for (size_t j = 0; j < 2; j++) {
                const loop_of_a_body_real x2 = h_rows_t[j * 2 + i];
                for (size_t k = 0; k < 2; k++) {
                    g->W[i][k] += x2 * d_x_t[j * 2 + k];
                }
            }
        }
        for (size_t i = 0; i < 2; i++) {
            for (size_t j = 0; j < 2; j++) {
                loop_of_a_body_real acc2 = 0;
                for (size_t k = 0; k < 2; k++) {
                    acc2 += d_x_t[i * 2 + k] * p->W[j][k];
                }
                d_h[i * 2 + j] = acc2;
            }
        }
    }
    return LOOP_OF_A_BODY_OK;
}
