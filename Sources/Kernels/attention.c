// Blocked attention (Dao et al. 2022) on packed operands.
//
// A product of a block needs its left factor as rows (any stride) and its right factor as panels of sixteen columns
// [columns / 16][depth][16]. Each tensor is packed once per call, per sample and head, in the forms a pass needs:
//   rows     [t][d]              left factor
//   columns  [t / 16][d][16]     right factor whose columns are tokens (scores)
//   panels   [d / 16][t][16]     right factor whose columns are features (weighted sums)
#include "attention.h"

#include <stdlib.h>

#include "vector.h"

// Queries and keys a block; both are multiples of every row tile and BK of the panel width.
enum { BQ = 48, BK = 96, PAD = 48 };

static int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

// MARK: Packing

typedef struct {
  const void *x;
  int64_t t, d;
  float factor;
  float *rows, *columns, *panels;
} Pack;

typedef struct {
  int type, count;
  int64_t n, h;
  Pack packs[6];
} PackJob;

OS_CLONES static void pack_block(int type, const Pack *pack, int64_t sample, int64_t head, int64_t h, int64_t first) {
  int64_t d = pack->d, t = pack->t, length = round_up(t, PAD), deep = round_up(d, OS_LANES), unit = sample * h + head;
  int64_t last = os_min(first + BK, length);
  for (int64_t j = first; j < last; j++) {
    int64_t from = ((sample * t + j) * h + head) * d;
    if (pack->rows) {
      float *restrict row = pack->rows + (unit * length + j) * d;
      for (int64_t i = 0; i < d; i++) row[i] = j < t ? os_read(type, pack->x, from + i) * pack->factor : 0.0f;
    }
    if (pack->columns) {
      float *restrict column = pack->columns + unit * length * d + j / OS_LANES * d * OS_LANES + j % OS_LANES;
      for (int64_t i = 0; i < d; i++)
        column[i * OS_LANES] = j < t ? os_read(type, pack->x, from + i) * pack->factor : 0.0f;
    }
    if (pack->panels)
      for (int64_t p = 0; p < deep; p += OS_LANES) {
        float *restrict panel = pack->panels + unit * length * deep + p * length + j * OS_LANES;
        int64_t width = j < t ? os_min(OS_LANES, d - p) : 0;
        for (int64_t i = 0; i < width; i++) panel[i] = os_read(type, pack->x, from + p + i) * pack->factor;
        for (int64_t i = width; i < OS_LANES; i++) panel[i] = 0.0f;
      }
  }
}

static void pack_unit(void *pointer, int64_t unit) {
  const PackJob *job = pointer;
  int64_t head = unit % job->h, sample = unit / job->h % job->n;
  const Pack *pack = &job->packs[unit / job->h / job->n];
  if (!pack->x) return;
  for (int64_t first = 0; first < round_up(pack->t, PAD); first += BK)
    pack_block(job->type, pack, sample, head, job->h, first);
}
static void pack_all(PackJob *job) { os_parallel(job->count * job->n * job->h, pack_unit, job); }

// MARK: Products of blocks

// c[M][16 V] (+)= a[M][depth] b[depth][16 V]; everything stays in registers.
OS_INLINE void tile(int rows, int vectors, const float *a, int64_t row, int64_t step, const float *b, int64_t panel,
                    int64_t depth, float *c, int64_t width, int accumulate) {
  Vector sum[12][2];
  for (int m = 0; m < rows; m++)
    for (int v = 0; v < vectors; v++)
      sum[m][v] = accumulate ? *(const Vector *)(c + m * width + v * OS_LANES) : (Vector){0};
  for (int64_t k = 0; k < depth; k++) {
    Vector right[2];
    for (int v = 0; v < vectors; v++) right[v] = *(const Vector *)(b + v * panel + k * OS_LANES);
    for (int m = 0; m < rows; m++)
      for (int v = 0; v < vectors; v++) sum[m][v] += a[m * row + k * step] * right[v];
  }
  for (int m = 0; m < rows; m++)
    for (int v = 0; v < vectors; v++) *(Vector *)(c + m * width + v * OS_LANES) = sum[m][v];
}

