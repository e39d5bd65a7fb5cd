#undef _POSIX_C_SOURCE
#define _XOPEN_SOURCE 700 /* realpath */

#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int cli_readable(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    if (fd < 0) return cli_refused("read", path);
    int bad = fstat(fd, &st) || S_ISDIR(st.st_mode);
    close(fd);
    errno = EISDIR;
    return bad ? cli_refused("read", path) : STATUS_OK;
}

/* The folder of the path as it stands; realpath would want the file to be there. */
static bool folder_takes(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct buffer folder = {0};
    buffer_putn(&folder, slash ? path : ".", slash ? (size_t)(slash - path) + 1 : 1);
    bool takes = !access(folder.s, W_OK | X_OK);
    int why = errno;
    buffer_free(&folder);
    errno = why;
    return takes;
}

int cli_writable(const char *path)
{
    struct stat st;
    bool exists = !stat(path, &st);
    errno = EISDIR;
    bool takes = exists && S_ISDIR(st.st_mode) ? false : exists && !S_ISREG(st.st_mode) ? !access(path, W_OK) : folder_takes(path);
    return takes ? STATUS_OK : cli_refused("write", path);
}

static bool read_fd(int fd, struct buffer *out)
{
    char block[65536];
    buffer_put(out, "");
    for (;;) {
        ssize_t n = read(fd, block, sizeof block);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        if (n == 0) return true;
        buffer_putn(out, block, (size_t)n);
    }
}

int read_whole(const char *path, struct buffer *out)
{
    bool from_stdin = !strcmp(path, "-");
    int fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return cli_refused("read", path);
    bool done = read_fd(fd, out);
    int why = errno;
    if (!from_stdin) close(fd);
    errno = why;
    return done ? STATUS_OK : cli_refused("read", path);
}

static bool write_fd(int fd, const char *s, size_t n)
{
    while (n) {
        ssize_t k = write(fd, s, n);
        if (k < 0 && errno == EINTR) continue;
        if (k < 0) return false;
        s += k;
        n -= (size_t)k;
    }
    return true;
}

/* One file on its way: written beside its place first. */
struct staged {
    char *place; /* with symbolic links resolved, so that a link stays one */
    char *temporary; /* NULL: nothing to rename */
};

static bool holds_already(const char *path, const struct file_out *f)
{
    struct buffer old = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool same = read_fd(fd, &old) && old.n == f->size && !memcmp(old.s, f->text, f->size);
    close(fd);
    buffer_free(&old);
    return same;
}

/* Devices and pipes have no place to rename to: they are written at once. */
static int write_through(const struct file_out *f)
{
    int fd = open(f->path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return cli_refused("write", f->path);
    bool done = write_fd(fd, f->text, f->size);
    int why = errno;
    if (close(fd) && done) {
        done = false;
        why = errno;
    }
    errno = why;
    return done ? STATUS_OK : cli_refused("write", f->path);
}

static bool fill_temporary(int fd, const struct file_out *f, const struct stat *old)
{
    mode_t mask = umask(0);
    umask(mask);
    return !fchmod(fd, old ? old->st_mode & 0777 : 0666 & ~mask) && write_fd(fd, f->text, f->size) && !fsync(fd);
}

static int stage(const struct file_out *f, struct staged *s)
{
    struct stat st;
    bool exists = !stat(f->path, &st);
    if (exists && S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return cli_refused("write", f->path);
    }
    if (exists && !S_ISREG(st.st_mode)) return write_through(f);
    if (exists && holds_already(f->path, f)) return STATUS_OK;
    s->place = exists ? realpath(f->path, NULL) : strdup(f->path);
    if (!s->place) return cli_refused("write", f->path);
    size_t n = strlen(s->place) + sizeof ".XXXXXX";
    char *name = cli_grow(NULL, n, 1);
    snprintf(name, n, "%s.XXXXXX", s->place);
    int fd = mkstemp(name);
    if (fd < 0) {
        int status = cli_refused("write", f->path);
        free(name);
        return status;
    }
    s->temporary = name;
    bool done = fill_temporary(fd, f, exists ? &st : NULL);
    int why = errno;
    if (close(fd) && done) {
        done = false;
        why = errno;
    }
    errno = why;
    return done ? STATUS_OK : cli_refused("write", f->path);
}

int write_files(const struct file_out *file, size_t n)
{
    struct staged *s = memset(cli_grow(NULL, n, sizeof *s), 0, n * sizeof *s);
    int status = STATUS_OK;
    for (size_t i = 0; i < n && !status; i++) status = stage(&file[i], &s[i]);
    for (size_t i = 0; i < n; i++) {
        if (s[i].temporary && !status && rename(s[i].temporary, s[i].place)) status = cli_refused("write", file[i].path);
        if (s[i].temporary && status) unlink(s[i].temporary);
        free(s[i].temporary);
        free(s[i].place);
    }
    free(s);
    return status;
}
