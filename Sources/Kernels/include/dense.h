#pragma once
#include <stdint.h>

// y = f(x W + b) for a few rows on the calling thread: x [rows, k], W [k, n], y [rows, n]. `op` is one of the unary
// functions, OS_IDENTITY for none.
void os_dense_rows(int op, const float *x, int64_t rows, int64_t k, const float *weight, const float *bias, float *y,
                   int64_t n);
