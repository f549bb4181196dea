// GroupNorm and per-sample modulation: x[n, s, c] seen as rows of `wide` numbers with one coefficient per column.
// Few channels are repeated to fill a row, so that inner loops stay long.
#include "normalize.h"

#include <stdlib.h>

#include "vector.h"

typedef struct {
  int type, activation, tangent;
  const void *x, *h;
  // Per sample and column, [n, wide]: see the loops for their meaning.
  const float *mean, *rstd, *scale, *shift, *p, *q, *r;
  void *y;
  float *partial;
  int64_t n, rows, wide, step, blocks;   // `blocks` chunks of `step` rows in each sample
} Job;

static int64_t repeats(int64_t s, int64_t c) {
  int64_t k = 1;
  while (c * k < 64 && s % (2 * k) == 0) k *= 2;
  return k;
}
static void divide(Job *job, int64_t elements, int64_t most) {
  int64_t step = os_max(elements / os_max(job->wide, 1), 1);
  if (most > 0) step = os_max(step, (job->rows + most - 1) / most);
  job->step = step;
  job->blocks = (job->rows + step - 1) / step;
}
static int64_t chunk_rows(const Job *job, int64_t chunk, int64_t *sample, int64_t *first) {
  *sample = chunk / job->blocks;
  *first = chunk % job->blocks * job->step;
  return os_min(job->step, job->rows - *first);
}

// Fast sigmoid: arguments are limited to where e^-z neither overflows nor vanishes.
OS_INLINE float gate(float z) {
  float a = z > 87.0f ? 87.0f : z < -87.0f ? -87.0f : z;
  float n = (a * -1.44269504088896341f + 12582912.0f) - 12582912.0f;
  float r = fmaf(n, -0.693359375f, -a);
  r = fmaf(n, 2.12194440e-4f, r);
  float e = 1.9875691500e-4f;
  e = fmaf(e, r, 1.3981999507e-3f);
  e = fmaf(e, r, 8.3334519073e-3f);
  e = fmaf(e, r, 4.1665795894e-2f);
  e = fmaf(e, r, 1.6666665459e-1f);
  e = fmaf(e, r, 5.0000001201e-1f);
  e = fmaf(e, r * r, r) + 1.0f;
  return 1.0f / (1.0f + e * os_bits_float((uint32_t)((int32_t)n + 127) << 23));
}
OS_INLINE float activate(int activation, float z) {
  return activation == OS_ACTIVATION_SILU ? z * gate(z) : activation == OS_ACTIVATION_RELU ? (z > 0.0f ? z : 0.0f) : z;
}
OS_INLINE float slope(int activation, float z) {
  if (activation == OS_ACTIVATION_RELU) return z > 0.0f ? 1.0f : 0.0f;
  float s = gate(z);
  return s * (1.0f + z * (1.0f - s));
}

