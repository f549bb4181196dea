#pragma once
#include <stdint.h>

enum { OS_SUM, OS_MAXIMUM, OS_MINIMUM, OS_SUM_SQUARES };

// y[outer, inner] = reduction over the middle axis of x[outer, n, inner]. Sums are made in f32 over fixed blocks.
void os_reduce(int op, int type, const void *x, float *y, int64_t outer, int64_t n, int64_t inner);
// Running sum along the middle axis of x[outer, n, inner]; reversed runs from the end.
void os_cumulative_sum(const float *x, float *y, int64_t outer, int64_t n, int64_t inner, int reversed);
// Sum of a[i] * b[i].
double os_dot(const float *a, const float *b, int64_t n);
