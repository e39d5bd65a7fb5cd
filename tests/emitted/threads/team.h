/* In place of omp.h: what OpenMP would do, by threads that the thread sanitizer knows. `region` is run by all of them. */
#include <pthread.h>

enum { TEAM = 3 };
static pthread_barrier_t team_barrier;
static __thread int team_number;
static void (*team_region)(void);

static void *team_member(void *number)
{
    team_number = *(int *)number;
    team_region();
    return NULL;
}

static inline void team_run(void (*region)(void))
{
    pthread_t thread[TEAM];
    int number[TEAM];
    team_region = region;
    pthread_barrier_init(&team_barrier, NULL, TEAM);
    for (int k = 0; k < TEAM; k++) {
        number[k] = k;
        pthread_create(&thread[k], NULL, team_member, &number[k]);
    }
    for (int k = 0; k < TEAM; k++) pthread_join(thread[k], NULL);
    pthread_barrier_destroy(&team_barrier);
}

static inline int omp_get_thread_num(void)
{
    return team_number;
}

static inline int omp_get_num_threads(void)
{
    return TEAM;
}
