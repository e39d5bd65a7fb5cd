/* adam_has_state: made by nngen, not by hand. See adam_has_state.h for what it does and how to use it. */
#include "adam_has_state.h"

#include <math.h>

/* No turn of the loop reads what another writes: more arrays than gcc would find that out of. */
#if defined __GNUC__ && !defined __clang__ && !defined __TINYC__
#define ADAM_HAS_STATE_EACH _Pragma("GCC ivdep")
#else
#define ADAM_HAS_STATE_EACH
#endif

static const adam_has_state_real adam_has_state_table1[3] = {
    0.5f, -0.5f, 0.25f,
};

size_t adam_has_state_work_size(void)
{
    return sizeof(adam_has_state_work);
}

adam_has_state_status adam_has_state_init(adam_has_state_params *p, uint64_t seed)
{
    (void)seed;
    if (!p) return ADAM_HAS_STATE_E_NULL;
    /* param w[3] = [0.5, -0.5, 0.25] */
    for (size_t i = 0; i < 3; i++) {
        p->w[i] = adam_has_state_table1[i];
    }
    return ADAM_HAS_STATE_OK;
}

adam_has_state_status adam_has_state_opt_init(adam_has_state_opt *o)
{
    if (!o) return ADAM_HAS_STATE_E_NULL;
    /* train adam(lr = 0.01) */
    for (size_t i = 0; i < 3; i++) {
        const adam_has_state_real t1 = 0.0f;
        o->m.w[i] = t1;
        o->v.w[i] = t1;
    }
    o->t = 0;
    o->lr = 0.01f;
    o->beta1 = 0.9f;
    o->beta2 = 0.999f;
    o->eps = 1e-08f;
    return ADAM_HAS_STATE_OK;
}

adam_has_state_status adam_has_state_forward(const adam_has_state_params *p, const adam_has_state_inputs *in,
                                             adam_has_state_outputs *out, adam_has_state_work *w)
{
    (void)w;
    if (!p || !in || !out) return ADAM_HAS_STATE_E_NULL;
    if (!in->x) return ADAM_HAS_STATE_E_NULL;
    const adam_has_state_real *const x = in->x;
    /* loss s = (sum(w * x) - 1) ** 2 */
    double acc1 = 0;
    for (size_t i = 0; i < 3; i++) {
        acc1 += p->w[i] * x[i];
    }
    const adam_has_state_real sum1 = (adam_has_state_real)acc1;
    const adam_has_state_real t1 = sum1 - 1.0f;
    out->s = t1 * t1;
    return ADAM_HAS_STATE_OK;
}

adam_has_state_status adam_has_state_grad(const adam_has_state_params *p, const adam_has_state_inputs *in,
                                          adam_has_state_outputs *out, adam_has_state_params *g,
                                          adam_has_state_work *w)
{
    (void)w;
    if (!p || !in || !out || !g) return ADAM_HAS_STATE_E_NULL;
    if (!in->x) return ADAM_HAS_STATE_E_NULL;
    const adam_has_state_real *const x = in->x;
    /* loss s = (sum(w * x) - 1) ** 2 */
    double acc1 = 0;
    for (size_t i = 0; i < 3; i++) {
        acc1 += p->w[i] * x[i];
    }
    const adam_has_state_real sum1 = (adam_has_state_real)acc1;
    const adam_has_state_real t1 = sum1 - 1.0f;
    out->s = t1 * t1;
    /* gradient: loss s = (sum(w * x) - 1) ** 2 */
    const adam_has_state_real t2 = t1 + t1;
    for (size_t i = 0; i < 3; i++) {
        g->w[i] = t2 * x[i];
    }
    return ADAM_HAS_STATE_OK;
}

adam_has_state_status adam_has_state_step(adam_has_state_params *p, adam_has_state_opt *o,
                                          const adam_has_state_inputs *in, adam_has_state_outputs *out,
                                          adam_has_state_work *w)
{
    (void)w;
    if (!p || !o || !in || !out) return ADAM_HAS_STATE_E_NULL;
    if (!in->x) return ADAM_HAS_STATE_E_NULL;
    const adam_has_state_real t = (adam_has_state_real)(o->t + 1);
    const adam_has_state_real *const x = in->x;
    /* loss s = (sum(w * x) - 1) ** 2 */
    double acc1 = 0;
    for (size_t i = 0; i < 3; i++) {
        acc1 += p->w[i] * x[i];
    }
    const adam_has_state_real sum1 = (adam_has_state_real)acc1;
    const adam_has_state_real t1 = sum1 - 1.0f;
    out->s = t1 * t1;
    /* gradient: train adam(lr = 0.01) */
    const adam_has_state_real t2 = 1.0f - o->beta1;
    const adam_has_state_real t3 = 1.0f - o->beta2;
    const adam_has_state_real t4 = 1.0f - powf(o->beta1, t);
    const adam_has_state_real t5 = 1.0f - powf(o->beta2, t);
    /* gradient: loss s = (sum(w * x) - 1) ** 2 */
    const adam_has_state_real t6 = t1 + t1;
    /* update: train adam(lr = 0.01) */
    ADAM_HAS_STATE_EACH
    for (size_t i = 0; i < 3; i++) {
        const adam_has_state_real d_w = t6 * x[i];
        const adam_has_state_real t7 = o->beta1 * o->m.w[i] + t2 * d_w;
        o->m.w[i] = t7;
        const adam_has_state_real t8 = o->beta2 * o->v.w[i] + t3 * d_w * d_w;
        o->v.w[i] = t8;
        p->w[i] = p->w[i] - o->lr * (t7 / t4) / (sqrtf(t8 / t5) + o->eps);
    }
    o->t++;
    return ADAM_HAS_STATE_OK;
}
