#include "winograd.h"

#include <stdlib.h>

#include "parallel.h"
#include "simd.h"

typedef float Lanes __attribute__((vector_size(64), aligned(4)));
typedef uint32_t Bits __attribute__((vector_size(64), aligned(4)));
typedef int32_t Mask __attribute__((vector_size(64), aligned(4)));
typedef uint16_t Halves __attribute__((vector_size(32), aligned(2)));

enum { LANES = OS_WINOGRAD_LANES, POINTS = OS_WINOGRAD_POINTS, SIDE = 4, PATCH = 6 };
// Most tiles computed together, so that a point's operands stay in the first-level cache; rows of the inner product.
enum { BLOCK = 48, ROWS = 6 };

// The interpolation points are 0, ±A, ±B and infinity with A B = 1, which keeps the transforms' rounding low (after
// Barabasz et al. 2020); the textbook's ±1, ±2 lose a digit more.
static const float A = 0.70710678118654752f, B = 1.41421356237309505f;
static const float A2 = 0.5f, B2 = 2.0f, A3 = 0.35355339059327376f, B3 = 2.82842712474619010f, SUM = 2.5f;

// MARK: Filters

// g[3] -> (1, p, p²) g / N(p) with N(p) the product of p's differences to the other finite points: 1, -3/2 and 6.
OS_INLINE void filter_line(const Lanes *g, Lanes *u, int to) {
  Lanes even = (g[0] + A2 * g[2]) * (-2.0f / 3), odd = g[1] * (A * (-2.0f / 3));
  u[0] = g[0];
  u[to] = even + odd;
  u[2 * to] = even - odd;
  even = (g[0] + B2 * g[2]) * (1.0f / 6);
  odd = g[1] * (B / 6);
  u[3 * to] = even + odd;
  u[4 * to] = even - odd;
  u[5 * to] = g[2];
}

typedef struct {
  const float *filter;
  int64_t ic, oc;
  int adjoint;
  float *packed;
} Packing;

// Sixteen channels of the result.
OS_CLONES static void pack_panel(void *pointer, int64_t panel) {
  const Packing *job = pointer;
  int64_t in = job->adjoint ? job->oc : job->ic, out = job->adjoint ? job->ic : job->oc, first = panel * LANES;
  for (int64_t c = 0; c < in; c++) {
    Lanes g[9], half[3 * PATCH], line[PATCH];
    for (int k = 0; k < 9; k++)   // column by column
      if (job->adjoint)
        for (int l = 0; l < LANES; l++)
          g[k][l] = job->filter[((8 - (k % 3 * 3 + k / 3)) * job->ic + first + l) * job->oc + c];
      else g[k] = *(const Lanes *)(job->filter + ((k % 3 * 3 + k / 3) * job->ic + c) * job->oc + first);
    for (int x = 0; x < 3; x++) filter_line(g + 3 * x, half + x, 3);
    for (int i = 0; i < PATCH; i++) {
      filter_line(half + 3 * i, line, 1);
      for (int j = 0; j < PATCH; j++)
        *(Lanes *)(job->packed + (((i * PATCH + j) * (out / LANES) + panel) * in + c) * LANES) = line[j];
    }
  }
}

void os_winograd_pack(const float *filter, int64_t ic, int64_t oc, int adjoint, float *packed) {
  Packing job = {filter, ic, oc, adjoint, packed};
  os_parallel((adjoint ? ic : oc) / LANES, pack_panel, &job);
}

// MARK: Vectors of channels

// By reference: functions compiled for several machines cannot pass such vectors to each other.
OS_INLINE void load(int type, const void *x, int64_t i, Lanes *v) {
  if (type == OS_F32) *v = *(const Lanes *)((const float *)x + i);
  else *v = (Lanes)(__builtin_convertvector(*(const Halves *)((const uint16_t *)x + i), Bits) << 16);
}
// bf16 rounds to nearest even; NaN stays NaN.
OS_INLINE void store(int type, void *y, int64_t i, const Lanes *v) {
  if (type == OS_F32) {
    *(Lanes *)((float *)y + i) = *v;
    return;
  }
  Bits u = (Bits)*v, rounded = (u + 0x7fffu + ((u >> 16) & 1u)) >> 16;
  Bits nan = (Bits)((u & 0x7fffffffu) > 0x7f800000u);
  *(Halves *)((uint16_t *)y + i) = __builtin_convertvector((nan & ((u >> 16) | 0x40u)) | (~nan & rounded), Halves);
}

