/* Reading files whole and writing them whole or not at all. */
#undef _POSIX_C_SOURCE
#define _GNU_SOURCE /* O_TMPFILE, where the system has it */
#include "runtime/host/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char file_too_large[] = "it is too large";

static bool refuse(const char **why, int error)
{
    switch (error) {
    case ENOENT: *why = "there is no such file"; break;
    case EACCES: *why = "permission denied"; break;
    case EISDIR: *why = "it is a folder"; break;
    case EFBIG: *why = file_too_large; break;
    case ENOMEM: *why = "out of memory"; break;
    case ENOSPC: *why = "no space left on the device"; break;
    case EROFS: *why = "the file system is read-only"; break;
    case ENOTDIR: *why = "a part of the path is no folder"; break;
    case ENAMETOOLONG: *why = "the name is too long"; break;
    case ENODEV: *why = "it is not a regular file"; break;
    default: *why = "an input or output error"; break;
    }
    return false;
}

/* Reads to the end, at most `most` bytes; what does not say its size grows by doubling. */
static int read_all(int fd, size_t expect, size_t most, struct bytes *out)
{
    size_t room = expect + 1, n = 0;
    unsigned char *at = malloc(room + 1);
    int error = at ? 0 : ENOMEM;
    while (!error) {
        if (n == room) {
            size_t wider = room * 2 < most + 1 ? room * 2 : most + 1;
            unsigned char *more = n > most ? NULL : realloc(at, wider + 1);
            if (!more) {
                error = n > most ? EFBIG : ENOMEM;
                break;
            }
            at = more;
            room = wider;
        }
        ssize_t got = read(fd, at + n, room - n);
        if (got == 0) break;
        if (got > 0)
            n += (size_t)got;
        else if (errno != EINTR)
            error = errno;
    }
    if (!error && n > most) error = EFBIG;
    if (error) {
        free(at);
        return error;
    }
    at[n] = 0;
    *out = (struct bytes){at, n};
    return 0;
}

bool file_read(const char *path, size_t most, int flags, struct bytes *out, const char **why)
{
    *out = (struct bytes){0};
    /* Without NONBLOCK opening a fifo that nobody writes to would hang. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (flags & FILE_REGULAR ? O_NONBLOCK : 0));
    if (fd < 0) return refuse(why, errno);
    struct stat s;
    int error = fstat(fd, &s) ? errno : 0;
    size_t expect = 0;
    if (!error && S_ISDIR(s.st_mode)) error = EISDIR;
    if (!error && (flags & FILE_REGULAR) && !S_ISREG(s.st_mode)) error = ENODEV;
    if (!error && S_ISREG(s.st_mode)) {
        if (s.st_size < 0 || (uintmax_t)s.st_size > most)
            error = EFBIG;
        else
            expect = (size_t)s.st_size;
    }
    if (!S_ISREG(s.st_mode)) expect = 4096;
    if (!error) error = read_all(fd, expect, most, out);
    close(fd);
    return error ? refuse(why, error) : true;
}

static int write_all(int fd, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    while (n) {
        ssize_t put = write(fd, at, n < (size_t)1 << 30 ? n : (size_t)1 << 30);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return errno;
        if (put == 0) return EIO;
        at += put;
        n -= (size_t)put;
    }
    return 0;
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
}

/* The folder's entry must reach the disk too, or the rename may be lost with the power. */
static int sync_folder(const char *path)
{
    char *folder = folder_of(path);
    if (!folder) return ENOMEM;
    int fd = open(folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY), error = 0;
    free(folder);
    if (fd < 0) return errno == EACCES ? 0 : errno; /* a folder one may write to but not read */
    if (fsync(fd) && errno != EINVAL) error = errno;
    if (close(fd) && !error) error = errno;
    return error;
}

/* A name beside `path` that nobody has: of a new file, or for the one without a name that fd is. */
static int take_aside(const char *path, int fd, char *aside, size_t room)
{
    char own[40];
    snprintf(own, sizeof own, "/proc/self/fd/%d", fd);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(aside, room, "%s.%ld-%u", path, (long)getpid(), i);
        int got = fd < 0 ? open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666)
                         : linkat(AT_FDCWD, own, AT_FDCWD, aside, AT_SYMLINK_FOLLOW);
        if (got >= 0 || errno != EEXIST) return got;
    }
    return -1;
}

/* A file of `path`'s folder that has no name until it is whole, so that a process killed while writing leaves nothing
 * behind; -1 where the system knows no such files. */
static int open_nameless(const char *path)
{
#ifdef O_TMPFILE
    char *folder = folder_of(path);
    int fd = folder && access("/proc/self/fd", X_OK) == 0 ? open(folder, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666) : -1;
    free(folder);
    return fd;
#else
    (void)path;
    return -1;
#endif
}

/* Devices and pipes are written to where they are: a rename would put a plain file in place of /dev/null. */
static int write_through(const char *path, const void *bytes, size_t n)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    int error = write_all(fd, bytes, n);
    if (close(fd) && !error) error = errno;
    return error;
}

