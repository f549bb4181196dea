#include "resample.h"

#include <stdlib.h>

#include "parallel.h"
#include "simd.h"

typedef float v4 __attribute__((vector_size(16), aligned(4)));

// row[n] = the sum of w[k] * x[index[k]][n].
OS_CLONES static void combine_rows(const float *x, int64_t n, const int32_t *index, const float *w, int64_t taps, float *restrict row) {
  if (taps == 4) {
    const float *restrict a = x + index[0] * n, *restrict b = x + index[1] * n;
    const float *restrict c = x + index[2] * n, *restrict d = x + index[3] * n;
    for (int64_t i = 0; i < n; i++) {
      float s = 0;
      s += w[0] * a[i];
      s += w[1] * b[i];
      s += w[2] * c[i];
      s += w[3] * d[i];
      row[i] = s;
    }
    return;
  }
  for (int64_t i = 0; i < n; i++) row[i] = 0;
  for (int64_t k = 0; k < taps; k++) {
    const float *restrict a = x + index[k] * n;
    for (int64_t i = 0; i < n; i++) row[i] += w[k] * a[i];
  }
}

OS_CLONES static void combine_rows_bf16(const uint16_t *x, int64_t n, const int32_t *index, const float *w, int64_t taps, float *restrict row) {
  for (int64_t i = 0; i < n; i++) row[i] = 0;
  for (int64_t k = 0; k < taps; k++) {
    const uint16_t *restrict a = x + index[k] * n;
    for (int64_t i = 0; i < n; i++) row[i] += w[k] * os_from_bf16(a[i]);
  }
}

// `c` channels of one output pixel, one at a time: the same operations as the vectors below.
OS_INLINE void pixel(const float *row, int64_t c, const int32_t *index, const float *w, int64_t taps, float *y) {
  for (int64_t i = 0; i < c; i++) {
    float s = 0;
    for (int64_t k = 0; k < taps; k++) s += w[k] * row[index[k] * c + i];
    y[i] = s;
  }
}

// Pixels of 2, 3 or 4 channels as vectors of four: reads up to two floats behind the row, which the caller owns, and
// overwrites the start of the next pixel, so the last one is left to the caller.
OS_INLINE void narrow(const float *row, int64_t c, OSSparse m, float *y) {
  for (int64_t o = 0; o + 1 < m.count; o++) {
    v4 s = {0, 0, 0, 0};
    for (int32_t k = m.start[o]; k < m.start[o + 1]; k++) {
      float w = m.weight[k];
      s += (v4){w, w, w, w} * *(const v4 *)(row + m.index[k] * c);
    }
    if (c == 2) { y[o * c] = s[0]; y[o * c + 1] = s[1]; }
    else *(v4 *)(y + o * c) = s;
  }
}

// Wide pixels: eight channels of all taps at once, so that sums stay in registers.
OS_CLONES static void combine_columns(const float *row, int64_t c, OSSparse m, float *restrict y) {
  if (c >= 2 && c <= 4) {
    if (c == 3) narrow(row, 3, m, y);
    else if (c == 4) narrow(row, 4, m, y);
    else narrow(row, 2, m, y);
    int64_t o = m.count - 1, first = m.start[o];
    pixel(row, c, m.index + first, m.weight + first, m.start[o + 1] - first, y + o * c);
    return;
  }
  for (int64_t o = 0; o < m.count; o++, y += c) {
    int64_t first = m.start[o], taps = m.start[o + 1] - first;
    const int32_t *index = m.index + first;
    const float *w = m.weight + first;
    int64_t i = 0;
    for (; i + 16 <= c; i += 16) {
      float s[16] = {0};
      for (int64_t k = 0; k < taps; k++) {
        const float *a = row + index[k] * c + i;
        for (int l = 0; l < 16; l++) s[l] += w[k] * a[l];
      }
      for (int l = 0; l < 16; l++) y[i + l] = s[l];
    }
    for (; i < c; i++) {
      float s = 0;
      for (int64_t k = 0; k < taps; k++) s += w[k] * row[index[k] * c + i];
      y[i] = s;
    }
  }
}

