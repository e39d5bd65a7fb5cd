/* Every n-th allocation fails, in turn: whatever was going on says so, and the next try works. The executable is linked with
 * --wrap for malloc and its kin, so that the library's own calls come here. */
#include "runtime/host/host.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);

static long left = -1; /* allocations until one fails; negative: none does */
static bool failed;

static bool fails(void)
{
    if (left < 0 || left-- > 0) return false;
    failed = true;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails() ? NULL : __real_realloc(p, size);
}

void *__wrap_aligned_alloc(size_t align, size_t size)
{
    return fails() ? NULL : __real_aligned_alloc(align, size);
}

/* ---- the n-th call that reaches the disk fails ---- */

ssize_t __real_write(int fd, const void *bytes, size_t n);
int __real_fsync(int fd);
int __real_close(int fd);
int __real_rename(const char *from, const char *to);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);
int __wrap_fsync(int fd);
int __wrap_close(int fd);
int __wrap_rename(const char *from, const char *to);

static long disk_left = -1;
static bool disk_failed, short_writes;

static bool disk_fails(int error)
{
    if (disk_left < 0 || disk_left-- > 0) return false;
    disk_failed = true;
    errno = error;
    return true;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t n)
{
    if (disk_fails(ENOSPC)) return -1;
    return __real_write(fd, bytes, short_writes && n > 7 ? 7 : n);
}

int __wrap_fsync(int fd)
{
    return disk_fails(EIO) ? -1 : __real_fsync(fd);
}

int __wrap_close(int fd)
{
    int done = __real_close(fd); /* the descriptor is gone in either case */
    return disk_fails(EIO) ? -1 : done;
}

int __wrap_rename(const char *from, const char *to)
{
    return disk_fails(EROFS) ? -1 : __real_rename(from, to);
}

static const char model[] = "dim N <= 4, K = 3\ninput x[N, 2] = [[1, -1], [0.5, 2]]\ninput label[N] in K = [2, 0]\n"
                            "param W[2, K] = normal(0, 1)\nz = x @ W\nloss nll = mean[N](cross_entropy[K](z, label))\noutput z\n"
                            "train sgd(lr = 0.01)\ntest \"t\" { expect nll > 0 }\n";

typedef bool scenario(enum nngen_backend b);

static bool live(enum nngen_backend b)
{
    struct nngen_program *p = nngen_compile_text(model, strlen(model), "m", NULL);
    struct nngen_model *m = nngen_model_new(p, b, 0);
    static const double x[6] = {1, 2, 3, 4, 5, 6}, label[3] = {0, 1, 2};
    bool ok = m && !nngen_init(m, 1) && !nngen_step(m) && !nngen_set(m, "x", x, (const int64_t[]){3, 2}, 2) &&
              !nngen_set(m, "label", label, NULL, 0) && !nngen_grad(m) && nngen_scalar(m, "nll") > 0;
    if (!m) ok = false;
    if (m && !ok && !nngen_error(m)[0]) fail_msg("a call failed and does not say why");
    if (!m && nngen_ok(p) && !nngen_messages(p, NNGEN_SHORT, 0)[0]) fail_msg("no model and no message");
    nngen_model_free(m);
    nngen_program_free(p);
    return ok;
}

static bool ask(enum nngen_backend b)
{
    struct nngen_program *p = nngen_compile_text(model, strlen(model), "m", NULL);
    bool ok = nngen_ok(p) && nngen_dump(p, "opt") && nngen_run_tests(p, b, NULL, NULL, NULL) == 0 &&
              nngen_check_gradients(p, b, 1, NULL, NULL) == 0 && nngen_dependencies(p);
    char *layout = nngen_formatted(p), *all = nngen_operations();
    ok = ok && layout && all && nngen_explain("tanh");
    nngen_text_free(layout);
    nngen_text_free(all);
    nngen_program_free(p);
    return ok;
}

static bool keep(enum nngen_backend b)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/nngen-test-faults-%ld.safetensors", (long)getpid());
    struct nngen_program *p = nngen_compile_text(model, strlen(model), "m", NULL);
    struct nngen_model *m = nngen_model_new(p, b, 0);
    struct nngen_array a = {0};
    const char *why;
    bool ok = m && !nngen_save_params(m, path) && !nngen_load_params(m, path) && !nngen_save(m, path) && !nngen_load(m, path);
    ok = ok && file_write(path, "1,2\n", 4, &why) && !nngen_read_array(path, &a, &why);
    nngen_array_free(&a);
    nngen_model_free(m);
    nngen_program_free(p);
    unlink(path);
    return ok;
}

