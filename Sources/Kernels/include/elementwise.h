#pragma once
#include <stdint.h>

// Unary functions y = f(x). `a` is the slope of the leaky ReLU; the others ignore it.
enum {
  OS_NEG, OS_ABS, OS_EXP, OS_LOG, OS_SQRT, OS_RSQRT, OS_SIN, OS_COS, OS_TANH, OS_SIGMOID, OS_SOFTPLUS,
  OS_RELU, OS_LEAKY_RELU, OS_SILU, OS_GELU, OS_MISH, OS_SQUARE, OS_RECIPROCAL, OS_SIGN, OS_IDENTITY, OS_UNARY_COUNT
};
void os_unary(int op, int type, float a, const void *x, void *y, int64_t n);
// The same in place for f32, on the calling thread.
void os_unary_inline(int op, float *x, int64_t n);
// out = g * f'(x): the reverse and the tangent rule of every unary function above.
void os_unary_derivative(int op, int type, float a, const void *x, const void *g, void *out, int64_t n);

// y = f(x + bias) over [rows, columns], and f'(x + bias) beside it unless `slope` is null.
void os_biased_unary(int op, int type, const void *x, const float *bias, void *y, void *slope, int64_t rows,
                     int64_t columns);

void os_fill_f32(float value, float *y, int64_t n);
void os_f32_to_bf16(const float *x, uint16_t *y, int64_t n);
void os_bf16_to_f32(const uint16_t *x, float *y, int64_t n);
// y = a x + b, element type `type`.
void os_affine(int type, float a, float b, const void *x, void *y, int64_t n);

// PReLU over [rows, channels]: y = x where x > 0, else slope[c] x.
void os_prelu(int type, const void *x, const float *slope, void *y, int64_t rows, int64_t channels);
// gx = g where x > 0, else slope[c] g.
void os_prelu_input(int type, const void *x, const float *slope, const void *g, void *gx, int64_t rows, int64_t channels);