OS_CLONES static void store_bf16(const float *restrict x, uint16_t *restrict y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = os_to_bf16(x[i]);
}

typedef struct {
  int type;
  OSSparse rows, columns;
  int64_t total, h, w, c, step;
  const void *x;
  void *y;
} Job;

static void chunk_body(void *pointer, int64_t chunk) {
  const Job *job = pointer;
  int64_t first = chunk * job->step, last = first + job->step < job->total ? first + job->step : job->total;
  int64_t in = job->w * job->c, out = job->columns.count * job->c;
  float *row = malloc(sizeof(float) * (size_t)(in + 4 + (job->type == OS_BF16 ? out : 0))), *wide = row + in + 4;
  for (int i = 0; i < 4; i++) row[in + i] = 0;
  for (int64_t r = first; r < last; r++) {
    int64_t image = r / job->rows.count * job->h * in, o = r % job->rows.count;
    int64_t start = job->rows.start[o], taps = job->rows.start[o + 1] - start;
    const int32_t *index = job->rows.index + start;
    const float *w = job->rows.weight + start;
    if (job->type == OS_F32) {
      combine_rows((const float *)job->x + image, in, index, w, taps, row);
      combine_columns(row, job->c, job->columns, (float *)job->y + r * out);
    } else {
      combine_rows_bf16((const uint16_t *)job->x + image, in, index, w, taps, row);
      combine_columns(row, job->c, job->columns, wide);
      store_bf16(wide, (uint16_t *)job->y + r * out, out);
    }
  }
  free(row);
}

void os_resample(int type, OSSparse rows, OSSparse columns, int64_t n, int64_t h, int64_t w, int64_t c, const void *x, void *y) {
  int64_t total = n * rows.count, out = columns.count * c;
  if (total * out == 0) return;
  int64_t work = (rows.start[rows.count] / rows.count + 1) * w * c + (columns.start[columns.count] / columns.count + 1) * out;
  int64_t step = 4 * OS_CHUNK / (work > 0 ? work : 1);
  Job job = {type, rows, columns, total, h, w, c, step > 0 ? step : 1, x, y};
  os_parallel((total + job.step - 1) / job.step, chunk_body, &job);
}

typedef struct {
  int64_t total, oh, ow, h, w, bytes, step;   // bytes of a pixel
  const int32_t *row, *column;
  const char *x;
  char *y;
} GatherJob;

static void gather_chunk(void *pointer, int64_t chunk) {
  const GatherJob *job = pointer;
  int64_t first = chunk * job->step, last = first + job->step < job->total ? first + job->step : job->total, b = job->bytes;
  for (int64_t r = first; r < last; r++) {
    int64_t from = job->row[r % job->oh];
    char *y = job->y + r * job->ow * b;
    if (from < 0) { memset(y, 0, (size_t)(job->ow * b)); continue; }
    const char *x = job->x + (r / job->oh * job->h + from) * job->w * b;
    for (int64_t j = 0, run; j < job->ow; j += run) {
      int32_t c = job->column[j];
      for (run = 1; j + run < job->ow && (c < 0 ? job->column[j + run] < 0 : job->column[j + run] == c + run); run++) {}
      if (c < 0) memset(y + j * b, 0, (size_t)(run * b));
      else memcpy(y + j * b, x + c * b, (size_t)(run * b));
    }
  }
}

void os_gather_pixels(int size, const int32_t *row, int64_t oh, const int32_t *column, int64_t ow, int64_t n, int64_t h,
                      int64_t w, int64_t c, const void *x, void *y) {
  if (n * oh * ow * c == 0) return;
  int64_t step = 2 * OS_CHUNK / (ow * c);
  GatherJob job = {n * oh, oh, ow, h, w, c * size, step > 0 ? step : 1, row, column, x, y};
  os_parallel((job.total + job.step - 1) / job.step, gather_chunk, &job);
}