// Six samples to values at the six points.
OS_INLINE void source_line(const Lanes *d, int step, Lanes *t, int to) {
  Lanes d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step];
  Lanes even = d4 - B2 * d2, odd = A * (d3 - B2 * d1);
  t[to] = even + odd;
  t[2 * to] = even - odd;
  even = d4 - A2 * d2;
  odd = B * (d3 - A2 * d1);
  t[3 * to] = even + odd;
  t[4 * to] = even - odd;
  t[0] = d4 - SUM * d2 + d[0];
  t[5 * to] = d[5 * step] - SUM * d3 + d1;
}

// Values at the six points to four samples.
OS_INLINE void result_line(const Lanes *m, int step, Lanes *y, int to) {
  Lanes p = m[step] + m[2 * step], q = m[step] - m[2 * step];
  Lanes r = m[3 * step] + m[4 * step], s = m[3 * step] - m[4 * step];
  y[0] = m[0] + p + r;
  y[to] = A * q + B * s;
  y[2 * to] = A2 * p + B2 * r;
  y[3 * to] = A3 * q + B3 * s + m[5 * step];
}

// MARK: One block of tiles

typedef struct {
  const OSWinograd *s;
  const void *src, *residual;
  const float *packed, *bias;
  void *dst;
  int64_t across, down, block;   // tiles a row and a column of an image, and those computed together
} Job;

typedef struct { int64_t image, y, x; } Place;   // the result pixel at a tile's corner

OS_INLINE Place place(const Job *job, int64_t tile) {
  int64_t row = tile / job->across;
  return (Place){row / job->down, row % job->down * SIDE, tile % job->across * SIDE};
}

// V[36][block][ic]: the points' values of each tile's 6x6 source pixels.
OS_INLINE void transform_sources(const Job *job, int type, int64_t first, int64_t count, float *v, int64_t stride) {
  const OSWinograd *s = job->s;
  static const float zeros[LANES];
  int64_t bytes = type == OS_F32 ? 4 : 2;
  for (int64_t i = 0; i < count; i++) {
    Place at = place(job, first + i);
    const char *pixel[POINTS];   // column by column
    int64_t step[POINTS];        // 0 for a pixel outside, which reads zeros for every channel
    for (int64_t x = 0; x < PATCH; x++)
      for (int64_t y = 0; y < PATCH; y++) {
        int64_t iy = at.y + y - s->pt, ix = at.x + x - s->pl;
        int inside = iy >= 0 && iy < s->h && ix >= 0 && ix < s->w;
        pixel[x * PATCH + y] = inside ? (const char *)job->src + ((at.image * s->h + iy) * s->w + ix) * s->ic * bytes
                                      : (const char *)zeros;
        step[x * PATCH + y] = inside;
      }
    for (int64_t c = 0; c < s->ic; c += LANES) {
      Lanes t[POINTS];
      for (int x = 0; x < PATCH; x++) {
        Lanes d[PATCH];
        for (int y = 0; y < PATCH; y++) load(type, pixel[x * PATCH + y], step[x * PATCH + y] * c, d + y);
        source_line(d, 1, t + x, PATCH);
      }
      for (int y = 0; y < PATCH; y++) {
        Lanes u[PATCH];
        source_line(t + y * PATCH, 1, u, 1);
        for (int x = 0; x < PATCH; x++) *(Lanes *)(v + (y * PATCH + x) * stride + i * s->ic + c) = u[x];
      }
    }
  }
}
// One for each type, so that the innermost loads do not ask for it.
OS_CLONES static void transform_f32(const Job *job, int64_t first, int64_t count, float *v, int64_t stride) {
  transform_sources(job, OS_F32, first, count, v, stride);
}
OS_CLONES static void transform_bf16(const Job *job, int64_t first, int64_t count, float *v, int64_t stride) {
  transform_sources(job, OS_BF16, first, count, v, stride);
}

