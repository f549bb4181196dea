#define _GNU_SOURCE
#include "parallel.h"

#include <sched.h>
#include <stdatomic.h>

// libgomp's entry points; its header comes with gcc, not with clang.
extern void GOMP_parallel(void (*function)(void *), void *data, unsigned threads, unsigned flags);
extern void omp_set_num_threads(int count);

typedef struct {
  void (*body)(void *, int64_t);
  void *context;
  int64_t chunks;
  atomic_llong next;
} Job;

static void work(void *pointer) {
  Job *job = pointer;
  for (;;) {
    int64_t chunk = atomic_fetch_add_explicit(&job->next, 1, memory_order_relaxed);
    if (chunk >= job->chunks) return;
    job->body(job->context, chunk);
  }
}

// Threads of the loops that this thread starts. libgomp gives every calling thread a team of its own, and teams that spin
// for the same processors starve each other: only a thread that was told so has one.
static _Thread_local int team = 1;

void os_parallel(int64_t chunks, void (*body)(void *, int64_t), void *context) {
  if (chunks <= 0) return;
  if (chunks == 1 || team == 1) {
    for (int64_t i = 0; i < chunks; i++) body(context, i);
    return;
  }
  Job job = {body, context, chunks, 0};
  GOMP_parallel(work, &job, team < chunks ? (unsigned)team : (unsigned)chunks, 0);
}

void os_set_threads(int count) {
  team = count;
  omp_set_num_threads(count);
}
int os_threads(void) { return team; }

int os_available_processors(void) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}
