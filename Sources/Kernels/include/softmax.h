#pragma once
#include <stdint.h>

// Over the middle axis of x[outer, n, inner]. A row of minus infinities gives zeros.
enum { OS_SOFTMAX, OS_LOG_SOFTMAX };
void os_softmax(int kind, int type, const void *x, void *y, int64_t outer, int64_t n, int64_t inner);
// y is the result of os_softmax.
// OS_SOFTMAX, both rules: y (g - sum g y). OS_LOG_SOFTMAX, reverse: g - e^y sum g; tangent: g - sum g e^y.
void os_softmax_derivative(int kind, int type, int tangent, const void *y, const void *g, void *out, int64_t outer,
                           int64_t n, int64_t inner);
// y[outer, inner] = log sum e^x, f32.
void os_log_sum_exp(int type, const void *x, float *y, int64_t outer, int64_t n, int64_t inner);
