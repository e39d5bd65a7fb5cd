/* The backend of the system's C compiler: the emitted file built into a shared object in a folder of our own, loaded, and
 * the folder removed. The compiler is started by its argument list, never through a shell. */
#include "runtime/host/host.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { PATH_ROOM = 512 };
static const char *const made[] = {HOST_PREFIX ".c", HOST_PREFIX ".h", HOST_PREFIX ".so", "said"};

static bool in_folder(char out[PATH_ROOM], const char *folder, const char *name)
{
    int n = snprintf(out, PATH_ROOM, "%s/%s", folder, name);
    return n > 0 && n < PATH_ROOM;
}

static bool put_file(const char *folder, const char *name, const char *text)
{
    char path[PATH_ROOM];
    if (!in_folder(path, folder, name)) return false;
    FILE *f = fopen(path, "wx");
    if (!f) return false;
    size_t n = strlen(text);
    bool ok = fwrite(text, 1, n, f) == n;
    return (fclose(f) == 0) && ok;
}

static void remove_folder(const char *folder)
{
    char path[PATH_ROOM];
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        if (in_folder(path, folder, made[i])) unlink(path);
    rmdir(folder);
}

/* The first line that says error, else the first line of all. */
static void compiler_said(const char *path, char why[ERROR_ROOM])
{
    struct bytes said;
    const char *no;
    snprintf(why, ERROR_ROOM, "cc cannot compile the text");
    if (!file_read(path, 1 << 20, FILE_REGULAR, &said, &no)) return;
    const char *line = strstr((char *)said.at, "error");
    if (!line) line = (char *)said.at;
    while (line > (char *)said.at && line[-1] != '\n') line--;
    if (*line) snprintf(why, ERROR_ROOM, "cc: %.*s", (int)strcspn(line, "\n"), line);
    free(said.at);
}

/* What gcc and clang do well with; the second is for a compiler that refuses one of them. Not -fno-thread-jumps: with it gcc
 * 12.2 vectorises `outer < n ? x[inner] : 0` wrongly (the text itself forbids it to make loops of conditional parts). */
static const char *const flags[][5] = {{"-O3", "-march=native", "-fno-trapping-math"}, {"-O2"}};
enum { WAYS = sizeof flags / sizeof *flags, WORDS_MOST = 20 };

/* Runs `cc` and waits. Its talk goes to a file, its input is empty. */
static bool run_cc(const char *folder, unsigned way, char why[ERROR_ROOM])
{
    char source[PATH_ROOM], object[PATH_ROOM], said[PATH_ROOM];
    if (!in_folder(source, folder, made[0]) || !in_folder(object, folder, made[2]) || !in_folder(said, folder, made[3]))
        return false;
    const char *const plain[] = {"-shared", "-fPIC", "-o", object, source, "-lm", NULL};
    const char *argv[WORDS_MOST] = {"cc", "-std=gnu99"};
    size_t n = 2;
    for (const char *const *f = flags[way]; *f; f++) argv[n++] = *f;
    for (const char *const *f = plain; *f; f++) argv[n++] = *f;
    posix_spawn_file_actions_t files;
    if (posix_spawn_file_actions_init(&files)) return false;
    bool ok = !posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0) &&
              !posix_spawn_file_actions_addopen(&files, 1, said, O_WRONLY | O_CREAT | O_TRUNC, 0600) &&
              !posix_spawn_file_actions_adddup2(&files, 1, 2);
    pid_t child;
    int error = ok ? posix_spawnp(&child, argv[0], &files, NULL, (char *const *)argv, environ) : ENOMEM;
    posix_spawn_file_actions_destroy(&files);
    if (error) {
        snprintf(why, ERROR_ROOM, error == ENOENT ? "no C compiler: `cc` is not on the PATH" : "cc cannot be started");
        return false;
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) { /* the host reaps its children by itself: what counts is the object */
            status = access(object, R_OK) ? -1 : 0;
            break;
        }
    if (status == 0) return true;
    compiler_said(said, why);
    return false;
}

static void *find_symbol(void *library, const char *name)
{
    return dlsym(library, name);
}

static bool build_in(struct code *c, const struct emitted *text, const char *folder, char why[ERROR_ROOM])
{
    char object[PATH_ROOM];
    snprintf(why, ERROR_ROOM, "cannot write to %s", folder);
    if (!put_file(folder, made[0], text->c.s) || !put_file(folder, made[1], text->h.s) || !in_folder(object, folder, made[2]))
        return false;
    unsigned way = 0;
    while (way < WAYS && !run_cc(folder, way, why)) way++;
    if (way == WAYS) return false;
    c->library = dlopen(object, RTLD_NOW | RTLD_LOCAL);
    if (c->library) return code_find(c, find_symbol, c->library, why);
    const char *said = dlerror();
    snprintf(why, ERROR_ROOM, "%s", said ? said : "the object built by cc cannot be loaded");
    return false;
}

static void cc_release(struct code *c)
{
    if (c->library) dlclose(c->library);
    c->library = NULL;
}

static bool cc_build(struct code *c, const struct emitted *text, char why[ERROR_ROOM])
{
    const char *tmp = getenv("TMPDIR");
    char folder[PATH_ROOM - 16];
    int n = snprintf(folder, sizeof folder, "%s/nngen-XXXXXX", tmp && *tmp == '/' ? tmp : "/tmp");
    if (n < 0 || (size_t)n >= sizeof folder || !mkdtemp(folder)) {
        snprintf(why, ERROR_ROOM, "cannot make a temporary folder");
        return false;
    }
    bool ok = build_in(c, text, folder, why);
    remove_folder(folder);
    if (!ok) cc_release(c);
    return ok;
}

const struct backend backend_cc = {.kind = NNGEN_CC, .name = "cc", .emits = true, .style = EMIT_FILE, .build = cc_build,
                                   .release = cc_release, .call = code_call};
