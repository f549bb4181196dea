#include "convolve.h"

#include <stdlib.h>

#include "parallel.h"
#include "simd.h"

typedef float v8 __attribute__((vector_size(32), aligned(4)));
enum { TILE = 6, LANES = 16, PARTS = 8 };

size_t os_direct_packed_count(int64_t ic, int64_t oc, int64_t kh, int64_t kw) {
  return (size_t)((oc + LANES - 1) / LANES * kh * kw * ic * LANES);
}

void os_direct_pack(const float *filter, int64_t ic, int64_t oc, int64_t kh, int64_t kw, int adjoint, float *packed) {
  int64_t in = adjoint ? oc : ic, out = adjoint ? ic : oc;
  for (int64_t b = 0; b < (out + LANES - 1) / LANES; b++)
    for (int64_t y = 0; y < kh; y++)
      for (int64_t x = 0; x < kw; x++)
        for (int64_t c = 0; c < in; c++)
          for (int64_t l = 0; l < LANES; l++) {
            int64_t o = b * LANES + l;
            int64_t from = adjoint ? (((kh - 1 - y) * kw + kw - 1 - x) * ic + o) * oc + c : ((y * kw + x) * ic + c) * oc + o;
            *packed++ = o < out ? filter[from] : 0.0f;
          }
}

// Scratch that a pool thread keeps for its next chunk: fresh pages would cost more than the copy.
static _Thread_local float *scratch;
static _Thread_local size_t scratch_count;
static float *scratch_floats(size_t count) {
  if (count > scratch_count) {
    free(scratch);
    scratch = aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
    scratch_count = count;
  }
  return scratch;
}

// Columns of the zero-padded band: enough for the last tile's right-most tap.
static int64_t band_width(const OSDirect *s) { return (s->ow - 1) * s->sw + (s->kw - 1) * s->dw + 1; }
static int64_t band_height(const OSDirect *s, int64_t rows) { return (rows - 1) * s->sh + (s->kh - 1) * s->dh + 1; }

// Copies the source rows that output rows [first, first + rows) read into band[height][width][ic], zeros outside.
static void load_band(const OSDirect *s, const float *src, int64_t first, int64_t rows, float *band) {
  int64_t width = band_width(s), height = band_height(s, rows), ic = s->ic;
  for (int64_t y = 0; y < height; y++) {
    float *row = band + y * width * ic;
    int64_t iy = first * s->sh + y - s->pt;
    if (iy < 0 || iy % s->up_h != 0 || iy / s->up_h >= s->h) {
      memset(row, 0, sizeof(float) * (size_t)(width * ic));
      continue;
    }
    const float *in = src + iy / s->up_h * s->w * ic;
    if (s->up_w == 1) {
      int64_t left = s->pl < width ? s->pl : width, copy = s->w < width - left ? s->w : width - left;
      memset(row, 0, sizeof(float) * (size_t)(left * ic));
      memcpy(row + left * ic, in, sizeof(float) * (size_t)(copy * ic));
      memset(row + (left + copy) * ic, 0, sizeof(float) * (size_t)((width - left - copy) * ic));
      continue;
    }
    for (int64_t x = 0; x < width; x++) {
      int64_t ix = x - s->pl;
      if (ix < 0 || ix % s->up_w != 0 || ix / s->up_w >= s->w) memset(row + x * ic, 0, sizeof(float) * (size_t)ic);
      else memcpy(row + x * ic, in + ix / s->up_w * ic, sizeof(float) * (size_t)ic);
    }
  }
}

