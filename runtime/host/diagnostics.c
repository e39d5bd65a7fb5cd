/* What went wrong, as data. */
#include "runtime/host/host.h"

struct question {
    size_t i, k;
    bool note, found;
    struct nngen_diagnostic *answer;
};

static void put_place(const struct sources *s, struct span at, struct nngen_diagnostic *d)
{
    struct place from = source_place(s, at.lo), to = source_place(s, at.hi ? at.hi : at.lo);
    if (!from.file) return;
    d->file = from.file->path;
    d->line = from.line;
    d->column = from.col;
    d->end_line = to.line;
    d->end_column = to.col;
}

static void answer(struct nngen_program *p, void *with)
{
    struct question *q = with;
    struct diags *all = &p->context.diags;
    diags_sort(all);
    if (q->i >= all->list.n) return;
    const struct diag *e = &all->list.at[q->i];
    if (q->note && q->k >= e->notes.n) return;
    q->found = true;
    if (q->note) {
        q->answer->message = e->notes.at[q->k].text;
        put_place(&p->context.sources, e->notes.at[q->k].at, q->answer);
        return;
    }
    q->answer->code = diag_info[e->code].code;
    q->answer->message = e->text;
    q->answer->help = e->help;
    q->answer->notes = e->notes.n;
    put_place(&p->context.sources, e->at, q->answer);
}

static int ask(struct nngen_program *p, struct question q)
{
    *q.answer = (struct nngen_diagnostic){.code = NULL};
    bool lost = !p || p->failed == NNGEN_NO_MEMORY || (p->ran_out && !p->context.diags.list.n);
    if (!lost && program_try(p, answer, &q)) return q.found ? 0 : -1;
    if (q.note || q.i) return -1;
    q.answer->code = diag_info[E0903].code;
    q.answer->message = "out of memory";
    return 0;
}

int nngen_diagnostic(struct nngen_program *p, size_t i, struct nngen_diagnostic *d)
{
    return d ? ask(p, (struct question){.i = i, .answer = d}) : -1;
}

int nngen_diagnostic_note(struct nngen_program *p, size_t i, size_t k, struct nngen_diagnostic *d)
{
    return d ? ask(p, (struct question){.i = i, .k = k, .note = true, .answer = d}) : -1;
}
