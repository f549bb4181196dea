// LayerNorm and RMSNorm: statistics of a row while it is in the first cache.
#include <stdlib.h>

#include "normalize.h"
#include "vector.h"

typedef struct {
  int type, centered, tangent;
  float epsilon;
  const void *x, *g;
  const float *scale, *shift, *tscale, *tshift;
  float *mean, *rstd, *partial;
  void *y;
  int64_t rows, c, step;
} Job;

// Rows a chunk; at most 128 chunks, so that partial sums of the parameters' gradients stay small.
static int64_t rows_per_chunk(int64_t rows, int64_t c) {
  return os_max(os_max(OS_CHUNK / os_max(c, 1), (rows + 127) / 128), 1);
}
static void run(Job *job, void (*body)(void *, int64_t)) {
  os_parallel((job->rows + job->step - 1) / job->step, body, job);
}

OS_INLINE void forward_rows(int type, int centered, const Job *job, int64_t first, int64_t last, float *buffer) {
  int64_t c = job->c;
  for (int64_t r = first; r < last; r++) {
    const float *x = os_floats(type, job->x, r * c, c, buffer);
    const float *restrict scale = job->scale, *restrict shift = job->shift;
    float mean = centered ? os_row_sum(x, c) / (float)c : 0.0f;
    Vector a = {0}, b = {0};
    int64_t i = 0;
    for (; i + 2 * OS_LANES <= c; i += 2 * OS_LANES) {
      Vector u = *(const Vector *)(x + i) - mean, v = *(const Vector *)(x + i + OS_LANES) - mean;
      a += u * u;
      b += v * v;
    }
    a += b;
    float squares = os_lane_sum(&a);
    for (; i < c; i++) squares += (x[i] - mean) * (x[i] - mean);
    float rstd = 1.0f / os_sqrt(squares / (float)c + job->epsilon);
    job->mean[r] = mean;
    job->rstd[r] = rstd;
    if (type == OS_F32) {
      float *restrict y = (float *)job->y + r * c;
      for (i = 0; i < c; i++) y[i] = (x[i] - mean) * rstd * scale[i] + shift[i];
    } else {
      uint16_t *restrict y = (uint16_t *)job->y + r * c;
      for (i = 0; i < c; i++) y[i] = os_to_bf16((x[i] - mean) * rstd * scale[i] + shift[i]);
    }
  }
}
OS_CLONES static void forward_f32(const Job *job, int64_t first, int64_t last, float *buffer) {
  if (job->centered) forward_rows(OS_F32, 1, job, first, last, buffer);
  else forward_rows(OS_F32, 0, job, first, last, buffer);
}
OS_CLONES static void forward_bf16(const Job *job, int64_t first, int64_t last, float *buffer) {
  forward_rows(OS_BF16, job->centered, job, first, last, buffer);
}
static void forward_chunk(void *pointer, int64_t chunk) {
  Job *job = pointer;
  int64_t first = chunk * job->step, last = os_min(first + job->step, job->rows);
  if (job->type == OS_F32) { forward_f32(job, first, last, 0); return; }
  float *buffer = malloc(sizeof(float) * (size_t)job->c);
  forward_bf16(job, first, last, buffer);
  free(buffer);
}

void os_row_norm(int type, int centered, float epsilon, const void *x, const float *scale, const float *shift, void *y,
                 float *mean, float *rstd, int64_t rows, int64_t c) {
  Job job = {.type = type, .centered = centered, .epsilon = epsilon, .x = x, .scale = scale, .shift = shift,
             .mean = mean, .rstd = rstd, .y = y, .rows = rows, .c = c, .step = rows_per_chunk(rows, c)};
  run(&job, forward_chunk);
}

