/* Objects that `cc` made, kept on disk from one process to the next: $XDG_CACHE_HOME/nngen or ~/.cache/nngen, a
 * folder that is the user's alone. An entry is named by a hash of all that the object depends on and ends with that
 * hash, the object's size and a hash of it, so that one that was cut off or altered is not loaded but thrown away.
 * Entries appear by renaming: two processes that make the same one are no matter. What was used longest ago goes when
 * all together are too large. */
#include "runtime/host/host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { OBJECT_MOST = 64 << 20, OLD_SECONDS = 3600, NAME_ROOM = 40 };
size_t cache_most = (size_t)64 << 20;

/* ---- hashes: two lanes, not against an attacker, who cannot write to the folder ---- */

static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

void hash_add(struct hash *h, const void *bytes, size_t n)
{
    const unsigned char *s = bytes;
    for (size_t i = 0; i <= n; i += 8) { /* the last word holds what is left, and the length */
        uint64_t word = 0;
        for (size_t k = 0; k < 8 && i + k < n; k++) word |= (uint64_t)s[i + k] << (8 * k);
        if (i + 8 > n) word ^= (uint64_t)n << 56;
        h->lane[0] = mix(h->lane[0] ^ word) + 0x9e3779b97f4a7c15u;
        h->lane[1] = mix(h->lane[1] + word * 0xd1342543de82ef95u) ^ h->lane[0];
    }
}

void hash_text(struct hash *h, const char *s)
{
    hash_add(h, s ? s : "", s ? strlen(s) : 0);
}

/* ---- the folder ---- */

/* Ours, and nobody else may write to it: what lies there is run. */
static bool private_folder(const char *path)
{
    struct stat s;
    if (mkdir(path, 0700) && errno != EEXIST) return false;
    return !lstat(path, &s) && S_ISDIR(s.st_mode) && s.st_uid == geteuid() && !(s.st_mode & 022);
}

bool cache_folder(char out[CACHE_PATH_ROOM])
{
    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n;
    if (base && *base == '/')
        n = snprintf(out, CACHE_PATH_ROOM - NAME_ROOM, "%s", base);
    else if (home && *home == '/')
        n = snprintf(out, CACHE_PATH_ROOM - NAME_ROOM, "%s/.cache", home);
    else
        return false;
    if (n < 0 || n >= CACHE_PATH_ROOM - NAME_ROOM) return false;
    mkdir(out, 0700); /* as the specification of these folders has it */
    memcpy(out + n, "/nngen", sizeof "/nngen");
    return private_folder(out);
}

static bool entry_path(const struct hash *key, char out[CACHE_PATH_ROOM])
{
    if (!cache_folder(out)) return false;
    snprintf(out + strlen(out), NAME_ROOM, "/%016llx%016llx.so", (unsigned long long)key->lane[0],
             (unsigned long long)key->lane[1]);
    return true;
}

/* ---- entries ---- */

struct ending { /* of an entry; what loads it as an object does not look behind the object */
    char mark[8];
    struct hash key, content;
    uint64_t size;
};

static struct ending ending_of(const struct hash *key, const void *object, size_t size)
{
    struct ending e = {.mark = "nngen 1", .key = *key, .size = size};
    hash_add(&e.content, object, size);
    return e;
}

bool cache_find(const struct hash *key, char path[CACHE_PATH_ROOM])
{
    struct bytes file;
    const char *why;
    if (!entry_path(key, path) || !file_read(path, OBJECT_MOST, FILE_REGULAR, &file, &why)) return false;
    bool good = false;
    if (file.n > sizeof(struct ending)) {
        size_t size = file.n - sizeof(struct ending);
        struct ending want = ending_of(key, file.at, size);
        good = !memcmp(file.at + size, &want, sizeof want);
    }
    free(file.at);
    if (good)
        utimensat(AT_FDCWD, path, NULL, 0);
    else
        unlink(path);
    return good;
}

struct entry {
    char name[NAME_ROOM];
    size_t size;
    time_t used;
};

static int by_use(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->used != y->used) return x->used < y->used ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* What a build left that did not come to its end. */
static void remove_old_build(const char *path, const struct stat *s)
{
    if (time(NULL) - s->st_mtime > OLD_SECONDS) cc_remove_folder(path);
}

/* Takes the entry at path into the list, which has room for one more. */
static bool read_entry(const char *folder, const char *name, struct entry *e)
{
    char path[CACHE_PATH_ROOM];
    struct stat s;
    int n = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (*name == '.' || n < 0 || (size_t)n >= sizeof path || strlen(name) >= NAME_ROOM || lstat(path, &s))
        return false;
    if (S_ISDIR(s.st_mode) && !strncmp(name, "nngen-", 6)) remove_old_build(path, &s);
    if (!S_ISREG(s.st_mode)) return false;
    *e = (struct entry){.size = (size_t)s.st_size, .used = s.st_mtime};
    memcpy(e->name, name, strlen(name) + 1);
    return true;
}

/* Makes the folder small enough. Other processes may do so too: what is gone already is no matter. */
static void shrink(const char *folder)
{
    DIR *d = opendir(folder);
    struct entry *list = NULL;
    size_t n = 0, room = 0, sum = 0;
    for (struct dirent *at; d && (at = readdir(d));) {
        if (n == room) {
            struct entry *wider = realloc(list, (room = room ? room * 2 : 64) * sizeof *list);
            if (!wider) break;
            list = wider;
        }
        if (read_entry(folder, at->d_name, &list[n])) sum += list[n++].size;
    }
    if (d) closedir(d);
    if (n) qsort(list, n, sizeof *list, by_use);
    for (size_t i = 0; i < n && sum > cache_most; i++) {
        char path[CACHE_PATH_ROOM];
        int length = snprintf(path, sizeof path, "%s/%s", folder, list[i].name);
        if (length > 0 && (size_t)length < sizeof path) unlink(path);
        sum -= list[i].size;
    }
    free(list);
}

void cache_keep(const struct hash *key, const char *object)
{
    char path[CACHE_PATH_ROOM];
    struct bytes file;
    const char *why;
    if (!entry_path(key, path) || !file_read(object, OBJECT_MOST / 2, FILE_REGULAR, &file, &why)) return;
    struct ending e = ending_of(key, file.at, file.n);
    unsigned char *whole = file.n + sizeof e <= cache_most ? realloc(file.at, file.n + sizeof e) : NULL;
    if (whole) {
        memcpy(whole + file.n, &e, sizeof e);
        file_write(path, whole, file.n + sizeof e, &why);
        *strrchr(path, '/') = 0;
        shrink(path);
    }
    free(whole ? whole : file.at);
}
