/* loops_in_loops: made by nngen, not by hand. See loops_in_loops.h for what it does and how to use it. */
#include "loops_in_loops.h"

#include <math.h>

size_t loops_in_loops_work_size(void)
{
    return sizeof(loops_in_loops_work);
}

loops_in_loops_status loops_in_loops_forward(const loops_in_loops_params *p, const loops_in_loops_inputs *in,
                                             loops_in_loops_outputs *out, loops_in_loops_work *w)
{
    (void)p;
    if (!in || !out || !w) return LOOPS_IN_LOOPS_E_NULL;
    if (in->T < 1 || in->T > 100) return LOOPS_IN_LOOPS_E_DIM;
    if (!in->x) return LOOPS_IN_LOOPS_E_NULL;
    if (!in->k) return LOOPS_IN_LOOPS_E_NULL;
    const size_t T = in->T;
    loops_in_loops_real *const b = out->b ? out->b : w->real + 3; /* [3] */
    const loops_in_loops_real *const k_ = in->k;
    const loops_in_loops_real *const x = in->x;
    /* for t in T carry a = 1, b = zeros[N] { */
    loops_in_loops_real a = 1.0f;
    for (size_t i = 0; i < 3; i++) {
        b[i] = 0.0f;
    }
    for (size_t t = 0; t < T; t++) {
        const loops_in_loops_real *const x_t = &x[t * 3];
        loops_in_loops_real *const cs = w->real; /* [3] */
        /* for n in N carry c = a collect cs { */
        loops_in_loops_real c = a;
        for (size_t n = 0; n < 3; n++) {
            /* c = 0.5 * c * x[t, n] */
            const loops_in_loops_real c_next = 0.5f * c * x_t[n];
            c = c_next;
            /* cs = c * k[t] */
            cs[n] = c_next * k_[t];
        }
        /* b = b + cs */
        for (size_t i = 0; i < 3; i++) {
            b[i] = b[i] + cs[i];
        }
        /* for n in N carry c = a collect cs { */
        a = c;
    }
    /* loss e = a + sum(b) */
    double acc1 = 0;
    for (size_t i = 0; i < 3; i++) {
        acc1 += b[i];
    }
    const loops_in_loops_real sum1 = (loops_in_loops_real)acc1;
    out->e = a + sum1;
    return LOOPS_IN_LOOPS_OK;
}

loops_in_loops_status loops_in_loops_grad(const loops_in_loops_params *p, const loops_in_loops_inputs *in,
                                          loops_in_loops_outputs *out, loops_in_loops_params *g,
                                          loops_in_loops_work *w)
{
    (void)p;
    (void)g;
    if (!in || !out || !w) return LOOPS_IN_LOOPS_E_NULL;
    if (in->T < 1 || in->T > 100) return LOOPS_IN_LOOPS_E_DIM;
    if (!in->x) return LOOPS_IN_LOOPS_E_NULL;
    if (!in->k) return LOOPS_IN_LOOPS_E_NULL;
    const size_t T = in->T;
    loops_in_loops_real *const b = out->b ? out->b : w->real + 303; /* [3] */
    const loops_in_loops_real *const k_ = in->k;
    const loops_in_loops_real *const x = in->x;
    loops_in_loops_real *const tape1 = w->real; /* [T][3] */
    loops_in_loops_real *const d_k = out->d_k ? out->d_k : w->real + 600; /* [T] */
    loops_in_loops_real *const d_x = out->d_x ? out->d_x : w->real + 300; /* [T][3] */
    /* for t in T carry a = 1, b = zeros[N] { */
    loops_in_loops_real a = 1.0f;
    for (size_t i = 0; i < 3; i++) {
        b[i] = 0.0f;
    }
    for (size_t t = 0; t < T; t++) {
        const loops_in_loops_real *const x_t = &x[t * 3];
        loops_in_loops_real *const cs = w->real + 300; /* [3] */
        loops_in_loops_real *const tape1_t = &tape1[t * 3];
        /* for n in N carry c = a collect cs { */
        loops_in_loops_real c = a;
        for (size_t n = 0; n < 3; n++) {
            tape1_t[n] = c;
            /* c = 0.5 * c * x[t, n] */
            const loops_in_loops_real c_next = 0.5f * c * x_t[n];
            c = c_next;
            /* cs = c * k[t] */
            cs[n] = c_next * k_[t];
        }
        /* b = b + cs */
        for (size_t i = 0; i < 3; i++) {
            b[i] = b[i] + cs[i];
        }
        /* for n in N carry c = a collect cs { */
        a = c;
    }
    /* loss e = a + sum(b) */
    double acc1 = 0;
    for (size_t i = 0; i < 3; i++) {
        acc1 += b[i];
    }
    const loops_in_loops_real sum1 = (loops_in_loops_real)acc1;
    out->e = a + sum1;
    /* gradient: for t in T carry a = 1, b = zeros[N] { */
    loops_in_loops_real d_a = 1.0f;
    for (size_t t = T; t-- > 0;) {
        const loops_in_loops_real *const tape1_t = &tape1[t * 3];
        const loops_in_loops_real *const x_t = &x[t * 3];
        loops_in_loops_real *const d_x_t = &d_x[t * 3];
        /* gradient: for n in N carry c = a collect cs { */
        loops_in_loops_real d_a_ = d_a;
        loops_in_loops_real sum2 = 0.0f;
        for (size_t n = 3; n-- > 0;) {
            /* gradient: c = 0.5 * c * x[t, n] */
            const loops_in_loops_real t1 = 0.5f * tape1_t[n];
            const loops_in_loops_real c_ = t1 * x_t[n];
            /* gradient: cs = c * k[t] */
            const loops_in_loops_real d_c = d_a_ + k_[t];
            /* gradient: c = 0.5 * c * x[t, n] */
            d_x_t[n] = d_c * t1;
            /* gradient: cs = c * k[t] */
            sum2 = sum2 + c_;
            /* gradient: c = 0.5 * c * x[t, n] */
            d_a_ = d_c * x_t[n] * 0.5f;
        }
        d_k[t] = sum2;
        /* gradient: for n in N carry c = a collect cs { */
        d_a = d_a_;
    }
    return LOOPS_IN_LOOPS_OK;
}
