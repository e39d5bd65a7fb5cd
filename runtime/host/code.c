/* Choosing a backend and having it make a program callable. */
#include "runtime/host/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool code_find(struct code *c, void *(*find)(void *user, const char *name), void *user, char why[ERROR_ROOM])
{
    for (int i = 0; i < ENTRY_KINDS; i++) {
        if (!c->entries[i].present) continue;
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

const struct emitted *code_text(struct nngen_program *owner, const struct ir_program *p, const struct ir_entry *entries,
                                const struct backend *b, bool single)
{
    bool kept = p == owner->k.program;
    struct file_text *f = b->style == EMIT_JIT ? &owner->jit[single] : &owner->file_for_cc[single];
    if (!kept) f = arena_new(&owner->context.arena, struct file_text);
    if (f->made) return &f->text;
    struct emit_options o = {.style = b->style, .single = single, .prefix = HOST_PREFIX, .header_name = HOST_PREFIX ".h"};
    program_change(owner);
    emit(p, entries, &o, &f->text);
    program_changed(owner);
    f->made = true;
    return &f->text;
}

static struct code *build(struct nngen_program *owner, const struct ir_program *p, const struct ir_entry *entries,
                          const struct backend *b, bool single, char why[ERROR_ROOM])
{
    double start = seconds_now();
    struct code draft = {.backend = b, .program = p, .entries = entries};
    if (owner->built) {
        draft.abi = owner->built_abi;
        draft.work_bytes = owner->built->work_size;
    } else if (b->emits) {
        const struct emitted *text = code_text(owner, p, entries, b, single);
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

struct code *code_new(struct nngen_program *owner, const struct ir_program *p, const struct ir_entry *entries,
                      enum nngen_backend backend, bool single, char why[ERROR_ROOM])
{
    static const struct backend *const all[] = {&backend_tcc, &backend_cc, &backend_interp};
    bool of_built = backend == NNGEN_AUTO || backend == NNGEN_BUILT;
    if (owner->built && of_built && single == owner->built_abi->single)
        return build(owner, p, entries, &backend_built, single, why);
    if (owner->built)
        snprintf(why, ERROR_ROOM, of_built ? "the model is built to compute in float" : "the model is built in: it has no text to compile");
    if (backend == NNGEN_BUILT && !owner->built) snprintf(why, ERROR_ROOM, "the model is not built in");
    if (owner->built) return NULL;
    for (int i = 0; i < 3; i++) {
        if (backend != NNGEN_AUTO && all[i]->kind != backend) continue;
        struct code *c = build(owner, p, entries, all[i], single, why);
        if (c || backend != NNGEN_AUTO) return c;
    }
    return NULL;
}

void code_free(struct code *c)
{
    if (!c) return;
    if (c->backend->release) c->backend->release(c);
    free(c);
}
