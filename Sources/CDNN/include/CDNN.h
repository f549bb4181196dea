// The one interface to oneDNN. Nothing of dnnl.h shows through, so 2.x and 3.x differ in CDNN.c only.
// Layouts are plain: images [N, H, W, C], filters [KH, KW, Cin / groups, Cout], matrices row-major.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct OSPrimitive OSPrimitive;

enum { OS_DNN_F32 = 0, OS_DNN_BF16 = 1 };
enum { OS_CONV_FORWARD = 0, OS_CONV_BACKWARD_DATA = 1, OS_CONV_BACKWARD_WEIGHTS = 2 };
enum { OS_POST_NONE = 0, OS_POST_RELU = 1, OS_POST_SWISH = 2 };

typedef struct {
  int32_t kind, type, weights_type;   // weights_type: type of the (diff) filter as the caller holds it
  int32_t n, h, w, ic, oc, kh, kw, oh, ow;
  int32_t stride_h, stride_w, dilation_h, dilation_w;   // dilation 1 is dense
  int32_t pad_top, pad_left, pad_bottom, pad_right;
  int32_t groups, has_bias, post, accumulate;   // accumulate: dst += result
} OSConvolution;

typedef struct {
  int32_t type, batch, m, n, k, transpose_a, transpose_b, broadcast_a, broadcast_b;
} OSMatmul;

// Each returns 0, or oneDNN's status. On failure *out is NULL.
int os_dnn_convolution(const OSConvolution *shape, OSPrimitive **out);
int os_dnn_matmul(const OSMatmul *shape, OSPrimitive **out);
void os_dnn_destroy(OSPrimitive *primitive);

// Size of the packed filter that the primitive wants, or 0 when it takes the caller's layout as it is.
size_t os_dnn_packed_bytes(const OSPrimitive *primitive);
// Identifies the packed layout: primitives with equal keys share a packed filter.
uint64_t os_dnn_packed_key(const OSPrimitive *primitive);
int os_dnn_pack(const OSPrimitive *primitive, const void *weights, void *packed);

// Forward: (src, weights, bias, dst). Backward data: (diff_src, weights, -, diff_dst).
// Backward weights: (src, diff_weights in the caller's layout, diff_bias, diff_dst).
int os_dnn_execute(const OSPrimitive *primitive, const void *src, const void *weights, const void *bias, const void *dst);
// oneDNN's name of the chosen implementation, such as "brgconv:avx512_core".
const char *os_dnn_implementation(const OSPrimitive *primitive);
int os_dnn_has_bf16(void);      // fast bf16 arithmetic
int os_dnn_has_avx512(void);
