#pragma once
#include <stddef.h>
#include <stdint.h>

// Direct f32 convolution over [N, H, W, C] for processors without AVX-512: there oneDNN 2.x has no fast kernel for
// channels-last data (its backward-weights pass runs at a fifth of the machine). With AVX-512, oneDNN is used instead;
// 3x3 filters at stride 1 whose channels come in sixteens go to winograd.h on either.
typedef struct {
  int64_t n, h, w, ic, oc, kh, kw, oh, ow, sh, sw, dh, dw;   // d*: dilation, 1 is dense
  int64_t pt, pl;                                             // zero padding above and to the left
  int64_t up_h, up_w;   // source pixels stand this far apart (1 is dense): the gradient of a strided convolution
} OSDirect;

enum { OS_DIRECT_NONE = 0, OS_DIRECT_RELU = 1, OS_DIRECT_SWISH = 2 };

// Floats in a packed filter [ceil(oc / 16)][kh][kw][ic][16].
size_t os_direct_packed_count(int64_t ic, int64_t oc, int64_t kh, int64_t kw);
// Packs [kh, kw, ic, oc]. With `adjoint`, the filter of the backward-data pass: flipped in space, channels exchanged
// (ic and oc are then those of the original filter).
void os_direct_pack(const float *filter, int64_t ic, int64_t oc, int64_t kh, int64_t kw, int adjoint, float *packed);
// dst = post(conv(src) + bias) + residual; bias and residual may be NULL.
void os_direct_forward(const OSDirect *shape, const float *src, const float *packed, const float *bias,
                       const float *residual, float *dst, int post);
// gradient[kh, kw, ic, oc] of the filter from src and the output's gradient.
void os_direct_weights(const OSDirect *shape, const float *src, const float *diff, float *gradient);
