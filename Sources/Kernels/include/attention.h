#pragma once
#include <stddef.h>
#include <stdint.h>

// Attention over q [n, tq, h, d], k [n, tk, h, d], v [n, tk, h, dv] with result [n, tq, h, dv]. Scores are made in blocks
// of queries and keys and never stored whole; all arithmetic is f32.
typedef struct {
  int type, causal;   // causal: query i sees keys up to i + tk - tq
  int64_t n, h, tq, tk, d, dv;
  float scale;
  const float *bias;   // rows of tk numbers added to the scores, or null
  int64_t bias_n, bias_h;   // its strides; a query's row follows the one before
  const float *mask;   // rows of tk numbers, 0 hides a key; or null
  int64_t mask_n, mask_h, mask_q;
} OSAttention;

enum { OS_ATTENTION_FORWARD, OS_ATTENTION_REVERSE, OS_ATTENTION_TANGENT };
// Floats of scratch that a pass needs.
size_t os_attention_scratch(const OSAttention *shape, int pass);
// normaliser [n, h, tq]: log of the sum of e^score, 0 for a query that sees no key (its result is zeros).
void os_attention_forward(const OSAttention *shape, const void *q, const void *k, const void *v, void *out,
                          float *normaliser, float *scratch);
// g is the gradient of out. dbias has the bias's layout and must be zeros, or is null.
void os_attention_reverse(const OSAttention *shape, const void *q, const void *k, const void *v, const void *out,
                          const float *normaliser, const void *g, void *dq, void *dk, void *dv, float *dbias,
                          float *scratch);
// Tangents of q, k, v and of the bias (its layout), each may be null.
void os_attention_tangent(const OSAttention *shape, const void *q, const void *k, const void *v, const void *out,
                          const float *normaliser, const void *tq, const void *tk, const void *tv, const float *tbias,
                          void *tout, float *scratch);
