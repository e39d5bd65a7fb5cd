/* What went wrong, as data: collected where the mistake is understood, printed (or not) by whoever asked. */
#ifndef NNGEN_BASE_DIAG_H
#define NNGEN_BASE_DIAG_H

#include "base/source.h"
#include "base/text.h"

/* Every code is a row of errors.def: ERROR(E0201, "title", "explanation"). Their examples are in cures.def. */
enum diag_code {
    E_NONE,
#define ERROR(code, title, text) code,
#include "base/errors.def"
#undef ERROR
    DIAG_CODES
};

struct diag_info {
    const char *code, *title, *text;
};
extern const struct diag_info diag_info[DIAG_CODES];

struct diag_note {
    struct span at; /* nowhere for a help */
    const char *text;
};

struct diag {
    enum diag_code code;
    struct span at;
    const char *text;
    vec(struct diag_note) notes;
    const char *help; /* NULL if none */
};

enum { DIAG_MOST = 20, DIAG_DROPPED_MOST = 1000 };

struct diag_key {
    enum diag_code code;
    struct span at;
};

struct diags {
    struct arena *arena;
    const struct sources *sources;
    vec(struct diag) list; /* at most DIAG_MOST, each place and code once */
    uint32_t errors;       /* how many were reported, the dropped ones too */
    vec(struct diag_key) dropped; /* at most DIAG_DROPPED_MOST: each is counted once */
    bool last_dropped;     /* notes and helps of a dropped error are dropped with it */
};

void diags_init(struct diags *d, struct arena *a, const struct sources *s);
/* Not for floating point. Texts begin in lower case and end without a full stop. */
void diag_error(struct diags *d, enum diag_code code, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Both attach to the error last reported. */
void diag_note(struct diags *d, struct span at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void diag_help(struct diags *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

enum diag_format { DIAG_FULL, DIAG_SHORT, DIAG_JSON };
void diags_sort(struct diags *d); /* in order of place */
/* In order of place. color: ANSI escapes for a terminal. */
void diags_print(struct diags *d, enum diag_format format, bool color, struct text *out);

#endif
