/* Files of weights and data: what is written is read back, and whatever a file holds, the answer is an array or a sentence. */
#include "runtime/host/host.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/nngen-test-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put_file(const char *name, const void *bytes, size_t n)
{
    FILE *f = fopen(in_folder(name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    char command[300];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

/* ---- .npy ---- */

static size_t npy_file(unsigned char *out, int version, const char *header, const void *data, size_t size)
{
    size_t start = version == 1 ? 10 : 12, n = strlen(header), whole = (start + n + 1 + 63) / 64 * 64 - start;
    memcpy(out, "\x93NUMPY", 6);
    out[6] = (unsigned char)version;
    out[7] = 0;
    for (size_t i = 8; i < start; i++) out[i] = (unsigned char)(whole >> (8 * (i - 8)));
    memset(out + start, ' ', whole);
    memcpy(out + start, header, n);
    out[start + whole - 1] = '\n';
    memcpy(out + start + whole, data, size);
    return start + whole + size;
}

static void assert_array(const struct nngen_array *a, unsigned rank, const int64_t *dims, const double *value)
{
    size_t n = 1;
    assert_int_equal(a->rank, rank);
    for (unsigned k = 0; k < rank; k++) {
        assert_int_equal(a->dims[k], dims[k]);
        n *= (size_t)dims[k];
    }
    for (size_t i = 0; i < n; i++)
        if (!(a->value[i] == value[i])) fail_msg("element %zu is %g, not %g", i, a->value[i], value[i]);
}

static void test_npy_types_orders_and_versions(void **state)
{
    (void)state;
    static const struct {
        int version;
        const char *header;
        const char *data;
        size_t size;
        unsigned rank;
        int64_t dims[2];
        double value[6];
    } files[] = {
        {1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "\0\0\x80\x3f\0\0\0\xc0", 8, 1, {2}, {1, -2}},
        {2, "{'descr': '>f8', 'fortran_order': False, 'shape': (1,)}", "\x3f\xf8\0\0\0\0\0\0", 8, 1, {1}, {1.5}},
        {3, "{'shape': (2, 3), 'fortran_order': True, 'descr': '|u1'}", "\1\2\3\4\5\377", 6, 2, {2, 3}, {1, 3, 5, 2, 4, 255}},
        {1, "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 1), }", "\377\377\0\200", 4, 2, {2, 1}, {-1, -32768}},
        {1, "{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }", "\1\0", 2, 1, {2}, {1, 0}},
        {1, "{'descr': '<i8', 'fortran_order': False, 'shape': (), }", "\xfe\377\377\377\377\377\377\377", 8, 0, {0}, {-2}},
        {1, "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }", "", 0, 2, {0, 3}, {0}},
    };
    unsigned char file[400];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        size_t n = npy_file(file, files[i].version, files[i].header, files[i].data, files[i].size);
        struct nngen_array a;
        const char *why = "";
        put_file("a.npy", file, n);
        if (nngen_read_array(in_folder("a.npy"), &a, &why)) fail_msg("file %zu: %s", i, why);
        assert_array(&a, files[i].rank, files[i].dims, files[i].value);
        nngen_array_free(&a);
        for (size_t cut = 0; cut < n; cut++) { /* cut off at every byte */
            struct bytes part = {file, cut};
            char said[ERROR_ROOM] = "";
            assert_false(npy_read(&part, &a, said));
            assert_true(said[0]);
            free(a.value);
        }
    }
}

static void test_npy_headers_that_lie(void **state)
{
    (void)state;
    static const char *const header[] = {
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999, 99999999999), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f3', 'fortran_order': False, 'shape': (2,), }",
        "{'descr': '|O8', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2,), }",
        "{'descr': '<f4', 'shape': (2,), }",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1,2), }",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }",
        "",
        "(",
    };
    unsigned char file[400];
    for (size_t i = 0; i < sizeof header / sizeof *header; i++) {
        struct bytes whole = {file, npy_file(file, 1, header[i], "\0\0\x80\x3f\0\0\0\xc0", 8)};
        struct nngen_array a;
        char why[ERROR_ROOM] = "";
        if (npy_read(&whole, &a, why)) fail_msg("header %zu is believed", i);
        assert_true(why[0]);
        free(a.value);
    }
}

