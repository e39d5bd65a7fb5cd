/* measure SECONDS MEGABYTES COMMAND...: runs it, says how long it took and its largest resident set, and ends with 1 if
 * either bound was passed, else with the command's status. */
#define _DEFAULT_SOURCE

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc < 4) return fprintf(stderr, "usage: measure SECONDS MEGABYTES COMMAND...\n"), 2;
    double most_seconds = strtod(argv[1], NULL), most_megabytes = strtod(argv[2], NULL), start = now();
    int status;
    struct rusage used;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[3], argv + 3);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &used) < 0) return perror("measure"), 2;
    double seconds = now() - start, megabytes = (double)used.ru_maxrss / 1024;
    fprintf(stderr, "%.2f s, %.0f MB\n", seconds, megabytes);
    if (!WIFEXITED(status)) return fprintf(stderr, "ended by signal %d\n", WTERMSIG(status)), 1;
    if (WEXITSTATUS(status)) return WEXITSTATUS(status);
    if (seconds <= most_seconds && megabytes <= most_megabytes) return 0;
    fprintf(stderr, "over the bound of %.0f s and %.0f MB\n", most_seconds, most_megabytes);
    return 1;
}
