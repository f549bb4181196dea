#pragma once
#include <stdint.h>

typedef struct {
  float beta1, beta2, epsilon;
  float rate;         // learning rate, bias correction of the first moment included
  float correction;   // 1 / sqrt(1 - beta2^t)
  float decay;        // multiplies the weight before the step (AdamW); 1 when there is none
  float penalty;      // adds penalty * weight to the gradient (Adam's L2); 0 when there is none
  float clip;         // multiplies the gradient (global-norm clipping)
  int adaptive;       // 0: RAdam's un-rectified step, without the second moment
} OSAdam;
// w' from w, gradient g, moments m and v (updated in place).
void os_adam(OSAdam options, const float *w, const float *g, float *m, float *v, float *out, int64_t n);
// m = momentum m + clip g (+ penalty w); out = decay w - rate m.
void os_sgd(float rate, float momentum, float clip, float penalty, const float *w, const float *g, float *m, float *out, int64_t n);
// out = a + (b - a) t
void os_lerp(const float *a, const float *b, float t, float *out, int64_t n);