bool file_write(const char *path, const void *bytes, size_t n, const char **why)
{
    struct stat old;
    bool exists = stat(path, &old) == 0;
    if (exists && S_ISDIR(old.st_mode)) return refuse(why, EISDIR);
    if (exists && !S_ISREG(old.st_mode)) {
        int error = write_through(path, bytes, n);
        return error ? refuse(why, error) : true;
    }
    size_t room = strlen(path) + 40;
    char *aside = malloc(room);
    if (!aside) return refuse(why, ENOMEM);
    int error = 0, fd = open_nameless(path);
    bool named = fd < 0;
    if (named) fd = take_aside(path, -1, aside, room);
    if (fd < 0) {
        error = errno;
        free(aside);
        return refuse(why, error);
    }
    if (exists && fchmod(fd, old.st_mode & 0777)) error = errno;
    if (!error) error = write_all(fd, bytes, n);
    if (!error && fsync(fd)) error = errno;
    if (!error && !named) {
        if (take_aside(path, fd, aside, room)) error = errno;
        named = !error;
    }
    if (close(fd) && !error) error = errno;
    if (!error && rename(aside, path)) error = errno;
    if (error && named) unlink(aside);
    if (!error) error = sync_folder(path);
    free(aside);
    return error ? refuse(why, error) : true;
}

/* ---- has a file changed? ---- */

struct stamp file_stamp(const char *path)
{
    struct stat s;
    if (stat(path, &s)) return (struct stamp){.missing = true};
    return (struct stamp){.node = (uint64_t)s.st_ino, .size = (int64_t)s.st_size, .seconds = (int64_t)s.st_mtim.tv_sec,
                          .nanoseconds = (int64_t)s.st_mtim.tv_nsec};
}

bool stamps_equal(const struct stamp *a, const struct stamp *b)
{
    return a->missing == b->missing && a->node == b->node && a->size == b->size && a->seconds == b->seconds &&
           a->nanoseconds == b->nanoseconds;
}

/* ---- files a model names: beside it or on the search path, never above ---- */

static bool path_climbs(const char *path)
{
    if (*path == '/') return true;
    for (const char *s = path; *s;) {
        const char *end = strchr(s, '/');
        size_t n = end ? (size_t)(end - s) : strlen(s);
        if (n == 2 && s[0] == '.' && s[1] == '.') return true;
        s += n + (end != NULL);
    }
    return false;
}

/* The block is freed by the next hold, or when memory runs out before. */
static void program_hold(struct nngen_program *p, void *block)
{
    free(p->held);
    p->held = block;
}

/* Looks beside `from`, then in the folders of -I. found is in the program's arena. */
static bool find_file(struct nngen_program *p, const char *from, const char *path, size_t most, struct bytes *out,
                      const char **found, const char **why)
{
    struct arena *a = &p->context.arena;
    if (!*path || path_climbs(path)) {
        *why = "the path must be relative to the model and not climb with `..`";
        return false;
    }
    const char *slash = from ? strrchr(from, '/') : NULL;
    const char *first = slash ? arena_printf(a, "%.*s/%s", (int)(slash - from), from, path) : path;
    bool missing = true;
    for (size_t i = 0; i <= p->options.n_include_dirs && missing; i++) {
        *found = i ? arena_printf(a, "%s/%s", p->options.include_dirs[i - 1], path) : first;
        struct dependency read = {*found, file_stamp(*found)};
        if (file_read(*found, most, FILE_REGULAR, out, why)) {
            vec_push(a, &p->dependencies, read);
            return true;
        }
        missing = access(*found, F_OK) != 0;
    }
    return false;
}

bool import_read(void *user, const char *from, const char *path, struct text *out, const char **found, const char **why)
{
    struct bytes file;
    if (!find_file(user, from, path, TEXT_MOST, &file, found, why)) return false;
    program_hold(user, file.at);
    text_putn(out, (const char *)file.at, file.n);
    program_hold(user, NULL);
    return true;
}

bool import_array(void *user, const char *from, const char *path, struct arena *a, unsigned *rank, int64_t *dim,
                  double **value, const char **why)
{
    struct nngen_program *p = user;
    struct bytes file;
    struct nngen_array array = {0};
    const char *found;
    char said[ERROR_ROOM];
    if (!find_file(p, from, path, (size_t)1 << 31, &file, &found, why)) return false;
    bool ok = npy_read(&file, &array, said);
    free(file.at);
    if (!ok) {
        *why = arena_strndup(a, said, strlen(said));
        return false;
    }
    size_t n = 1;
    for (unsigned i = 0; i < array.rank; i++) n *= (size_t)array.dims[i];
    *rank = array.rank;
    memcpy(dim, array.dims, array.rank * sizeof *dim);
    program_hold(p, array.value);
    *value = arena_many(a, double, n);
    memcpy(*value, array.value, n * sizeof **value);
    program_hold(p, NULL);
    return true;
}
