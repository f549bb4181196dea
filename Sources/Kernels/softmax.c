#include "softmax.h"

#include <stdlib.h>

#include "vector.h"

enum { LOG_SUM_EXP = 2, COLUMNS = 64 };

typedef struct {
  int kind, type, tangent;
  const void *x, *g;
  void *y;
  int64_t outer, n, inner, step, tiles;
} Job;

// MARK: Last axis

OS_INLINE void softmax_row(int kind, int type, const Job *job, int64_t row, float *buffer) {
  int64_t n = job->n;
  const float *restrict x = os_floats(type, job->x, row * n, n, buffer);
  float *restrict e = buffer + n;
  float top = os_row_maximum(x, n, -INFINITY);
  if (top == -INFINITY) top = 0;
  for (int64_t i = 0; i < n; i++) e[i] = os_exp_nonpositive(x[i] - top);
  float sum = os_row_sum(e, n);
  if (kind == LOG_SUM_EXP) {
    ((float *)job->y)[row] = top == INFINITY ? top : top + os_log(sum);
  } else if (kind == OS_SOFTMAX) {
    float share = sum == 0.0f ? 0.0f : 1.0f / sum;
    for (int64_t i = 0; i < n; i++) os_write(type, job->y, row * n + i, e[i] * share);
  } else {
    float shift = top + os_log(sum);
    for (int64_t i = 0; i < n; i++) os_write(type, job->y, row * n + i, x[i] - shift);
  }
}
OS_INLINE void derivative_row(int kind, int type, int tangent, const Job *job, int64_t row, float *buffer) {
  int64_t n = job->n;
  const float *restrict y = os_floats(type, job->x, row * n, n, buffer);
  const float *restrict g = os_floats(type, job->g, row * n, n, buffer + n);
  float *restrict e = buffer + 2 * n;
  if (kind == OS_SOFTMAX) {
    float sum = os_row_dot(y, g, n);
    for (int64_t i = 0; i < n; i++) os_write(type, job->y, row * n + i, y[i] * (g[i] - sum));
    return;
  }
  for (int64_t i = 0; i < n; i++) e[i] = os_exp_nonpositive(y[i]);
  float sum = tangent ? os_row_dot(e, g, n) : os_row_sum(g, n);
  for (int64_t i = 0; i < n; i++) os_write(type, job->y, row * n + i, g[i] - (tangent ? sum : e[i] * sum));
}

#define ROWS(KIND, TYPE) for (int64_t r = first; r < last; r++) softmax_row(KIND, TYPE, job, r, buffer)
OS_CLONES static void softmax_rows(const Job *job, int64_t first, int64_t last, float *buffer) {
  if (job->type == OS_BF16) ROWS(job->kind, OS_BF16);
  else if (job->kind == OS_SOFTMAX) ROWS(OS_SOFTMAX, OS_F32);
  else ROWS(job->kind, OS_F32);
}
#undef ROWS
#define ROWS(KIND, TYPE) for (int64_t r = first; r < last; r++) derivative_row(KIND, TYPE, job->tangent, job, r, buffer)
OS_CLONES static void derivative_rows(const Job *job, int64_t first, int64_t last, float *buffer) {
  if (job->type == OS_BF16) ROWS(job->kind, OS_BF16);
  else if (job->kind == OS_SOFTMAX) ROWS(OS_SOFTMAX, OS_F32);
  else ROWS(job->kind, OS_F32);
}

static void row_chunk(void *pointer, int64_t chunk) {
  const Job *job = pointer;
  int64_t first = chunk * job->step, last = os_min(first + job->step, job->outer);
  float *buffer = malloc(sizeof(float) * 3 * (size_t)os_max(job->n, 1));
  (job->g ? derivative_rows : softmax_rows)(job, first, last, buffer);
  free(buffer);
}

// MARK: Other axes: a tile of neighbouring columns at once

