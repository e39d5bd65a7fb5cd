/* A growing text in an arena. Numbers print the same in every locale. */
#ifndef NNGEN_BASE_TEXT_H
#define NNGEN_BASE_TEXT_H

#include "base/arena.h"

#include <stdbool.h>

struct text {
    struct arena *arena;
    char *s; /* always ends in NUL */
    size_t n, cap;
};

struct text text_new(struct arena *a);
void text_putn(struct text *t, const char *s, size_t n);
void text_put(struct text *t, const char *s);
void text_char(struct text *t, char c);
/* Not for floating point: %f, %g and %e follow the host's locale. */
void text_printf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_vprintf(struct text *t, const char *fmt, va_list ap);

/* Shortest decimal that reads back as the same f64 (or f32, if single), always with a point or an exponent: 1.0 0.1
 * 1e-05 -0.0; inf nan -inf for the others. */
void text_real(struct text *t, double x, bool single);
/* The same without the ".0" of whole numbers: for people and JSON. */
void text_number(struct text *t, double x, bool single);
/* For people: rounded to four digits, or to the point where that is more of a whole number. No -0. */
void text_short(struct text *t, double x);
/* C99 hex float of at most 13 digits: 0x1.8p+1. Finite only. */
void text_hex(struct text *t, double x);
/* strtod in the C locale over s[0..n); returns how many bytes were read, 0 if none. Decimal and 0x integers. */
size_t read_real(const char *s, size_t n, double *x);

#endif
