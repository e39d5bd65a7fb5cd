/* Index notation: s[i, j] = sum[d](q[i, d] * k[j, d]). */
#include "codegen/lower/inside.h"

bool lower_notation(struct low *l, const struct ast *assign)
{
    fail(l, E0701, assign->span, "index notation is not supported yet");
    return false;
}