// `rows` is a multiple of twelve, `panels` counts panels of sixteen columns.
OS_INLINE void product(int wide, const float *a, int64_t row, int64_t step, const float *b, int64_t panel,
                       int64_t depth, float *c, int64_t width, int64_t rows, int64_t panels, int accumulate) {
  int64_t p = 0;
  if (wide) {
    for (; p + 2 <= panels; p += 2)
      for (int64_t m = 0; m < rows; m += 12)
        tile(12, 2, a + m * row, row, step, b + p * panel, panel, depth, c + m * width + p * OS_LANES, width, accumulate);
    for (; p < panels; p++)
      for (int64_t m = 0; m < rows; m += 12)
        tile(12, 1, a + m * row, row, step, b + p * panel, panel, depth, c + m * width + p * OS_LANES, width, accumulate);
  } else {
    for (; p < panels; p++)
      for (int64_t m = 0; m < rows; m += 6)
        tile(6, 1, a + m * row, row, step, b + p * panel, panel, depth, c + m * width + p * OS_LANES, width, accumulate);
  }
}

// MARK: Jobs

typedef struct {
  OSAttention s;
  const void *out, *g;
  float *normaliser;
  void *y, *dq, *dk, *dv;
  float *dbias;
  const float *tbias;
  int has_tq, has_tk, has_tv, shared_bias;
  int64_t blocks, qt, kt, deep, vdeep;   // padded lengths and widths
  // Packed forms, see above; k_sum and v_sum collect gradients as [kt][deep] and [kt][vdeep].
  float *q_rows, *k_columns, *v_panels, *q_panels, *k_panels, *v_columns, *g_rows, *g_panels, *k_sum, *v_sum;
  float *tq_rows, *tk_columns, *tv_panels;
} Job;

static Job make_job(const OSAttention *s) {
  Job job = {.s = *s};
  job.qt = round_up(s->tq, PAD);
  job.kt = round_up(s->tk, PAD);
  job.deep = round_up(s->d, OS_LANES);
  job.vdeep = round_up(s->dv, OS_LANES);
  job.blocks = (s->tq + BQ - 1) / BQ;
  return job;
}

typedef struct { float *at; int64_t units, used; } Arena;
static float *take(Arena *arena, int64_t each) {
  float *p = arena->at ? arena->at + arena->used : 0;
  arena->used += round_up(arena->units * each, OS_LANES);
  return p;
}

static int64_t divide_scratch(Job *job, int pass, float *scratch) {
  Arena a = {scratch, job->s.n * job->s.h, 0};
  int64_t d = job->s.d, dv = job->s.dv;
  job->q_rows = take(&a, job->qt * d);
  job->k_columns = take(&a, job->kt * d);
  if (pass != OS_ATTENTION_REVERSE) job->v_panels = take(&a, job->kt * job->vdeep);
  if (pass == OS_ATTENTION_REVERSE) {
    job->q_panels = take(&a, job->qt * job->deep);
    job->k_panels = take(&a, job->kt * job->deep);
    job->v_columns = take(&a, job->kt * dv);
    job->g_rows = take(&a, job->qt * dv);
    job->g_panels = take(&a, job->qt * job->vdeep);
    job->k_sum = take(&a, job->kt * job->deep);
    job->v_sum = take(&a, job->kt * job->vdeep);
  }
  if (pass == OS_ATTENTION_TANGENT) {
    job->tq_rows = take(&a, job->qt * d);
    job->tk_columns = take(&a, job->kt * d);
    job->tv_panels = take(&a, job->kt * job->vdeep);
  }
  return a.used;
}

size_t os_attention_scratch(const OSAttention *shape, int pass) {
  Job job = make_job(shape);
  return (size_t)divide_scratch(&job, pass, 0);
}

