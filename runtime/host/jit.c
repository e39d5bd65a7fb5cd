/* The backend of libtcc, a guest that is kept on a short lead. The library linked is a private copy (cmake/tcc.cmake): of
 * its names only tcc_* are seen, and what it calls for memory, exit, locks, page rights and foreign symbols comes here:
 *   memory   is counted in a list, so that whatever way a compilation ends, all of it is freed; none left jumps out
 *   exit     jumps out of the compilation, which then failed
 *   mprotect does nothing: no page is ever writable and executable; the mapping is ours and turned over once
 *   dlsym    finds nothing: emitted text calls what is in the tables below or does not link
 *   strlen   says of the text that stands before every other that it is empty
 *   sem_*    do nothing: one lock of ours is around it, and a jump would leave theirs closed
 * After a jump its static data is put back as it was before its first use. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "runtime/host/host.h"
#include "runtime/host/team.h"
#include "runtime/kernels/nnrt.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#ifdef NNGEN_HAVE_TCC

#include <libtcc.h>
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* around the guest and all statics below */

/* ---- what the guest calls ---- */

struct guest_block {
    struct guest_block *before, *after;
    size_t size;
    unsigned turn; /* the compilation it is of: upstream's states live as long as their code */
    _Alignas(16) unsigned char bytes[];
};

static struct guest_block blocks = {.before = &blocks, .after = &blocks};
static unsigned turn;
static jmp_buf *way_out;

void *nngen_tcc_malloc(size_t size);
void *nngen_tcc_calloc(size_t n, size_t size);
void *nngen_tcc_realloc(void *p, size_t size);
void nngen_tcc_free(void *p);
_Noreturn void nngen_tcc_exit(int status);
size_t nngen_tcc_strlen(const char *s);
int nngen_tcc_mprotect(void *at, size_t size, int rights);
void *nngen_tcc_dlsym(void *library, const char *name);
void *nngen_tcc_dlopen(const char *path, int flags);
int nngen_tcc_dlclose(void *library);
int nngen_tcc_sem_wait(void *semaphore);
int nngen_tcc_sem_post(void *semaphore);
int nngen_tcc_sem_init(void *semaphore, int shared, unsigned value);

static const char *own_text; /* being compiled */

/* Its definitions of va_start and of names for the C library's functions: nothing that emitted text has, and reading it
 * takes as long as a short model. */
size_t nngen_tcc_strlen(const char *s)
{
    enum { SHORT = 1000 };
    size_t n = strlen(s);
    return n > SHORT && s != own_text && strstr(s, "__BUILTINBC(") ? 0 : n;
}

enum { LEFT_EXIT = 1, LEFT_NO_MEMORY };

_Noreturn void nngen_tcc_exit(int status)
{
    (void)status;
    longjmp(*way_out, LEFT_EXIT);
}

static void *insert(struct guest_block *b, size_t size)
{
    if (!b) longjmp(*way_out, LEFT_NO_MEMORY);
    b->size = size;
    b->turn = turn;
    b->before = &blocks;
    b->after = blocks.after;
    b->after->before = b;
    blocks.after = b;
    return b->bytes;
}

static struct guest_block *take_out(void *p)
{
    struct guest_block *b = (struct guest_block *)(void *)((unsigned char *)p - offsetof(struct guest_block, bytes));
    b->before->after = b->after;
    b->after->before = b->before;
    return b;
}

void *nngen_tcc_malloc(size_t size)
{
    return insert(size < SIZE_MAX / 2 ? malloc(sizeof(struct guest_block) + size) : NULL, size);
}

void *nngen_tcc_calloc(size_t n, size_t size)
{
    size_t all = size && n > SIZE_MAX / 2 / size ? SIZE_MAX : n * size;
    return memset(nngen_tcc_malloc(all), 0, all);
}

/* As the C library's, but that size 0 keeps a block: the guest frees it later. */
void *nngen_tcc_realloc(void *p, size_t size)
{
    if (!p) return nngen_tcc_malloc(size);
    struct guest_block *b = take_out(p);
    struct guest_block *wider = size < SIZE_MAX / 2 ? realloc(b, sizeof *b + size) : NULL;
    if (!wider) insert(b, b->size);
    return insert(wider, size);
}

void nngen_tcc_free(void *p)
{
    if (p) free(take_out(p));
}

int nngen_tcc_mprotect(void *at, size_t size, int rights)
{
    (void)at, (void)size, (void)rights;
    return 0;
}

void *nngen_tcc_dlsym(void *library, const char *name)
{
    (void)library, (void)name;
    return NULL;
}

void *nngen_tcc_dlopen(const char *path, int flags)
{
    (void)path, (void)flags;
    return NULL;
}

int nngen_tcc_dlclose(void *library)
{
    (void)library;
    return 0;
}

