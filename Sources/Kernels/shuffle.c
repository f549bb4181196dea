#include "shuffle.h"

#include "parallel.h"
#include "simd.h"

// One row of pixels: deep[w, c r r] and the r rows wide[r][w r c] it spreads over. With constant c and r the compiler
// unrolls a pixel into straight-line moves.
#define ROW(TYPE)                                                                                                      \
  OS_INLINE void spread_##TYPE(const TYPE *restrict deep, TYPE *restrict wide, int64_t w, int64_t c, int64_t r) {      \
    for (int64_t i = 0; i < r; i++)                                                                                    \
      for (int64_t p = 0; p < w; p++)                                                                                  \
        for (int64_t j = 0; j < r; j++)                                                                                \
          for (int64_t k = 0; k < c; k++) wide[((i * w + p) * r + j) * c + k] = deep[p * c * r * r + k * r * r + i * r + j]; \
  }                                                                                                                    \
  OS_INLINE void gather_##TYPE(TYPE *restrict deep, const TYPE *restrict wide, int64_t w, int64_t c, int64_t r) {      \
    for (int64_t p = 0; p < w; p++)                                                                                    \
      for (int64_t k = 0; k < c; k++)                                                                                  \
        for (int64_t i = 0; i < r; i++)                                                                                \
          for (int64_t j = 0; j < r; j++) deep[((p * c + k) * r + i) * r + j] = wide[((i * w + p) * r + j) * c + k];   \
  }                                                                                                                    \
  OS_CLONES static void spread_row_##TYPE(const TYPE *deep, TYPE *wide, int64_t w, int64_t c, int64_t r) {             \
    if (c == 3 && r == 4) spread_##TYPE(deep, wide, w, 3, 4);                                                          \
    else if (c == 3 && r == 2) spread_##TYPE(deep, wide, w, 3, 2);                                                     \
    else if (c == 3 && r == 3) spread_##TYPE(deep, wide, w, 3, 3);                                                     \
    else if (r == 2) spread_##TYPE(deep, wide, w, c, 2);                                                               \
    else if (r == 4) spread_##TYPE(deep, wide, w, c, 4);                                                               \
    else spread_##TYPE(deep, wide, w, c, r);                                                                           \
  }                                                                                                                    \
  OS_CLONES static void gather_row_##TYPE(TYPE *deep, const TYPE *wide, int64_t w, int64_t c, int64_t r) {             \
    if (c == 3 && r == 4) gather_##TYPE(deep, wide, w, 3, 4);                                                          \
    else if (c == 3 && r == 2) gather_##TYPE(deep, wide, w, 3, 2);                                                     \
    else if (c == 3 && r == 3) gather_##TYPE(deep, wide, w, 3, 3);                                                     \
    else if (r == 2) gather_##TYPE(deep, wide, w, c, 2);                                                               \
    else if (r == 4) gather_##TYPE(deep, wide, w, c, 4);                                                               \
    else gather_##TYPE(deep, wide, w, c, r);                                                                           \
  }
ROW(uint16_t)
ROW(uint32_t)

typedef struct {
  int size, spread;
  int64_t rows, w, c, r, step;
  char *deep, *wide;
} Job;

static void chunk_body(void *pointer, int64_t chunk) {
  const Job *job = pointer;
  int64_t first = chunk * job->step, last = first + job->step < job->rows ? first + job->step : job->rows;
  int64_t w = job->w, c = job->c, r = job->r;
  for (int64_t row = first; row < last; row++) {
    int64_t at = row * w * c * r * r * job->size;
    if (job->size == 2) {
      if (job->spread) spread_row_uint16_t((uint16_t *)(job->deep + at), (uint16_t *)(job->wide + at), w, c, r);
      else gather_row_uint16_t((uint16_t *)(job->deep + at), (uint16_t *)(job->wide + at), w, c, r);
    } else {
      if (job->spread) spread_row_uint32_t((uint32_t *)(job->deep + at), (uint32_t *)(job->wide + at), w, c, r);
      else gather_row_uint32_t((uint32_t *)(job->deep + at), (uint32_t *)(job->wide + at), w, c, r);
    }
  }
}

static void run(int spread, int size, int64_t n, int64_t h, int64_t w, int64_t c, int64_t r, void *deep, void *wide) {
  int64_t row = w * c * r * r;
  if (n * h * row == 0) return;
  Job job = {size, spread, n * h, w, c, r, 2 * OS_CHUNK / row > 0 ? 2 * OS_CHUNK / row : 1, deep, wide};
  os_parallel((job.rows + job.step - 1) / job.step, chunk_body, &job);
}

void os_pixel_shuffle(int size, int64_t n, int64_t h, int64_t w, int64_t c, int64_t r, const void *x, void *y) {
  run(1, size, n, h, w, c, r, (void *)x, y);
}
void os_pixel_unshuffle(int size, int64_t n, int64_t h, int64_t w, int64_t c, int64_t r, const void *y, void *x) {
  run(0, size, n, h, w, c, r, x, (void *)y);
}
