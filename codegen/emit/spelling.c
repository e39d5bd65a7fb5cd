#include "codegen/emit/emit.h"
#include "codegen/emit/spelling.h"

#include "base/names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Words that are no name anywhere: keywords of C up to C23 and of C++ up to C++20, and macros that common headers and
 * compilers define. Sorted. */
static const char *const keywords[] = {
    "BUFSIZ", "EDOM", "EOF", "ERANGE", "HUGE_VAL", "I", "INFINITY", "NAN", "NDEBUG", "NULL", "SIGINT",
    "_Alignas", "_Alignof", "_Atomic", "_Bool", "_Complex", "_Complex_I", "_Generic", "_I", "_Imaginary", "_Noreturn",
    "_Pragma", "_Static_assert", "_Thread_local",
    "alignas", "alignof", "alloca", "and", "and_eq", "asm", "assert", "atomic_cancel", "atomic_commit", "atomic_noexcept",
    "auto", "bitand", "bitor", "bool", "break", "case", "catch", "char", "char16_t", "char32_t", "char8_t", "class",
    "co_await", "co_return", "co_yield", "compl", "complex", "concept", "const", "const_cast", "consteval", "constexpr",
    "constinit", "continue", "decltype", "default", "defined", "delete", "do", "double", "dynamic_cast", "else", "enum",
    "errno", "explicit", "export", "extern", "false", "float", "for", "friend", "goto", "i386", "if", "imaginary", "inline",
    "int", "int16_t", "int32_t", "int64_t", "int8_t", "linux", "long", "main", "math_errhandling", "mutable", "namespace",
    "new", "noexcept", "noreturn", "not", "not_eq", "nullptr", "offsetof", "operator", "or", "or_eq", "private",
    "protected", "ptrdiff_t", "public", "reflexpr", "register", "reinterpret_cast", "requires", "restrict", "return",
    "setjmp", "short", "signed", "size_t", "sizeof", "static", "static_assert", "static_cast", "stderr", "stdin", "stdout",
    "struct", "switch", "synchronized", "template", "this", "thread_local", "throw", "true", "try", "typedef", "typeid",
    "typename", "typeof", "typeof_unqual", "uint16_t", "uint32_t", "uint64_t", "uint8_t", "union", "unix", "unsigned",
    "using", "va_arg", "va_end", "va_start", "virtual", "void", "volatile", "wchar_t", "while", "xor", "xor_eq",
};

/* Functions and type-generic macros of libm and of the headers that emitted C includes. With an f or an l behind they are
 * functions too. Sorted. */
static const char *const functions[] = {
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "copysign", "cos", "cosh", "drem",
    "erf", "erfc", "exp", "exp10", "exp2", "expm1", "fabs", "fdim", "finite", "floor", "fma", "fmax", "fmin", "fmod",
    "fpclassify", "frexp", "gamma", "gamma_r", "hypot", "ilogb", "index", "isfinite", "isgreater", "isgreaterequal",
    "isinf", "isless", "islessequal", "islessgreater", "isnan", "isnormal", "isunordered", "j0", "j1", "jn", "ldexp",
    "lgamma", "lgamma_r", "llrint", "llround", "log", "log10", "log1p", "log2", "logb", "lrint", "lround", "memcpy",
    "memmove", "memset", "modf", "nan", "nearbyint", "nextafter", "nexttoward", "pow", "pow10", "remainder", "remquo",
    "rint", "round", "scalb", "scalbln", "scalbn", "signbit", "signgam", "significand", "sin", "sincos", "sinh", "sqrt",
    "tan", "tanh", "tgamma", "time", "trunc", "y0", "y1", "yn",
};

static bool listed(const char *const *list, size_t n, const char *word)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int c = (unsigned char)*list[mid] - (unsigned char)*word; /* mostly says it */
        if (c == 0) c = strcmp(list[mid], word);
        if (c == 0) return true;
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return false;
}

#define LISTED(list, word) listed(list, sizeof list / sizeof *list, word)

static bool has_two_underscores(const char *s)
{
    for (; *s; s++)
        if (s[0] == '_' && s[1] == '_') return true;
    return false;
}

/* Names with two underscores or with one before a capital are the compiler's. */
static bool is_keyword(const char *s)
{
    return LISTED(keywords, s) || has_two_underscores(s) || (s[0] == '_' && (s[1] == 0 || isupper((unsigned char)s[1])));
}

static bool is_function(const char *s)
{
    char stem[16];
    size_t n = strlen(s);
    if (LISTED(functions, s)) return true;
    if (n < 2 || n > sizeof stem || (s[n - 1] != 'f' && s[n - 1] != 'l')) return false;
    memcpy(stem, s, n - 1);
    stem[n - 1] = 0;
    return LISTED(functions, stem);
}