int nngen_tcc_sem_wait(void *semaphore)
{
    (void)semaphore;
    return 0;
}

int nngen_tcc_sem_post(void *semaphore)
{
    (void)semaphore;
    return 0;
}

int nngen_tcc_sem_init(void *semaphore, int shared, unsigned value)
{
    (void)semaphore, (void)shared, (void)value;
    return 0;
}

/* ---- its static data, put back after it was left in the middle ---- */

extern unsigned char __start_nngen_tcc_data[], __stop_nngen_tcc_data[], __start_nngen_tcc_bss[], __stop_nngen_tcc_bss[];
static unsigned char *fresh_data; /* a copy from before the first use */
static bool dirty;

static bool guest_ready(void)
{
    size_t n = (size_t)(__stop_nngen_tcc_data - __start_nngen_tcc_data);
    if (!fresh_data) {
        fresh_data = malloc(n);
        if (!fresh_data) return false;
        memcpy(fresh_data, __start_nngen_tcc_data, n);
    }
    if (dirty) {
        memcpy(__start_nngen_tcc_data, fresh_data, n);
        memset(__start_nngen_tcc_bss, 0, (size_t)(__stop_nngen_tcc_bss - __start_nngen_tcc_bss));
        dirty = false;
    }
    return true;
}

static void free_blocks(void)
{
    for (struct guest_block *b = blocks.after, *next; b != &blocks; b = next) {
        next = b->after;
        if (b->turn == turn) free(take_out(b->bytes));
    }
}

/* ---- what emitted text may call: nnrt_symbols, and these ---- */

struct bound {
    const char *name;
    void (*function)(void);
};
static double from_u64(uint64_t x)
{
    return (double)x;
}

static float from_u64_single(uint64_t x)
{
    return (float)x;
}

static uint64_t to_u64(double x)
{
    return (uint64_t)x;
}

static uint64_t to_u64_single(float x)
{
    return (uint64_t)x;
}

#define F(name) {#name, (void (*)(void))name}
#define BOTH(name) F(name), F(name##f)
/* What libtcc calls behind the text's back: among the rest for conversions that the machine has no instruction for. */
static const struct bound implied_symbols[] = {
    F(memset), F(memcpy), F(memmove),
    {"__floatundidf", (void (*)(void))from_u64}, {"__floatundisf", (void (*)(void))from_u64_single},
    {"__fixunsdfdi", (void (*)(void))to_u64}, {"__fixunssfdi", (void (*)(void))to_u64_single},
};
static const struct bound libc_symbols[] = {
    BOTH(fabs), BOTH(floor), BOTH(ceil), BOTH(rint), BOTH(trunc), BOTH(exp), BOTH(exp2), BOTH(expm1), BOTH(log), BOTH(log2),
    BOTH(log1p), BOTH(sqrt), BOTH(cbrt), BOTH(sin), BOTH(cos), BOTH(tan), BOTH(asin), BOTH(acos), BOTH(atan), BOTH(sinh),
    BOTH(cosh), BOTH(tanh), BOTH(asinh), BOTH(acosh), BOTH(atanh), BOTH(erf), BOTH(erfc), BOTH(lgamma), BOTH(pow), BOTH(atan2),
    BOTH(hypot), BOTH(fmod), BOTH(fmax), BOTH(fmin), BOTH(copysign), BOTH(ldexp),
};

/* All that can be declared, by the hash of the names; filled once. */
enum { PLACES = 2048 };
static struct bound place[PLACES];
static size_t n_places;

static struct bound *place_of(const char *name, size_t n)
{
    size_t i = (size_t)hash_bytes(0, name, n) % PLACES;
    while (place[i].name && (strncmp(place[i].name, name, n) || place[i].name[n])) i = (i + 1) % PLACES;
    return &place[i];
}

static void keep(const char *name, void (*function)(void))
{
    struct bound *b = place_of(name, strlen(name));
    assert(n_places < PLACES / 2);
    n_places += !b->name;
    *b = (struct bound){name, function};
}

static void keep_all(void)
{
    if (n_places) return;
    for (size_t i = 0; i < sizeof libc_symbols / sizeof *libc_symbols; i++)
        keep(libc_symbols[i].name, libc_symbols[i].function);
    keep("nnrt_deal", (void (*)(void))nnrt_deal);
    keep("nnrt_meet", (void (*)(void))nnrt_meet);
    for (const struct nnrt_symbol *n = nnrt_symbols; n->name; n++) keep(n->name, n->function);
    for (const struct nnrt_symbol *n = nnrt_blocks(); n->name; n++) keep(n->name, n->function);
    for (const struct nnrt_symbol *n = nnrt_rows(); n->name; n++) keep(n->name, n->function);
}

