// Private to Kernels: sixteen floats at once for sums across a row, which compilers do not vectorise by themselves.
#pragma once
#include "parallel.h"
#include "simd.h"

typedef float Vector __attribute__((vector_size(64), aligned(4)));
enum { OS_LANES = 16 };

OS_INLINE float os_lane_sum(const Vector *v) {
  float lane[OS_LANES];
  memcpy(lane, v, sizeof lane);
  for (int w = OS_LANES / 2; w > 0; w /= 2)
    for (int k = 0; k < w; k++) lane[k] += lane[k + w];
  return lane[0];
}

OS_INLINE float os_row_sum(const float *x, int64_t n) {
  Vector a = {0}, b = {0};
  int64_t i = 0;
  for (; i + 2 * OS_LANES <= n; i += 2 * OS_LANES) {
    a += *(const Vector *)(x + i);
    b += *(const Vector *)(x + i + OS_LANES);
  }
  for (; i + OS_LANES <= n; i += OS_LANES) a += *(const Vector *)(x + i);
  a += b;
  float rest = 0;
  for (; i < n; i++) rest += x[i];
  return os_lane_sum(&a) + rest;
}

// Sum of a[i] b[i].
OS_INLINE float os_row_dot(const float *a, const float *b, int64_t n) {
  Vector s = {0}, t = {0};
  int64_t i = 0;
  for (; i + 2 * OS_LANES <= n; i += 2 * OS_LANES) {
    s += *(const Vector *)(a + i) * *(const Vector *)(b + i);
    t += *(const Vector *)(a + i + OS_LANES) * *(const Vector *)(b + i + OS_LANES);
  }
  for (; i + OS_LANES <= n; i += OS_LANES) s += *(const Vector *)(a + i) * *(const Vector *)(b + i);
  s += t;
  float rest = 0;
  for (; i < n; i++) rest += a[i] * b[i];
  return os_lane_sum(&s) + rest;
}

// Largest element, `start` when all are smaller; NaN is passed over.
OS_INLINE float os_row_maximum(const float *x, int64_t n, float start) {
  float lane[OS_LANES];
  for (int k = 0; k < OS_LANES; k++) lane[k] = start;
  Vector m;
  memcpy(&m, lane, sizeof m);
  int64_t i = 0;
  for (; i + OS_LANES <= n; i += OS_LANES) m = __builtin_elementwise_max(m, *(const Vector *)(x + i));
  memcpy(lane, &m, sizeof m);
  for (int k = 0; i < n; i++, k++) lane[k] = x[i] > lane[k] ? x[i] : lane[k];
  for (int w = OS_LANES / 2; w > 0; w /= 2)
    for (int k = 0; k < w; k++) lane[k] = lane[k + w] > lane[k] ? lane[k + w] : lane[k];
  return lane[0];
}

// e^x for x <= 0 (a little above is fine); 0 below -87.
OS_INLINE float os_exp_nonpositive(float x) {
  float c = x < -87.0f ? -87.0f : x;
  float n = (c * 1.44269504088896341f + 12582912.0f) - 12582912.0f;
  float r = fmaf(n, -0.693359375f, c);
  r = fmaf(n, 2.12194440e-4f, r);
  float p = 1.9875691500e-4f;
  p = fmaf(p, r, 1.3981999507e-3f);
  p = fmaf(p, r, 8.3334519073e-3f);
  p = fmaf(p, r, 4.1665795894e-2f);
  p = fmaf(p, r, 1.6666665459e-1f);
  p = fmaf(p, r, 5.0000001201e-1f);
  p = fmaf(p, r * r, r) + 1.0f;
  float y = p * os_bits_float((uint32_t)((int32_t)n + 127) << 23);
  return x < -87.0f ? 0.0f : y;
}

OS_INLINE float os_read(int type, const void *x, int64_t i) {
  return type == OS_F32 ? ((const float *)x)[i] : os_from_bf16(((const uint16_t *)x)[i]);
}
OS_INLINE void os_write(int type, void *y, int64_t i, float value) {
  if (type == OS_F32) ((float *)y)[i] = value;
  else ((uint16_t *)y)[i] = os_to_bf16(value);
}
// Elements first ..< first + n as floats: in place, or widened into `buffer`.
OS_INLINE const float *os_floats(int type, const void *x, int64_t first, int64_t n, float *buffer) {
  if (type == OS_F32) return (const float *)x + first;
  const uint16_t *h = (const uint16_t *)x + first;
  for (int64_t i = 0; i < n; i++) buffer[i] = os_from_bf16(h[i]);
  return buffer;
}
OS_INLINE int64_t os_min(int64_t a, int64_t b) { return a < b ? a : b; }
OS_INLINE int64_t os_max(int64_t a, int64_t b) { return a > b ? a : b; }
