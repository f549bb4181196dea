// Short-time spectra: overlapping frames, and complex numbers as pairs.
#include "complexes.h"

#include "vector.h"

typedef struct {
  int64_t n, frames, size, hop, length;
  const float *x;
  float *y;
} FrameJob;

OS_CLONES static void add(const float *restrict x, float *restrict y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] += x[i];
}

// One hop of one signal: every frame that reaches into it, first frame first.
static void overlap_chunk(void *pointer, int64_t chunk) {
  const FrameJob *job = pointer;
  int64_t hops = (job->length + job->hop - 1) / job->hop;
  int64_t n = chunk / hops, first = chunk % hops * job->hop, last = os_min(first + job->hop, job->length);
  float *y = job->y + n * job->length;
  memset(y + first, 0, sizeof(float) * (size_t)(last - first));
  int64_t from = first < job->size ? 0 : (first - job->size) / job->hop + 1;
  for (int64_t t = from; t < job->frames && t * job->hop < last; t++) {
    int64_t begin = os_max(first, t * job->hop), end = os_min(last, t * job->hop + job->size);
    if (begin < end) add(job->x + (n * job->frames + t) * job->size + begin - t * job->hop, y + begin, end - begin);
  }
}

void os_overlap_add(int64_t n, int64_t frames, int64_t size, int64_t hop, const float *x, float *y) {
  if (frames <= 0) return;
  FrameJob job = {n, frames, size, hop, (frames - 1) * hop + size, x, y};
  os_parallel(n * ((job.length + hop - 1) / hop), overlap_chunk, &job);
}

typedef struct {
  float added;
  const float *a, *b, *g, *h;
  float *y, *u;
  int64_t n;
} Job;

#define PAIRS(NAME, BODY)                                                                                  \
  OS_CLONES static void NAME##_part(const Job *job, int64_t first, int64_t last) {                         \
    const float *restrict a = job->a, *restrict b = job->b, *restrict g = job->g, *restrict h = job->h;    \
    float *restrict y = job->y, *restrict u = job->u;                                                      \
    float added = job->added;                                                                              \
    (void)a, (void)b, (void)g, (void)h, (void)y, (void)u, (void)added;                                     \
    for (int64_t i = first; i < last; i++) { BODY }                                                        \
  }                                                                                                        \
  static void NAME##_chunk(void *pointer, int64_t chunk) {                                                 \
    const Job *job = pointer;                                                                              \
    NAME##_part(job, chunk * OS_CHUNK, os_min((chunk + 1) * OS_CHUNK, job->n));                            \
  }                                                                                                        \
  static void NAME##_run(Job job) { os_parallel((job.n + OS_CHUNK - 1) / OS_CHUNK, NAME##_chunk, &job); }

PAIRS(magnitude, y[i] = os_sqrt(a[2 * i] * a[2 * i] + a[2 * i + 1] * a[2 * i + 1] + added);)
PAIRS(magnitude_reverse, float s = b[i] > 0.0f ? g[i] / b[i] : 0.0f; y[2 * i] = s * a[2 * i];
      y[2 * i + 1] = s * a[2 * i + 1];)
PAIRS(magnitude_tangent, float d = a[2 * i] * g[2 * i] + a[2 * i + 1] * g[2 * i + 1];
      y[i] = b[i] > 0.0f ? d / b[i] : 0.0f;)
PAIRS(polar, y[2 * i] = a[i] * os_sine(b[i], 1); y[2 * i + 1] = a[i] * os_sine(b[i], 0);)
PAIRS(polar_reverse, float c = os_sine(b[i], 1); float s = os_sine(b[i], 0); float r = g[2 * i];
      float j = g[2 * i + 1]; y[i] = r * c + j * s; u[i] = a[i] * (j * c - r * s);)
PAIRS(polar_tangent, float c = os_sine(b[i], 1); float s = os_sine(b[i], 0); float w = a[i] * h[i];
      y[2 * i] = g[i] * c - w * s; y[2 * i + 1] = g[i] * s + w * c;)

void os_pair_magnitude(float added, const float *z, float *y, int64_t n) {
  magnitude_run((Job){.added = added, .a = z, .y = y, .n = n});
}
void os_pair_magnitude_reverse(const float *z, const float *y, const float *g, float *dz, int64_t n) {
  magnitude_reverse_run((Job){.a = z, .b = y, .g = g, .y = dz, .n = n});
}
void os_pair_magnitude_tangent(const float *z, const float *y, const float *t, float *dy, int64_t n) {
  magnitude_tangent_run((Job){.a = z, .b = y, .g = t, .y = dy, .n = n});
}
void os_polar(const float *m, const float *p, float *z, int64_t n) {
  polar_run((Job){.a = m, .b = p, .y = z, .n = n});
}
void os_polar_reverse(const float *m, const float *p, const float *g, float *dm, float *dp, int64_t n) {
  polar_reverse_run((Job){.a = m, .b = p, .g = g, .y = dm, .u = dp, .n = n});
}
void os_polar_tangent(const float *m, const float *p, const float *tm, const float *tp, float *dz, int64_t n) {
  polar_tangent_run((Job){.a = m, .b = p, .g = tm, .h = tp, .y = dz, .n = n});
}
