#pragma once
#include <stdint.h>

// Frames back to a signal: y[n, t hop + i] = sum over t of x[n, t, i], in order of t; y has (frames - 1) hop + size samples.
void os_overlap_add(int64_t n, int64_t frames, int64_t size, int64_t hop, const float *x, float *y);

// Pairs z = (re, im): y = sqrt(re^2 + im^2 + added).
void os_pair_magnitude(float added, const float *z, float *y, int64_t n);
// dz = g z / y; 0 where y is 0.
void os_pair_magnitude_reverse(const float *z, const float *y, const float *g, float *dz, int64_t n);
// dy = (z . t) / y; 0 where y is 0.
void os_pair_magnitude_tangent(const float *z, const float *y, const float *t, float *dy, int64_t n);

// z = m (cos p, sin p).
void os_polar(const float *m, const float *p, float *z, int64_t n);
// dm = g . (cos p, sin p), dp = m g . (-sin p, cos p).
void os_polar_reverse(const float *m, const float *p, const float *g, float *dm, float *dp, int64_t n);
// dz = tm (cos p, sin p) + tp m (-sin p, cos p).
void os_polar_tangent(const float *m, const float *p, const float *tm, const float *tp, float *dz, int64_t n);