static void test_a_parameter_from_a_file(void **state)
{
    (void)state;
    unsigned char file[400];
    size_t n = npy_file(file, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "\0\0\x80\x3f\0\0\0\xc0", 8);
    put_file("w.npy", file, n);
    static const char good[] = "param W[2] = file(\"w.npy\")\noutput s = sum(W)\n";
    static const char *const bad[] = {"param W[2] = file(\"../w.npy\")\noutput s = sum(W)\n",
                                      "param W[2] = file(\"/etc/passwd\")\noutput s = sum(W)\n",
                                      "param W[2] = file(\"none.npy\")\noutput s = sum(W)\n",
                                      "param W[2] = file(\"bad.nn\")\noutput s = sum(W)\n",
                                      "param W[3] = file(\"w.npy\")\noutput s = sum(W)\n",
                                      "param W[2] = file(\"pipe\")\noutput s = sum(W)\n"};
    put_file("good.nn", good, strlen(good));
    assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
    struct nngen_program *p = nngen_compile_file(in_folder("good.nn"), NULL);
    if (!nngen_ok(p)) fail_msg("%s", nngen_messages(p, NNGEN_FULL, 0));
    const char *const *d = nngen_dependencies(p);
    assert_non_null(strstr(d[0], "good.nn"));
    assert_non_null(strstr(d[1], "w.npy"));
    assert_null(d[2]);
    struct nngen_model *m = nngen_model_new(p, NNGEN_INTERP, 0);
    assert_int_equal(nngen_forward(m), 0);
    assert_true(nngen_scalar(m, "s") == -1);
    nngen_model_free(m);
    nngen_program_free(p);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put_file("bad.nn", bad[i], strlen(bad[i]));
        p = nngen_compile_file(in_folder("bad.nn"), NULL);
        if (nngen_ok(p)) fail_msg("compiled: %s", bad[i]);
        nngen_program_free(p);
    }
}

static void test_imports_are_found_beside_and_on_the_path(void **state)
{
    (void)state;
    static const char part[] = "fn twice(x) = 2 * x\n", whole[] = "import \"part.nn\"\ninput x = 3\noutput y = twice(x)\n";
    char sub[300];
    snprintf(sub, sizeof sub, "%s", in_folder("sub"));
    assert_int_equal(mkdir(sub, 0700), 0);
    put_file("sub/part.nn", part, strlen(part));
    put_file("whole.nn", whole, strlen(whole));
    struct nngen_program *p = nngen_compile_file(in_folder("whole.nn"), NULL);
    assert_false(nngen_ok(p));
    nngen_program_free(p);
    const char *dirs[] = {"/nowhere", sub};
    p = nngen_compile_file(in_folder("whole.nn"), &(struct nngen_options){.include_dirs = dirs, .n_include_dirs = 2});
    if (!nngen_ok(p)) fail_msg("%s", nngen_messages(p, NNGEN_FULL, 0));
    assert_non_null(strstr(nngen_dependencies(p)[1], "sub/part.nn"));
    nngen_program_free(p);
}

/* ---- CSV and IDX ---- */

static bool read_text(const char *text, struct nngen_array *a, char why[ERROR_ROOM])
{
    struct bytes file = {(unsigned char *)strdup(text), strlen(text)};
    bool ok = csv_read(&file, a, why);
    free(file.at);
    return ok;
}