/* From a table to a spoilt run, whose steps are gone through again. */
static bool learn(enum nngen_backend b)
{
    static const char table[] = "x.0,x.1,label\n1,2,0\n2,3,1\n3,4,2\n4,5,0\n5,6,1\n6,7,2\n7,8,0\n";
    char path[64];
    const char *why;
    double mean[1];
    snprintf(path, sizeof path, "/tmp/nngen-test-faults-%ld.csv", (long)getpid());
    struct nngen_program *p = nngen_compile_text(model, strlen(model), "m", NULL);
    struct nngen_model *m = nngen_model_new(p, b, 0);
    bool ok = file_write(path, table, sizeof table - 1, &why) && m && !nngen_add_data(m, path, NULL);
    ok = ok && nngen_train(m, &(struct nngen_training){.epochs = 2, .valid = 0.2}, NULL, NULL) == NNGEN_TRAINED;
    ok = ok && nngen_evaluate(m, NULL, mean, 1, NULL) == 1 && !nngen_set_number(m, "lr", 1e38);
    ok = ok && nngen_train(m, &(struct nngen_training){.epochs = 9}, NULL, NULL) == -1;
    ok = ok && strstr(nngen_error(m), "is the first that is not finite");
    char *text = ok ? nngen_emit_weights(m) : NULL;
    ok = ok && text;
    if (m && !ok && !nngen_error(m)[0] && access(path, F_OK) == 0) fail_msg("training failed and does not say why");
    nngen_text_free(text);
    nngen_model_free(m);
    nngen_program_free(p);
    unlink(path);
    return ok;
}

static bool draw(enum nngen_backend b)
{
    struct nngen_program *p = nngen_compile_text(model, strlen(model), "m", NULL);
    struct nngen_model *m = nngen_model_new(p, b, 1);
    char *values = m ? nngen_graph(p, m, NNGEN_SVG, 1, 0) : NULL, *backward = values ? nngen_graph(p, NULL, NNGEN_PLAIN, 1, 1) : NULL;
    bool ok = values && backward;
    if (m && !ok && !nngen_error(m)[0] && !nngen_messages(p, NNGEN_SHORT, 0)[0]) fail_msg("no picture and no message");
    nngen_text_free(values);
    nngen_text_free(backward);
    nngen_model_free(m);
    nngen_program_free(p);
    return ok;
}

static void fail_in_turn(scenario *run, enum nngen_backend b)
{
    long n = 0;
    assert_true(run(b)); /* what lasts to the end of the process is there, and it works at all */
    do {
        left = n++;
        failed = false;
        bool ok = run(b);
        left = -1;
        if (ok && failed && b != NNGEN_AUTO) fail_msg("allocation %ld failed and nobody noticed", n - 1);
        if (n % 64 == 0) assert_true(run(b));
    } while (failed);
    assert_true(n > 20);
}

static void test_models_on_the_interpreter(void **state)
{
    (void)state;
    fail_in_turn(live, NNGEN_INTERP);
}

static void test_models_on_libtcc(void **state)
{
    (void)state;
    fail_in_turn(live, NNGEN_TCC);
}

static void test_questions(void **state)
{
    (void)state;
    fail_in_turn(ask, NNGEN_INTERP);
}

static void test_pictures(void **state)
{
    (void)state;
    fail_in_turn(draw, NNGEN_INTERP);
}

static void test_files(void **state)
{
    (void)state;
    fail_in_turn(keep, NNGEN_INTERP);
}

static void test_training(void **state)
{
    (void)state;
    fail_in_turn(learn, NNGEN_INTERP);
}

/* The old file or the new one, and the message that goes with it; nothing is left aside before the rename. */
static void test_saving(void **state)
{
    (void)state;
    char path[64], command[128];
    const char *why;
    struct bytes old, new, now;
    struct nngen_program *p = nngen_compile_text(model, strlen(model), "m", NULL);
    struct nngen_model *m = nngen_model_new(p, NNGEN_INTERP, 0);
    snprintf(path, sizeof path, "/tmp/nngen-test-saving-%ld", (long)getpid());
    snprintf(command, sizeof command, "test -z \"$(ls %s.* 2>/dev/null)\"", path);
    assert_int_equal(nngen_step(m), 0);
    assert_int_equal(nngen_save(m, path), 0);
    assert_true(file_read(path, 1 << 20, 0, &new, &why));
    assert_int_equal(nngen_init(m, 1), 0);
    assert_int_equal(nngen_save(m, path), 0);
    assert_true(file_read(path, 1 << 20, 0, &old, &why));
    assert_int_equal(nngen_step(m), 0);
    short_writes = true;
    long n = 0;
    do {
        disk_left = n++;
        disk_failed = false;
        int done = nngen_save(m, path);
        disk_left = -1;
        if (disk_failed) assert_int_equal(done, -1);
        if (disk_failed) assert_true(strstr(nngen_error(m), path) != NULL);
        assert_int_equal(system(command), 0);
        assert_true(file_read(path, 1 << 20, 0, &now, &why));
        const struct bytes *is = now.n == old.n && !memcmp(now.at, old.at, old.n) ? &old : &new;
        assert_true(now.n == is->n && !memcmp(now.at, is->at, is->n));
        if (!done) assert_ptr_equal(is, &new);
        free(now.at);
    } while (disk_failed);
    assert_true(n > 20);
    short_writes = false;
    free(old.at);
    free(new.at);
    unlink(path);
    nngen_model_free(m);
    nngen_program_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models_on_the_interpreter),
        cmocka_unit_test(test_models_on_libtcc),
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_training),
        cmocka_unit_test(test_saving),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