// Adds bias, hides masked and later keys, and clears what lies beyond the last key. Rows past the last query are left
// alone: nothing they lead to is kept.
OS_INLINE void adjust(const OSAttention *s, int64_t n, int64_t h, int64_t i0, int64_t j0, int64_t length, float *scores) {
  int64_t rows = os_min(BQ, s->tq - i0);
  for (int64_t i = 0; i < rows; i++) {
    float *restrict row = scores + i * BK;
    if (s->bias) {
      const float *restrict bias = s->bias + n * s->bias_n + h * s->bias_h + (i0 + i) * s->tk + j0;
      for (int64_t j = 0; j < length; j++) row[j] += bias[j];
    }
    if (s->mask) {
      const float *restrict mask = s->mask + n * s->mask_n + h * s->mask_h + (i0 + i) * s->mask_q + j0;
      for (int64_t j = 0; j < length; j++) row[j] = mask[j] == 0.0f ? -INFINITY : row[j];
    }
    if (s->causal)
      for (int64_t j = os_max(0, i0 + i + s->tk - s->tq + 1 - j0); j < length; j++) row[j] = -INFINITY;
  }
}
// Keys that some query of a block may see.
static int64_t visible_keys(const OSAttention *s, int64_t i0) {
  if (!s->causal) return s->tk;
  return os_max(0, os_min(s->tk, os_min(i0 + BQ, s->tq) + s->tk - s->tq));
}
OS_INLINE void store(int type, const float *restrict x, float factor, void *restrict y, int64_t at, int64_t n) {
  for (int64_t i = 0; i < n; i++) os_write(type, y, at + i, x[i] * factor);
}

// MARK: Forward

OS_INLINE void forward_block(int wide, const Job *job, int64_t unit, float *work) {
  const OSAttention *s = &job->s;
  int64_t pair = unit / job->blocks, n = pair / s->h, h = pair % s->h, i0 = unit % job->blocks * BQ;
  int64_t rows = round_up(os_min(BQ, s->tq - i0), 12), valid = os_min(BQ, s->tq - i0), keys = visible_keys(s, i0);
  float *scores = work, *sum = scores + BQ * BK, *top = sum + BQ * job->vdeep, *weight = top + BQ;
  for (int64_t i = 0; i < BQ * job->vdeep; i++) sum[i] = 0;
  for (int64_t i = 0; i < BQ; i++) { top[i] = -INFINITY; weight[i] = 0; }
  for (int64_t j0 = 0; j0 < keys; j0 += BK) {
    int64_t length = os_min(BK, s->tk - j0);
    product(wide, job->q_rows + (pair * job->qt + i0) * s->d, s->d, 1, job->k_columns + (pair * job->kt + j0) * s->d,
            s->d * OS_LANES, s->d, scores, BK, rows, (length + OS_LANES - 1) / OS_LANES, 0);
    adjust(s, n, h, i0, j0, length, scores);
    for (int64_t i = 0; i < valid; i++) {
      float *restrict p = scores + i * BK, *restrict o = sum + i * job->vdeep;
      float high = os_row_maximum(p, length, top[i]);
      if (high == -INFINITY) high = 0;   // all hidden so far: e^(-inf - 0) = 0
      for (int64_t j = 0; j < length; j++) p[j] = os_exp_nonpositive(p[j] - high);
      float shrink = os_exp_nonpositive(top[i] - high);
      weight[i] = weight[i] * shrink + os_row_sum(p, length);
      if (shrink != 1.0f && j0 > 0)
        for (int64_t c = 0; c < job->vdeep; c++) o[c] *= shrink;
      if (weight[i] > 0.0f) top[i] = high;
    }
    product(wide, scores, BK, 1, job->v_panels + pair * job->kt * job->vdeep + j0 * OS_LANES, job->kt * OS_LANES, length,
            sum, job->vdeep, rows, job->vdeep / OS_LANES, 1);
  }
  for (int64_t i = 0; i < valid; i++) {
    float share = weight[i] == 0.0f ? 0.0f : 1.0f / weight[i];
    job->normaliser[pair * s->tq + i0 + i] = weight[i] == 0.0f ? 0.0f : top[i] + os_log(weight[i]);
    store(s->type, sum + i * job->vdeep, share, job->y, ((n * s->tq + i0 + i) * s->h + h) * s->dv, s->dv);
  }
}

// MARK: Reverse