static void test_tables_of_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t dims[2];
        double value[4];
    } good[] = {
        {"1,2\n3,4\n", {2, 2}, {1, 2, 3, 4}},
        {"\xef\xbb\xbfx.0,y\r\n1,-2.5e3\r\n\r\n", {1, 2}, {1, -2500}},
        {"1;2\n3;4", {2, 2}, {1, 2, 3, 4}},
        {"1\t2", {1, 2}, {1, 2}},
        {"  1  2\n 3 4 \n", {2, 2}, {1, 2, 3, 4}},
        {"\"a\",\"b\"\n\"1\", 2 \n", {1, 2}, {1, 2}},
        {"5\n", {1, 1}, {5}},
        {"inf,-inf\n", {1, 2}, {INFINITY, -INFINITY}},
    };
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "no numbers"},          {"a,b\n", "no numbers"},     {"1,2\n3\n", "row 2, column 2: missing"},
        {"1,2\n3,4,5\n", "row 2, column 3: more columns"},        {"1,2\nx,4\n", "row 2, column 1: not a number"},
        {"1,\n", "row 1, column 2: no number"},                   {"1;2\n1,5;2\n", "row 2, column 1: not a number"},
    };
    struct nngen_array a;
    char why[ERROR_ROOM] = "";
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!read_text(good[i].text, &a, why)) fail_msg("%zu: %s", i, why);
        assert_array(&a, 2, good[i].dims, good[i].value);
        nngen_array_free(&a);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(read_text(bad[i].text, &a, why));
        if (!strstr(why, bad[i].says)) fail_msg("'%s' does not say '%s'", why, bad[i].says);
        nngen_array_free(&a);
    }
    struct bytes zeros = {(unsigned char[]){'1', 0, '2', 0}, 3};
    assert_false(csv_read(&zeros, &a, why));
}

static void test_idx(void **state)
{
    (void)state;
    unsigned char file[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255};
    struct nngen_array a;
    const char *why;
    put_file("a.idx", file, sizeof file);
    assert_int_equal(nngen_read_array(in_folder("a.idx"), &a, &why), 0);
    assert_array(&a, 2, (const int64_t[]){2, 3}, (const double[]){1, 2, 3, 4, 5, 255});
    nngen_array_free(&a);
    for (size_t cut = 0; cut < sizeof file; cut++) {
        char said[ERROR_ROOM];
        struct bytes part = {file, cut};
        assert_false(idx_read(&part, &a, said));
        free(a.value);
    }
    put_file("a.gz", "\x1f\x8b\x08", 3);
    assert_int_equal(nngen_read_array(in_folder("a.gz"), &a, &why), -1);
    assert_true(strstr(why, "cut off") || strstr(why, "without zlib"));
    assert_int_equal(nngen_read_array(in_folder("nothing"), &a, &why), -1);
    assert_int_equal(nngen_read_array(folder, &a, &why), -1);
}

/* ---- packed data ---- */

/* x.npy [3, 2] and w.npy [3], deflated, and scale.npy, stored. */
static const char npz[] =
        "PK\003\004\024\000\000\000\010\000\000\000!\000\210Ip\013Y\000\000\000\230\000\000\000\005\000\000\000"
        "x.npy\233\354\027\352\033\020\311\310P\306P\255\236\222Z\234\134\244n\245\240n\223f\242\256\243\240\236"
        "\226_TR\224\230\027\237_\224\222\012\022wK\314)N\005\212\027g$\026\244\002\371\032\306:\012F\232:\012\265"
        "\012d\003.\006\206\006{\006\006\006\007 \015\304\013\200\370\001\02038\002\000PK\003\004\024\000\000\000"
        "\010\000\000\000!\000\310+\264AG\000\000\000\203\000\000\000\005\000\000\000w.npy\233\354\027\352\033\020"
        "\311\310P\306P\255\236\222Z\234\134\244n\245\240^Sj\250\256\243\240\236\226_TR\224\230\027\237_\224\222"
        "\012\022wK\314)N\005\212\027g$\026\244\002\371\032\306:\232:\012\265\012\024\000.f6\016\000PK\003\004\024"
        "\000\000\000\000\000\000\000!\000\371\372y\371\201\000\000\000\201\000\000\000\011\000\000\000scale.np"
        "y\223NUMPY\001\000v\000{'descr': '|u1', 'fortran_order': False, 'shape': (), }                        "
        "                                      \012\002PK\001\002\024\003\024\000\000\000\010\000\000\000!\000\210"
        "Ip\013Y\000\000\000\230\000\000\000\005\000\000\000\000\000\000\000\000\000\000\000\200\001\000\000\000"
        "\000x.npyPK\001\002\024\003\024\000\000\000\010\000\000\000!\000\310+\264AG\000\000\000\203\000\000\000"
        "\005\000\000\000\000\000\000\000\000\000\000\000\200\001|\000\000\000w.npyPK\001\002\024\003\024\000\000"
        "\000\000\000\000\000!\000\371\372y\371\201\000\000\000\201\000\000\000\011\000\000\000\000\000\000\000"
        "\000\000\000\000\200\001\346\000\000\000scale.npyPK\005\006\000\000\000\000\003\000\003\000\235\000\000"
        "\000\216\001\000\000\000\000";