/* A name may not hold two underscores in C++: "a__b" becomes "a_b_". Others that are taken get one behind. */
const char *name_member(struct arena *a, const char *name)
{
    if (!is_keyword(name)) return name;
    size_t n = strlen(name), w = 0;
    char *s = arena_alloc(a, n + 4);
    if (name[0] == '_') s[w++] = 'u';
    for (size_t i = 0; i < n; i++)
        if (name[i] != '_' || w == 0 || s[w - 1] != '_') s[w++] = name[i];
    if (s[w - 1] != '_') s[w++] = '_';
    return s;
}

const char *name_path(struct arena *a, const char *path)
{
    const char *out = "";
    for (const char *part = path;; part++) {
        size_t n = strcspn(part, ".");
        out = arena_printf(a, "%s%s%s", out, *out ? "." : "", name_member(a, arena_strndup(a, part, n)));
        part += n;
        if (!*part) return out;
    }
}

const char *name_prefix(struct arena *a, const char *name)
{
    size_t n = strlen(name);
    bool bad_start = n == 0 || !isalpha((unsigned char)name[0]);
    char *s = arena_alloc(a, n + 3), *w = s;
    if (bad_start) *w++ = 'm';
    for (size_t i = 0; i < n; i++) {
        char c = isalnum((unsigned char)name[i]) ? name[i] : '_';
        if (c != '_' || (w > s && w[-1] != '_')) *w++ = c;
    }
    while (w > s && w[-1] == '_') *--w = 0; /* what follows begins with one */
    return s;
}

const char *name_upper(struct arena *a, const char *name)
{
    char *s = arena_strndup(a, name, strlen(name));
    for (char *c = s; *c; c++) *c = (char)toupper((unsigned char)*c);
    return s;
}

void scope_init(struct scope *s, struct arena *a)
{
    *s = (struct scope){.arena = a, .cap = 64};
    s->slot = arena_many(a, const char *, s->cap);
}

static uint32_t hash_name(const char *name)
{
    return (uint32_t)hash_bytes(1, name, strlen(name));
}

static const char **find(const struct scope *s, const char *name)
{
    uint32_t i = hash_name(name) & (s->cap - 1);
    while (s->slot[i] && strcmp(s->slot[i], name) != 0) i = (i + 1) & (s->cap - 1);
    return &s->slot[i];
}

static bool taken(const struct scope *s, const char *name)
{
    return *find(s, name) || is_keyword(name) || is_function(name) || strncmp(name, "nnrt_", 5) == 0;
}

static const char *enter(struct scope *s, const char *name)
{
    *find(s, name) = name;
    if (++s->n * 2 > s->cap) {
        const char **old = s->slot;
        uint32_t n = s->cap;
        s->cap *= 2;
        s->slot = arena_many(s->arena, const char *, s->cap);
        for (uint32_t i = 0; i < n; i++)
            if (old[i]) *find(s, old[i]) = old[i];
    }
    return name;
}

static struct scope_stem *find_stem(const struct scope *s, const char *name)
{
    uint32_t i = hash_name(name) & (s->cap_stems - 1);
    while (s->stem[i].name && strcmp(s->stem[i].name, name) != 0) i = (i + 1) & (s->cap_stems - 1);
    return &s->stem[i];
}

static struct scope_stem *enter_stem(struct scope *s, const char *name)
{
    if (s->n_stems * 2 >= s->cap_stems) {
        struct scope_stem *old = s->stem;
        uint32_t n = s->cap_stems;
        s->cap_stems = n ? n * 2 : 16;
        s->stem = arena_many(s->arena, struct scope_stem, s->cap_stems);
        for (uint32_t i = 0; i < n; i++)
            if (old[i].name) *find_stem(s, old[i].name) = old[i];
    }
    struct scope_stem *stem = find_stem(s, name);
    if (!stem->name) {
        *stem = (struct scope_stem){name, 1};
        s->n_stems++;
    }
    return stem;
}

const char *scope_name(struct scope *s, const char *wish)
{
    char *flat = arena_strndup(s->arena, wish, strlen(wish));
    for (char *c = flat; *c; c++)
        if (*c == '.') *c = '_';
    const char *name = name_member(s->arena, flat);
    if (taken(s, name) && name[strlen(name) - 1] != '_') name = arena_printf(s->arena, "%s_", name);
    if (!taken(s, name)) return enter(s, name);
    struct scope_stem *stem = enter_stem(s, name);
    size_t n = strlen(name);
    char *numbered = arena_alloc(s->arena, n + 12);
    memcpy(numbered, name, n);
    do snprintf(numbered + n, 12, "%u", ++stem->tried); /* no name becomes free again */
    while (taken(s, numbered));
    return enter(s, numbered);
}

const char *scope_numbered(struct scope *s, const char *stem, uint32_t *next)
{
    for (;;) {
        const char *name = arena_printf(s->arena, "%s%u", stem, ++*next);
        if (!taken(s, name)) return enter(s, name);
    }
}
