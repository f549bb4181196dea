#include "pool.h"

#include "parallel.h"
#include "simd.h"

typedef struct {
  OSPool s;
  int type;
  const void *x;
  void *y;
  uint8_t *at;
} Job;

// LANES channels (or fewer) of one window, in registers. A comparison with NaN is false, hence the negations.
enum { LANES = 16 };
OS_INLINE void window(int type, const void *x, int64_t row_step, int64_t pixel_step, int y0, int y1, int x0, int x1, int kw,
                      int lanes, float *best_out, uint8_t *at_out) {
  float best[LANES] = {0};
  int32_t at[LANES] = {0};
  for (int y = y0; y < y1; y++)
    for (int k = x0; k < x1; k++) {
      int64_t from = y * row_step + k * pixel_step;
      int first = y == y0 && k == x0;
      for (int l = 0; l < lanes; l++) {
        float v = type == OS_F32 ? ((const float *)x)[from + l] : os_from_bf16(((const uint16_t *)x)[from + l]);
        int wins = first | (!(v <= best[l]) & (best[l] == best[l]));
        best[l] = wins ? v : best[l];
        at[l] = wins ? y * kw + k : at[l];
      }
    }
  for (int l = 0; l < lanes; l++) best_out[l] = best[l];
  if (at_out) for (int l = 0; l < lanes; l++) at_out[l] = (uint8_t)at[l];
}

OS_INLINE void forward_row(const Job *job, int type, int64_t row) {
  OSPool s = job->s;
  int64_t top = row % s.oh * s.sh - s.pt;
  int y0 = (int)(top < 0 ? -top : 0), y1 = (int)(s.h - top < s.kh ? s.h - top : s.kh);
  for (int64_t o = 0; o < s.ow; o++) {
    int64_t left = o * s.sw - s.pl, out = (row * s.ow + o) * s.c;
    int x0 = (int)(left < 0 ? -left : 0), x1 = (int)(s.w - left < s.kw ? s.w - left : s.kw);
    int64_t corner = ((row / s.oh * s.h + top) * s.w + left) * s.c;
    for (int64_t c = 0; c < s.c; c += LANES) {
      int lanes = s.c - c < LANES ? (int)(s.c - c) : LANES;
      const char *x = (const char *)job->x + (corner + c) * (type == OS_F32 ? 4 : 2);
      float best[LANES];
      uint8_t *at = job->at ? job->at + out + c : NULL;
      if (lanes == LANES) window(type, x, s.w * s.c, s.c, y0, y1, x0, x1, (int)s.kw, LANES, best, at);
      else window(type, x, s.w * s.c, s.c, y0, y1, x0, x1, (int)s.kw, lanes, best, at);
      if (type == OS_F32) for (int l = 0; l < lanes; l++) ((float *)job->y)[out + c + l] = best[l];
      else for (int l = 0; l < lanes; l++) ((uint16_t *)job->y)[out + c + l] = os_to_bf16(best[l]);
    }
  }
}
OS_CLONES static void forward_f32(const Job *job, int64_t row) { forward_row(job, OS_F32, row); }
OS_CLONES static void forward_bf16(const Job *job, int64_t row) { forward_row(job, OS_BF16, row); }
static void forward_chunk(void *pointer, int64_t row) {
  const Job *job = pointer;
  if (job->type == OS_F32) forward_f32(job, row);
  else forward_bf16(job, row);
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
