#include "grammar/grammar.h"

#include <string.h>

static const struct {
    const char *name, *cure;
} table[] = {
#define FOREIGN(name, cure) {#name, cure},
#include "grammar/foreign.def"
#undef FOREIGN
};

const char *foreign_name(const char *name)
{
    size_t lo = 0, hi = sizeof table / sizeof *table;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int order = strcmp(name, table[mid].name);
        if (order == 0) return table[mid].cure;
        if (order < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NULL;
}
