/* Calls of the API in any order, with what fits and what does not: each is done or says why, and what was right
 * before still works. The sequences follow from their seeds. */
#include "runtime/host/host.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { TEXTS = 6, MODELS = 5, CALLS = 250, SEEDS = 12, VALUES = 512 };

/* Of a family: some have the same names in other shapes, others other names. */
static const char *const texts[TEXTS] = {
    "dim N <= 6\ninput x[N, 3] = [[1, 2, 3]], y[N, 1] = [[1]]\nh = x |> dense[4](act = tanh) as fc1\np = h |> "
    "dense[1] as out\n"
    "loss l = mean((p - y)**2)\noutput p\nwrt x\ntrain adam(lr = 0.01)\n",
    "dim N <= 9\ninput x[N, 3], y[N, 1]\nstate seen = zeros()\nh = x |> dense[4](act = tanh) as fc1\nseen <- seen + "
    "1\n"
    "p = dropout(h, p = 0.5) |> dense[1] as out\nloss l = mean((p - y)**2)\noutput p\ntrain clip_norm(1) |> "
    "momentum(lr = 0.1)\n",
    "dim M <= 4\ninput x[M, 2], label[M] in 3\nz = x |> dense[3] as fc1\nloss l = mean[M](cross_entropy[3](z, "
    "label))\n"
    "output p = softmax[3](z), right = argmax[3](z) == label\ntrain sgd(lr = 0.1)\n",
    "input x = 2, y = 3\noutput z = x * y\n",
    "dim N <= 6, T <= 3\ninput x[N, T], y[2*N - 1]\nparam w = 1\nloss l = w * sum(x**2) + sum(y)\ntrain sgd(lr = "
    "0.001)\n",
    "x = nothing\n",
};
static const char *const names[] = {"x",       "y",  "label", "fc1.W", "fc1.b", "out.W",   "w",   "l",
                                    "p",       "z",  "right", "seen",  "d_x",   "d_fc1.W", "d_w", "m.fc1.W",
                                    "v.out.b", "lr", "N",     "M",     "T",     "none",    ""};
enum { NAMES = sizeof names / sizeof *names };

struct session {
    uint64_t random;
    struct nngen_program *p[TEXTS];
    struct nngen_model *m[MODELS];
    int of[MODELS];      /* the program of each */
    bool shares[MODELS]; /* reads another's parameters, which must outlive it: it is freed first */
    float bound[VALUES];
    char file[64];
};

static unsigned draw(struct session *s, unsigned n)
{
    s->random = s->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((s->random >> 33) % n);
}

static void stop_sharing(struct session *s)
{
    for (int i = 0; i < MODELS; i++)
        if (s->shares[i]) nngen_share_params(s->m[i], NULL);
    memset(s->shares, 0, sizeof s->shares);
}

static void new_model(struct session *s, int i)
{
    static const enum nngen_backend all[] = {NNGEN_AUTO, NNGEN_TCC, NNGEN_INTERP};
    int f64 = draw(s, 4) == 0, of = (int)draw(s, TEXTS);
    stop_sharing(s);
    nngen_model_free(s->m[i]);
    s->m[i] = nngen_model_new(s->p[of], all[draw(s, 3)], f64);
    s->of[i] = of;
    if (!s->m[i] && !nngen_messages(s->p[of], NNGEN_SHORT, 0)[0]) fail_msg("no model and no message");
}

/* A program of the same text takes the place of the model's own, or another text's does. */
static int reload(struct session *s, int i)
{
    int of = (int)draw(s, TEXTS);
    stop_sharing(s);
    int done = nngen_reload(s->m[i], s->p[of], NULL, NULL);
    if (!done) s->of[i] = of;
    return done;
}

static int set(struct session *s, struct nngen_model *m, const char *name)
{
    double value[VALUES];
    int64_t dims[NNGEN_RANK_MAX];
    unsigned rank = draw(s, 4);
    for (unsigned k = 0; k < NNGEN_RANK_MAX; k++) dims[k] = (int64_t)draw(s, 8) - (draw(s, 9) == 0);
    for (int k = 0; k < VALUES; k++) value[k] = draw(s, 3) ? (double)draw(s, 3) : (double)draw(s, 100) / 50 - 1;
    if (draw(s, 2)) dims[1] = 3 - (draw(s, 4) == 0);
    return nngen_set(m, name, value, draw(s, 4) ? dims : NULL, rank);
}