// c[M][P 16] (+)= sum over i < k of a[m am + i ai] b[p bp + i bi ...16]; rows of c stand `n` apart. The two ways to call it
// know a step of both factors, which the innermost loop's addresses depend on.
#define PRODUCT(M, P)                                                                                               \
  OS_INLINE void product_##M##_##P(const float *a, int64_t am, int64_t ai, const float *b, int64_t bp, int64_t bi, \
                                   int64_t k, float *c, int64_t n, int add) {                                       \
    Lanes s[M][P] = {0};                                                                                            \
    _Pragma("clang loop unroll_count(2)")                                                                          \
    for (int64_t i = 0; i < k; i++) {                                                                               \
      Lanes w[P];                                                                                                   \
      for (int p = 0; p < P; p++) w[p] = *(const Lanes *)(b + p * bp + i * bi);                                     \
      for (int m = 0; m < M; m++)                                                                                   \
        for (int p = 0; p < P; p++) s[m][p] += a[m * am + i * ai] * w[p];                                           \
    }                                                                                                               \
    for (int m = 0; m < M; m++)                                                                                     \
      for (int p = 0; p < P; p++) {                                                                                 \
        Lanes *to = (Lanes *)(c + m * n + p * LANES);                                                               \
        *to = add ? *to + s[m][p] : s[m][p];                                                                        \
      }                                                                                                             \
  }
// Rows of a times panels of a packed filter.
#define FORWARD(P)                                                                                                  \
  PRODUCT(6, P)                                                                                                     \
  OS_CLONES static void forward_##P(const float *a, const float *b, int64_t k, float *c, int64_t n) {               \
    product_6_##P(a, k, 1, b, k * LANES, LANES, k, c, n, 0);                                                        \
  }
// Columns of a times columns of b, added to c where `add` says so; rows of a and b stand `as` and `n` apart.
#define OUTER(P)                                                                                                    \
  PRODUCT(4, P)                                                                                                     \
  OS_CLONES static void outer_##P(const float *a, int64_t as, const float *b, int64_t k, float *c, int64_t n, int add) { \
    product_4_##P(a, 1, as, b, LANES, n, k, c, n, add);                                                             \
  }
FORWARD(1) FORWARD(2) FORWARD(3) FORWARD(4)
OUTER(1) OUTER(2) OUTER(3) OUTER(4)

// Panels of 16 results whose sums fit the machine's registers.
static int64_t widest_product(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") ? 4 : 1;
#else
  return 4;
#endif
}

// M[36][block][oc] = V U at every point.
static void multiply(const Job *job, int64_t count, const float *v, int64_t vs, float *m, int64_t ms) {
  int64_t ic = job->s->ic, oc = job->s->oc, panels = oc / LANES, widest = widest_product();
  for (int64_t point = 0; point < POINTS; point++) {
    const float *u = job->packed + point * ic * oc;
    for (int64_t p = 0; p < panels; p += widest) {
      int64_t n = panels - p < widest ? panels - p : widest;
      const float *b = u + p * ic * LANES;
      for (int64_t i = 0; i < count; i += ROWS) {
        const float *a = v + point * vs + i * ic;
        float *c = m + point * ms + i * oc + p * LANES;
        if (n == 4) forward_4(a, b, ic, c, oc);
        else if (n == 3) forward_3(a, b, ic, c, oc);
        else if (n == 2) forward_2(a, b, ic, c, oc);
        else forward_1(a, b, ic, c, oc);
      }
    }
  }
}

OS_INLINE void activate(int post, Lanes *v) {
  if (post == OS_WINOGRAD_RELU) {
    Mask positive = *v > 0.0f;
    *v = (Lanes)((Mask)*v & positive);
  }
  if (post == OS_WINOGRAD_SWISH)
    for (int l = 0; l < LANES; l++) (*v)[l] *= os_sigmoid((*v)[l]);
}

OS_CLONES static void transform_results(const Job *job, int64_t first, int64_t count, const float *m, int64_t stride) {
  const OSWinograd *s = job->s;
  for (int64_t i = 0; i < count; i++) {
    Place at = place(job, first + i);
    int64_t rows = s->oh - at.y < SIDE ? s->oh - at.y : SIDE, columns = s->ow - at.x < SIDE ? s->ow - at.x : SIDE;
    for (int64_t c = 0; c < s->oc; c += LANES) {
      Lanes half[SIDE * PATCH], y[SIDE * SIDE], bias = {0};
      if (job->bias) bias = *(const Lanes *)(job->bias + c);
      for (int x = 0; x < PATCH; x++) {
        Lanes in[PATCH];
        for (int k = 0; k < PATCH; k++) in[k] = *(const Lanes *)(m + (k * PATCH + x) * stride + i * s->oc + c);
        result_line(in, 1, half + x, PATCH);
      }
      for (int r = 0; r < SIDE; r++) result_line(half + r * PATCH, 1, y + r * SIDE, 1);
      for (int64_t r = 0; r < rows; r++)
        for (int64_t x = 0; x < columns; x++) {
          int64_t to = ((at.image * s->oh + at.y + r) * s->ow + at.x + x) * s->oc + c;
          Lanes value = y[r * SIDE + x] + bias, more;
          activate(s->post, &value);
          if (job->residual) {
            load(s->type, job->residual, to, &more);
            value += more;
          }
          store(s->type, job->dst, to, &value);
        }
    }
  }
}

