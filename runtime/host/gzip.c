/* What zlib unpacks: whole files of gzip, and members of zip archives. Without zlib they are refused. */
#include "runtime/host/host.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef NNGEN_HAVE_ZLIB
#include <zlib.h>

#define EXPANDED_MOST ((size_t)1 << 32)
enum { STEP_MOST = 1 << 30 }; /* zlib counts in unsigned int */

static bool is_gzip(const unsigned char *at, size_t n)
{
    return n >= 2 && at[0] == 0x1f && at[1] == 0x8b;
}

/* Room for more, doubled. */
static bool widen(struct bytes *b, size_t *room, char why[ERROR_ROOM])
{
    size_t wider = *room * 2;
    unsigned char *more = *room >= EXPANDED_MOST ? NULL : realloc(b->at, wider + 1);
    snprintf(why, ERROR_ROOM, *room >= EXPANDED_MOST ? "it unpacks to over 4 GiB" : "out of memory");
    if (!more) return false;
    b->at = more;
    *room = wider;
    return true;
}

/* One stream after another, as gzip allows. */
static bool unpack(z_stream *z, const struct bytes *file, struct bytes *out, char why[ERROR_ROOM])
{
    size_t room = 1 << 16, done = 0;
    out->at = malloc(room + 1);
    snprintf(why, ERROR_ROOM, "out of memory");
    if (!out->at) return false;
    for (;;) {
        if (out->n == room && !widen(out, &room, why)) return false;
        size_t in = file->n - done < STEP_MOST ? file->n - done : STEP_MOST, left = room - out->n < STEP_MOST ? room - out->n : STEP_MOST;
        z->next_in = file->at + done;
        z->avail_in = (uInt)in;
        z->next_out = out->at + out->n;
        z->avail_out = (uInt)left;
        int state = inflate(z, Z_NO_FLUSH);
        done += in - z->avail_in;
        out->n += left - z->avail_out;
        snprintf(why, ERROR_ROOM, "its gzip data is damaged or cut off");
        if (state == Z_STREAM_END) {
            if (done == file->n) return true;
            if (!is_gzip(file->at + done, file->n - done) || inflateReset(z) != Z_OK) return false;
        } else if (state != Z_OK || (done == file->n && z->avail_out))
            return false;
    }
}

bool gzip_expand(struct bytes *file, char why[ERROR_ROOM])
{
    struct bytes out = {0};
    z_stream z = {0};
    if (!is_gzip(file->at, file->n)) return true;
    snprintf(why, ERROR_ROOM, "out of memory");
    if (inflateInit2(&z, 15 + 16) != Z_OK) return false;
    bool ok = unpack(&z, file, &out, why);
    inflateEnd(&z);
    if (!ok) {
        free(out.at);
        return false;
    }
    out.at[out.n] = 0;
    free(file->at);
    *file = out;
    return true;
}

bool inflate_member(const unsigned char *from, size_t n, struct bytes *to, char why[ERROR_ROOM])
{
    z_stream z = {0};
    size_t done = 0, made = 0;
    int state = Z_OK;
    snprintf(why, ERROR_ROOM, "out of memory");
    if (inflateInit2(&z, -15) != Z_OK) return false;
    while (state == Z_OK) {
        size_t in = n - done < STEP_MOST ? n - done : STEP_MOST, left = to->n - made < STEP_MOST ? to->n - made : STEP_MOST;
        z.next_in = (Bytef *)(uintptr_t)(from + done);
        z.avail_in = (uInt)in;
        z.next_out = to->at + made;
        z.avail_out = (uInt)left;
        state = inflate(&z, Z_NO_FLUSH);
        if (state == Z_OK && z.avail_in == in && z.avail_out == left) state = Z_BUF_ERROR;
        done += in - z.avail_in;
        made += left - z.avail_out;
    }
    inflateEnd(&z);
    snprintf(why, ERROR_ROOM, "its packed data is damaged");
    return state == Z_STREAM_END && made == to->n && done == n;
}

bool checksum_is(const struct bytes *b, uint32_t sum)
{
    uLong crc = crc32(0, NULL, 0);
    for (size_t done = 0; done < b->n;) {
        size_t n = b->n - done < STEP_MOST ? b->n - done : STEP_MOST;
        crc = crc32(crc, b->at + done, (uInt)n);
        done += n;
    }
    return crc == sum;
}

#else

static const char no_zlib[] = "it is compressed, and this nngen was built without zlib: unpack it first";

bool gzip_expand(struct bytes *file, char why[ERROR_ROOM])
{
    snprintf(why, ERROR_ROOM, "%s", no_zlib);
    return file->n < 2 || file->at[0] != 0x1f || file->at[1] != 0x8b;
}

bool inflate_member(const unsigned char *from, size_t n, struct bytes *to, char why[ERROR_ROOM])
{
    (void)from, (void)n, (void)to;
    snprintf(why, ERROR_ROOM, "%s", no_zlib);
    return false;
}

bool checksum_is(const struct bytes *b, uint32_t sum)
{
    (void)b, (void)sum;
    return true;
}

#endif