// acc[m][16] += sum over kx, c of a[pixel][kx][c] * b[kx][c][16].
#define TAPS(M)                                                                                                   \
  OS_INLINE void taps_##M(const float *a, int64_t pixel, int64_t tap, int64_t kw, int64_t ic, const float *b, float *acc) { \
    v8 s[M][2];                                                                                                   \
    for (int m = 0; m < M; m++) { s[m][0] = *(const v8 *)(acc + m * LANES); s[m][1] = *(const v8 *)(acc + m * LANES + 8); } \
    for (int64_t x = 0; x < kw; x++) {                                                                            \
      const float *p = a + x * tap;                                                                               \
      _Pragma("clang loop unroll_count(4)")                                                                      \
      for (int64_t c = 0; c < ic; c++, b += LANES) {                                                              \
        v8 b0 = *(const v8 *)b, b1 = *(const v8 *)(b + 8);                                                        \
        for (int m = 0; m < M; m++) {                                                                             \
          float v = p[m * pixel + c];                                                                             \
          s[m][0] += v * b0;                                                                                      \
          s[m][1] += v * b1;                                                                                      \
        }                                                                                                         \
      }                                                                                                           \
    }                                                                                                             \
    for (int m = 0; m < M; m++) { *(v8 *)(acc + m * LANES) = s[m][0]; *(v8 *)(acc + m * LANES + 8) = s[m][1]; }   \
  }
TAPS(1) TAPS(2) TAPS(3) TAPS(4) TAPS(5) TAPS(6)

OS_CLONES static void taps(int m, const float *a, int64_t pixel, int64_t tap, int64_t kw, int64_t ic, const float *b, float *acc) {
  switch (m) {
    case 6: taps_6(a, pixel, tap, kw, ic, b, acc); break;
    case 5: taps_5(a, pixel, tap, kw, ic, b, acc); break;
    case 4: taps_4(a, pixel, tap, kw, ic, b, acc); break;
    case 3: taps_3(a, pixel, tap, kw, ic, b, acc); break;
    case 2: taps_2(a, pixel, tap, kw, ic, b, acc); break;
    default: taps_1(a, pixel, tap, kw, ic, b, acc);
  }
}

typedef struct {
  const OSDirect *s;
  const float *src, *packed, *bias, *residual, *diff;
  float *dst, *partial;
  int post;
  int64_t rows, bands;   // output rows a band, bands an image
} Job;

// Full blocks of 16 channels have constant trip counts, so that they become vector code.
#define FINISH(NAME, COUNT, VALUE)                                                                                 \
  OS_CLONES static void finish_##NAME(const float *restrict acc, const float *restrict residual, float *restrict dst, \
                                      int64_t stride, int64_t m, int lanes) {                                      \
    (void)lanes;                                                                                                   \
    for (int64_t i = 0; i < m; i++) {                                                                              \
      const float *p = acc + i * LANES, *r = residual ? residual + i * stride : NULL;                              \
      float *y = dst + i * stride;                                                                                 \
      if (r) for (int l = 0; l < COUNT; l++) { float v = p[l]; y[l] = (VALUE) + r[l]; }                            \
      else for (int l = 0; l < COUNT; l++) { float v = p[l]; y[l] = (VALUE); }                                     \
    }                                                                                                              \
  }
FINISH(none, LANES, v)
FINISH(relu, LANES, v > 0.0f ? v : 0.0f)
FINISH(swish, LANES, v * os_sigmoid(v))
FINISH(none_tail, lanes, v)
FINISH(relu_tail, lanes, v > 0.0f ? v : 0.0f)
FINISH(swish_tail, lanes, v * os_sigmoid(v))

typedef void (*Finish)(const float *, const float *, float *, int64_t, int64_t, int);
static const Finish finishes[2][3] = {{finish_none, finish_relu, finish_swish},
                                      {finish_none_tail, finish_relu_tail, finish_swish_tail}};

