#include "elementwise.h"

#include "parallel.h"
#include "simd.h"

#define UNARY(NAME, EXPRESSION, DERIVATIVE)                                                   \
  OS_CLONES static void value_##NAME(float a, const float *restrict p, float *restrict y, int64_t n) {   \
    (void)a;                                                                                  \
    for (int64_t i = 0; i < n; i++) { float x = p[i]; y[i] = (EXPRESSION); }                  \
  }                                                                                           \
  OS_CLONES static void slope_##NAME(float a, const float *restrict p, const float *restrict g, \
                                     float *restrict y, int64_t n) {                          \
    (void)a;                                                                                  \
    for (int64_t i = 0; i < n; i++) { float x = p[i]; (void)x; y[i] = g[i] * (DERIVATIVE); }  \
  }                                                                                           \
  OS_CLONES static void both_##NAME(float a, const float *restrict p, const float *restrict b, float *restrict y, \
                                    float *restrict s, int64_t n) {                           \
    (void)a;                                                                                  \
    for (int64_t i = 0; i < n; i++) { float x = p[i] + b[i]; y[i] = (EXPRESSION); s[i] = (DERIVATIVE); } \
  }

UNARY(neg, -x, -1.0f)
UNARY(abs, fabsf(x), x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : 0.0f)
UNARY(exp, os_exp(x), os_exp(x))
UNARY(log, os_log(x), 1.0f / x)
UNARY(sqrt, os_sqrt(x), 0.5f / os_sqrt(x))
UNARY(rsqrt, 1.0f / os_sqrt(x), -0.5f / (x * os_sqrt(x)))
UNARY(sin, os_sine(x, 0), os_sine(x, 1))
UNARY(cos, os_sine(x, 1), -os_sine(x, 0))
UNARY(tanh, os_tanh(x), 1.0f - os_tanh(x) * os_tanh(x))
UNARY(sigmoid, os_sigmoid(x), os_sigmoid(x) * (1.0f - os_sigmoid(x)))
UNARY(softplus, os_softplus(x), os_sigmoid(x))
UNARY(relu, x > 0.0f ? x : 0.0f, x > 0.0f ? 1.0f : 0.0f)
UNARY(leaky, x > 0.0f ? x : a * x, x > 0.0f ? 1.0f : a)
UNARY(silu, x * os_sigmoid(x), os_sigmoid(x) * (1.0f + x * (1.0f - os_sigmoid(x))))
UNARY(gelu, 0.5f * x * (1.0f + os_erf(x * 0.70710678118f)),
      0.5f * (1.0f + os_erf(x * 0.70710678118f)) + x * 0.3989422804f * os_exp(-0.5f * x * x))
UNARY(mish, x * os_mish_gate(x), os_mish_slope(x))
UNARY(square, x * x, 2.0f * x)
UNARY(reciprocal, 1.0f / x, -1.0f / (x * x))
UNARY(sign, x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : 0.0f, 0.0f)
UNARY(identity, x, 1.0f)

typedef void (*Value)(float, const float *, float *, int64_t);
typedef void (*Slope)(float, const float *, const float *, float *, int64_t);
#define TABLE(P) {P##neg, P##abs, P##exp, P##log, P##sqrt, P##rsqrt, P##sin, P##cos, P##tanh, P##sigmoid, P##softplus, \
                  P##relu, P##leaky, P##silu, P##gelu, P##mish, P##square, P##reciprocal, P##sign, P##identity}
static const Value values[OS_UNARY_COUNT] = TABLE(value_);
static const Slope slopes[OS_UNARY_COUNT] = TABLE(slope_);
typedef void (*Both)(float, const float *, const float *, float *, float *, int64_t);
static const Both boths[OS_UNARY_COUNT] = TABLE(both_);

OS_CLONES static void widen(const uint16_t *restrict x, float *restrict y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = os_from_bf16(x[i]);
}
OS_CLONES static void narrow(const float *restrict x, uint16_t *restrict y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = os_to_bf16(x[i]);
}

typedef struct {
  int op, type;
  float a, b;
  const void *x, *g;
  void *y;
  int64_t n;
} Job;

