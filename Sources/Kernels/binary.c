#include "binary.h"

#include "parallel.h"
#include "simd.h"

#define BINARY(NAME, EXPRESSION)                                                                            \
  OS_CLONES static void same_##NAME(const float *restrict p, const float *restrict q, float *restrict o, int64_t n) { \
    for (int64_t i = 0; i < n; i++) { float x = p[i], y = q[i]; o[i] = (EXPRESSION); }                      \
  }                                                                                                         \
  OS_CLONES static void left_##NAME(const float *restrict p, const float *restrict q, float *restrict o, int64_t n) { \
    float x = *p;                                                                                           \
    for (int64_t i = 0; i < n; i++) { float y = q[i]; o[i] = (EXPRESSION); }                                \
  }                                                                                                         \
  OS_CLONES static void right_##NAME(const float *restrict p, const float *restrict q, float *restrict o, int64_t n) { \
    float y = *q;                                                                                           \
    for (int64_t i = 0; i < n; i++) { float x = p[i]; o[i] = (EXPRESSION); }                                \
  }

BINARY(add, x + y)
BINARY(sub, x - y)
BINARY(mul, x *y)
BINARY(div, x / y)
BINARY(max, x > y ? x : y)
BINARY(min, x < y ? x : y)
BINARY(less, x < y ? 1.0f : 0.0f)
BINARY(less_equal, x <= y ? 1.0f : 0.0f)
BINARY(equal, x == y ? 1.0f : 0.0f)
BINARY(pow, powf(x, y))

typedef void (*Row)(const float *, const float *, float *, int64_t);
#define ROWS(N) {same_##N, left_##N, right_##N}
static const Row rows[OS_BINARY_COUNT][3] = {ROWS(add), ROWS(sub), ROWS(mul),  ROWS(div),        ROWS(max),
                                             ROWS(min), ROWS(less), ROWS(less_equal), ROWS(equal), ROWS(pow)};

typedef struct {
  int op, type, rank;
  int64_t sizes[OS_MAX_RANK], sa[OS_MAX_RANK], sb[OS_MAX_RANK];
  const void *a, *b;
  void *out;
  int64_t outer, inner, step;  // rows before the last axis, its length, rows (or elements of one row) a chunk
} Job;

static void widen_strided(const uint16_t *p, int64_t stride, float *y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = os_from_bf16(p[stride * i]);
}

// One run of the last axis. Its strides are 0 or 1 for both operands (the Swift side guarantees this).
static void run(const Job *job, int64_t oa, int64_t ob, int64_t oo, int64_t n) {
  int64_t la = job->sa[job->rank - 1], lb = job->sb[job->rank - 1];
  int form = la == 0 && lb != 0 ? 1 : lb == 0 && la != 0 ? 2 : 0;
  if (job->type == OS_F32 && (la != 0 || lb != 0)) {
    rows[job->op][form]((const float *)job->a + oa, (const float *)job->b + ob, (float *)job->out + oo, n);
    return;
  }
  float x[OS_BLOCK], y[OS_BLOCK], o[OS_BLOCK];
  for (int64_t i = 0; i < n; i += OS_BLOCK) {
    int64_t m = n - i < OS_BLOCK ? n - i : OS_BLOCK;
    if (job->type == OS_F32) {
      const float *a = (const float *)job->a + oa, *b = (const float *)job->b + ob;
      for (int64_t j = 0; j < m; j++) { x[j] = *a; y[j] = *b; }
      rows[job->op][0](x, y, (float *)job->out + oo + i, m);
      continue;
    }
    widen_strided((const uint16_t *)job->a + oa + la * i, la, x, m);
    widen_strided((const uint16_t *)job->b + ob + lb * i, lb, y, m);
    rows[job->op][0](x, y, o, m);
    uint16_t *out = (uint16_t *)job->out + oo + i;
    for (int64_t j = 0; j < m; j++) out[j] = os_to_bf16(o[j]);
  }
}

static void chunk_body(void *pointer, int64_t chunk) {
  const Job *job = pointer;
  if (job->outer == 1) {
    int64_t start = chunk * job->step, n = job->inner - start < job->step ? job->inner - start : job->step;
    run(job, start * job->sa[job->rank - 1], start * job->sb[job->rank - 1], start, n);
    return;
  }
  int64_t first = chunk * job->step, last = first + job->step < job->outer ? first + job->step : job->outer;
  for (int64_t r = first; r < last; r++) {
    int64_t oa = 0, ob = 0, rest = r;
    for (int d = job->rank - 2; d >= 0; d--) {
      int64_t i = rest % job->sizes[d];
      rest /= job->sizes[d];
      oa += i * job->sa[d];
      ob += i * job->sb[d];
    }
    run(job, oa, ob, r * job->inner, job->inner);
  }
}

void os_binary(int op, int type, int rank, const int64_t *sizes, const void *a, const int64_t *stride_a, const void *b,
               const int64_t *stride_b, void *out) {
  Job job = {.op = op, .type = type, .rank = rank, .a = a, .b = b, .out = out, .outer = 1};
  for (int d = 0; d < rank; d++) {
    job.sizes[d] = sizes[d];
    job.sa[d] = stride_a[d];
    job.sb[d] = stride_b[d];
    if (d < rank - 1) job.outer *= sizes[d];
  }
  job.inner = sizes[rank - 1];
  if (job.outer * job.inner == 0) return;
  int64_t units = job.outer == 1 ? job.inner : job.outer;
  job.step = job.outer == 1 ? OS_CHUNK : (OS_CHUNK / job.inner > 0 ? OS_CHUNK / job.inner : 1);
  os_parallel((units + job.step - 1) / job.step, chunk_body, &job);
}

typedef struct {
  int type;
  const void *c, *a, *b;
  void *out;
  int64_t n;
} SelectJob;

static void select_chunk(void *pointer, int64_t chunk) {
  SelectJob *job = pointer;
  int64_t start = chunk * OS_CHUNK, end = start + OS_CHUNK < job->n ? start + OS_CHUNK : job->n;
  if (job->type == OS_F32) {
    const float *c = job->c, *a = job->a, *b = job->b;
    float *o = job->out;
    for (int64_t i = start; i < end; i++) o[i] = c[i] != 0.0f ? a[i] : b[i];
  } else {
    const uint16_t *c = job->c, *a = job->a, *b = job->b;
    uint16_t *o = job->out;
    for (int64_t i = start; i < end; i++) o[i] = (c[i] & 0x7fff) != 0 ? a[i] : b[i];
  }
}
void os_select(int type, const void *condition, const void *a, const void *b, void *out, int64_t n) {
  SelectJob job = {type, condition, a, b, out, n};
  os_parallel((n + OS_CHUNK - 1) / OS_CHUNK, select_chunk, &job);
}