static void bind(TCCState *s, const struct bound *b)
{
    void *at;
    memcpy(&at, &b->function, sizeof at);
    tcc_add_symbol(s, b->name, at);
}

static bool in_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* What the text declares, n bytes at its beginning: the names before brackets. To know all there are would take libtcc longer
 * than to compile a short text. */
static void bind_declared(TCCState *s, const char *text, size_t n)
{
    keep_all();
    for (size_t i = 0; i < sizeof implied_symbols / sizeof *implied_symbols; i++) bind(s, &implied_symbols[i]);
    for (const char *at = text; (at = memchr(at, '(', n - (size_t)(at - text))); at++) {
        const char *name = at;
        while (name > text && in_name(name[-1])) name--;
        const struct bound *b = place_of(name, (size_t)(at - name));
        if (at > name && b->name) bind(s, b);
    }
}

/* ---- compiling ---- */

/* Keeps the first error: the others follow from it. */
static void keep_message(void *why, const char *message)
{
    char *to = why;
    if (!*to) snprintf(to, ERROR_ROOM, "libtcc: %s", message);
}

static void *find_symbol(void *user, const char *name)
{
    return tcc_get_symbol(user, name);
}

/* Copies the code where it will run, then takes the right to write away. */
static bool relocate(TCCState *s, struct code *c, char why[ERROR_ROOM])
{
#ifdef NNGEN_TCC_RELOCATE_TWO
    int size = tcc_relocate(s, NULL);
    if (size <= 0) return false;
    void *map = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED) {
        snprintf(why, ERROR_ROOM, "libtcc: no memory for the code");
        return false;
    }
    c->map = map;
    c->map_bytes = (size_t)size;
    return tcc_relocate(s, map) >= 0 && code_find(c, find_symbol, s, why) &&
           mprotect(map, (size_t)size, PROT_READ | PROT_EXEC) == 0;
#else
    (void)mmap;
    return tcc_relocate(s) >= 0 && code_find(c, find_symbol, s, why);
#endif
}

static bool compile_text(struct code *c, const struct emitted *text, char why[ERROR_ROOM])
{
    TCCState *s = tcc_new();
    if (!s) return false;
    tcc_set_error_func(s, why, keep_message);
    tcc_set_options(s, "-nostdlib -nostdinc -Werror");
    bool ok = tcc_set_output_type(s, TCC_OUTPUT_MEMORY) == 0;
    bind_declared(s, text->c.s, text->declarations);
    own_text = text->c.s;
    ok = ok && tcc_compile_string(s, text->c.s) == 0 && relocate(s, c, why);
#ifdef NNGEN_TCC_RELOCATE_TWO
    tcc_delete(s);
#else
    if (ok)
        c->library = s; /* owns the code */
    else
        tcc_delete(s);
#endif
    return ok;
}

static void jit_release(struct code *c)
{
    if (c->map) munmap(c->map, c->map_bytes);
    c->map = NULL;
#ifndef NNGEN_TCC_RELOCATE_TWO
    pthread_mutex_lock(&lock);
    if (c->library) tcc_delete(c->library);
    pthread_mutex_unlock(&lock);
    c->library = NULL;
#endif
}

static bool jit_build(struct code *c, const struct emitted *text, char why[ERROR_ROOM])
{
    jmp_buf out;
    volatile bool ok = false;
    why[0] = 0;
    pthread_mutex_lock(&lock);
    way_out = &out;
    turn++;
    if (guest_ready()) {
        int left = setjmp(out);
        if (left == 0)
            ok = compile_text(c, text, why);
        else {
            dirty = true;
            free_blocks();
            if (!*why) snprintf(why, ERROR_ROOM, left == LEFT_NO_MEMORY ? "libtcc: out of memory" : "libtcc gave up");
        }
    }
    way_out = NULL;
    pthread_mutex_unlock(&lock);
    if (!ok) {
        if (!*why) snprintf(why, ERROR_ROOM, "libtcc cannot compile the text");
        jit_release(c);
    }
    return ok;
}

#else

static bool jit_build(struct code *c, const struct emitted *text, char why[ERROR_ROOM])
{
    (void)c, (void)text;
    snprintf(why, ERROR_ROOM, "this libnngen is built without libtcc");
    return false;
}

static void jit_release(struct code *c)
{
    (void)c;
}

#endif

static int jit_call(struct nngen_model *m, enum ir_entry_kind kind, uint64_t seed)
{
    team_use(&m->team, m->code->threads);
    int status = code_call(m, kind, seed);
    team_use(NULL, 1);
    return status;
}

const struct backend backend_tcc = {.kind = NNGEN_TCC, .name = "tcc", .emits = true, .style = EMIT_JIT, .in_parts = true, .build = jit_build,
                                    .release = jit_release, .call = jit_call};