// With P the weights, O the result and delta = sum O dO: dV = P^T dO, dS = P (dO V^T - delta), dQ = dS K, dK = dS^T Q.
OS_INLINE void reverse_pair(int wide, const Job *job, int64_t n, int64_t h, float *work) {
  const OSAttention *s = &job->s;
  int64_t pair = n * s->h + h, deep = job->deep, vdeep = job->vdeep;
  float *p = work, *ds = p + BQ * BK, *q_sum = ds + BQ * BK, *delta = q_sum + BQ * deep;
  float *k_sum = job->k_sum + pair * job->kt * deep, *v_sum = job->v_sum + pair * job->kt * vdeep;
  for (int64_t i = 0; i < job->kt * deep; i++) k_sum[i] = 0;
  for (int64_t i = 0; i < job->kt * vdeep; i++) v_sum[i] = 0;
  for (int64_t i0 = 0; i0 < s->tq; i0 += BQ) {
    int64_t valid = os_min(BQ, s->tq - i0), rows = round_up(valid, 12), keys = visible_keys(s, i0);
    const float *q = job->q_rows + (pair * job->qt + i0) * s->d, *g = job->g_rows + (pair * job->qt + i0) * s->dv;
    for (int64_t i = 0; i < BQ; i++) delta[i] = 0;
    for (int64_t i = 0; i < valid; i++)
      for (int64_t c = 0; c < s->dv; c++)
        delta[i] += g[i * s->dv + c] * os_read(s->type, job->out, ((n * s->tq + i0 + i) * s->h + h) * s->dv + c);
    for (int64_t i = 0; i < BQ * deep; i++) q_sum[i] = 0;
    for (int64_t j0 = 0; j0 < keys; j0 += BK) {
      int64_t length = os_min(BK, s->tk - j0), across = (length + OS_LANES - 1) / OS_LANES, down = round_up(length, 12);
      product(wide, q, s->d, 1, job->k_columns + (pair * job->kt + j0) * s->d, s->d * OS_LANES, s->d, p, BK, rows,
              across, 0);
      adjust(s, n, h, i0, j0, length, p);
      product(wide, g, s->dv, 1, job->v_columns + (pair * job->kt + j0) * s->dv, s->dv * OS_LANES, s->dv, ds, BK, rows,
              across, 0);
      for (int64_t i = 0; i < rows; i++) {
        float *restrict weight = p + i * BK, *restrict change = ds + i * BK;
        float shift = i < valid ? job->normaliser[pair * s->tq + i0 + i] : 0, drop = delta[i];
        int64_t seen = i < valid ? length : 0;
        for (int64_t j = 0; j < seen; j++) {
          weight[j] = os_exp_nonpositive(weight[j] - shift);
          change[j] = weight[j] * (change[j] - drop);
        }
        for (int64_t j = seen; j < BK; j++) weight[j] = change[j] = 0;
        if (job->dbias && i < valid) {
          float *restrict b = job->dbias + n * s->bias_n + h * s->bias_h + (i0 + i) * s->tk + j0;
          for (int64_t j = 0; j < length; j++) b[j] += change[j];
        }
      }
      product(wide, p, 1, BK, job->g_panels + pair * job->qt * vdeep + i0 * OS_LANES, job->qt * OS_LANES, rows,
              v_sum + j0 * vdeep, vdeep, down, vdeep / OS_LANES, 1);
      product(wide, ds, BK, 1, job->k_panels + pair * job->kt * deep + j0 * OS_LANES, job->kt * OS_LANES, length, q_sum,
              deep, rows, deep / OS_LANES, 1);
      product(wide, ds, 1, BK, job->q_panels + pair * job->qt * deep + i0 * OS_LANES, job->qt * OS_LANES, rows,
              k_sum + j0 * deep, deep, down, deep / OS_LANES, 1);
    }
    for (int64_t i = 0; i < valid; i++)
      store(s->type, q_sum + i * deep, s->scale, job->dq, ((n * s->tq + i0 + i) * s->h + h) * s->d, s->d);
  }
  for (int64_t j = 0; j < s->tk; j++) {
    store(s->type, k_sum + j * deep, 1, job->dk, ((n * s->tk + j) * s->h + h) * s->d, s->d);
    store(s->type, v_sum + j * vdeep, 1, job->dv, ((n * s->tk + j) * s->h + h) * s->dv, s->dv);
  }
}

// MARK: Tangent

