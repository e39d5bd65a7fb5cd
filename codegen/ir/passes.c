#include "codegen/ir/passes.h"

#include <string.h>

const struct pass_info pass_infos[PASS_COUNT] = {
#define PASS(name, about, counted) {#name, about, counted},
#include "codegen/ir/passes.def"
#undef PASS
};

const char *const pass_names[] = {
#define PASS(name, about, counted) #name,
#include "codegen/ir/passes.def"
#undef PASS
    NULL,
};

bool passes_read(const char *list, unsigned *without, const char **wrong, size_t *n_wrong)
{
    *without = 0;
    for (const char *word = list; *word; word += *n_wrong + (word[*n_wrong] == ',')) {
        unsigned i = 0;
        *wrong = word;
        *n_wrong = strcspn(word, ",");
        while (i < PASS_COUNT && (strlen(pass_names[i]) != *n_wrong || memcmp(pass_names[i], word, *n_wrong) != 0)) i++;
        if (i == PASS_COUNT) return false;
        *without |= 1u << i;
    }
    return true;
}
