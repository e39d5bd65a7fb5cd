/* Interned names: equal names are the same pointer, so comparing is ==. */
#ifndef NNGEN_BASE_NAMES_H
#define NNGEN_BASE_NAMES_H

#include "base/arena.h"

#include <stdbool.h>

struct name_slot {
    const char *name; /* NULL: free */
    uint64_t hash;
};

struct names {
    struct arena *arena;
    struct name_slot *slot;
    uint32_t n, cap;
};

void names_init(struct names *t, struct arena *a);
const char *name_of(struct names *t, const char *s, size_t n);
const char *name_z(struct names *t, const char *s);

/* FNV-1a: the one hash of the project; never shows in any output. */
uint64_t hash_bytes(uint64_t seed, const void *p, size_t n);

bool same_but_case(const char *a, const char *b); /* equal but for upper and lower case of A-Z */
/* The nearest of n candidates to `word` by edit distance, if near enough to be a slip; else NULL. */
const char *nearest_name(const char *word, const char *const *candidates, size_t n);

#endif
