/* The backend of the system's C compiler: the emitted file built into a shared object in a folder of our own, loaded,
 * and the folder removed. The compiler is started by its argument list, never through a shell. */
#define _GNU_SOURCE /* dladdr */
#include "runtime/host/host.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

void cc_remove_folder(const char *folder)
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

/* What gcc and clang do well with: the first is for text that has something for threads, the last for a compiler that refuses one of them. Not -fno-thread-jumps: with
 * it gcc 12.2 vectorises `outer < n ? x[inner] : 0` wrongly (the text itself forbids it to make loops of conditional
 * parts). */
static const char *const flags[][6] = {{"-O3", "-march=native", "-fno-trapping-math", "-fno-math-errno", "-fopenmp"},
                                       {"-O3", "-march=native", "-fno-trapping-math", "-fno-math-errno"},
                                       {"-O2"}};
static const char no_compiler[] = "no C compiler: `cc` is not on the PATH";
enum { WAYS = sizeof flags / sizeof *flags, WORDS_MOST = 20 };

/* ---- the compiler's process ---- */

/* From here on the child may be ended by who asks the build to stop. False: that was before. */
static bool child_runs(struct stop *stop, pid_t child)
{
    if (!stop) return true;
    pthread_mutex_lock(&stop->lock);
    bool go_on = !stop->asked;
    if (go_on) stop->child = child;
    pthread_mutex_unlock(&stop->lock);
    if (!go_on) kill(-child, SIGKILL);
    return go_on;
}

static void child_ended(struct stop *stop)
{
    if (!stop) return;
    pthread_mutex_lock(&stop->lock);
    stop->child = 0;
    pthread_mutex_unlock(&stop->lock);
}