static int64_t chunk_length(const Job *job, int64_t chunk, int64_t *start) {
  *start = chunk * OS_CHUNK;
  return job->n - *start < OS_CHUNK ? job->n - *start : OS_CHUNK;
}
static int64_t chunk_count(int64_t n) { return (n + OS_CHUNK - 1) / OS_CHUNK; }

static void unary_chunk(void *pointer, int64_t chunk) {
  Job *job = pointer;
  int64_t start, length = chunk_length(job, chunk, &start);
  if (job->type == OS_F32) {
    const float *x = (const float *)job->x + start;
    float *y = (float *)job->y + start;
    if (job->g) slopes[job->op](job->a, x, (const float *)job->g + start, y, length);
    else values[job->op](job->a, x, y, length);
    return;
  }
  float x[OS_BLOCK], g[OS_BLOCK], y[OS_BLOCK];
  for (int64_t i = 0; i < length; i += OS_BLOCK) {
    int64_t n = length - i < OS_BLOCK ? length - i : OS_BLOCK;
    widen((const uint16_t *)job->x + start + i, x, n);
    if (job->g) {
      widen((const uint16_t *)job->g + start + i, g, n);
      slopes[job->op](job->a, x, g, y, n);
    } else {
      values[job->op](job->a, x, y, n);
    }
    narrow(y, (uint16_t *)job->y + start + i, n);
  }
}

void os_unary(int op, int type, float a, const void *x, void *y, int64_t n) {
  Job job = {op, type, a, 0, x, 0, y, n};
  os_parallel(chunk_count(n), unary_chunk, &job);
}

// In place, in pieces that stay in the nearest cache, on the calling thread.
void os_unary_inline(int op, float *x, int64_t n) {
  float y[OS_BLOCK];
  for (int64_t i = 0; i < n; i += OS_BLOCK) {
    int64_t length = n - i < OS_BLOCK ? n - i : OS_BLOCK;
    values[op](0, x + i, y, length);
    memcpy(x + i, y, (size_t)length * sizeof(float));
  }
}

void os_unary_derivative(int op, int type, float a, const void *x, const void *g, void *out, int64_t n) {
  Job job = {op, type, a, 0, x, g, out, n};
  os_parallel(chunk_count(n), unary_chunk, &job);
}

// MARK: Biased rows

typedef struct {
  int op, type;
  const void *x;
  const float *bias;
  void *y, *slope;
  int64_t rows, columns, step;
} BiasJob;

// A block of a row: the value in place of the row's own numbers, and the slope where it is wanted.
static void biased_block(const BiasJob *job, int64_t at, const float *bias, int64_t n) {
  float x[OS_BLOCK], y[OS_BLOCK], s[OS_BLOCK];
  int narrows = job->type == OS_BF16;
  const float *in = (const float *)job->x + at;
  if (narrows) { widen((const uint16_t *)job->x + at, x, n); in = x; }
  float *out = narrows ? y : (float *)job->y + at;
  if (job->slope) {
    boths[job->op](0, in, bias, out, narrows ? s : (float *)job->slope + at, n);
  } else {
    for (int64_t i = 0; i < n; i++) s[i] = in[i] + bias[i];
    values[job->op](0, s, out, n);
  }
  if (!narrows) return;
  narrow(y, (uint16_t *)job->y + at, n);
  if (job->slope) narrow(s, (uint16_t *)job->slope + at, n);
}
static void biased_chunk(void *pointer, int64_t chunk) {
  BiasJob *job = pointer;
  int64_t first = chunk * job->step, last = first + job->step < job->rows ? first + job->step : job->rows;
  for (int64_t r = first; r < last; r++)
    for (int64_t j = 0; j < job->columns; j += OS_BLOCK)
      biased_block(job, r * job->columns + j, job->bias + j, job->columns - j < OS_BLOCK ? job->columns - j : OS_BLOCK);
}
void os_biased_unary(int op, int type, const void *x, const float *bias, void *y, void *slope, int64_t rows,
                     int64_t columns) {
  int64_t step = OS_CHUNK / columns > 0 ? OS_CHUNK / columns : 1;
  BiasJob job = {op, type, x, bias, y, slope, rows, columns, step};
  os_parallel((rows + step - 1) / step, biased_chunk, &job);
}