// Scratch that a pool thread keeps for its next block: fresh pages would cost more than the transforms.
static _Thread_local float *scratch;
static _Thread_local size_t scratch_count;
static float *scratch_floats(size_t count) {
  if (count > scratch_count) {
    free(scratch);
    scratch = aligned_alloc(64, count * sizeof(float));
    scratch_count = count;
    // Rows that pad the last block to a multiple of ROWS are read; their products are not.
    memset(scratch, 0, count * sizeof(float));
  }
  return scratch;
}

static void compute_block(void *pointer, int64_t block) {
  const Job *job = pointer;
  const OSWinograd *s = job->s;
  int64_t size = job->block, first = block * size, all = s->n * job->across * job->down;
  int64_t count = all - first < size ? all - first : size;
  // A point's plane is a line longer than its tiles, so that the planes do not fall on the same cache sets.
  int64_t vs = size * s->ic + LANES, ms = size * s->oc + LANES;
  float *v = scratch_floats((size_t)(POINTS * (vs + ms))), *m = v + POINTS * vs;
  if (s->type == OS_F32) transform_f32(job, first, count, v, vs);
  else transform_bf16(job, first, count, v, vs);
  multiply(job, count, v, vs, m, ms);
  transform_results(job, first, count, m, ms);
}

void os_winograd(const OSWinograd *shape, const void *src, const float *packed, const float *bias, const void *residual,
                 void *dst) {
  Job job = {.s = shape, .src = src, .residual = residual, .packed = packed, .bias = bias, .dst = dst,
             .across = (shape->ow + SIDE - 1) / SIDE, .down = (shape->oh + SIDE - 1) / SIDE};
  // Few tiles are still shared by all threads; a tile's value does not depend on its block.
  int64_t tiles = shape->n * job.across * job.down, share = (tiles / (2 * os_threads()) + ROWS) / ROWS * ROWS;
  job.block = share < BLOCK ? share : BLOCK;
  os_parallel((tiles + job.block - 1) / job.block, compute_block, &job);
}

// MARK: The filter's gradient

enum { OUTER_ROWS = 4 };

typedef struct {
  Job job;                // `dst` is not used; `residual` is the gradient of the result
  float *partial;         // [parts][36][ic][oc]
  float *gradient;
  int64_t parts;          // shares of the tiles whose sums are kept apart
} Weights;

// Four samples to their contributions at the six points: the adjoint of result_line.
OS_INLINE void gradient_line(const Lanes *y, int step, Lanes *m, int to) {
  Lanes y0 = y[0], y1 = y[step], y2 = y[2 * step], y3 = y[3 * step];
  Lanes even = y0 + A2 * y2, odd = A * y1 + A3 * y3;
  m[0] = y0;
  m[to] = even + odd;
  m[2 * to] = even - odd;
  even = y0 + B2 * y2;
  odd = B * y1 + B3 * y3;
  m[3 * to] = even + odd;
  m[4 * to] = even - odd;
  m[5 * to] = y3;
}

// M[36][block][oc]: the points' contributions of each tile's 4x4 gradients.
OS_CLONES static void transform_gradients(const Job *job, int64_t first, int64_t count, float *m, int64_t stride) {
  const OSWinograd *s = job->s;
  for (int64_t i = 0; i < count; i++) {
    Place at = place(job, first + i);
    for (int64_t c = 0; c < s->oc; c += LANES) {
      Lanes half[PATCH * SIDE];
      for (int x = 0; x < SIDE; x++) {
        Lanes y[SIDE] = {0};
        for (int r = 0; r < SIDE; r++)
          if (at.y + r < s->oh && at.x + x < s->ow)
            load(s->type, job->residual, ((at.image * s->oh + at.y + r) * s->ow + at.x + x) * s->oc + c, y + r);
        gradient_line(y, 1, half + x, SIDE);
      }
      for (int y = 0; y < PATCH; y++) {
        Lanes line[PATCH];
        gradient_line(half + y * SIDE, 1, line, 1);
        for (int x = 0; x < PATCH; x++) *(Lanes *)(m + (y * PATCH + x) * stride + i * s->oc + c) = line[x];
      }
    }
  }
}

