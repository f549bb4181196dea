// Private to Kernels: run-time dispatch, bf16 conversion and branch-free elementary functions that compilers vectorise.
#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#define OS_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define OS_CLONES
#endif
#define OS_INLINE static inline __attribute__((always_inline))

enum { OS_CHUNK = 16384, OS_BLOCK = 1024 };

OS_INLINE float os_bits_float(uint32_t u) { float f; memcpy(&f, &u, 4); return f; }
OS_INLINE uint32_t os_float_bits(float f) { uint32_t u; memcpy(&u, &f, 4); return u; }

OS_INLINE float os_from_bf16(uint16_t h) { return os_bits_float((uint32_t)h << 16); }
// Round to nearest even; NaN stays NaN.
OS_INLINE uint16_t os_to_bf16(float f) {
  uint32_t u = os_float_bits(f);
  uint32_t r = (u + 0x7fffu + ((u >> 16) & 1u)) >> 16;
  return (uint16_t)((u & 0x7fffffffu) > 0x7f800000u ? ((u >> 16) | 0x40u) : r);
}

// sqrtf, without the errno that keeps loops from becoming vectors.
OS_INLINE float os_sqrt(float x) { return __builtin_elementwise_sqrt(x); }

// e^x, within 2 ulp. Cody-Waite reduction by ln 2, then a degree-6 polynomial.
OS_INLINE float os_exp(float x) {
  float c = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
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
  // Outside the polynomial's range: below, e^x is subnormal or 0; above 88.72 it overflows.
  y = x < -87.0f ? y * (x < -103.9f ? 0.0f : os_bits_float((uint32_t)((int32_t)((x + 87.0f) * 1.4426950f) + 127) << 23)) : y;
  float over = (x - 88.0f) * (1.0f + 0.5f * (x - 88.0f) + 0.1666667f * (x - 88.0f) * (x - 88.0f)) + 1.0f;
  y = x > 88.0f ? (x > 88.7228f ? INFINITY : y * over) : y;
  return x != x ? x : y;
}

// Natural logarithm of a positive number; -inf at 0, NaN below. Cephes' logf split.
OS_INLINE float os_log(float x) {
  float scaled = x < 1.17549435e-38f ? x * 8388608.0f : x;
  uint32_t u = os_float_bits(scaled);
  float e = (float)((int32_t)(u >> 23) - 126) - (x < 1.17549435e-38f ? 23.0f : 0.0f);
  float m = os_bits_float((u & 0x007fffffu) | 0x3f000000u);
  int low = m < 0.707106781186547524f;
  e = low ? e - 1.0f : e;
  m = low ? m + m - 1.0f : m - 1.0f;
  float z = m * m;
  float p = 7.0376836292e-2f;
  p = fmaf(p, m, -1.1514610310e-1f);
  p = fmaf(p, m, 1.1676998740e-1f);
  p = fmaf(p, m, -1.2420140846e-1f);
  p = fmaf(p, m, 1.4249322787e-1f);
  p = fmaf(p, m, -1.6668057665e-1f);
  p = fmaf(p, m, 2.0000714765e-1f);
  p = fmaf(p, m, -2.4999993993e-1f);
  p = fmaf(p, m, 3.3333331174e-1f);
  float y = p * m * z;
  y = fmaf(e, -2.12194440e-4f, y);
  y = fmaf(z, -0.5f, y);
  y = m + y;
  y = fmaf(e, 0.693359375f, y);
  y = x == INFINITY ? x : y;
  y = x == 0.0f ? -INFINITY : y;
  return x < 0.0f || x != x ? NAN : y;
}

OS_INLINE float os_sigmoid(float x) { return 1.0f / (1.0f + os_exp(-x)); }

OS_INLINE float os_tanh(float x) {
  float a = fabsf(x), z = x * x;
  float p = -5.70498872745e-3f;
  p = fmaf(p, z, 2.06390887954e-2f);
  p = fmaf(p, z, -5.37397155531e-2f);
  p = fmaf(p, z, 1.33314422036e-1f);
  p = fmaf(p, z, -3.33332819422e-1f);
  float small = fmaf(p * z, x, x);
  float large = 1.0f - 2.0f / (os_exp(2.0f * a) + 1.0f);
  return a < 0.625f ? small : (x < 0.0f ? -large : large);
}

OS_INLINE float os_softplus(float x) {
  return (x > 0.0f ? x : 0.0f) + os_log(1.0f + os_exp(-fabsf(x)));
}

// Sine (phase 0) or cosine (phase 1); reduced in double, so arguments up to 1e8 keep their accuracy.
OS_INLINE float os_sine(float x, int phase) {
  double q = ((double)x * 0.63661977236758134308 + 6755399441055744.0) - 6755399441055744.0;
  float r = (float)((double)x - q * 1.57079632679489661923);
  int32_t k = (int32_t)q + phase;
  float z = r * r;
  float s = fmaf(fmaf(fmaf(-1.9515295891e-4f, z, 8.3321608736e-3f), z, -1.6666654611e-1f) * z, r, r);
  float c = fmaf(fmaf(fmaf(2.443315711809948e-5f, z, -1.388731625493765e-3f), z, 4.166664568298827e-2f), z * z,
                 fmaf(z, -0.5f, 1.0f));
  float y = (k & 1) ? c : s;
  return (k & 2) ? -y : y;
}

// Gauss error function, absolute error 1.5e-7 (Abramowitz and Stegun 7.1.26).
OS_INLINE float os_erf(float x) {
  float a = fabsf(x), t = 1.0f / fmaf(0.3275911f, a, 1.0f);
  float p = fmaf(1.061405429f, t, -1.453152027f);
  p = fmaf(p, t, 1.421413741f);
  p = fmaf(p, t, -0.284496736f);
  p = fmaf(p, t, 0.254829592f);
  float y = 1.0f - p * t * os_exp(-a * a);
  return x < 0.0f ? -y : y;
}

// mish(x) / x = tanh(softplus(x)), by n / (n + 2) with n = e^x (e^x + 2).
OS_INLINE float os_mish_gate(float x) {
  float e = os_exp(x > 20.0f ? 20.0f : x), n = e * (e + 2.0f), r = 1.0f / (n + 2.0f);
  return n * r;
}
// Its derivative with the same exponential and reciprocal: (n + 4 x e^x (1 + e^x) r) r, r = 1 / (n + 2).
OS_INLINE float os_mish_slope(float x) {
  float c = x > 20.0f ? 20.0f : x, e = os_exp(c), n = e * (e + 2.0f), r = 1.0f / (n + 2.0f);
  return fmaf(4.0f * c * e * (1.0f + e), r, n) * r;
}