static bool count_array(void *with, const char *name, struct nngen_array *a, char why[ERROR_ROOM])
{
    (void)why;
    *(double *)with += (double)(unsigned char)name[0] + a->value[0];
    return true;
}

static bool read_npz(const void *bytes, size_t n, double *sum)
{
    char why[ERROR_ROOM] = "";
    struct bytes file = {malloc(n + 1), n}; /* exactly so long: reading on would be noticed */
    memcpy(file.at, bytes, n);
    *sum = 0;
    bool ok = npz_each(&file, count_array, sum, why);
    if (!ok && !why[0]) fail_msg("refused without a reason");
    free(file.at);
    return ok;
}

static void test_npz_cut_and_flipped(void **state)
{
    (void)state;
    enum { SIZE = sizeof npz - 1 };
    unsigned char copy[SIZE];
    double sum, whole;
    if (!read_npz(npz, SIZE, &whole)) skip(); /* built without zlib */
    assert_true(whole == 'x' + 'w' + 's' + 1 + 3 + 2);
    for (size_t cut = 0; cut < SIZE; cut++) assert_false(read_npz(npz, cut, &sum));
    for (size_t bit = 0; bit < (size_t)SIZE * 8; bit++) {
        memcpy(copy, npz, SIZE);
        copy[bit / 8] ^= (unsigned char)(1 << bit % 8);
        if (read_npz(copy, SIZE, &sum) && sum == whole) continue;
        /* A name may have changed; a number may not: there are checksums. */
        if (read_npz(copy, SIZE, &sum)) assert_true(fabs(sum - whole) < 256);
    }
}

static void test_gzip_cut_and_flipped(void **state)
{
    (void)state;
    static const unsigned char gz[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff, 0x33, 0xd4, 0x31, 0xe2, 0x32, 0xd1, 0x31, 0xe5, 0x02, 0x00, 0xbf, 0x9a, 0xa0, 0x2b, 0x08, 0x00, 0x00, 0x00};
    char why[ERROR_ROOM];
    for (size_t n = 0; n <= sizeof gz; n++)
        for (unsigned bit = 0; bit < 8; bit++) {
            struct bytes file = {malloc(n + 1), n};
            memcpy(file.at, gz, n);
            if (n && n < sizeof gz) file.at[n - 1] ^= (unsigned char)(1 << bit);
            bool packed = n >= 2 && file.at[0] == 0x1f && file.at[1] == 0x8b, ok = gzip_expand(&file, why);
            if (n == sizeof gz && !strstr(why, "without zlib")) assert_true(ok && file.n == 8 && !memcmp(file.at, "1,2\n4,5\n", 8));
            if (n < sizeof gz) assert_true(ok == !packed);
            free(file.at);
        }
    struct bytes file = {malloc(2 * sizeof gz), 2 * sizeof gz};
    memcpy(file.at, gz, sizeof gz);
    memcpy(file.at + sizeof gz, gz, sizeof gz);
    if (gzip_expand(&file, why)) assert_int_equal(file.n, 16);
    file.at[0] = 0;
    free(file.at);
}

/* ---- .safetensors ---- */

static const char saved_model[] = "param A[2, 2] = [[1, 2], [3, 4]]\nparam b = 5\nstate s[2] = zeros\ns <- s + 1\noutput y = sum(A) + b + sum(s)\n";

