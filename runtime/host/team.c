/* A team waits at one barrier for a step to begin, between its rounds, and for its end. */
#include "runtime/host/team.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct member {
    struct team *team;
    pthread_t thread;
    size_t number;
};

struct team {
    pthread_mutex_t beginning; /* held until it is known how many there are */
    bool made;                 /* there is a barrier for as many as there are */
    pthread_barrier_t meet;
    team_rounds *rounds;       /* NULL: it is over */
    void *const *given;
    pid_t process;             /* a child of it has no threads but its first */
    size_t n;                  /* with the one that deals */
    struct member member[];
};

static _Thread_local struct {
    struct team **team;
    unsigned threads;
} used;

void nnrt_meet(void *team)
{
    if (team) pthread_barrier_wait(&((struct team *)team)->meet);
}

static void *work(void *user)
{
    const struct member *m = user;
    struct team *t = m->team;
    pthread_mutex_lock(&t->beginning);
    pthread_mutex_unlock(&t->beginning);
    while (t->made) {
        nnrt_meet(t);
        if (!t->rounds) return NULL;
        t->rounds(t->given, t, m->number, t->n);
        nnrt_meet(t);
    }
    return NULL;
}

void team_free(struct team *t)
{
    if (!t) return;
    if (t->process == getpid()) {
        t->rounds = NULL;
        if (t->made) nnrt_meet(t);
        for (size_t i = 1; i < t->n; i++) pthread_join(t->member[i].thread, NULL);
        if (t->made) pthread_barrier_destroy(&t->meet);
        pthread_mutex_destroy(&t->beginning);
    }
    free(t);
}

/* As many as there can be. NULL: none beside the caller. */
static struct team *team_new(size_t threads)
{
    struct team *t = malloc(sizeof *t + threads * sizeof *t->member);
    sigset_t all, before;
    if (!t) return NULL;
    *t = (struct team){.process = getpid(), .n = 1};
    pthread_mutex_init(&t->beginning, NULL);
    pthread_mutex_lock(&t->beginning);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the host's */
    for (; t->n < threads; t->n++) {
        t->member[t->n] = (struct member){.team = t, .number = t->n};
        if (pthread_create(&t->member[t->n].thread, NULL, work, &t->member[t->n])) break;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    t->made = t->n > 1 && !pthread_barrier_init(&t->meet, NULL, (unsigned)t->n);
    pthread_mutex_unlock(&t->beginning);
    if (t->made) return t;
    team_free(t);
    return NULL;
}

void team_use(struct team **t, unsigned threads)
{
    used.team = t;
    used.threads = threads;
}

void nnrt_deal(team_rounds *rounds, void *const *given, int is_worth)
{
    struct team *t = NULL;
    if (is_worth && used.team && used.threads > 1) {
        if (!*used.team) *used.team = team_new(used.threads);
        t = *used.team;
    }
    if (!t || t->process != getpid()) {
        rounds(given, NULL, 0, 1);
        return;
    }
    t->rounds = rounds;
    t->given = given;
    nnrt_meet(t);
    rounds(given, t, 0, t->n);
    nnrt_meet(t);
}
