#include "grammar/filter.h"

void report_nesting(struct parser *p, struct span at)
{
    diag_error(&p->c->diags, E0601, at, "nested deeper than %d", NESTING_MOST);
}

void report_mistake(struct parser *p, const struct mistake *m)
{
    diag_error(&p->c->diags, E0100, p->last.at, "unexpected %s", m->name[m->found]);
}
