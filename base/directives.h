/* printf's directives that this project uses, put together without the host's locale and without its machinery, which
 * costs more than most texts that are made. */
#ifndef NNGEN_BASE_DIRECTIVES_H
#define NNGEN_BASE_DIRECTIVES_H

#include <stdarg.h>
#include <stddef.h>

/* As vsnprintf: writes at most size bytes, a NUL among them, and returns how many all would be without it. Its own are
 * d i u x X c s %, with flags - 0 +, width and precision (of strings), numbers of int, l, ll and z; a format with any
 * other directive is the C library's. */
size_t directives_print(char *out, size_t size, const char *fmt, va_list ap);

#endif