// One part's sum over its tiles of V' M at every point.
static void sum_part(void *pointer, int64_t part) {
  const Weights *w = pointer;
  const Job *job = &w->job;
  const OSWinograd *s = job->s;
  int64_t ic = s->ic, oc = s->oc, all = s->n * job->across * job->down, widest = widest_product();
  int64_t begin = all * part / w->parts, end = all * (part + 1) / w->parts;
  int64_t vs = BLOCK * ic + LANES, ms = BLOCK * oc + LANES;
  float *v = scratch_floats((size_t)(POINTS * (vs + ms))), *m = v + POINTS * vs, *sum = w->partial + part * POINTS * ic * oc;
  if (begin == end) memset(sum, 0, sizeof(float) * (size_t)(POINTS * ic * oc));
  for (int64_t first = begin; first < end; first += BLOCK) {
    int64_t count = end - first < BLOCK ? end - first : BLOCK;
    if (s->type == OS_F32) transform_f32(job, first, count, v, vs);
    else transform_bf16(job, first, count, v, vs);
    transform_gradients(job, first, count, m, ms);
    for (int64_t point = 0; point < POINTS; point++)
      for (int64_t p = 0; p < oc / LANES; p += widest) {
        int64_t n = oc / LANES - p < widest ? oc / LANES - p : widest;
        for (int64_t c = 0; c < ic; c += OUTER_ROWS) {
          const float *a = v + point * vs + c, *b = m + point * ms + p * LANES;
          float *to = sum + (point * ic + c) * oc + p * LANES;
          if (n == 4) outer_4(a, ic, b, count, to, oc, first > begin);
          else if (n == 3) outer_3(a, ic, b, count, to, oc, first > begin);
          else if (n == 2) outer_2(a, ic, b, count, to, oc, first > begin);
          else outer_1(a, ic, b, count, to, oc, first > begin);
        }
      }
  }
}

// (1, p, p²) g / N(p) backwards: six points to three taps.
OS_INLINE void tap_line(const Lanes *u, int step, Lanes *g, int to) {
  Lanes p = (u[step] + u[2 * step]) * (-2.0f / 3), q = (u[step] - u[2 * step]) * (-2.0f / 3);
  Lanes r = (u[3 * step] + u[4 * step]) * (1.0f / 6), t = (u[3 * step] - u[4 * step]) * (1.0f / 6);
  g[0] = u[0] + p + r;
  g[to] = A * q + B * t;
  g[2 * to] = A2 * p + B2 * r + u[5 * step];
}

OS_CLONES static void finish_channel(void *pointer, int64_t c) {
  const Weights *w = pointer;
  int64_t ic = w->job.s->ic, oc = w->job.s->oc;
  for (int64_t o = 0; o < oc; o += LANES) {
    Lanes u[POINTS], half[3 * PATCH], g[9];
    for (int point = 0; point < POINTS; point++) {
      u[point] = *(const Lanes *)(w->partial + (point * ic + c) * oc + o);
      for (int64_t part = 1; part < w->parts; part++)
        u[point] += *(const Lanes *)(w->partial + ((part * POINTS + point) * ic + c) * oc + o);
    }
    for (int x = 0; x < PATCH; x++) tap_line(u + x, PATCH, half + x, PATCH);
    for (int y = 0; y < 3; y++) tap_line(half + y * PATCH, 1, g + 3 * y, 1);
    for (int k = 0; k < 9; k++) *(Lanes *)(w->gradient + (k * ic + c) * oc + o) = g[k];
  }
}

void os_winograd_weights(const OSWinograd *shape, const void *src, const void *diff, float *partial, float *gradient) {
  Weights w = {.job = {.s = shape, .src = src, .residual = diff, .across = (shape->ow + SIDE - 1) / SIDE,
                       .down = (shape->oh + SIDE - 1) / SIDE},
               .partial = partial, .gradient = gradient};
  // The shares depend on the shape alone, and so does the result.
  int64_t shares = shape->n * w.job.across * w.job.down / (2 * BLOCK);
  w.parts = shares < 2 ? 2 : shares > OS_WINOGRAD_PARTS ? OS_WINOGRAD_PARTS : shares;
  os_parallel(w.parts, sum_part, &w);
  os_parallel(shape->ic, finish_channel, &w);
}