// With dS the scores' tangent: dO = sum P dS V + sum P dV - O sum P dS.
OS_INLINE void tangent_block(int wide, const Job *job, int64_t unit, float *work) {
  const OSAttention *s = &job->s;
  int64_t pair = unit / job->blocks, n = pair / s->h, h = pair % s->h, i0 = unit % job->blocks * BQ;
  int64_t valid = os_min(BQ, s->tq - i0), rows = round_up(valid, 12), keys = visible_keys(s, i0), vdeep = job->vdeep;
  float *p = work, *ds = p + BQ * BK, *sum = ds + BQ * BK, *drop = sum + BQ * vdeep;
  for (int64_t i = 0; i < BQ * vdeep; i++) sum[i] = 0;
  for (int64_t i = 0; i < BQ; i++) drop[i] = 0;
  int moves = job->has_tq || job->has_tk || job->tbias;
  for (int64_t j0 = 0; j0 < keys; j0 += BK) {
    int64_t length = os_min(BK, s->tk - j0), across = (length + OS_LANES - 1) / OS_LANES;
    int64_t columns = (pair * job->kt + j0) * s->d, panels = pair * job->kt * vdeep + j0 * OS_LANES;
    const float *q = job->q_rows + (pair * job->qt + i0) * s->d, *t = job->tq_rows + (pair * job->qt + i0) * s->d;
    product(wide, q, s->d, 1, job->k_columns + columns, s->d * OS_LANES, s->d, p, BK, rows, across, 0);
    adjust(s, n, h, i0, j0, length, p);
    for (int64_t i = 0; i < BQ * BK; i++) ds[i] = 0;
    if (job->has_tq)
      product(wide, t, s->d, 1, job->k_columns + columns, s->d * OS_LANES, s->d, ds, BK, rows, across, 1);
    if (job->has_tk)
      product(wide, q, s->d, 1, job->tk_columns + columns, s->d * OS_LANES, s->d, ds, BK, rows, across, 1);
    for (int64_t i = 0; i < valid; i++) {
      float *restrict weight = p + i * BK, *restrict change = ds + i * BK;
      float shift = job->normaliser[pair * s->tq + i0 + i];
      if (job->tbias) {
        const float *restrict b = job->tbias + n * s->bias_n + h * s->bias_h + (i0 + i) * s->tk + j0;
        for (int64_t j = 0; j < length; j++) change[j] += b[j];
      }
      for (int64_t j = 0; j < length; j++) {
        weight[j] = os_exp_nonpositive(weight[j] - shift);
        change[j] *= weight[j];
      }
      drop[i] += os_row_sum(change, length);
    }
    if (moves)
      product(wide, ds, BK, 1, job->v_panels + panels, job->kt * OS_LANES, length, sum, vdeep, rows, vdeep / OS_LANES, 1);
    if (job->has_tv)
      product(wide, p, BK, 1, job->tv_panels + panels, job->kt * OS_LANES, length, sum, vdeep, rows, vdeep / OS_LANES, 1);
  }
  for (int64_t i = 0; i < valid; i++) {
    int64_t at = ((n * s->tq + i0 + i) * s->h + h) * s->dv;
    for (int64_t c = 0; c < s->dv; c++) sum[i * vdeep + c] -= drop[i] * os_read(s->type, job->out, at + c);
    store(s->type, sum + i * vdeep, 1, job->y, at, s->dv);
  }
}

// MARK: Dispatch

// With 32 wide registers a tile of 12 x 32 fits; otherwise 6 x 16.
#if defined(__x86_64__)
#define WIDE __attribute__((target("arch=x86-64-v4")))
#define NARROW __attribute__((target_clones("arch=x86-64-v3", "default")))
static int has_wide(void) { return __builtin_cpu_supports("x86-64-v4"); }
#define BOTH(NAME, PARAMETERS, ...)                                                    \
  WIDE static void NAME##_wide PARAMETERS { NAME(1, __VA_ARGS__); }                    \
  NARROW static void NAME##_narrow PARAMETERS { NAME(0, __VA_ARGS__); }                \
  static void NAME##_best PARAMETERS { (has_wide() ? NAME##_wide : NAME##_narrow)(__VA_ARGS__); }
#else
#define BOTH(NAME, PARAMETERS, ...) static void NAME##_best PARAMETERS { NAME(0, __VA_ARGS__); }
#endif
BOTH(forward_block, (const Job *job, int64_t unit, float *work), job, unit, work)
BOTH(tangent_block, (const Job *job, int64_t unit, float *work), job, unit, work)
BOTH(reverse_pair, (const Job *job, int64_t n, int64_t h, float *work), job, n, h, work)

