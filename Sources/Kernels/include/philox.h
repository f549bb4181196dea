#pragma once
#include <stdint.h>

// Counter-based random numbers, Philox 4x32-10 (Salmon et al. 2011): element i of (seed, stream) never depends on n,
// on threads or on the elements asked for before it.
void os_random_uniform(uint64_t seed, uint64_t stream, uint64_t first, float *y, int64_t n);   // [0, 1)
void os_random_normal(uint64_t seed, uint64_t stream, uint64_t first, float *y, int64_t n);    // N(0, 1), Box-Muller
void os_random_bits(uint64_t seed, uint64_t stream, uint64_t first, uint32_t *y, int64_t n);
// A part of a field of normals: `rows` rows of `n`, whose beginnings lie `stride` elements apart, one after the other.
void os_random_normal_field(uint64_t seed, uint64_t stream, uint64_t first, int64_t rows, int64_t stride, int64_t n, float *y);
