/* Choosing a backend and having it make a program callable. */
#include "runtime/host/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool code_find(struct code *c, void *(*find)(void *user, const char *name), void *user, char why[ERROR_ROOM])
{
    for (int i = 0; i < ENTRY_KINDS; i++) {
        if (!(c->kinds >> i & 1)) continue;
        char name[64];
        snprintf(name, sizeof name, HOST_PREFIX "_%s", entry_word[i]);
        void *at = find(user, name);
        if (!at) {
            snprintf(why, ERROR_ROOM, "the compiled text has no %s", name);
            return false;
        }
        memcpy(&c->entry[i], &at, sizeof at); /* ISO C has no cast from data to function pointers */
    }
    return true;
}

/* ---- which entry points ---- */

enum { INITIALISERS = 1u << ENTRY_INIT | 1u << ENTRY_OPT_INIT | 1u << ENTRY_STATE_INIT };

static unsigned lowest(unsigned kinds)
{
    return kinds & (~kinds + 1);
}

unsigned code_kinds(const struct ir_entry *entries)
{
    unsigned kinds = 0;
    for (unsigned i = 0; i < ENTRY_KINDS; i++) kinds |= (unsigned)entries[i].present << i;
    return kinds;
}

/* Most models are only trained or only asked, and none is before it is initialised: of a code in parts that comes at
 * once, or where nothing initialises the gradient. What has no step and is short comes in one: to begin a text takes as
 * long as some of its functions. */
static unsigned at_once(const struct backend *b, const struct ir_entry *entries)
{
    enum { NODES_SHORT = 500 };
    unsigned kinds = code_kinds(entries), first = kinds & INITIALISERS, others = kinds & ~first;
    uint32_t nodes = 0;
    for (int i = 0; i < ENTRY_KINDS; i++) nodes += entries[i].present && entries[i].graph ? entries[i].graph->n : 0;
    if (!b->in_parts || (!(kinds >> ENTRY_STEP) && nodes <= NODES_SHORT)) return kinds;
    if (first) return others == lowest(others) ? kinds : first;
    return kinds & 1u << ENTRY_GRAD ? 1u << ENTRY_GRAD : lowest(kinds);
}

const struct emitted *code_text(struct nngen_program *owner, const struct ir_program *p, const struct ir_entry *entries,
                                const struct backend *b, bool single, unsigned kinds)
{
    bool kept = p == owner->k.program;
    struct file_text *f = &owner->file_for_cc[single];
    if (b->in_parts)
        for (f = owner->jit[single]; !(kinds & 1u << (f - owner->jit[single])); f++) {}
    if (!kept) f = arena_new(&owner->context.arena, struct file_text);
    if (f->made) return &f->text;
    struct emit_options o = {.style = b->style, .single = single, .prefix = HOST_PREFIX, .header_name = HOST_PREFIX ".h", .only = b->in_parts ? kinds : 0,
                             .openmp = owner->options.threads > 1,
                             .openmp_always = owner->options.threads > 1 && owner->options.openmp > 1};
    program_change(owner);
    emit(p, entries, &o, &f->text);
    program_changed(owner);
    f->made = true;
    return &f->text;
}

/* ---- making it ---- */

static struct code *build(struct nngen_program *owner, const struct ir_program *p, const struct ir_entry *entries,
                          const struct backend *b, bool single, unsigned kinds, char why[ERROR_ROOM])
{
    double start = seconds_now();
    struct code draft = {.backend = b, .program = p, .entries = entries, .kinds = kinds, .threads = owner->options.threads};
    if (owner->built) {
        draft.abi = owner->built_abi;
        draft.work_bytes = owner->built->work_size;
    } else if (b->emits) {
        const struct emitted *text = code_text(owner, p, entries, b, single, kinds);
        draft.abi = text->abi;
        draft.work_bytes = text->work_bytes;
        if (text->refused) {
            snprintf(why, ERROR_ROOM, "%s", text->refused);
            return NULL;
        }
        if (!b->build(&draft, text, why)) return NULL;
    } else {
        program_change(owner);
        draft.abi = abi_new(p, single);
        program_changed(owner);
    }
    struct code *c = malloc(sizeof *c);
    if (!c) {
        if (b->release) b->release(&draft);
        snprintf(why, ERROR_ROOM, "out of memory");
        return NULL;
    }
    *c = draft;
    c->seconds = seconds_now() - start;
    return c;
}

static struct code *build_first(struct nngen_program *owner, const struct ir_program *p, const struct ir_entry *entries,
                                const struct backend *b, bool single, char why[ERROR_ROOM])
{
    unsigned all = code_kinds(entries), kinds = at_once(b, entries);
    struct code *c = build(owner, p, entries, b, single, kinds, why);
    if (!c || kinds == all) return c;
    c->later = calloc(1, sizeof *c->later);
    if (!c->later) {
        code_free(c);
        snprintf(why, ERROR_ROOM, "out of memory");
        return NULL;
    }
    c->later->owner = owner;
    c->later->single = single;
    return c;
}

/* ---- parts ---- */

struct wanted {
    const struct code *whole;
    enum ir_entry_kind kind;
    char *why;
};

static void make_part(struct nngen_program *p, void *with)
{
    const struct wanted *q = with;
    const struct code *c = q->whole;
    struct code **part = &c->later->part[q->kind];
    if (*part) return; /* another thread was here */
    struct code *made = build(p, c->program, c->entries, c->backend, c->later->single, 1u << q->kind, q->why);
    __atomic_store_n(part, made, __ATOMIC_RELEASE);
}

const struct code *code_there(const struct code *c, enum ir_entry_kind kind)
{
    if (!c->later || c->kinds >> kind & 1) return c;
    return __atomic_load_n(&c->later->part[kind], __ATOMIC_ACQUIRE);
}

const struct code *code_with(const struct code *c, enum ir_entry_kind kind, char why[ERROR_ROOM])
{
    const struct code *there = code_there(c, kind);
    if (there) return there;
    struct wanted q = {c, kind, why};
    snprintf(why, ERROR_ROOM, "out of memory");
    program_try(c->later->owner, make_part, &q);
    return code_there(c, kind);
}

/* ---- choosing a backend ---- */

struct code *code_new(struct nngen_program *owner, const struct ir_program *p, const struct ir_entry *entries,
                      enum nngen_backend backend, bool single, char why[ERROR_ROOM])
{
    static const struct backend *const all[] = {&backend_tcc, &backend_cc, &backend_interp};
    bool of_built = backend == NNGEN_AUTO || backend == NNGEN_BUILT;
    if (owner->built && of_built && single == owner->built_abi->single)
        return build_first(owner, p, entries, &backend_built, single, why);
    if (owner->built)
        snprintf(why, ERROR_ROOM, of_built ? "the model is built to compute in float" : "the model is built in: it has no text to compile");
    if (backend == NNGEN_BUILT && !owner->built) snprintf(why, ERROR_ROOM, "the model is not built in");
    if (owner->built) return NULL;
    for (int i = 0; i < 3; i++) {
        if (backend != NNGEN_AUTO && all[i]->kind != backend) continue;
        struct code *c = build_first(owner, p, entries, all[i], single, why);
        if (c || backend != NNGEN_AUTO) return c;
    }
    return NULL;
}

void code_free(struct code *c)
{
    if (!c) return;
    for (int i = 0; c->later && i < ENTRY_KINDS; i++) code_free(c->later->part[i]); /* they have no parts */
    free(c->later);
    if (c->backend->release) c->backend->release(c);
    free(c);
}
