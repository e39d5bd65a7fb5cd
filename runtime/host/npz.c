/* NumPy's .npz: a zip archive of .npy files, each an array named after its file. The directory at the archive's end says where
 * they lie; nothing of it is believed before it is checked against the file. */
#include "runtime/host/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEMBERS_MOST = 65536, END_SIZE = 22, ENTRY_SIZE = 46, LOCAL_SIZE = 30, NAME_ROOM = 256 };

struct member {
    char name[NAME_ROOM];
    unsigned method;
    uint32_t sum;
    uint64_t packed, size, local;
};

static uint64_t word(const unsigned char *at, unsigned bytes)
{
    uint64_t v = 0;
    while (bytes-- > 0) v = v << 8 | at[bytes];
    return v;
}

static bool bad(char why[ERROR_ROOM], const char *what)
{
    snprintf(why, ERROR_ROOM, "%s", what);
    return false;
}

bool is_zip(const struct bytes *file)
{
    return file->n >= 4 && (!memcmp(file->at, "PK\3\4", 4) || !memcmp(file->at, "PK\5\6", 4));
}

/* Where the directory is; large archives say it in a record of their own before the last. */
static bool find_directory(const struct bytes *file, uint64_t *at, uint64_t *size, uint64_t *entries)
{
    const unsigned char *b = file->at, *end = NULL;
    for (size_t back = END_SIZE; back <= file->n && back <= END_SIZE + 65535 && !end; back++) {
        const unsigned char *e = b + file->n - back;
        if (!memcmp(e, "PK\5\6", 4) && word(e + 20, 2) == back - END_SIZE) end = e;
    }
    if (!end) return false;
    *entries = word(end + 10, 2);
    *size = word(end + 12, 4);
    *at = word(end + 16, 4);
    if (*entries == 0xffff || *size == 0xffffffff || *at == 0xffffffff) {
        if (end - b < 20 || memcmp(end - 20, "PK\6\7", 4)) return false;
        uint64_t record = word(end - 12, 8);
        if (file->n < 56 || record > file->n - 56 || memcmp(b + record, "PK\6\6", 4)) return false;
        *entries = word(b + record + 32, 8);
        *size = word(b + record + 40, 8);
        *at = word(b + record + 48, 8);
    }
    return *at <= file->n && *size <= file->n - *at && *entries <= MEMBERS_MOST;
}

/* Sizes of 4 GiB and over stand behind the name. */
static bool read_wide(const unsigned char *at, size_t n, struct member *m)
{
    uint64_t *field[] = {&m->size, &m->packed, &m->local};
    while (n >= 4) {
        size_t id = (size_t)word(at, 2), size = (size_t)word(at + 2, 2), used = 4;
        if (size > n - 4) return false;
        for (int i = 0; i < 3 && id == 1; i++) {
            if (*field[i] != 0xffffffff) continue;
            if (used + 8 > size + 4) return false;
            *field[i] = word(at + used, 8);
            used += 8;
        }
        at += 4 + size;
        n -= 4 + size;
    }
    return true;
}

/* The entry at *at of what is left of the directory; *at moves on. */
static bool read_entry(const unsigned char **at, const unsigned char *end, struct member *m, char why[ERROR_ROOM])
{
    const unsigned char *e = *at;
    bad(why, "its directory is damaged");
    if (end - e < ENTRY_SIZE || memcmp(e, "PK\1\2", 4)) return false;
    size_t name = (size_t)word(e + 28, 2), extra = (size_t)word(e + 30, 2), comment = (size_t)word(e + 32, 2);
    if ((size_t)(end - e) - ENTRY_SIZE < name + extra + comment) return false;
    m->method = (unsigned)word(e + 10, 2);
    m->sum = (uint32_t)word(e + 16, 4);
    m->packed = word(e + 20, 4);
    m->size = word(e + 24, 4);
    m->local = word(e + 42, 4);
    if (!read_wide(e + ENTRY_SIZE + name, extra, m)) return false;
    if (word(e + 8, 2) & 1) return bad(why, "it is encrypted");
    snprintf(m->name, sizeof m->name, "%.*s", (int)(name < NAME_ROOM ? name : NAME_ROOM - 1), (const char *)e + ENTRY_SIZE);
    *at = e + ENTRY_SIZE + name + extra + comment;
    return true;
}

static bool unpack(const struct bytes *file, const struct member *m, struct bytes *out, char why[ERROR_ROOM])
{
    const unsigned char *b = file->at;
    snprintf(why, ERROR_ROOM, "its member %s is damaged", m->name);
    if (file->n < LOCAL_SIZE || m->local > file->n - LOCAL_SIZE || memcmp(b + m->local, "PK\3\4", 4)) return false;
    uint64_t start = m->local + LOCAL_SIZE + word(b + m->local + 26, 2) + word(b + m->local + 28, 2);
    if (start > file->n || m->packed > file->n - start) return false;
    if (m->method == 0 ? m->size != m->packed : m->size / 1032 > m->packed + 1) return false; /* more than deflate can pack */
    if (m->method != 0 && m->method != 8) return bad(why, "its members are packed in another way than deflate");
    *out = (struct bytes){malloc((size_t)m->size + 1), (size_t)m->size};
    if (!out->at) return bad(why, "out of memory");
    if (m->method == 0)
        memcpy(out->at, b + start, out->n);
    else if (!inflate_member(b + start, (size_t)m->packed, out, why))
        return false;
    out->at[out->n] = 0;
    snprintf(why, ERROR_ROOM, "its member %s is damaged: the checksum is another", m->name);
    return checksum_is(out, m->sum);
}

static bool take_member(const struct bytes *file, struct member *m, array_taker *take, void *with, char why[ERROR_ROOM])
{
    struct bytes npy = {0};
    struct nngen_array a = {0};
    char said[ERROR_ROOM];
    bool ok = unpack(file, m, &npy, why);
    if (ok && !(ok = npy_read(&npy, &a, said))) snprintf(why, ERROR_ROOM, "%s: %.300s", m->name, said);
    free(npy.at);
    char *dot = strrchr(m->name, '.');
    if (dot && !strcmp(dot, ".npy")) *dot = 0;
    ok = ok && take(with, m->name, &a, why);
    nngen_array_free(&a);
    return ok;
}

bool npz_each(const struct bytes *file, array_taker *take, void *with, char why[ERROR_ROOM])
{
    uint64_t start, size, entries, packed = 0;
    if (!find_directory(file, &start, &size, &entries)) return bad(why, "it is no .npz file, or it is cut off");
    const unsigned char *at = file->at + start, *end = at + size;
    for (uint64_t i = 0; i < entries; i++) {
        struct member m;
        if (!read_entry(&at, end, &m, why)) return false;
        packed += m.packed < file->n ? m.packed : file->n;
        if (packed > file->n) return bad(why, "its members overlap"); /* or a small file could cost hours */
        if (!take_member(file, &m, take, with, why)) return false;
    }
    return true;
}