static float *make_work(const Job *job) {
  size_t floats = (size_t)(2 * BQ * BK + BQ * (job->deep + job->vdeep) + 2 * BQ);
  float *work = aligned_alloc(64, floats * sizeof(float) / 64 * 64 + 64);
  memset(work, 0, floats * sizeof(float));   // rows past the last query must hold numbers
  return work;
}
static void forward_unit(void *pointer, int64_t unit) {
  float *work = make_work(pointer);
  forward_block_best(pointer, unit, work);
  free(work);
}
static void tangent_unit(void *pointer, int64_t unit) {
  float *work = make_work(pointer);
  tangent_block_best(pointer, unit, work);
  free(work);
}
// One head of one sample; one head of all samples, in order, when they add to the same bias gradient.
static void reverse_unit(void *pointer, int64_t unit) {
  const Job *job = pointer;
  float *work = make_work(job);
  if (job->shared_bias)
    for (int64_t n = 0; n < job->s.n; n++) reverse_pair_best(job, n, unit, work);
  else
    reverse_pair_best(job, unit / job->s.h, unit % job->s.h, work);
  free(work);
}

void os_attention_forward(const OSAttention *s, const void *q, const void *k, const void *v, void *out,
                          float *normaliser, float *scratch) {
  Job job = make_job(s);
  divide_scratch(&job, OS_ATTENTION_FORWARD, scratch);
  job.y = out;
  job.normaliser = normaliser;
  PackJob packing = {s->type, 3, s->n, s->h, {
    {q, s->tq, s->d, s->scale, job.q_rows, 0, 0},
    {k, s->tk, s->d, 1, 0, job.k_columns, 0},
    {v, s->tk, s->dv, 1, 0, 0, job.v_panels}}};
  pack_all(&packing);
  os_parallel(s->n * s->h * job.blocks, forward_unit, &job);
}

void os_attention_reverse(const OSAttention *s, const void *q, const void *k, const void *v, const void *out,
                          const float *normaliser, const void *g, void *dq, void *dk, void *dv, float *dbias,
                          float *scratch) {
  Job job = make_job(s);
  divide_scratch(&job, OS_ATTENTION_REVERSE, scratch);
  job.out = out;
  job.normaliser = (float *)normaliser;
  job.dq = dq;
  job.dk = dk;
  job.dv = dv;
  job.dbias = dbias;
  job.shared_bias = dbias && s->bias_n == 0 && s->n > 1;
  PackJob packing = {s->type, 4, s->n, s->h, {
    {q, s->tq, s->d, s->scale, job.q_rows, 0, job.q_panels},
    {k, s->tk, s->d, 1, 0, job.k_columns, job.k_panels},
    {v, s->tk, s->dv, 1, 0, job.v_columns, 0},
    {g, s->tq, s->dv, 1, job.g_rows, 0, job.g_panels}}};
  pack_all(&packing);
  os_parallel(job.shared_bias ? s->h : s->n * s->h, reverse_unit, &job);
}

void os_attention_tangent(const OSAttention *s, const void *q, const void *k, const void *v, const void *out,
                          const float *normaliser, const void *tq, const void *tk, const void *tv, const float *tbias,
                          void *tout, float *scratch) {
  Job job = make_job(s);
  divide_scratch(&job, OS_ATTENTION_TANGENT, scratch);
  job.out = out;
  job.normaliser = (float *)normaliser;
  job.y = tout;
  job.tbias = tbias;
  job.has_tq = tq != 0;
  job.has_tk = tk != 0;
  job.has_tv = tv != 0;
  PackJob packing = {s->type, 6, s->n, s->h, {
    {q, s->tq, s->d, s->scale, job.q_rows, 0, 0},
    {k, s->tk, s->d, 1, 0, job.k_columns, 0},
    {v, s->tk, s->dv, 1, 0, 0, job.v_panels},
    {tq, s->tq, s->d, s->scale, job.tq_rows, 0, 0},
    {tk, s->tk, s->d, 1, 0, job.tk_columns, 0},
    {tv, s->tk, s->dv, 1, 0, 0, job.tv_panels}}};
  pack_all(&packing);
  os_parallel(s->n * s->h * job.blocks, tangent_unit, &job);
}
