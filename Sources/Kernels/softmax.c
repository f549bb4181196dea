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

OS_CLONES static void softmax_tile(const Job *job, int64_t base, int64_t width) {
  float top[COLUMNS], sum[COLUMNS];
  int64_t n = job->n, inner = job->inner;
  for (int64_t j = 0; j < width; j++) { top[j] = -INFINITY; sum[j] = 0; }
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < width; j++) {
      float v = os_read(job->type, job->x, base + i * inner + j);
      top[j] = v > top[j] ? v : top[j];
    }
  for (int64_t j = 0; j < width; j++) top[j] = top[j] == -INFINITY ? 0.0f : top[j];
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < width; j++)
      sum[j] += os_exp_nonpositive(os_read(job->type, job->x, base + i * inner + j) - top[j]);
  if (job->kind == LOG_SUM_EXP) {
    float *y = (float *)job->y + base / (n * inner) * inner + base % inner;
    for (int64_t j = 0; j < width; j++) y[j] = top[j] == INFINITY ? top[j] : top[j] + os_log(sum[j]);
    return;
  }
  if (job->kind == OS_SOFTMAX) {
    for (int64_t j = 0; j < width; j++) sum[j] = sum[j] == 0.0f ? 0.0f : 1.0f / sum[j];
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j < width; j++) {
        int64_t o = base + i * inner + j;
        os_write(job->type, job->y, o, os_exp_nonpositive(os_read(job->type, job->x, o) - top[j]) * sum[j]);
      }
    return;
  }
  for (int64_t j = 0; j < width; j++) top[j] += os_log(sum[j]);
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < width; j++) {
      int64_t o = base + i * inner + j;
      os_write(job->type, job->y, o, os_read(job->type, job->x, o) - top[j]);
    }
}

OS_CLONES static void derivative_tile(const Job *job, int64_t base, int64_t width) {
  float sum[COLUMNS];
  int64_t n = job->n, inner = job->inner;
  for (int64_t j = 0; j < width; j++) sum[j] = 0;
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < width; j++) {
      int64_t o = base + i * inner + j;
      float y = os_read(job->type, job->x, o), g = os_read(job->type, job->g, o);
      sum[j] += job->kind == OS_SOFTMAX ? y * g : job->tangent ? os_exp_nonpositive(y) * g : g;
    }
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < width; j++) {
      int64_t o = base + i * inner + j;
      float y = os_read(job->type, job->x, o), g = os_read(job->type, job->g, o);
      float value = job->kind == OS_SOFTMAX ? y * (g - sum[j]) : g - (job->tangent ? 1.0f : os_exp_nonpositive(y)) * sum[j];
      os_write(job->type, job->y, o, value);
    }
}

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