static struct nngen_model *saved(struct nngen_program **p, const char *text, int f64)
{
    *p = nngen_compile_text(text, strlen(text), "m", NULL);
    if (!nngen_ok(*p)) fail_msg("%s", nngen_messages(*p, NNGEN_FULL, 0));
    struct nngen_model *m = nngen_model_new(*p, NNGEN_INTERP, f64);
    assert_non_null(m);
    return m;
}

static void assert_values(struct nngen_model *m, const double want[7])
{
    double got[7];
    assert_true(nngen_get(m, "A", got, 4, NULL) == 2 && nngen_get(m, "b", got + 4, 1, NULL) == 0 &&
                nngen_get(m, "s", got + 5, 2, NULL) == 1);
    assert_memory_equal(got, want, sizeof got);
}

static void test_safetensors_come_back(void **state)
{
    (void)state;
    struct nngen_program *p;
    struct nngen_model *m = saved(&p, saved_model, 0), *d = nngen_model_new(p, NNGEN_INTERP, 1);
    static const double values[] = {0.5, -2, 3, 1024, 7, 2, 2}, first[] = {1, 2, 3, 4, 5, 0, 0};
    assert_int_equal(nngen_set(m, "A", values, NULL, 0), 0);
    assert_int_equal(nngen_set(m, "b", values + 4, NULL, 0), 0);
    assert_int_equal(nngen_forward(m), 0);
    assert_int_equal(nngen_forward(m), 0);
    assert_values(m, values);
    char path[300];
    snprintf(path, sizeof path, "%s", in_folder("w.safetensors"));
    assert_int_equal(nngen_save_params(m, path), 0);
    assert_int_equal(nngen_init(m, 1), 0);
    assert_values(m, first);
    assert_int_equal(nngen_load_params(m, path), 0);
    assert_values(m, values);
    assert_int_equal(nngen_load_params(d, path), 0); /* floats into doubles */
    assert_values(d, values);
    struct stat before, after;
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(nngen_save_params(d, path), 0);
    assert_int_equal(stat(path, &after), 0);
    assert_true(after.st_size > before.st_size);
    assert_int_equal(nngen_save_params(m, "/nowhere/w.safetensors"), -1);
    assert_non_null(strstr(nngen_error(m), "/nowhere/w.safetensors"));
    nngen_model_free(m);
    nngen_model_free(d);
    nngen_program_free(p);
}

/* Whatever is in the file: loaded, or refused with nothing changed. */
static void try_load(struct nngen_model *m, const unsigned char *file, size_t n, bool must_fail)
{
    static const double first[] = {1, 2, 3, 4, 5, 0, 0};
    put_file("broken", file, n);
    assert_int_equal(nngen_init(m, 1), 0);
    int done = nngen_load_params(m, in_folder("broken"));
    if (must_fail) assert_int_equal(done, -1);
    if (done) assert_values(m, first);
    if (done) assert_true(nngen_error(m)[0]);
}

