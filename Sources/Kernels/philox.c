#include "philox.h"

#include "parallel.h"
#include "simd.h"

enum { LANES = 256 };  // groups of four numbers computed together

// Ten rounds over LANES counters at once; out[k][lane] is word k.
OS_CLONES static void philox(uint64_t seed, uint64_t stream, uint64_t group, uint32_t out[4][LANES]) {
  uint32_t s0 = (uint32_t)stream, s1 = (uint32_t)(stream >> 32);
  for (int i = 0; i < LANES; i++) {
    uint64_t g = group + (uint64_t)i;
    uint32_t c0 = (uint32_t)g, c1 = (uint32_t)(g >> 32), c2 = s0, c3 = s1;
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int r = 0; r < 10; r++) {
      uint64_t p = (uint64_t)0xD2511F53u * c0, q = (uint64_t)0xCD9E8D57u * c2;
      uint32_t n0 = (uint32_t)(q >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p >> 32) ^ c3 ^ k1;
      c1 = (uint32_t)q;
      c3 = (uint32_t)p;
      c0 = n0;
      c2 = n2;
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    out[0][i] = c0; out[1][i] = c1; out[2][i] = c2; out[3][i] = c3;
  }
}

OS_INLINE float unit(uint32_t u) { return (float)(u >> 8) * 5.9604644775390625e-8f; }

OS_CLONES static void uniform(const uint32_t *restrict w, float *restrict y) {
  for (int i = 0; i < LANES; i++) y[i] = unit(w[i]);
}
// Box-Muller on two words: radius from (0, 1], angle from [0, 1).
OS_CLONES static void normal(const uint32_t *restrict a, const uint32_t *restrict b, float *restrict y, float *restrict z) {
  for (int i = 0; i < LANES; i++) {
    float radius = os_sqrt(-2.0f * os_log(unit(a[i]) + 5.9604644775390625e-8f)), angle = 6.28318530717958648f * unit(b[i]);
    y[i] = radius * os_sine(angle, 1);
    z[i] = radius * os_sine(angle, 0);
  }
}

typedef struct {
  uint64_t seed, stream, first;
  void *y;
  int64_t n;
  int kind;
} Job;

static void chunk_body(void *pointer, int64_t chunk) {
  const Job *job = pointer;
  uint64_t group = (job->first / 4 / LANES + (uint64_t)chunk) * LANES, base = group * 4;
  uint32_t words[4][LANES];
  float values[4][LANES];
  philox(job->seed, job->stream, group, words);
  if (job->kind == 1)
    for (int k = 0; k < 4; k++) uniform(words[k], values[k]);
  if (job->kind == 2) {
    normal(words[0], words[1], values[0], values[1]);
    normal(words[2], words[3], values[2], values[3]);
  }
  uint64_t from = job->first > base ? job->first : base, end = job->first + (uint64_t)job->n;
  uint64_t to = end - base < 4 * LANES ? end : base + 4 * LANES;
  for (uint64_t i = from; i < to; i++) {
    uint64_t j = i - base;
    if (job->kind == 0) ((uint32_t *)job->y)[i - job->first] = words[j & 3][j >> 2];
    else ((float *)job->y)[i - job->first] = values[j & 3][j >> 2];
  }
}

static void run(int kind, uint64_t seed, uint64_t stream, uint64_t first, void *y, int64_t n) {
  if (n <= 0) return;
  Job job = {seed, stream, first, y, n, kind};
  uint64_t chunks = (first + (uint64_t)n - 1) / 4 / LANES - first / 4 / LANES + 1;
  os_parallel((int64_t)chunks, chunk_body, &job);
}
void os_random_bits(uint64_t seed, uint64_t stream, uint64_t first, uint32_t *y, int64_t n) { run(0, seed, stream, first, y, n); }
void os_random_uniform(uint64_t seed, uint64_t stream, uint64_t first, float *y, int64_t n) { run(1, seed, stream, first, y, n); }
void os_random_normal(uint64_t seed, uint64_t stream, uint64_t first, float *y, int64_t n) { run(2, seed, stream, first, y, n); }

typedef struct {
  uint64_t seed, stream, first;
  int64_t stride, n;
  float *y;
} FieldJob;

static void field_row(void *pointer, int64_t row) {
  const FieldJob *field = pointer;
  uint64_t first = field->first + (uint64_t)(row * field->stride);
  Job job = {field->seed, field->stream, first, field->y + row * field->n, field->n, 2};
  int64_t chunks = (int64_t)((first + (uint64_t)field->n - 1) / 4 / LANES - first / 4 / LANES) + 1;
  for (int64_t chunk = 0; chunk < chunks; chunk++) chunk_body(&job, chunk);
}
void os_random_normal_field(uint64_t seed, uint64_t stream, uint64_t first, int64_t rows, int64_t stride, int64_t n, float *y) {
  FieldJob field = {seed, stream, first, stride, n, y};
  if (n > 0) os_parallel(rows, field_row, &field);
}
