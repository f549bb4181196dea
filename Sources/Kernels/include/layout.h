#pragma once
#include <stdint.h>

// Copies a box of `rank` (<= 8) axes between strided arrays; strides in elements, `size` bytes an element (2, 4 or 8).
// A source stride of 0 broadcasts; negative strides flip.
void os_copy_strided(int size, int rank, const int64_t *sizes, const void *x, const int64_t *stride_x, void *y,
                     const int64_t *stride_y);
// Adds instead of copying (f32): y[...] += x[...].
void os_add_strided(int rank, const int64_t *sizes, const float *x, const int64_t *stride_x, float *y,
                    const int64_t *stride_y);
// y[i, :] = x[index[i], :] over rows of `bytes` bytes.
void os_gather_rows(int64_t rows, int64_t bytes, const void *x, const int32_t *index, void *y);
// y[index[i], :] += x[i, :], in order of i, so that results do not depend on threads.
void os_scatter_add_rows(int64_t rows, int64_t inner, const float *x, const int32_t *index, float *y);
