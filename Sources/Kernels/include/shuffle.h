#pragma once
#include <stdint.h>

// Depth to space: x[n, h, w, c r r] -> y[n, h r, w r, c] with input channel k r r + i r + j at output pixel (i, j) of its
// block. Elements of `size` bytes (2 or 4).
void os_pixel_shuffle(int size, int64_t n, int64_t h, int64_t w, int64_t c, int64_t r, const void *x, void *y);
// Its inverse: y[n, h r, w r, c] -> x[n, h, w, c r r].
void os_pixel_unshuffle(int size, int64_t n, int64_t h, int64_t w, int64_t c, int64_t r, const void *y, void *x);
