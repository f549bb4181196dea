#pragma once
#include <stdint.h>

// A sparse matrix by rows: output i is the sum of weight[k] * input[index[k]], k in start[i]..<start[i + 1], in that order.
typedef struct {
  const int32_t *start;   // [count + 1]
  const int32_t *index;
  const float *weight;
  int64_t count;          // outputs
} OSSparse;

// y[n, rows.count, columns.count, c] from x[n, h, w, c]: `rows` acts on the second axis, then `columns` on the third.
// Every element is summed in the order of its tables, wherever it lies, so a part of an image gives the same bits as the
// whole. Sums are f32; `type` is that of x and y.
void os_resample(int type, OSSparse rows, OSSparse columns, int64_t n, int64_t h, int64_t w, int64_t c, const void *x, void *y);

// y[n, oh, ow, c] from x[n, h, w, c]: y[.., i, j, :] = x[.., row[i], column[j], :], zeros where an index is negative.
void os_gather_pixels(int size, const int32_t *row, int64_t oh, const int32_t *column, int64_t ow, int64_t n, int64_t h,
                      int64_t w, int64_t c, const void *x, void *y);