static void test_safetensors_cut_and_flipped(void **state)
{
    (void)state;
    struct nngen_program *p;
    struct nngen_model *m = saved(&p, saved_model, 0);
    struct bytes file;
    const char *why;
    assert_int_equal(nngen_save_params(m, in_folder("w")), 0);
    assert_true(file_read(in_folder("w"), 10000, 0, &file, &why));
    for (size_t cut = 0; cut < file.n; cut++) try_load(m, file.at, cut, true);
    unsigned char *longer = malloc(file.n + 1);
    memcpy(longer, file.at, file.n);
    longer[file.n] = 0;
    try_load(m, longer, file.n + 1, true);
    free(longer);
    size_t header = file.n - 7 * sizeof(float);
    for (size_t bit = 0; bit < header * 8; bit++) {
        file.at[bit / 8] ^= (unsigned char)(1 << bit % 8);
        try_load(m, file.at, file.n, bit < 24 * 8);
        file.at[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    try_load(m, file.at, file.n, false);
    assert_int_equal(nngen_load_params(m, in_folder("w")), 0);
    free(file.at);
    nngen_model_free(m);
    nngen_program_free(p);
}

static void test_safetensors_of_others(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t bytes;
        const char *says; /* NULL: loads */
    } files[] = {
        {"{\"__metadata__\":{\"format\":\"pt\",\"deep\":[[1,{\"a\":null}]]},\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4, NULL},
        {" { \"b\" : { \"shape\" : [ ] , \"data_offsets\" : [ 0 , 2 ] , \"dtype\" : \"BF16\" } } ", 2, NULL},
        {"{\"b\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[0,8]}}", 8, NULL},
        {"{\"b\":{\"dtype\":\"F16\",\"shape\":[],\"data_offsets\":[0,2]}}", 2, NULL},
        {"{\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},\"run/a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[4,5]}}", 5, NULL},
        {"{}", 0, "has no b"},
        {"{\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "b is [1]"},
        {"{\"b\":{\"dtype\":\"I32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4, "type I32"},
        {"{\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},\"c\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[4,8]}}", 8, "c [] is none"},
        {"{\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[4,8]}}", 8, "two tensors"},
        {"{\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[4,8]}}", 8, "holes"},
        {"{\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},\"c\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[2,6]}}", 6, "overlap"},
        {"{\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[4,0]}}", 4, "offsets"},
        {"{\"b\":{\"dtype\":\"F32\",\"shape\":[2147483647,2147483647,2147483647],\"data_offsets\":[0,4]}}", 4, "too large"},
        {"{\"b\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,4]}}", 4, "malformed"},
        {"{\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}", 4, "malformed"},
        {"{\"b\":{\"dtype\":\"X9\",\"shape\":[],\"data_offsets\":[0,4]}}", 4, "dtype"},
        {"[]", 0, "malformed"},
    };
    struct nngen_program *p;
    struct nngen_model *m = saved(&p, "param b = 5\noutput y = b\n", 0);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        unsigned char file[1000] = {0};
        size_t n = strlen(files[i].header);
        file[0] = (unsigned char)n;
        file[1] = (unsigned char)(n >> 8);
        memcpy(file + 8, files[i].header, n);
        put_file("other", file, 8 + n + files[i].bytes);
        int done = nngen_load_params(m, in_folder("other"));
        if (!files[i].says && done) fail_msg("%zu: %s", i, nngen_error(m));
        if (files[i].says && (!done || !strstr(nngen_error(m), files[i].says)))
            fail_msg("%zu: '%s' does not say '%s'", i, done ? nngen_error(m) : "loaded", files[i].says);
    }
    nngen_model_free(m);
    nngen_program_free(p);
}

static void test_files_appear_whole_or_not_at_all(void **state)
{
    (void)state;
    const char *why = "";
    char path[300];
    snprintf(path, sizeof path, "%s", in_folder("whole"));
    assert_true(file_write(path, "first", 5, &why));
    assert_int_equal(chmod(path, 0640), 0);
    assert_true(file_write(path, "second", 6, &why));
    struct stat s;
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0640);
    assert_int_equal(s.st_size, 6);
    assert_false(file_write(in_folder("none/whole"), "x", 1, &why));
    assert_false(file_write(folder, "x", 1, &why)); /* a folder is not replaced */
    char command[400];
    snprintf(command, sizeof command, "test -z \"$(find %s %s.* -name '*.*-0' 2>/dev/null)\"", folder, folder);
    assert_int_equal(system(command), 0); /* nothing is left aside */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_npy_types_orders_and_versions),
        cmocka_unit_test(test_npy_headers_that_lie),
        cmocka_unit_test(test_a_parameter_from_a_file),
        cmocka_unit_test(test_imports_are_found_beside_and_on_the_path),
        cmocka_unit_test(test_tables_of_numbers),
        cmocka_unit_test(test_idx),
        cmocka_unit_test(test_npz_cut_and_flipped),
        cmocka_unit_test(test_gzip_cut_and_flipped),
        cmocka_unit_test(test_safetensors_come_back),
        cmocka_unit_test(test_safetensors_cut_and_flipped),
        cmocka_unit_test(test_safetensors_of_others),
        cmocka_unit_test(test_files_appear_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
