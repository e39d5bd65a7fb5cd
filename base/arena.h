/* Memory with a lifetime instead of owners: everything of one compilation lives in one arena and goes with it.
 * Running out jumps once to the frame that armed `arena->oom`; no caller checks for NULL. */
#ifndef NNGEN_BASE_ARENA_H
#define NNGEN_BASE_ARENA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct arena_block;

struct arena {
    struct arena_block *top;
    struct arena_block *spare; /* a block that the last rewinds left: the next one may be needed at once */
    size_t used;    /* bytes handed out, over all blocks */
    size_t limit;   /* 0: none; else handing out more is like running out */
    jmp_buf *oom;   /* where running out goes; must be armed before the first allocation */
};

struct arena_mark {
    struct arena_block *block;
    size_t at, used;
};

void arena_init(struct arena *a, jmp_buf *oom);
void arena_free(struct arena *a);

/* Zeroed, aligned for any type. Size 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_array(struct arena *a, size_t n, size_t size);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Everything allocated since the mark is gone after the rewind. */
struct arena_mark arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark m);

#define arena_new(a, T) ((T *)arena_alloc((a), sizeof(T)))
#define arena_many(a, T, n) ((T *)arena_array((a), (n), sizeof(T)))

/* A growing array that lives in an arena. */
#define vec(T)                                                                                                         \
    struct {                                                                                                           \
        T *at;                                                                                                         \
        uint32_t n, cap;                                                                                               \
    }
#define vec_push(a, v, x)                                                                                              \
    ((v)->n == (v)->cap                                                                                                \
         ? (void)((v)->at = vec_grow((a), (v)->at, &(v)->cap, sizeof *(v)->at))                                        \
         : (void)0,                                                                                                    \
     (void)((v)->at[(v)->n++] = (x)))
void *vec_grow(struct arena *a, void *at, uint32_t *cap, size_t size);

#endif