OS_INLINE void softmax_columns(int kind, int type, const Job *job, int64_t base, int64_t width) {
  float top[COLUMNS], sum[COLUMNS];
  int64_t n = job->n, inner = job->inner;
  const void *restrict x = job->x;
  void *restrict y = job->y;
  for (int64_t j = 0; j < width; j++) { top[j] = -INFINITY; sum[j] = 0; }
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < width; j++) {
      float v = os_read(type, x, base + i * inner + j);
      top[j] = v > top[j] ? v : top[j];
    }
  for (int64_t j = 0; j < width; j++) top[j] = top[j] == -INFINITY ? 0.0f : top[j];
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < width; j++) {
      float e = os_exp_nonpositive(os_read(type, x, base + i * inner + j) - top[j]);
      if (kind == OS_SOFTMAX && type == OS_F32) ((float *)y)[base + i * inner + j] = e;
      sum[j] += e;
    }
  if (kind == LOG_SUM_EXP) {
    float *restrict out = (float *)y + base / (n * inner) * inner + base % inner;
    for (int64_t j = 0; j < width; j++) out[j] = top[j] == INFINITY ? top[j] : top[j] + os_log(sum[j]);
    return;
  }
  for (int64_t j = 0; j < width; j++) {
    if (kind == OS_SOFTMAX) sum[j] = sum[j] == 0.0f ? 0.0f : 1.0f / sum[j];
    else top[j] += os_log(sum[j]);
  }
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < width; j++) {
      int64_t o = base + i * inner + j;
      if (kind == OS_SOFTMAX && type == OS_F32) ((float *)y)[o] *= sum[j];
      else if (kind == OS_SOFTMAX) os_write(type, y, o, os_exp_nonpositive(os_read(type, x, o) - top[j]) * sum[j]);
      else os_write(type, y, o, os_read(type, x, o) - top[j]);
    }
}

OS_INLINE void derivative_columns(int kind, int type, int tangent, const Job *job, int64_t base, int64_t width) {
  float sum[COLUMNS];
  int64_t n = job->n, inner = job->inner;
  const void *restrict y = job->x, *restrict g = job->g;
  void *restrict out = job->y;
  for (int64_t j = 0; j < width; j++) sum[j] = 0;
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < width; j++) {
      float v = os_read(type, y, base + i * inner + j), d = os_read(type, g, base + i * inner + j);
      sum[j] += kind == OS_SOFTMAX ? v * d : tangent ? os_exp_nonpositive(v) * d : d;
    }
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < width; j++) {
      float v = os_read(type, y, base + i * inner + j), d = os_read(type, g, base + i * inner + j);
      float value = kind == OS_SOFTMAX ? v * (d - sum[j]) : d - (tangent ? 1.0f : os_exp_nonpositive(v)) * sum[j];
      os_write(type, out, base + i * inner + j, value);
    }
}

#define EACH(CALL)                                                            \
  if (job->type == OS_BF16) {                                                 \
    if (job->kind == OS_SOFTMAX) CALL(OS_SOFTMAX, OS_BF16);                   \
    else CALL(job->kind, OS_BF16);                                            \
  } else if (job->kind == OS_SOFTMAX) CALL(OS_SOFTMAX, OS_F32);               \
  else CALL(job->kind, OS_F32);
#define VALUE(KIND, TYPE) softmax_columns(KIND, TYPE, job, base, width)
OS_CLONES static void softmax_tile(const Job *job, int64_t base, int64_t width) { EACH(VALUE) }
#define DERIVATIVE(KIND, TYPE) derivative_columns(KIND, TYPE, job->tangent, job, base, width)
OS_CLONES static void derivative_tile(const Job *job, int64_t base, int64_t width) { EACH(DERIVATIVE) }

static void tile_chunk(void *pointer, int64_t chunk) {
  const Job *job = pointer;
  int64_t outer = chunk / job->tiles, column = chunk % job->tiles * COLUMNS;
  int64_t base = outer * job->n * job->inner + column, width = os_min(COLUMNS, job->inner - column);
  (job->g ? derivative_tile : softmax_tile)(job, base, width);
}

static void run(Job job) {
  if (job.outer * job.inner == 0 || job.n == 0) return;
  if (job.inner == 1) {
    job.step = os_max(OS_CHUNK / job.n, 1);
    os_parallel((job.outer + job.step - 1) / job.step, row_chunk, &job);
  } else {
    job.tiles = (job.inner + COLUMNS - 1) / COLUMNS;
    os_parallel(job.outer * job.tiles, tile_chunk, &job);
  }
}

void os_softmax(int kind, int type, const void *x, void *y, int64_t outer, int64_t n, int64_t inner) {
  run((Job){.kind = kind, .type = type, .x = x, .y = y, .outer = outer, .n = n, .inner = inner});
}
void os_softmax_derivative(int kind, int type, int tangent, const void *y, const void *g, void *out, int64_t outer,
                           int64_t n, int64_t inner) {
  run((Job){.kind = kind, .type = type, .tangent = tangent, .x = y, .g = g, .y = out, .outer = outer, .n = n,
            .inner = inner});
}
void os_log_sum_exp(int type, const void *x, float *y, int64_t outer, int64_t n, int64_t inner) {
  run((Job){.kind = LOG_SUM_EXP, .type = type, .x = x, .y = y, .outer = outer, .n = n, .inner = inner});
}