static int bind(struct session *s, struct nngen_model *m, const char *name)
{
    int64_t dims[NNGEN_RANK_MAX] = {1 + draw(s, 6), 1 + draw(s, 4)};
    if (nngen_is_f64(m)) return nngen_forward(m); /* the values bound are float */
    for (int k = 0; k < VALUES; k++) s->bound[k] = !strcmp(name, "label") ? 0 : (float)draw(s, 100) / 100;
    return nngen_bind(m, name, s->bound, dims, 1 + draw(s, 2));
}

static int add_rows(struct session *s, struct nngen_model *m, const char *name)
{
    double value[VALUES];
    int64_t dims[] = {1 + draw(s, 12), 1 + draw(s, 3)};
    for (int k = 0; k < VALUES; k++) value[k] = draw(s, 2);
    return nngen_add_rows(m, name, value, dims, 1 + draw(s, 2));
}

static int train(struct session *s, struct nngen_model *m)
{
    double mean[8];
    struct nngen_training how = {
        .steps = draw(s, 30), .epochs = draw(s, 3), .batch = draw(s, 5), .valid = draw(s, 4) ? 0 : 0.3};
    if (draw(s, 4) == 0) return nngen_evaluate(m, &how, mean, 8, NULL) < 0 ? -1 : 0;
    return nngen_train(m, &how, NULL, NULL) < 0 ? -1 : 0;
}

static int ask(struct session *s, struct nngen_model *m, const char *name)
{
    double value[VALUES];
    int64_t dims[NNGEN_RANK_MAX];
    size_t n = 0;
    if (draw(s, 2)) return nngen_get(m, name, value, draw(s, 5) ? VALUES : draw(s, 4), dims) < 0 ? -1 : 0;
    float *at = nngen_elements(m, name, &n);
    if (at && n > VALUES) fail_msg("%s has %zu elements", name, n);
    return at ? 0 : -1;
}

static int share(struct session *s, int i)
{
    int j = (int)draw(s, MODELS);
    if (i == j || !s->m[j] || s->shares[j]) return nngen_share_params(s->m[i], NULL);
    int done = nngen_share_params(s->m[i], s->m[j]);
    if (!done) s->shares[i] = true;
    return done;
}

static int call(struct session *s, int i)
{
    struct nngen_model *m = s->m[i];
    const char *name = names[draw(s, NAMES)];
    switch (draw(s, 16)) {
    case 0:
        return nngen_init(m, draw(s, 5));
    case 1:
        return nngen_set_dim(m, name, (int64_t)draw(s, 12) - 1);
    case 2:
    case 3:
        return set(s, m, name);
    case 4:
        return bind(s, m, name);
    case 5:
        return nngen_set_number(m, name, 0.01);
    case 6:
        return nngen_forward(m);
    case 7:
        return nngen_grad(m);
    case 8:
        return nngen_step(m);
    case 9:
        return nngen_apply(m);
    case 10:
        return ask(s, m, name);
    case 11:
        return share(s, i);
    case 12:
        return reload(s, i);
    case 13:
        return add_rows(s, m, name);
    case 14:
        return train(s, m);
    default:
        return draw(s, 2)   ? nngen_save(m, s->file)
               : draw(s, 2) ? nngen_load(m, s->file)
                            : nngen_load_params(m, s->file);
    }
}

static void run(uint64_t seed)
{
    struct session s = {.random = seed};
    snprintf(s.file, sizeof s.file, "/tmp/nngen-sequence-%ld.safetensors", (long)getpid());
    for (int i = 0; i < TEXTS; i++) s.p[i] = nngen_compile_text(texts[i], strlen(texts[i]), "t", NULL);
    for (int k = 0; k < CALLS; k++) {
        int i = (int)draw(&s, MODELS);
        if (!s.m[i] || draw(&s, 40) == 0) new_model(&s, i);
        if (!s.m[i]) continue;
        int done = call(&s, i);
        if (done && !nngen_error(s.m[i])[0])
            fail_msg("seed %llu, call %d failed and does not say why", (unsigned long long)seed, k);
        if (s.p[s.of[i]]->tier[1].swap_at) s.p[s.of[i]]->tier[1].swap_at = UINT64_MAX; /* no compiler here */
    }
    stop_sharing(&s);
    for (int i = 0; i < MODELS; i++) nngen_model_free(s.m[i]);
    for (int i = 0; i < TEXTS; i++) nngen_program_free(s.p[i]);
    unlink(s.file);
}

static void test_any_sequence_of_calls_is_done_or_says_why(void **state)
{
    (void)state;
    const char *only = getenv("NNGEN_SEED");
    if (only) run(strtoull(only, NULL, 10));
    for (uint64_t seed = 1; seed <= SEEDS && !only; seed++) run(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_sequence_of_calls_is_done_or_says_why)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