// With xhat = (x - mean) rstd, the Jacobian of xhat is the symmetric J h = rstd (h - mean(h) - xhat mean(h xhat)).
// Reverse: dx = J (g scale). Tangent: scale (J t) + tscale xhat + tshift.
OS_INLINE void derivative_rows(int type, int tangent, const Job *job, int64_t first, int64_t last, float *buffer,
                               float *dscale, float *dshift) {
  int64_t c = job->c;
  float *restrict hat = buffer + 2 * c, *restrict h = buffer + 3 * c;
  for (int64_t r = first; r < last; r++) {
    const float *restrict x = os_floats(type, job->x, r * c, c, buffer);
    const float *restrict g = os_floats(type, job->g, r * c, c, buffer + c);
    const float *restrict scale = job->scale;
    float mean = job->mean[r], rstd = job->rstd[r];
    for (int64_t i = 0; i < c; i++) {
      hat[i] = (x[i] - mean) * rstd;
      h[i] = tangent ? g[i] : g[i] * scale[i];
    }
    float m1 = job->centered ? os_row_sum(h, c) / (float)c : 0.0f, m2 = os_row_dot(h, hat, c) / (float)c;
    if (tangent) {
      const float *restrict ts = job->tscale, *restrict tb = job->tshift;
      for (int64_t i = 0; i < c; i++)
        h[i] = scale[i] * (rstd * (h[i] - m1 - hat[i] * m2)) + ts[i] * hat[i] + tb[i];
    } else {
      for (int64_t i = 0; i < c; i++) {
        h[i] = rstd * (h[i] - m1 - hat[i] * m2);
        dscale[i] += g[i] * hat[i];
        dshift[i] += g[i];
      }
    }
    for (int64_t i = 0; i < c; i++) os_write(type, job->y, r * c + i, h[i]);
  }
}
OS_CLONES static void reverse_f32(const Job *job, int64_t first, int64_t last, float *buffer, float *restrict dscale,
                                  float *restrict dshift) {
  derivative_rows(OS_F32, 0, job, first, last, buffer, dscale, dshift);
}
OS_CLONES static void reverse_bf16(const Job *job, int64_t first, int64_t last, float *buffer, float *restrict dscale,
                                   float *restrict dshift) {
  derivative_rows(OS_BF16, 0, job, first, last, buffer, dscale, dshift);
}
OS_CLONES static void tangent_f32(const Job *job, int64_t first, int64_t last, float *buffer) {
  derivative_rows(OS_F32, 1, job, first, last, buffer, 0, 0);
}
OS_CLONES static void tangent_bf16(const Job *job, int64_t first, int64_t last, float *buffer) {
  derivative_rows(OS_BF16, 1, job, first, last, buffer, 0, 0);
}
static void derivative_chunk(void *pointer, int64_t chunk) {
  Job *job = pointer;
  int64_t first = chunk * job->step, last = os_min(first + job->step, job->rows);
  float *buffer = malloc(sizeof(float) * 4 * (size_t)job->c);
  if (job->tangent) {
    (job->type == OS_F32 ? tangent_f32 : tangent_bf16)(job, first, last, buffer);
  } else {
    float *sums = job->partial + chunk * 2 * job->c;
    memset(sums, 0, sizeof(float) * 2 * (size_t)job->c);
    (job->type == OS_F32 ? reverse_f32 : reverse_bf16)(job, first, last, buffer, sums, sums + job->c);
  }
  free(buffer);
}

void os_row_norm_reverse(int type, int centered, const void *x, const void *g, const float *scale, const float *mean,
                         const float *rstd, void *dx, float *dscale, float *dshift, int64_t rows, int64_t c) {
  int64_t step = rows_per_chunk(rows, c), chunks = (rows + step - 1) / step;
  float *partial = malloc(sizeof(float) * (size_t)os_max(chunks * 2 * c, 1));
  Job job = {.type = type, .centered = centered, .x = x, .g = g, .scale = scale, .mean = (float *)mean,
             .rstd = (float *)rstd, .partial = partial, .y = dx, .rows = rows, .c = c, .step = step};
  run(&job, derivative_chunk);
  for (int64_t i = 0; i < c; i++) dscale[i] = dshift[i] = 0;
  for (int64_t k = 0; k < chunks; k++)
    for (int64_t i = 0; i < c; i++) {
      dscale[i] += partial[2 * k * c + i];
      dshift[i] += partial[(2 * k + 1) * c + i];
    }
  free(partial);
}

void os_row_norm_tangent(int type, int centered, const void *x, const void *t, const float *scale, const float *tscale,
                         const float *tshift, const float *mean, const float *rstd, void *out, int64_t rows, int64_t c) {
  Job job = {.type = type, .centered = centered, .tangent = 1, .x = x, .g = t, .scale = scale, .tscale = tscale,
             .tshift = tshift, .mean = (float *)mean, .rstd = (float *)rstd, .y = out, .rows = rows, .c = c,
             .step = rows_per_chunk(rows, c)};
  run(&job, derivative_chunk);
}