static void forward_chunk(void *pointer, int64_t chunk) {
  const Job *job = pointer;
  const OSDirect *s = job->s;
  int64_t image = chunk / job->bands, first = chunk % job->bands * job->rows;
  int64_t rows = s->oh - first < job->rows ? s->oh - first : job->rows, width = band_width(s);
  size_t band_count = (size_t)(band_height(s, rows) * width * s->ic), tiles = (size_t)((s->ow + TILE - 1) / TILE);
  float *band = scratch_floats(band_count + 16 + (size_t)rows * tiles * TILE * LANES);
  float *acc = band + (band_count + 15) / 16 * 16;   // one block of 16 output channels of the whole band
  load_band(s, job->src + image * s->h * s->w * s->ic, first, rows, band);
  int64_t blocks = (s->oc + LANES - 1) / LANES, slice = s->kw * s->ic * LANES;
  for (int64_t b = 0; b < blocks; b++) {
    int lanes = (int)(s->oc - b * LANES < LANES ? s->oc - b * LANES : LANES);
    float start[LANES] = {0};
    if (job->bias) memcpy(start, job->bias + b * LANES, sizeof(float) * (size_t)lanes);
    for (size_t i = 0; i < (size_t)rows * tiles * TILE; i++) memcpy(acc + i * LANES, start, sizeof start);
    for (int64_t y = 0; y < s->kh; y++) {
      const float *filter = job->packed + (b * s->kh + y) * slice;
      for (int64_t r = 0; r < rows; r++)
        for (int64_t x = 0; x < s->ow; x += TILE)
          taps((int)(s->ow - x < TILE ? s->ow - x : TILE), band + ((r * s->sh + y * s->dh) * width + x * s->sw) * s->ic,
               s->sw * s->ic, s->dw * s->ic, s->kw, s->ic, filter, acc + ((size_t)r * tiles + (size_t)(x / TILE)) * TILE * LANES);
    }
    for (int64_t r = 0; r < rows; r++) {
      int64_t at = (image * s->oh + first + r) * s->ow * s->oc + b * LANES;
      finishes[lanes < LANES][job->post](acc + (size_t)r * tiles * TILE * LANES, job->residual ? job->residual + at : NULL,
                                         job->dst + at, s->oc, s->ow, lanes);
    }
  }
}

// Rows a band so that its copy stays in half of a 512 KiB second-level cache.
static int64_t rows_a_band(const OSDirect *s) {
  int64_t row = band_width(s) * s->ic * 4, budget = 256 * 1024 / (row > 0 ? row : 1) - (s->kh - 1) * s->dh;
  int64_t rows = budget / s->sh;
  rows = rows < 2 ? 2 : rows > 8 ? 8 : rows;
  return rows < s->oh ? rows : s->oh;
}

void os_direct_forward(const OSDirect *shape, const float *src, const float *packed, const float *bias,
                       const float *residual, float *dst, int post) {
  if (shape->n * shape->oh * shape->ow * shape->oc == 0) return;
  Job job = {.s = shape, .src = src, .packed = packed, .bias = bias, .residual = residual, .dst = dst, .post = post};
  job.rows = rows_a_band(shape);
  job.bands = (shape->oh + job.rows - 1) / job.rows;
  os_parallel(shape->n * job.bands, forward_chunk, &job);
}

// out[m][16] += sum over pixels of a[pixel][m] * g[pixel][16]
#define OUTER(M)                                                                                                    \
  OS_INLINE void outer_##M(const float *a, int64_t step, const float *g, int64_t oc, int64_t count, float *out, int64_t stride) { \
    v8 s[M][2] = {0};                                                                                               \
    for (int64_t x = 0; x < count; x++, a += step, g += oc) {                                                       \
      v8 g0 = *(const v8 *)g, g1 = *(const v8 *)(g + 8);                                                            \
      for (int m = 0; m < M; m++) { float v = a[m]; s[m][0] += v * g0; s[m][1] += v * g1; }                         \
    }                                                                                                               \
    for (int m = 0; m < M; m++) {                                                                                   \
      *(v8 *)(out + m * stride) += s[m][0];                                                                         \
      *(v8 *)(out + m * stride + 8) += s[m][1];                                                                     \
    }                                                                                                               \
  }
