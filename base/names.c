#include "base/names.h"

#include <string.h>

uint64_t hash_bytes(uint64_t seed, const void *p, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u ^ seed;
    for (const unsigned char *c = p; n--; c++) h = (h ^ *c) * 0x100000001b3u;
    return h ^ h >> 29;
}

void names_init(struct names *t, struct arena *a)
{
    *t = (struct names){.arena = a, .cap = 1024};
    t->slot = arena_many(a, struct name_slot, t->cap);
}

/* strncmp stops at the end of a shorter name. */
static struct name_slot *find(const struct names *t, const char *s, size_t n, uint64_t hash)
{
    uint32_t i = (uint32_t)hash & (t->cap - 1);
    for (; t->slot[i].name; i = (i + 1) & (t->cap - 1))
        if (t->slot[i].hash == hash && strncmp(t->slot[i].name, s, n) == 0 && !t->slot[i].name[n]) break;
    return &t->slot[i];
}

static void grow(struct names *t)
{
    struct name_slot *old = t->slot;
    uint32_t cap = t->cap;
    t->cap *= 2;
    t->slot = arena_many(t->arena, struct name_slot, t->cap);
    for (uint32_t k = 0; k < cap; k++) {
        uint32_t i = (uint32_t)old[k].hash & (t->cap - 1);
        if (!old[k].name) continue;
        while (t->slot[i].name) i = (i + 1) & (t->cap - 1);
        t->slot[i] = old[k];
    }
}

const char *name_of(struct names *t, const char *s, size_t n)
{
    uint64_t hash = hash_bytes(0, s, n);
    struct name_slot *at = find(t, s, n, hash);
    if (at->name) return at->name;
    if (t->n * 2 >= t->cap) {
        grow(t);
        at = find(t, s, n, hash);
    }
    t->n++;
    *at = (struct name_slot){arena_strndup(t->arena, s, n), hash};
    return at->name;
}

const char *name_z(struct names *t, const char *s)
{
    return name_of(t, s, strlen(s));
}

/* Optimal string alignment: insert, delete, change, swap neighbours; each costs one. */
static unsigned distance(const char *a, const char *b)
{
    enum { MAX = 63 };
    size_t n = strlen(a), m = strlen(b);
    if (n > MAX || m > MAX) return 1000;
    unsigned d[3][MAX + 1];
    for (size_t j = 0; j <= m; j++) d[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *now = d[i % 3], *up = d[(i + 2) % 3], *upup = d[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned best = up[j - 1] + (a[i - 1] != b[j - 1]);
            if (up[j] + 1 < best) best = up[j] + 1;
            if (now[j - 1] + 1 < best) best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && upup[j - 2] + 1 < best)
                best = upup[j - 2] + 1;
            now[j] = best;
        }
    }
    return d[n % 3][m];
}

static bool is_letter(char c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

bool same_but_case(const char *a, const char *b)
{
    for (; *a && (*a == *b || (is_letter(*a) && (*a ^ *b) == ('a' ^ 'A'))); a++, b++) {}
    return *a == *b;
}

const char *nearest_name(const char *word, const char *const *candidates, size_t n)
{
    const char *found = NULL;
    unsigned best = (unsigned)strlen(word) / 3 + 1;
    for (size_t i = 0; i < n; i++) {
        unsigned d = same_but_case(word, candidates[i]) ? 0 : distance(word, candidates[i]);
        if (d <= best && (d < best || !found)) {
            best = d;
            found = candidates[i];
        }
    }
    return found;
}
