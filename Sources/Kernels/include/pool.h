#pragma once
#include <stdint.h>

// Two-dimensional pooling windows over [n, h, w, c] -> [n, oh, ow, c].
typedef struct {
  int64_t n, h, w, c, oh, ow, kh, kw, sh, sw, pt, pl;   // k*: window, s*: stride, p*: padding above and to the left
} OSPool;

// The largest element of each window (pixels outside the image do not count) and where it stands: the index
// ky * kw + kx of the first such pixel. `at` may be null. A NaN wins over every number.
void os_max_pool(int type, OSPool shape, const void *x, void *y, uint8_t *at);
// Tangent rule: y = v at the stored positions.
void os_max_pool_pick(OSPool shape, const float *v, const uint8_t *at, float *y);
// Reverse rule: each input pixel sums the gradients of the windows that it won, in the order of the windows.
void os_max_pool_gradient(OSPool shape, const float *g, const uint8_t *at, float *gx);