/* Its number is another process's as soon as it is waited for: nobody may end it then. */
static int wait_for(struct stop *stop, pid_t child, const char *object)
{
    siginfo_t about;
    int status = 0;
    while (waitid(P_PID, (id_t)child, &about, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
    }
    child_ended(stop);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return access(object, R_OK) ? -1 : 0; /* the host reaps its children: what counts is the object */
    return status;
}

/* It begins with no signal blocked, whatever the thread that starts it has blocked, and in a process group of its
 * own: what the terminal sends to the host's is not meant for it, and it can be ended with all that it starts. */
static int start(pid_t *child, const char *const argv[], const posix_spawn_file_actions_t *files)
{
    posix_spawnattr_t how;
    sigset_t none;
    if (posix_spawnattr_init(&how)) return ENOMEM;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setpgroup(&how, 0);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    int error = posix_spawnp(child, argv[0], files, &how, (char *const *)argv, environ);
    posix_spawnattr_destroy(&how);
    return error;
}

/* Runs `cc` and waits. Its talk goes to a file, its input is empty. */
static bool run_cc(const char *folder, unsigned way, struct stop *stop, char why[ERROR_ROOM])
{
    char source[PATH_ROOM], object[PATH_ROOM], said[PATH_ROOM];
    if (!in_folder(source, folder, made[0]) || !in_folder(object, folder, made[2]) ||
        !in_folder(said, folder, made[3]))
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
    int error = ok ? start(&child, argv, &files) : ENOMEM;
    posix_spawn_file_actions_destroy(&files);
    if (error) {
        snprintf(why, ERROR_ROOM, error == ENOENT ? no_compiler : "cc cannot be started");
        return false;
    }
    bool let = child_runs(stop, child);
    if (!wait_for(stop, child, object) && let) return true;
    compiler_said(said, why);
    return false;
}

/* ---- what an object depends on ---- */

/* The compiler that `cc` is, as the PATH has it. False: there is none. */
static bool hash_compiler(struct hash *h)
{
    const char *path = getenv("PATH");
    for (const char *s = path ? path : "/bin:/usr/bin"; *s;) {
        size_t n = strcspn(s, ":");
        char file[PATH_ROOM];
        struct stat about;
        int length = snprintf(file, sizeof file, "%.*s/cc", (int)n, s);
        if (length > 0 && (size_t)length < sizeof file && !access(file, X_OK) && !stat(file, &about) &&
            S_ISREG(about.st_mode)) {
            int64_t numbers[] = {(int64_t)about.st_size, (int64_t)about.st_mtime, (int64_t)about.st_ino};
            hash_text(h, file);
            hash_add(h, numbers, sizeof numbers);
            return true;
        }
        s += n + (s[n] == ':');
    }
    return false;
}

/* -march=native is this machine's; a home directory may be another's too. */
static void hash_machine(struct hash *h)
{
    char text[8192];
    size_t n = 0;
    FILE *f = fopen("/proc/cpuinfo", "r");
    if (f) n = fread(text, 1, sizeof text - 1, f);
    if (f) fclose(f);
    text[n] = 0;
    static const char *const lines[] = {"vendor_id", "model name", "flags", "Features", "CPU part"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const char *at = strstr(text, lines[i]);
        if (at) hash_add(h, at, strcspn(at, "\n"));
    }
}

static bool hash_build(struct hash *h, const struct emitted *text)
{
    hash_text(h, NNGEN_VERSION);
    for (unsigned way = 0; way < WAYS; way++)
        for (const char *const *f = flags[way]; *f; f++) hash_text(h, *f);
    hash_machine(h);
    hash_add(h, text->c.s, text->c.n);
    hash_add(h, text->h.s, text->h.n);
    return hash_compiler(h);
}

/* ---- building ---- */

static void *find_symbol(void *library, const char *name)
{
    return dlsym(library, name);
}

/* OpenMP's threads go on when the object is gone: their library stays. */
static void find_threads(struct code *c)
{
    Dl_info about;
    if (c->threads < 2) return;
    void *set = dlsym(c->library, "omp_set_num_threads"), *get = dlsym(c->library, "omp_get_max_threads");
    if (!set || !get || !dladdr(set, &about) || !about.dli_fname || !dlopen(about.dli_fname, RTLD_NOW | RTLD_NODELETE)) return;
    memcpy(&c->get_threads, &get, sizeof get);
    memcpy(&c->set_threads, &set, sizeof set);
}

static bool load(struct code *c, const char *object, char why[ERROR_ROOM])
{
    c->library = dlopen(object, RTLD_NOW | RTLD_LOCAL);
    if (c->library) {
        find_threads(c);
        return code_find(c, find_symbol, c->library, why);
    }
    const char *said = dlerror();
    snprintf(why, ERROR_ROOM, "%s", said ? said : "the object built by cc cannot be loaded");
    return false;
}

static bool build_in(struct code *c, const struct emitted *text, const char *folder, const struct hash *key,
                     char why[ERROR_ROOM])
{
    char object[PATH_ROOM];
    snprintf(why, ERROR_ROOM, "cannot write to %s", folder);
    if (!put_file(folder, made[0], text->c.s) || !put_file(folder, made[1], text->h.s) ||
        !in_folder(object, folder, made[2]))
        return false;
    unsigned way = text->threads ? 0 : 1;
    while (way < WAYS && !run_cc(folder, way, c->stop, why)) way++;
    if (way == WAYS || !load(c, object, why)) return false;
    cache_keep(key, object);
    return true;
}

static int cc_call(struct nngen_model *m, enum ir_entry_kind kind, uint64_t seed)
{
    const struct code *c = m->code;
    if (!c->set_threads) return code_call(m, kind, seed);
    int hosts = c->get_threads(); /* who calls may have its own */
    c->set_threads((int)c->threads);
    int status = code_call(m, kind, seed);
    c->set_threads(hosts);
    return status;
}

static void cc_release(struct code *c)
{
    if (c->library) dlclose(c->library);
    c->library = NULL;
}

/* In the cache's folder, where what a process leaves that ends in the middle is found later; else among temporary
 * files. */
static bool new_folder(char folder[PATH_ROOM - 16])
{
    char cache[CACHE_PATH_ROOM];
    const char *tmp = getenv("TMPDIR");
    if (cache_folder(cache) && snprintf(folder, PATH_ROOM - 16, "%s/nngen-XXXXXX", cache) < PATH_ROOM - 16 &&
        mkdtemp(folder))
        return true;
    int n = snprintf(folder, PATH_ROOM - 16, "%s/nngen-XXXXXX", tmp && *tmp == '/' ? tmp : "/tmp");
    return n > 0 && n < PATH_ROOM - 16 && mkdtemp(folder);
}

static bool cc_build(struct code *c, const struct emitted *text, char why[ERROR_ROOM])
{
    struct hash key = {{0}};
    char folder[PATH_ROOM - 16], kept[CACHE_PATH_ROOM];
    if (!hash_build(&key, text)) {
        snprintf(why, ERROR_ROOM, "%s", no_compiler);
        return false;
    }
    if (cache_find(&key, kept)) {
        if (load(c, kept, why)) return true;
        cc_release(c);
    }
    if (!new_folder(folder)) {
        snprintf(why, ERROR_ROOM, "cannot make a temporary folder");
        return false;
    }
    bool ok = build_in(c, text, folder, &key, why);
    cc_remove_folder(folder);
    if (!ok) cc_release(c);
    return ok;
}

const struct backend backend_cc = {.kind = NNGEN_CC,
                                   .name = "cc",
                                   .emits = true,
                                   .style = EMIT_FILE,
                                   .build = cc_build,
                                   .release = cc_release,
                                   .call = cc_call};
