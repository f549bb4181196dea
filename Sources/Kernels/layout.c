#include "layout.h"

#include <string.h>

#include "parallel.h"
#include "simd.h"

typedef struct {
  int size, rank, add;
  int64_t sizes[8], sx[8], sy[8];
  const char *x;
  char *y;
  int64_t outer, step;
} Job;

#define RUN(TYPE)                                                                         \
  static void run_##TYPE(const TYPE *restrict x, int64_t sx, TYPE *restrict y, int64_t sy, int64_t n) { \
    if (sy == 1 && sx == 0) { TYPE v = *x; for (int64_t i = 0; i < n; i++) y[i] = v; }    \
    else if (sy == 1) for (int64_t i = 0; i < n; i++) y[i] = x[i * sx];                   \
    else for (int64_t i = 0; i < n; i++) y[i * sy] = x[i * sx];                           \
  }
RUN(uint16_t)
RUN(uint32_t)
RUN(uint64_t)

OS_CLONES static void add_row(const float *x, int64_t sx, float *y, int64_t sy, int64_t n) {
  if (sx == 1 && sy == 1) for (int64_t i = 0; i < n; i++) y[i] += x[i];
  else for (int64_t i = 0; i < n; i++) y[i * sy] += x[i * sx];
}

static void row(const Job *job, int64_t ox, int64_t oy) {
  int last = job->rank - 1;
  int64_t n = job->sizes[last], sx = job->sx[last], sy = job->sy[last];
  const char *x = job->x + ox * job->size;
  char *y = job->y + oy * job->size;
  if (job->add) add_row((const float *)x, sx, (float *)y, sy, n);
  else if (sx == 1 && sy == 1) memcpy(y, x, (size_t)(n * job->size));
  else if (job->size == 2) run_uint16_t((const uint16_t *)x, sx, (uint16_t *)y, sy, n);
  else if (job->size == 4) run_uint32_t((const uint32_t *)x, sx, (uint32_t *)y, sy, n);
  else run_uint64_t((const uint64_t *)x, sx, (uint64_t *)y, sy, n);
}

static void chunk_body(void *pointer, int64_t chunk) {
  const Job *job = pointer;
  int64_t first = chunk * job->step, last = first + job->step < job->outer ? first + job->step : job->outer;
  int64_t index[8] = {0}, ox = 0, oy = 0, rest = first;
  for (int d = job->rank - 2; d >= 0; d--) {
    index[d] = rest % job->sizes[d];
    rest /= job->sizes[d];
    ox += index[d] * job->sx[d];
    oy += index[d] * job->sy[d];
  }
  for (int64_t r = first; r < last; r++) {
    row(job, ox, oy);
    for (int d = job->rank - 2; d >= 0; d--) {
      ox += job->sx[d];
      oy += job->sy[d];
      if (++index[d] < job->sizes[d]) break;
      ox -= job->sx[d] * job->sizes[d];
      oy -= job->sy[d] * job->sizes[d];
      index[d] = 0;
    }
  }
}

// Drops axes of length 1 and joins neighbours that are contiguous in both arrays.
static void simplify(Job *job) {
  int n = 0;
  for (int d = 0; d < job->rank; d++) {
    if (job->sizes[d] == 1) continue;
    if (n > 0 && job->sx[n - 1] == job->sizes[d] * job->sx[d] && job->sy[n - 1] == job->sizes[d] * job->sy[d]) {
      job->sizes[n - 1] *= job->sizes[d];
      job->sx[n - 1] = job->sx[d];
      job->sy[n - 1] = job->sy[d];
      continue;
    }
    job->sizes[n] = job->sizes[d];
    job->sx[n] = job->sx[d];
    job->sy[n] = job->sy[d];
    n++;
  }
  if (n == 0) { job->sizes[0] = 1; job->sx[0] = 1; job->sy[0] = 1; n = 1; }
  job->rank = n;
}

static void start(Job *job, int rank, const int64_t *sizes, const int64_t *sx, const int64_t *sy) {
  job->rank = rank;
  for (int d = 0; d < rank; d++) {
    if (sizes[d] == 0) return;
    job->sizes[d] = sizes[d];
    job->sx[d] = sx[d];
    job->sy[d] = sy[d];
  }
  simplify(job);
  // A single long row is cut in two axes so that it can be shared.
  if (job->rank == 1 && job->sizes[0] >= 2 * OS_CHUNK && job->sizes[0] % OS_BLOCK == 0) {
    job->rank = 2;
    job->sizes[1] = OS_BLOCK;
    job->sx[1] = job->sx[0];
    job->sy[1] = job->sy[0];
    job->sizes[0] /= OS_BLOCK;
    job->sx[0] *= OS_BLOCK;
    job->sy[0] *= OS_BLOCK;
  }
  job->outer = 1;
  for (int d = 0; d < job->rank - 1; d++) job->outer *= job->sizes[d];
  int64_t inner = job->sizes[job->rank - 1];
  job->step = 2 * OS_CHUNK / inner > 0 ? 2 * OS_CHUNK / inner : 1;
  os_parallel((job->outer + job->step - 1) / job->step, chunk_body, job);
}

void os_copy_strided(int size, int rank, const int64_t *sizes, const void *x, const int64_t *stride_x, void *y,
                     const int64_t *stride_y) {
  Job job = {.size = size, .x = x, .y = y};
  start(&job, rank, sizes, stride_x, stride_y);
}

void os_add_strided(int rank, const int64_t *sizes, const float *x, const int64_t *stride_x, float *y,
                    const int64_t *stride_y) {
  Job job = {.size = 4, .add = 1, .x = (const char *)x, .y = (char *)y};
  start(&job, rank, sizes, stride_x, stride_y);
}

typedef struct {
  int64_t rows, bytes;
  const char *x;
  const int32_t *index;
  char *y;
  int64_t step;
} GatherJob;

static void gather_chunk(void *pointer, int64_t chunk) {
  GatherJob *job = pointer;
  int64_t first = chunk * job->step, last = first + job->step < job->rows ? first + job->step : job->rows;
  for (int64_t i = first; i < last; i++)
    memcpy(job->y + i * job->bytes, job->x + job->index[i] * job->bytes, (size_t)job->bytes);
}
void os_gather_rows(int64_t rows, int64_t bytes, const void *x, const int32_t *index, void *y) {
  GatherJob job = {rows, bytes, x, index, y, bytes > 0 && 65536 / bytes > 0 ? 65536 / bytes : 1};
  os_parallel((rows + job.step - 1) / job.step, gather_chunk, &job);
}
void os_scatter_add_rows(int64_t rows, int64_t inner, const float *x, const int32_t *index, float *y) {
  for (int64_t i = 0; i < rows; i++) add_row(x + i * inner, 1, y + index[i] * inner, 1, inner);
}
