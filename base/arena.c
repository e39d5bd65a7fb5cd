#define _DEFAULT_SOURCE /* madvise */
#include "base/arena.h"

#include "base/directives.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

enum { FIRST_BLOCK = 64 * 1024, ALIGN = 16 };

struct arena_block {
    struct arena_block *below;
    size_t size, at;
    _Alignas(ALIGN) unsigned char bytes[];
};

void arena_init(struct arena *a, jmp_buf *oom)
{
    *a = (struct arena){.oom = oom};
}

/* Keeps the larger of it and the spare one: what is given back has to be zeroed again, page by page, by the system. */
static void drop_block(struct arena *a)
{
    struct arena_block *b = a->top, *less = b;
    a->top = b->below;
    if (!a->spare || b->size > a->spare->size) {
        less = a->spare;
        a->spare = b;
    }
    free(less);
}

void arena_free(struct arena *a)
{
    while (a->top) drop_block(a);
    free(a->spare);
    a->spare = NULL;
    a->used = 0;
}

static _Noreturn void run_out(struct arena *a)
{
    assert(a->oom);
    longjmp(*a->oom, 1);
}

/* A block of many pages is asked for in large ones: taking them one by one is a sixth of the time of a long program. */
static void in_large_pages(struct arena_block *b)
{
#if defined __linux__ && defined MADV_HUGEPAGE
    const uintptr_t large = (uintptr_t)2 << 20, from = ((uintptr_t)b->bytes + large - 1) & ~(large - 1);
    const uintptr_t to = ((uintptr_t)b->bytes + b->size) & ~(large - 1);
    if (b->size >= 4 * large && to > from) madvise((void *)from, to - from, MADV_HUGEPAGE);
#else
    (void)b;
#endif
}

static void add_block(struct arena *a, size_t need)
{
    size_t size = a->top ? a->top->size * 2 : FIRST_BLOCK;
    if (size > (size_t)64 << 20) size = (size_t)64 << 20;
    if (size < need) size = need;
    struct arena_block *b = a->spare && a->spare->size >= need ? a->spare : NULL;
    if (b) {
        a->spare = NULL;
    } else {
        b = malloc(sizeof *b + size);
        if (!b) run_out(a);
        b->size = size;
        in_large_pages(b);
    }
    b->below = a->top;
    b->at = 0;
    a->top = b;
}

/* Not zeroed. */
static void *take(struct arena *a, size_t size)
{
    if (size > SIZE_MAX / 2) run_out(a);
    size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (size == 0) size = ALIGN;
    if (a->limit && a->used + size > a->limit) run_out(a);
    if (!a->top || a->top->size - a->top->at < size) add_block(a, size);
    void *p = a->top->bytes + a->top->at;
    a->top->at += size;
    a->used += size;
    return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
    return memset(take(a, size), 0, size);
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
    if (size && n > SIZE_MAX / 2 / size) run_out(a);
    return arena_alloc(a, n * size);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    if (n > SIZE_MAX / 2) run_out(a);
    char *p = take(a, n + 1);
    if (n) memcpy(p, s, n);
    p[n] = 0;
    return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    char most[256];
    va_list ap;
    va_start(ap, fmt);
    size_t n = directives_print(most, sizeof most, fmt, ap);
    va_end(ap);
    if (n < sizeof most) return arena_strndup(a, most, n);
    char *p = arena_alloc(a, n + 1);
    va_start(ap, fmt);
    directives_print(p, n + 1, fmt, ap);
    va_end(ap);
    return p;
}

struct arena_mark arena_mark(const struct arena *a)
{
    return (struct arena_mark){a->top, a->top ? a->top->at : 0, a->used};
}

void arena_rewind(struct arena *a, struct arena_mark m)
{
    while (a->top != m.block) drop_block(a);
    if (a->top) a->top->at = m.at;
    a->used = m.used;
}

void *vec_grow(struct arena *a, void *at, uint32_t *cap, size_t size)
{
    if (*cap > UINT32_MAX / 2) run_out(a);
    uint32_t want = *cap ? *cap * 2 : 8;
    void *p = arena_array(a, want, size);
    if (*cap) memcpy(p, at, *cap * size);
    *cap = want;
    return p;
}
