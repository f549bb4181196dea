#include "reduce.h"

#include <stdlib.h>

#include "parallel.h"
#include "simd.h"

// A row of many elements is reduced in blocks of OS_CHUNK with 16 lanes each; partial results are combined in order.
OS_CLONES static float row_sum(const float *restrict x, int64_t n, int squares) {
  float lane[16] = {0};
  int64_t i = 0;
  if (squares) {
    for (; i + 16 <= n; i += 16)
      for (int k = 0; k < 16; k++) lane[k] += x[i + k] * x[i + k];
    for (int k = 0; i + k < n; k++) lane[k] += x[i + k] * x[i + k];
  } else {
    for (; i + 16 <= n; i += 16)
      for (int k = 0; k < 16; k++) lane[k] += x[i + k];
    for (int k = 0; i + k < n; k++) lane[k] += x[i + k];
  }
  for (int w = 8; w > 0; w /= 2)
    for (int k = 0; k < w; k++) lane[k] += lane[k + w];
  return lane[0];
}

OS_CLONES static float row_extreme(const float *restrict x, int64_t n, float sign) {
  float best = -INFINITY;
  for (int64_t i = 0; i < n; i++) best = sign * x[i] > best ? sign * x[i] : best;
  return sign * best;
}

static float combine(int op, float a, float b) {
  return op == OS_MAXIMUM ? (a > b ? a : b) : op == OS_MINIMUM ? (a < b ? a : b) : a + b;
}
static float row_reduce(int op, const float *x, int64_t n) {
  if (op == OS_MAXIMUM || op == OS_MINIMUM) return row_extreme(x, n, op == OS_MAXIMUM ? 1.0f : -1.0f);
  return row_sum(x, n, op == OS_SUM_SQUARES);
}

typedef struct {
  int op, type;
  const void *x;
  float *y;
  int64_t outer, n, inner, blocks;
} Job;

OS_CLONES static void accumulate(int op, const float *restrict x, float *restrict y, int64_t n) {
  if (op == OS_SUM) for (int64_t i = 0; i < n; i++) y[i] += x[i];
  else if (op == OS_SUM_SQUARES) for (int64_t i = 0; i < n; i++) y[i] += x[i] * x[i];
  else if (op == OS_MAXIMUM) for (int64_t i = 0; i < n; i++) y[i] = x[i] > y[i] ? x[i] : y[i];
  else for (int64_t i = 0; i < n; i++) y[i] = x[i] < y[i] ? x[i] : y[i];
}

static const float *as_floats(const Job *job, int64_t offset, int64_t n, float *buffer) {
  if (job->type == OS_F32) return (const float *)job->x + offset;
  const uint16_t *x = (const uint16_t *)job->x + offset;
  for (int64_t i = 0; i < n; i++) buffer[i] = os_from_bf16(x[i]);
  return buffer;
}

// inner == 1: one block of one row a chunk.
static void contiguous_chunk(void *pointer, int64_t chunk) {
  Job *job = pointer;
  int64_t row = chunk / job->blocks, block = chunk % job->blocks;
  int64_t start = block * OS_CHUNK, length = job->n - start < OS_CHUNK ? job->n - start : OS_CHUNK;
  float buffer[OS_BLOCK], result = 0;
  for (int64_t i = 0; i < length; i += OS_BLOCK) {
    int64_t m = length - i < OS_BLOCK ? length - i : OS_BLOCK;
    if (job->type == OS_F32) m = length;
    float part = row_reduce(job->op, as_floats(job, row * job->n + start + i, m, buffer), m);
    result = i == 0 ? part : combine(job->op, result, part);
    if (job->type == OS_F32) break;
  }
  job->y[chunk] = result;
}

// inner > 1: a slab of rows of one outer index a chunk, accumulated element-wise over `inner`.
static void strided_chunk(void *pointer, int64_t chunk) {
  Job *job = pointer;
  int64_t outer = chunk / job->blocks, block = chunk % job->blocks;
  int64_t per = (job->n + job->blocks - 1) / job->blocks;
  int64_t first = block * per, last = first + per < job->n ? first + per : job->n;
  float *y = job->y + chunk * job->inner, buffer[OS_BLOCK];
  for (int64_t j = 0; j < job->inner; j += OS_BLOCK) {
    int64_t m = job->inner - j < OS_BLOCK ? job->inner - j : OS_BLOCK;
    float start = job->op == OS_MAXIMUM ? -INFINITY : job->op == OS_MINIMUM ? INFINITY : 0.0f;
    for (int64_t i = 0; i < m; i++) y[j + i] = start;
    for (int64_t r = first; r < last; r++)
      accumulate(job->op, as_floats(job, (outer * job->n + r) * job->inner + j, m, buffer), y + j, m);
  }
}

void os_reduce(int op, int type, const void *x, float *y, int64_t outer, int64_t n, int64_t inner) {
  if (outer * inner == 0) return;
  int64_t blocks = inner == 1 ? (n + OS_CHUNK - 1) / OS_CHUNK : (n * inner + 4 * OS_CHUNK - 1) / (4 * OS_CHUNK);
  if (blocks < 1) blocks = 1;
  if (inner > 1 && blocks > n) blocks = n > 0 ? n : 1;
  if (blocks > 256) blocks = inner == 1 ? blocks : 256;
  if (inner > 1 && n > 0) {  // every block must hold at least one row
    int64_t per = (n + blocks - 1) / blocks;
    blocks = (n + per - 1) / per;
  }
  float *partial = blocks == 1 ? y : malloc(sizeof(float) * (size_t)(outer * blocks * inner));
  Job job = {op, type, x, partial, outer, n, inner, blocks};
  os_parallel(outer * blocks, inner == 1 ? contiguous_chunk : strided_chunk, &job);
  if (blocks == 1) return;
  for (int64_t o = 0; o < outer; o++)
    for (int64_t i = 0; i < inner; i++) {
      float total = partial[o * blocks * inner + i];
      for (int64_t b = 1; b < blocks; b++) total = combine(op == OS_SUM_SQUARES ? OS_SUM : op, total, partial[(o * blocks + b) * inner + i]);
      y[o * inner + i] = total;
    }
  free(partial);
}

typedef struct {
  const float *x;
  float *y;
  int64_t n, inner;
  int reversed;
} CumulativeJob;

static void cumulative_chunk(void *pointer, int64_t outer) {
  CumulativeJob *job = pointer;
  int64_t base = outer * job->n * job->inner;
  for (int64_t r = 0; r < job->n; r++) {
    int64_t row = base + (job->reversed ? job->n - 1 - r : r) * job->inner;
    int64_t before = job->reversed ? row + job->inner : row - job->inner;
    for (int64_t j = 0; j < job->inner; j++) job->y[row + j] = job->x[row + j] + (r == 0 ? 0.0f : job->y[before + j]);
  }
}
void os_cumulative_sum(const float *x, float *y, int64_t outer, int64_t n, int64_t inner, int reversed) {
  CumulativeJob job = {x, y, n, inner, reversed};
  os_parallel(outer, cumulative_chunk, &job);
}

OS_CLONES double os_dot(const float *a, const float *b, int64_t n) {
  double lane[8] = {0};
  int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (int k = 0; k < 8; k++) lane[k] += (double)a[i + k] * b[i + k];
  for (int k = 0; i + k < n; k++) lane[k] += (double)a[i + k] * b[i + k];
  return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}