static void fill_chunk(void *pointer, int64_t chunk) {
  Job *job = pointer;
  int64_t start, length = chunk_length(job, chunk, &start);
  float *y = (float *)job->y + start;
  for (int64_t i = 0; i < length; i++) y[i] = job->a;
}
void os_fill_f32(float value, float *y, int64_t n) {
  Job job = {0, 0, value, 0, 0, 0, y, n};
  os_parallel(chunk_count(n), fill_chunk, &job);
}

static void narrow_chunk(void *pointer, int64_t chunk) {
  Job *job = pointer;
  int64_t start, length = chunk_length(job, chunk, &start);
  narrow((const float *)job->x + start, (uint16_t *)job->y + start, length);
}
void os_f32_to_bf16(const float *x, uint16_t *y, int64_t n) {
  Job job = {0, 0, 0, 0, x, 0, y, n};
  os_parallel(chunk_count(n), narrow_chunk, &job);
}

static void widen_chunk(void *pointer, int64_t chunk) {
  Job *job = pointer;
  int64_t start, length = chunk_length(job, chunk, &start);
  widen((const uint16_t *)job->x + start, (float *)job->y + start, length);
}
void os_bf16_to_f32(const uint16_t *x, float *y, int64_t n) {
  Job job = {0, 0, 0, 0, x, 0, y, n};
  os_parallel(chunk_count(n), widen_chunk, &job);
}

OS_CLONES static void affine_f32(float a, float b, const float *restrict x, float *restrict y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = a * x[i] + b;
}
OS_CLONES static void affine_bf16(float a, float b, const uint16_t *restrict x, uint16_t *restrict y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = os_to_bf16(a * os_from_bf16(x[i]) + b);
}
static void affine_chunk(void *pointer, int64_t chunk) {
  Job *job = pointer;
  int64_t start, length = chunk_length(job, chunk, &start);
  if (job->type == OS_F32) affine_f32(job->a, job->b, (const float *)job->x + start, (float *)job->y + start, length);
  else affine_bf16(job->a, job->b, (const uint16_t *)job->x + start, (uint16_t *)job->y + start, length);
}
void os_affine(int type, float a, float b, const void *x, void *y, int64_t n) {
  Job job = {0, type, a, b, x, 0, y, n};
  os_parallel(chunk_count(n), affine_chunk, &job);
}

// MARK: PReLU

typedef struct {
  int type;
  const void *x, *g;
  const float *slope;
  void *y;
  int64_t rows, channels, step;
} PReLUJob;

OS_CLONES static void prelu_f32(const float *restrict x, const float *restrict g, const float *restrict slope,
                                float *restrict y, int64_t c) {
  for (int64_t j = 0; j < c; j++) y[j] = x[j] > 0.0f ? g[j] : slope[j] * g[j];
}
OS_CLONES static void prelu_bf16(const uint16_t *restrict x, const uint16_t *restrict g, const float *restrict slope,
                                 uint16_t *restrict y, int64_t c) {
  for (int64_t j = 0; j < c; j++) {
    float v = os_from_bf16(g[j]);
    y[j] = os_to_bf16(os_from_bf16(x[j]) > 0.0f ? v : slope[j] * v);
  }
}
static void prelu_chunk(void *pointer, int64_t chunk) {
  PReLUJob *job = pointer;
  int64_t first = chunk * job->step, last = first + job->step < job->rows ? first + job->step : job->rows;
  for (int64_t r = first; r < last; r++) {
    int64_t o = r * job->channels;
    if (job->type == OS_F32)
      prelu_f32((const float *)job->x + o, (const float *)job->g + o, job->slope, (float *)job->y + o, job->channels);
    else
      prelu_bf16((const uint16_t *)job->x + o, (const uint16_t *)job->g + o, job->slope, (uint16_t *)job->y + o,
                 job->channels);
  }
}
void os_prelu_input(int type, const void *x, const float *slope, const void *g, void *gx, int64_t rows,
                    int64_t channels) {
  int64_t step = OS_CHUNK / channels > 0 ? OS_CHUNK / channels : 1;
  PReLUJob job = {type, x, g, slope, gx, rows, channels, step};
  os_parallel((rows + step - 1) / step, prelu_chunk, &job);
}
void os_prelu(int type, const void *x, const float *slope, void *y, int64_t rows, int64_t channels) {
  os_prelu_input(type, x, slope, x, y, rows, channels);
}