OUTER(1) OUTER(2) OUTER(3) OUTER(4) OUTER(5) OUTER(6)

OS_CLONES static void outer(int m, const float *a, int64_t step, const float *g, int64_t oc, int64_t count, float *out, int64_t stride) {
  switch (m) {
    case 6: outer_6(a, step, g, oc, count, out, stride); break;
    case 5: outer_5(a, step, g, oc, count, out, stride); break;
    case 4: outer_4(a, step, g, oc, count, out, stride); break;
    case 3: outer_3(a, step, g, oc, count, out, stride); break;
    case 2: outer_2(a, step, g, oc, count, out, stride); break;
    default: outer_1(a, step, g, oc, count, out, stride);
  }
}

// One of PARTS fixed shares of the bands, into its own partial sum [kh][kw][ic][padded oc].
static void weights_chunk(void *pointer, int64_t part) {
  const Job *job = pointer;
  const OSDirect *s = job->s;
  int64_t oc = (s->oc + LANES - 1) / LANES * LANES, total = s->n * job->bands, width = band_width(s);
  float *out = job->partial + part * s->kh * s->kw * s->ic * oc;
  memset(out, 0, sizeof(float) * (size_t)(s->kh * s->kw * s->ic * oc));
  for (int64_t i = total * part / PARTS; i < total * (part + 1) / PARTS; i++) {
    int64_t image = i / job->bands, first = i % job->bands * job->rows;
    int64_t rows = s->oh - first < job->rows ? s->oh - first : job->rows;
    size_t band_count = ((size_t)(band_height(s, rows) * width * s->ic) + 15) / 16 * 16;
    float *band = scratch_floats(band_count + (size_t)(rows * s->ow * oc)), *padded = band + band_count;
    load_band(s, job->src + image * s->h * s->w * s->ic, first, rows, band);
    const float *diff = job->diff + (image * s->oh + first) * s->ow * s->oc;
    if (oc != s->oc) {
      for (int64_t p = 0; p < rows * s->ow; p++) {
        memcpy(padded + p * oc, diff + p * s->oc, sizeof(float) * (size_t)s->oc);
        memset(padded + p * oc + s->oc, 0, sizeof(float) * (size_t)(oc - s->oc));
      }
      diff = padded;
    }
    for (int64_t r = 0; r < rows; r++)
      for (int64_t y = 0; y < s->kh; y++)
        for (int64_t x = 0; x < s->kw; x++) {
          const float *a = band + ((r * s->sh + y * s->dh) * width + x * s->dw) * s->ic;
          float *target = out + (y * s->kw + x) * s->ic * oc;
          for (int64_t o = 0; o < oc; o += LANES)
            for (int64_t c = 0; c < s->ic; c += TILE)
              outer((int)(s->ic - c < TILE ? s->ic - c : TILE), a + c, s->sw * s->ic, diff + r * s->ow * oc + o, oc, s->ow,
                    target + c * oc + o, oc);
        }
  }
}

void os_direct_weights(const OSDirect *shape, const float *src, const float *diff, float *gradient) {
  int64_t oc = (shape->oc + LANES - 1) / LANES * LANES, rows = shape->kh * shape->kw * shape->ic;
  Job job = {.s = shape, .src = src, .diff = diff};
  job.partial = aligned_alloc(64, sizeof(float) * (size_t)(PARTS * rows * oc));
  job.rows = rows_a_band(shape);
  job.bands = shape->oh > 0 ? (shape->oh + job.rows - 1) / job.rows : 0;
  os_parallel(PARTS, weights_chunk, &job);
  for (int64_t i = 0; i < rows; i++)
    for (int64_t o = 0; o < shape->oc; o++) {
      float sum = 0;
      for (int64_t p = 0; p < PARTS; p++) sum += job.partial[(p * rows + i) * oc + o];
      gradient[i * shape->oc + o] = sum;
    }
  free(job.partial);
}
