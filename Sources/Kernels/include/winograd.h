#pragma once
#include <stddef.h>
#include <stdint.h>

// 3x3 convolution at stride 1 over [N, H, W, C] by Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray 2016): 36
// products of small matrices instead of 144 multiplications a tile and channel pair. Data are f32 or bf16, arithmetic is
// f32. A pixel's value depends on the 6x6 source pixels of its tile alone, bit for bit; tiles start at multiples of 4.
typedef struct {
  int type;                      // OS_F32 or OS_BF16, of source, residual and result
  int64_t n, h, w, ic, oc, oh, ow;
  int64_t pt, pl;                // zero padding above and to the left
  int post;                      // OS_WINOGRAD_*
} OSWinograd;

enum { OS_WINOGRAD_NONE = 0, OS_WINOGRAD_RELU = 1, OS_WINOGRAD_SWISH = 2 };

// Channels come in vectors of 16.
enum { OS_WINOGRAD_LANES = 16, OS_WINOGRAD_POINTS = 36, OS_WINOGRAD_PARTS = 8 };

// Transforms the f32 filter [3, 3, ic, oc] to [36][oc / 16][ic][16]. With `adjoint`, the filter of the backward-data pass:
// flipped in space, channels exchanged (ic and oc are then those of the original filter).
void os_winograd_pack(const float *filter, int64_t ic, int64_t oc, int adjoint, float *packed);
// dst = post(conv(src) + bias) + residual; bias (f32) and residual may be NULL.
void os_winograd(const OSWinograd *shape, const void *src, const float *packed, const float *bias, const void *residual,
                 void *dst);
// gradient[3, 3, ic, oc] of the filter, in f32, from src and the result's gradient `diff`, both of shape->type; `post` is
// not used. `partial` is scratch of OS_WINOGRAD_PARTS * OS_WINOGRAD_POINTS * ic * oc floats.
void os_winograd_weights(const OSWinograd *shape, const void *src, const void *diff, float *partial, float *gradient);