// Instantiates NAME_<type>_<activation> and the table NAME[type][activation].
#define VARIANTS(NAME, PARAMETERS, ...)                                                                 \
  OS_CLONES static void NAME##_f32_none PARAMETERS { NAME##_rows(OS_F32, OS_ACTIVATION_NONE, __VA_ARGS__); }   \
  OS_CLONES static void NAME##_f32_relu PARAMETERS { NAME##_rows(OS_F32, OS_ACTIVATION_RELU, __VA_ARGS__); }   \
  OS_CLONES static void NAME##_f32_silu PARAMETERS { NAME##_rows(OS_F32, OS_ACTIVATION_SILU, __VA_ARGS__); }   \
  OS_CLONES static void NAME##_bf16_none PARAMETERS { NAME##_rows(OS_BF16, OS_ACTIVATION_NONE, __VA_ARGS__); } \
  OS_CLONES static void NAME##_bf16_relu PARAMETERS { NAME##_rows(OS_BF16, OS_ACTIVATION_RELU, __VA_ARGS__); } \
  OS_CLONES static void NAME##_bf16_silu PARAMETERS { NAME##_rows(OS_BF16, OS_ACTIVATION_SILU, __VA_ARGS__); } \
  static void (*const NAME[2][3]) PARAMETERS = {{NAME##_f32_none, NAME##_f32_relu, NAME##_f32_silu},    \
                                                {NAME##_bf16_none, NAME##_bf16_relu, NAME##_bf16_silu}};

// MARK: The three passes

// y = activation((x - mean) p + shift).
OS_INLINE void forward_rows(int type, int activation, const void *restrict x, const float *restrict mean,
                            const float *restrict p, const float *restrict shift, void *restrict y, int64_t rows,
                            int64_t wide) {
  for (int64_t o = 0; o < rows * wide; o += wide)
    for (int64_t i = 0; i < wide; i++)
      os_write(type, y, o + i, activate(activation, (os_read(type, x, o + i) - mean[i]) * p[i] + shift[i]));
}
VARIANTS(forward,
         (const void *restrict x, const float *restrict mean, const float *restrict p, const float *restrict shift,
          void *restrict y, int64_t rows, int64_t wide),
         x, mean, p, shift, y, rows, wide)

// total += h, moment += h xhat, where h is multiplied by the activation's slope at z = xhat scale + shift.
OS_INLINE void sums_rows(int type, int activation, const void *restrict x, const void *restrict h,
                         const float *restrict mean, const float *restrict rstd, const float *restrict scale,
                         const float *restrict shift, float *restrict total, float *restrict moment, int64_t rows,
                         int64_t wide) {
  for (int64_t o = 0; o < rows * wide; o += wide)
    for (int64_t i = 0; i < wide; i++) {
      float hat = (os_read(type, x, o + i) - mean[i]) * rstd[i], g = os_read(type, h, o + i);
      if (activation != OS_ACTIVATION_NONE) g *= slope(activation, hat * scale[i] + shift[i]);
      total[i] += g;
      moment[i] += g * hat;
    }
}
VARIANTS(sums,
         (const void *restrict x, const void *restrict h, const float *restrict mean, const float *restrict rstd,
          const float *restrict scale, const float *restrict shift, float *restrict total, float *restrict moment,
          int64_t rows, int64_t wide),
         x, h, mean, rstd, scale, shift, total, moment, rows, wide)

// Reverse: y = p (h slope) - q - r xhat. Tangent: y = slope (p h - q - r xhat).
OS_INLINE void apply_rows(int type, int activation, int tangent, const void *restrict x, const void *restrict h,
                          const float *restrict mean, const float *restrict rstd, const float *restrict scale,
                          const float *restrict shift, const float *restrict p, const float *restrict q,
                          const float *restrict r, void *restrict y, int64_t rows, int64_t wide) {
  for (int64_t o = 0; o < rows * wide; o += wide)
    for (int64_t i = 0; i < wide; i++) {
      float hat = (os_read(type, x, o + i) - mean[i]) * rstd[i], g = os_read(type, h, o + i), s = 1.0f;
      if (activation != OS_ACTIVATION_NONE) s = slope(activation, hat * scale[i] + shift[i]);
      float value = tangent ? s * (p[i] * g - q[i] - r[i] * hat) : p[i] * (g * s) - q[i] - r[i] * hat;
      os_write(type, y, o + i, value);
    }
}
#define reverse_rows(T, A, ...) apply_rows(T, A, 0, __VA_ARGS__)
#define tangent_rows(T, A, ...) apply_rows(T, A, 1, __VA_ARGS__)
#define APPLY_PARAMETERS                                                                                     \
  (const void *restrict x, const void *restrict h, const float *restrict mean, const float *restrict rstd,   \
   const float *restrict scale, const float *restrict shift, const float *restrict p, const float *restrict q, \
   const float *restrict r, void *restrict y, int64_t rows, int64_t wide)
VARIANTS(reverse, APPLY_PARAMETERS, x, h, mean, rstd, scale, shift, p, q, r, y, rows, wide)
VARIANTS(tangent, APPLY_PARAMETERS, x, h, mean, rstd, scale, shift, p, q, r, y, rows, wide)

static const void *at(int type, const void *x, int64_t element) {
  return (const char *)x + element * (type == OS_F32 ? 4 : 2);
}

static void forward_chunk(void *pointer, int64_t chunk) {
  const Job *job = pointer;
  int64_t sample, first, rows = chunk_rows(job, chunk, &sample, &first), w = job->wide;
  int64_t from = (sample * job->rows + first) * w, c = sample * w;
  forward[job->type][job->activation](at(job->type, job->x, from), job->mean + c, job->p + c, job->shift + c,
                                      (void *)at(job->type, job->y, from), rows, w);
}
static void sums_chunk(void *pointer, int64_t chunk) {
  const Job *job = pointer;
  int64_t sample, first, rows = chunk_rows(job, chunk, &sample, &first), w = job->wide;
  int64_t from = (sample * job->rows + first) * w, c = sample * w;
  float *total = job->partial + 2 * chunk * w;
  memset(total, 0, sizeof(float) * 2 * (size_t)w);
  sums[job->type][job->activation](at(job->type, job->x, from), at(job->type, job->h, from), job->mean + c,
                                   job->rstd + c, job->scale + c, job->shift + c, total, total + w, rows, w);
}
static void apply_chunk(void *pointer, int64_t chunk) {
  const Job *job = pointer;
  int64_t sample, first, rows = chunk_rows(job, chunk, &sample, &first), w = job->wide;
  int64_t from = (sample * job->rows + first) * w, c = sample * w;
  (job->tangent ? tangent : reverse)[job->type][job->activation](
      at(job->type, job->x, from), at(job->type, job->h, from), job->mean + c, job->rstd + c, job->scale + c,
      job->shift + c, job->p + c, job->q + c, job->r + c, (void *)at(job->type, job->y, from), rows, w);
}

// Sums over s of every sample and channel, [n, c] each, in double across chunks.
static void sum_channels(Job job, int64_t c, double *total, double *moment) {
  divide(&job, 4 * OS_CHUNK, 128);
  job.partial = malloc(sizeof(float) * (size_t)os_max(job.n * job.blocks * 2 * job.wide, 1));
  os_parallel(job.n * job.blocks, sums_chunk, &job);
  for (int64_t sample = 0; sample < job.n; sample++) {
    for (int64_t i = 0; i < c; i++) total[sample * c + i] = moment[sample * c + i] = 0;
    for (int64_t b = 0; b < job.blocks; b++) {
      const float *part = job.partial + (sample * job.blocks + b) * 2 * job.wide;
      for (int64_t i = 0; i < job.wide; i += c)
        for (int64_t j = 0; j < c; j++) {
          total[sample * c + j] += part[i + j];
          moment[sample * c + j] += part[job.wide + i + j];
        }
    }
  }
  free(job.partial);
}

// MARK: Statistics

// Mean and squared deviation of every column over a chunk's rows: blocks that fit the first cache are measured in two
// passes and joined by Chan's formula.
OS_CLONES static void measure(int type, const void *restrict x, int64_t rows, int64_t wide, float *restrict mean,
                              float *restrict deviation, float *restrict m, float *restrict d) {
  int64_t step = os_max(OS_CHUNK / 4 / wide, 1);
  for (int64_t i = 0; i < wide; i++) mean[i] = deviation[i] = 0;
  for (int64_t first = 0; first < rows; first += step) {
    int64_t count = os_min(step, rows - first);
    for (int64_t i = 0; i < wide; i++) m[i] = d[i] = 0;
    if (type == OS_F32) {
      const float *restrict f = (const float *)x + first * wide;
      for (int64_t r = 0; r < count; r++)
        for (int64_t i = 0; i < wide; i++) m[i] += f[r * wide + i];
      for (int64_t i = 0; i < wide; i++) m[i] /= (float)count;
      for (int64_t r = 0; r < count; r++)
        for (int64_t i = 0; i < wide; i++) d[i] += (f[r * wide + i] - m[i]) * (f[r * wide + i] - m[i]);
    } else {
      const uint16_t *restrict f = (const uint16_t *)x + first * wide;
      for (int64_t r = 0; r < count; r++)
        for (int64_t i = 0; i < wide; i++) m[i] += os_from_bf16(f[r * wide + i]);
      for (int64_t i = 0; i < wide; i++) m[i] /= (float)count;
      for (int64_t r = 0; r < count; r++)
        for (int64_t i = 0; i < wide; i++) {
          float v = os_from_bf16(f[r * wide + i]) - m[i];
          d[i] += v * v;
        }
    }
    float share = (float)count / (float)(first + count);
    for (int64_t i = 0; i < wide; i++) {
      float gap = m[i] - mean[i];
      mean[i] += gap * share;
      deviation[i] += d[i] + gap * gap * (float)first * share;
    }
  }
}
static void measure_chunk(void *pointer, int64_t chunk) {
  const Job *job = pointer;
  int64_t sample, first, rows = chunk_rows(job, chunk, &sample, &first), w = job->wide;
  float *out = job->partial + 2 * chunk * w, *work = malloc(sizeof(float) * 2 * (size_t)w);
  measure(job->type, at(job->type, job->x, (sample * job->rows + first) * w), rows, w, out, out + w, work, work + w);
  free(work);
}

static void statistics(const OSGroupNorm *shape, Job job, float epsilon, float *mean, float *rstd) {
  int64_t c = shape->c, span = c / shape->groups;
  divide(&job, 4 * OS_CHUNK, 128);
  job.partial = malloc(sizeof(float) * (size_t)os_max(job.n * job.blocks * 2 * job.wide, 1));
  os_parallel(job.n * job.blocks, measure_chunk, &job);
  for (int64_t k = 0; k < shape->n * shape->groups; k++) {
    int64_t sample = k / shape->groups, low = k % shape->groups * span;
    const float *parts = job.partial + sample * job.blocks * 2 * job.wide;
    // The group's mean first, then deviations about it.
    double sum = 0, squares = 0;
    for (int pass = 0; pass < 2; pass++) {
      double centre = sum / (double)(shape->s * span);
      for (int64_t b = 0; b < job.blocks; b++) {
        double rows = (double)os_min(job.step, job.rows - b * job.step);
        const float *part = parts + b * 2 * job.wide;
        for (int64_t i = low; i < job.wide; i += c)
          for (int64_t j = i; j < i + span; j++) {
            double gap = part[j] - centre;
            if (pass == 0) sum += rows * part[j];
            else squares += part[job.wide + j] + rows * gap * gap;
          }
      }
      if (pass == 1) mean[k] = (float)centre;
    }
    rstd[k] = (float)(1.0 / sqrt(squares / (double)(shape->s * span) + epsilon));
  }
  free(job.partial);
}

// MARK: GroupNorm

enum { MEAN, RSTD, SCALE, SHIFT, P, Q, R, COLUMNS };

static Job make_job(int type, int activation, const void *x, const void *h, void *y, int64_t n, int64_t s, int64_t c) {
  int64_t k = repeats(s, c);
  Job job = {.type = type, .activation = activation, .x = x, .h = h, .y = y, .n = n, .rows = s / k, .wide = c * k};
  divide(&job, OS_CHUNK, 0);
  return job;
}
// Room for every coefficient column of the job, zeros.
static float *make_columns(Job *job) {
  size_t count = (size_t)(job->n * job->wide);
  float *column = calloc(os_max((int64_t)count, 1) * COLUMNS, sizeof(float));
  job->mean = column + MEAN * count;
  job->rstd = column + RSTD * count;
  job->scale = column + SCALE * count;
  job->shift = column + SHIFT * count;
  job->p = column + P * count;
  job->q = column + Q * count;
  job->r = column + R * count;
  return column;
}

// Fills the columns that every pass of a group normalisation needs.
static float *group_columns(const OSGroupNorm *shape, Job *job, const float *scale, const float *shift,
                            const float *mean, const float *rstd) {
  float *column = make_columns(job);
  int64_t count = job->n * job->wide, span = shape->c / shape->groups;
  for (int64_t i = 0; i < count; i++) {
    int64_t channel = i % job->wide % shape->c, group = i / job->wide * shape->groups + channel / span;
    column[MEAN * count + i] = mean[group];
    column[RSTD * count + i] = rstd[group];
    column[SCALE * count + i] = scale[channel];
    column[SHIFT * count + i] = shift[channel];
    column[P * count + i] = rstd[group] * scale[channel];
  }
  return column;
}

void os_group_norm(const OSGroupNorm *shape, float epsilon, const void *x, const float *scale, const float *shift,
                   void *y, float *mean, float *rstd) {
  Job job = make_job(shape->type, shape->activation, x, 0, y, shape->n, shape->s, shape->c);
  statistics(shape, job, epsilon, mean, rstd);
  float *column = group_columns(shape, &job, scale, shift, mean, rstd);
  os_parallel(job.n * job.blocks, forward_chunk, &job);
  free(column);
}

void os_group_norm_reverse(const OSGroupNorm *shape, const void *x, const void *g, const float *scale,
                           const float *shift, const float *mean, const float *rstd, void *dx, float *dscale,
                           float *dshift) {
  int64_t c = shape->c, span = c / shape->groups;
  Job job = make_job(shape->type, shape->activation, x, g, dx, shape->n, shape->s, c);
  float *column = group_columns(shape, &job, scale, shift, mean, rstd);
  double *total = malloc(sizeof(double) * 2 * (size_t)os_max(shape->n * c, 1)), *moment = total + shape->n * c;
  sum_channels(job, c, total, moment);
  for (int64_t j = 0; j < c; j++) {
    double a = 0, b = 0;
    for (int64_t i = 0; i < shape->n; i++) { a += moment[i * c + j]; b += total[i * c + j]; }
    dscale[j] = (float)a;
    dshift[j] = (float)b;
  }
  // dx = rstd (h - mean(h) - xhat mean(h xhat)) with h = scale g slope.
  int64_t count = job.n * job.wide;
  for (int64_t k = 0; k < shape->n * shape->groups; k++) {
    int64_t sample = k / shape->groups, low = k % shape->groups * span;
    double m1 = 0, m2 = 0, size = (double)(shape->s * span);
    for (int64_t j = low; j < low + span; j++) {
      m1 += scale[j] * total[sample * c + j];
      m2 += scale[j] * moment[sample * c + j];
    }
    for (int64_t i = low; i < job.wide; i += c)
      for (int64_t j = sample * job.wide + i; j < sample * job.wide + i + span; j++) {
        column[Q * count + j] = (float)(rstd[k] * m1 / size);
        column[R * count + j] = (float)(rstd[k] * m2 / size);
      }
  }
  os_parallel(job.n * job.blocks, apply_chunk, &job);
  free(total);
  free(column);
}

void os_group_norm_tangent(const OSGroupNorm *shape, const void *x, const void *t, const float *scale,
                           const float *shift, const float *tscale, const float *tshift, const float *mean,
                           const float *rstd, void *out) {
  int64_t c = shape->c, span = c / shape->groups;
  Job job = make_job(shape->type, shape->activation, x, t, out, shape->n, shape->s, c);
  job.tangent = 1;
  float *column = group_columns(shape, &job, scale, shift, mean, rstd);
  double *total = malloc(sizeof(double) * 2 * (size_t)os_max(shape->n * c, 1)), *moment = total + shape->n * c;
  Job plain = job;
  plain.activation = OS_ACTIVATION_NONE;
  sum_channels(plain, c, total, moment);
  // slope (scale rstd (t - mean(t) - xhat mean(t xhat)) + tscale xhat + tshift).
  int64_t count = job.n * job.wide;
  for (int64_t k = 0; k < shape->n * shape->groups; k++) {
    int64_t sample = k / shape->groups, low = k % shape->groups * span;
    double m1 = 0, m2 = 0, size = (double)(shape->s * span);
    for (int64_t j = low; j < low + span; j++) {
      m1 += total[sample * c + j];
      m2 += moment[sample * c + j];
    }
    for (int64_t i = low; i < job.wide; i += c)
      for (int64_t j = 0; j < span; j++) {
        int64_t channel = low + j, at = sample * job.wide + i + j;
        column[Q * count + at] = (float)(rstd[k] * scale[channel] * m1 / size - tshift[channel]);
        column[R * count + at] = (float)(rstd[k] * scale[channel] * m2 / size - tscale[channel]);
      }
  }
  os_parallel(job.n * job.blocks, apply_chunk, &job);
  free(total);
  free(column);
}

// MARK: Modulation

static void spread(const float *values, float factor, float *column, const Job *job, int64_t c) {
  for (int64_t i = 0; i < job->n * job->wide; i++)
    column[i] = factor * (values ? values[i / job->wide * c + i % job->wide % c] : 1.0f);
}

void os_modulate(int type, const void *x, const float *gain, const float *shift, void *out, int64_t n, int64_t s,
                 int64_t c) {
  Job job = make_job(type, OS_ACTIVATION_NONE, x, 0, out, n, s, c);
  float *column = make_columns(&job);
  spread(gain, 1, (float *)job.p, &job, c);
  if (shift) spread(shift, 1, (float *)job.shift, &job, c);
  os_parallel(job.n * job.blocks, forward_chunk, &job);
  free(column);
}

void os_modulate_tangent(int type, const void *x, const void *t, const float *gain, const float *tgain,
                         const float *tshift, void *out, int64_t n, int64_t s, int64_t c) {
  Job job = make_job(type, OS_ACTIVATION_NONE, x, t, out, n, s, c);
  float *column = make_columns(&job);
  spread(0, 1, (float *)job.rstd, &job, c);
  spread(gain, 1, (float *)job.p, &job, c);
  spread(tshift, -1, (float *)job.q, &job, c);
  spread(tgain, -1, (float *)job.r, &job, c);
  os_parallel(job.n * job.blocks, apply_chunk, &job);
  free(column);
}

void os_channel_sums(int type, const void *x, const void *g, float *total, float *moment, int64_t n, int64_t s,
                     int64_t c) {
  Job job = make_job(type, OS_ACTIVATION_NONE, x, g, 0, n, s, c);
  float *column = make_columns(&job);
  spread(0, 1, (float *)job.rstd, &job, c);
  double *sums = malloc(sizeof(double) * 2 * (size_t)os_max(n * c, 1));
  sum_channels(job, c, sums, sums + n * c);
  for (int64_t i = 0; i < n * c; i++) {
    total[i] = (float)sums[i];
    moment[i] = (float)sums[n * c + i];
  }
  free(sums);
  free(column);
}

// MARK: PReLU

OS_CLONES static void prelu_rows(int type, const void *restrict x, const void *restrict g, float *restrict sum,
                                 int64_t rows, int64_t wide) {
  for (int64_t o = 0; o < rows * wide; o += wide)
    for (int64_t i = 0; i < wide; i++) {
      float v = os_read(type, x, o + i);
      sum[i] += v > 0.0f ? 0.0f : v * os_read(type, g, o + i);
    }
}
static void prelu_chunk(void *pointer, int64_t chunk) {
  const Job *job = pointer;
  int64_t sample, first, rows = chunk_rows(job, chunk, &sample, &first), w = job->wide;
  float *sum = job->partial + chunk * w;
  memset(sum, 0, sizeof(float) * (size_t)w);
  prelu_rows(job->type, at(job->type, job->x, first * w), at(job->type, job->h, first * w), sum, rows, w);
}
void os_prelu_slope(int type, const void *x, const void *g, float *slope, int64_t rows, int64_t c) {
  Job job = make_job(type, OS_ACTIVATION_NONE, x, g, 0, 1, rows, c);
  divide(&job, 4 * OS_CHUNK, 128);
  job.partial = malloc(sizeof(float) * (size_t)os_max(job.blocks * job.wide, 1));
  os_parallel(job.blocks, prelu_chunk, &job);
  for (int64_t j = 0; j < c; j++) {
    double sum = 0;
    for (int64_t i = j; i < job.blocks * job.wide; i += c) sum += job.partial[i];
    slope[j] = (float)sum;
  }
  free(job.partial);
}
