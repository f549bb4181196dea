#pragma once
#include <stdint.h>

// Normalisation of each row of x[rows, c]: y = (x - mean) rstd scale + shift. Without `centered` (RMSNorm) the mean is 0.
// mean and rstd: [rows], written. All vectors are f32 and [c].
void os_row_norm(int type, int centered, float epsilon, const void *x, const float *scale, const float *shift, void *y,
                 float *mean, float *rstd, int64_t rows, int64_t c);
// Reverse rule: dx [rows, c], dscale and dshift [c] of the gradient g.
void os_row_norm_reverse(int type, int centered, const void *x, const void *g, const float *scale, const float *mean,
                         const float *rstd, void *dx, float *dscale, float *dshift, int64_t rows, int64_t c);
// Tangent rule along t (of x), tscale and tshift (zeros where nothing moves).
void os_row_norm_tangent(int type, int centered, const void *x, const void *t, const float *scale, const float *tscale,
                         const float *tshift, const float *mean, const float *rstd, void *out, int64_t rows, int64_t c);

enum { OS_ACTIVATION_NONE = 0, OS_ACTIVATION_RELU = 1, OS_ACTIVATION_SILU = 2 };

// x[n, s, c] with one number per sample and channel, or per sample and group of neighbouring channels.
typedef struct { int type, activation; int64_t n, s, c, groups; } OSGroupNorm;

// y = activation((x - mean) rstd scale + shift); mean and rstd [n, groups] are written.
void os_group_norm(const OSGroupNorm *shape, float epsilon, const void *x, const float *scale, const float *shift,
                   void *y, float *mean, float *rstd);
void os_group_norm_reverse(const OSGroupNorm *shape, const void *x, const void *g, const float *scale,
                           const float *shift, const float *mean, const float *rstd, void *dx, float *dscale,
                           float *dshift);
void os_group_norm_tangent(const OSGroupNorm *shape, const void *x, const void *t, const float *scale,
                           const float *shift, const float *tscale, const float *tshift, const float *mean,
                           const float *rstd, void *out);

// out = x gain + shift with gain and shift [n, c]; shift may be null.
void os_modulate(int type, const void *x, const float *gain, const float *shift, void *out, int64_t n, int64_t s,
                 int64_t c);
// out = t gain + x tgain + tshift.
void os_modulate_tangent(int type, const void *x, const void *t, const float *gain, const float *tgain,
                         const float *tshift, void *out, int64_t n, int64_t s, int64_t c);
// total[n, c] = sum of g over s, moment[n, c] = sum of g x.
void os_channel_sums(int type, const void *x, const void *g, float *total, float *moment, int64_t n, int64_t s,
                     int64_t c);
// Gradient of PReLU's slope, [c]: sum of g x where x <= 0.
void os_prelu_slope(int type, const void *x, const void *g, float *slope, int64_t rows, int64_t c);
