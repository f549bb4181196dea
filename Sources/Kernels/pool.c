#include "pool.h"

#include <stdlib.h>

#include "parallel.h"
#include "simd.h"

typedef struct {
  OSPool s;
  int type;
  const void *x;
  void *y;
  uint8_t *at;
} Job;

// best and at of `c` channels after one more pixel. Comparisons are false for NaN, hence their negation.
OS_INLINE void contend(const float *restrict x, float *restrict best, uint8_t *restrict at, int64_t c, int first, int index) {
  if (first) {
    for (int64_t i = 0; i < c; i++) best[i] = x[i];
    for (int64_t i = 0; i < c; i++) at[i] = (uint8_t)index;
    return;
  }
  for (int64_t i = 0; i < c; i++) {
    int wins = !(x[i] <= best[i]) && best[i] == best[i];
    at[i] = wins ? (uint8_t)index : at[i];
    best[i] = wins ? x[i] : best[i];
  }
}

OS_CLONES static void forward_row(const Job *job, int64_t row, float *best, float *buffer, uint8_t *at) {
  OSPool s = job->s;
  int64_t image = row / s.oh * s.h * s.w * s.c, top = row % s.oh * s.sh - s.pt;
  for (int64_t o = 0; o < s.ow; o++) {
    int64_t left = o * s.sw - s.pl, out = (row * s.ow + o) * s.c;
    float *target = job->type == OS_F32 ? (float *)job->y + out : best;
    uint8_t *where = job->at ? job->at + out : at;
    int first = 1;
    for (int64_t ky = 0; ky < s.kh; ky++)
      for (int64_t kx = 0; kx < s.kw; kx++) {
        int64_t y = top + ky, x = left + kx;
        if (y < 0 || y >= s.h || x < 0 || x >= s.w) continue;
        int64_t from = image + (y * s.w + x) * s.c;
        const float *source = buffer;
        if (job->type == OS_F32) source = (const float *)job->x + from;
        else for (int64_t i = 0; i < s.c; i++) buffer[i] = os_from_bf16(((const uint16_t *)job->x)[from + i]);
        contend(source, target, where, s.c, first, (int)(ky * s.kw + kx));
        first = 0;
      }
    if (job->type == OS_BF16)
      for (int64_t i = 0; i < s.c; i++) ((uint16_t *)job->y)[out + i] = os_to_bf16(best[i]);
  }
}

static void forward_chunk(void *pointer, int64_t row) {
  const Job *job = pointer;
  size_t c = (size_t)job->s.c;
  float *memory = malloc(9 * c);
  forward_row(job, row, memory, memory + c, (uint8_t *)(memory + 2 * c));
  free(memory);
}

void os_max_pool(int type, OSPool s, const void *x, void *y, uint8_t *at) {
  if (s.c == 0) return;
  Job job = {s, type, x, y, at};
  os_parallel(s.n * s.oh, forward_chunk, &job);
}

static void pick_chunk(void *pointer, int64_t row) {
  const Job *job = pointer;
  OSPool s = job->s;
  int64_t image = row / s.oh * s.h, top = row % s.oh * s.sh - s.pt;
  for (int64_t o = 0; o < s.ow; o++)
    for (int64_t i = 0, out = (row * s.ow + o) * s.c; i < s.c; i++) {
      int64_t k = job->at[out + i], y = top + k / s.kw, x = o * s.sw - s.pl + k % s.kw;
      ((float *)job->y)[out + i] = ((const float *)job->x)[((image + y) * s.w + x) * s.c + i];
    }
}
void os_max_pool_pick(OSPool s, const float *v, const uint8_t *at, float *y) {
  Job job = {s, OS_F32, v, y, (uint8_t *)at};
  os_parallel(s.n * s.oh, pick_chunk, &job);
}

OS_INLINE void collect(const float *restrict g, const uint8_t *restrict at, float *restrict gx, int64_t c, int index) {
  for (int64_t i = 0; i < c; i++) gx[i] += at[i] == index ? g[i] : 0.0f;
}

OS_CLONES static void gradient_row(const Job *job, int64_t row) {
  OSPool s = job->s;
  int64_t y = row % s.h, image = row / s.h;
  float *gx = (float *)job->y + row * s.w * s.c;
  memset(gx, 0, sizeof(float) * (size_t)(s.w * s.c));
  // Windows that contain row y start at o * sh - pt in (y - kh, y].
  int64_t first = y + s.pt - s.kh + 1;
  first = first > 0 ? (first + s.sh - 1) / s.sh : 0;
  for (int64_t oy = first; oy < s.oh && oy * s.sh - s.pt <= y; oy++)
    for (int64_t ox = 0; ox < s.ow; ox++) {
      int64_t from = ((image * s.oh + oy) * s.ow + ox) * s.c, ky = y - (oy * s.sh - s.pt);
      for (int64_t kx = 0; kx < s.kw; kx++) {
        int64_t x = ox * s.sw - s.pl + kx;
        if (x >= 0 && x < s.w)
          collect((const float *)job->x + from, job->at + from, gx + x * s.c, s.c, (int)(ky * s.kw + kx));
      }
    }
}
static void gradient_chunk(void *pointer, int64_t row) { gradient_row(pointer, row); }

void os_max_pool_gradient(OSPool s, const float *g, const uint8_t *at, float *gx) {
  Job job = {s, OS_F32, g, gx, (uint8_t *)at};
  os_parallel(s.n * s.h, gradient_chunk, &job);
}
