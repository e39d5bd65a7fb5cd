/* Threads for the rounds of libtcc's code. They sleep between rounds and between steps, and cc need not be there. */
#ifndef NNGEN_HOST_TEAM_H
#define NNGEN_HOST_TEAM_H

#include <stddef.h>

struct team;
/* What each thread runs; `team` is for nnrt_meet. */
typedef void team_rounds(void *const *given, void *team, size_t thread, size_t threads);

void team_free(struct team *t);
/* Until it is told another, what the calling thread deals out goes to *t, of so many threads; it is made when it is first
 * needed. NULL: to nobody. */
void team_use(struct team **t, unsigned threads);

/* ---- for JIT text ---- */

/* Rounds on all threads of the team where that is worth it, else here. */
void nnrt_deal(team_rounds *rounds, void *const *given, int is_worth);
/* All threads have come here. */
void nnrt_meet(void *team);

#endif
