#include "base/source.h"

#include <string.h>

void sources_init(struct sources *s, struct arena *a)
{
    *s = (struct sources){.arena = a, .next = 1};
}

struct source *source_add(struct sources *s, const char *path, const char *text, size_t size)
{
    if (size >= UINT32_MAX - s->next - 1) return NULL;
    struct source *f = arena_new(s->arena, struct source);
    f->path = arena_strndup(s->arena, path, strlen(path));
    f->text = arena_strndup(s->arena, text, size);
    f->base = s->next;
    f->size = (uint32_t)size;
    s->next += f->size + 1; /* the end of a file is a place of its own */
    vec_push(s->arena, &s->files, f);
    return f;
}

const struct source *source_of(const struct sources *s, uint32_t offset)
{
    for (uint32_t i = 0; i < s->files.n; i++) {
        const struct source *f = s->files.at[i];
        if (offset >= f->base && offset <= f->base + f->size) return f;
    }
    return NULL;
}

struct place source_place(const struct sources *s, uint32_t offset)
{
    struct place p = {.file = source_of(s, offset), .line = 1, .col = 1};
    if (!p.file) return p;
    const char *text = p.file->text, *at = text + (offset - p.file->base), *line = text;
    for (const char *c = text; c < at; c++)
        if (*c == '\n') {
            p.line++;
            line = c + 1;
        }
    for (const char *c = line; c < at; c++)
        if (((unsigned char)*c & 0xC0) != 0x80) p.col++;
    const char *end = memchr(line, '\n', (size_t)(text + p.file->size - line));
    if (!end) end = text + p.file->size;
    if (end > line && end[-1] == '\r') end--;
    p.line_text = line;
    p.line_size = (uint32_t)(end - line);
    return p;
}

struct span span_join(struct span a, struct span b)
{
    if (!a.hi) return b;
    if (!b.hi) return a;
    return (struct span){a.lo < b.lo ? a.lo : b.lo, a.hi > b.hi ? a.hi : b.hi};
}
