#include "CDNN.h"

#include <oneapi/dnnl/dnnl.h>
#include <stdlib.h>
#include <string.h>

#if DNNL_VERSION_MAJOR != 2
#error "CDNN.c is written for oneDNN 2.x"
#endif

static dnnl_engine_t engine(void) {
  static dnnl_engine_t shared;
  if (!shared) dnnl_engine_create(&shared, dnnl_cpu, 0);
  return shared;
}
static dnnl_stream_t stream(void) {
  static dnnl_stream_t shared;
  if (!shared) dnnl_stream_create(&shared, engine(), dnnl_stream_default_flags);
  return shared;
}

enum { MAX_ARGUMENTS = 4 };

struct OSPrimitive {
  int kind, count;   // kind 3: matrix product
  dnnl_primitive_desc_t description;
  dnnl_primitive_t primitive;
  dnnl_memory_t memory[MAX_ARGUMENTS];   // src, weights, bias, dst
  int argument[MAX_ARGUMENTS];
  // Used when a result comes in another layout than the caller's.
  dnnl_memory_t plain[MAX_ARGUMENTS];
  dnnl_primitive_t reorder[MAX_ARGUMENTS];
  void *scratch[MAX_ARGUMENTS];
  uint64_t key;
};

static dnnl_data_type_t data_type(int type) { return type == OS_DNN_BF16 ? dnnl_bf16 : dnnl_f32; }

// [KH, KW, I, G * O] seen as oneDNN's (g,) o, i, h, w.
static int filter_description(const OSConvolution *c, int type, int any, dnnl_memory_desc_t *out) {
  int64_t g = c->groups, o = c->oc / g, i = c->ic / g;
  int rank = g > 1 ? 5 : 4, at = 0;
  dnnl_dims_t dims, strides;
  if (g > 1) { dims[at] = g; strides[at++] = o; }
  dims[at] = o; strides[at++] = 1;
  dims[at] = i; strides[at++] = c->oc;
  dims[at] = c->kh; strides[at++] = (int64_t)c->kw * i * c->oc;
  dims[at] = c->kw; strides[at++] = i * c->oc;
  return any ? dnnl_memory_desc_init_by_tag(out, rank, dims, data_type(type), dnnl_format_tag_any)
             : dnnl_memory_desc_init_by_strides(out, rank, dims, data_type(type), strides);
}

static void hash_bytes(uint64_t *hash, const void *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) *hash = (*hash ^ ((const uint8_t *)bytes)[i]) * 1099511628211ull;
}

// Hashes the fields that define a layout (dnnl_memory_desc_t has padding bytes, so not the whole struct).
static uint64_t layout_key(const dnnl_memory_desc_t *d) {
  uint64_t hash = 1469598103934665603ull;
  hash_bytes(&hash, &d->ndims, sizeof d->ndims);
  hash_bytes(&hash, d->dims, sizeof(int64_t) * (size_t)d->ndims);
  hash_bytes(&hash, d->padded_dims, sizeof(int64_t) * (size_t)d->ndims);
  hash_bytes(&hash, &d->data_type, sizeof d->data_type);
  hash_bytes(&hash, &d->format_kind, sizeof d->format_kind);
  if (d->format_kind == dnnl_blocked) {
    const dnnl_blocking_desc_t *b = &d->format_desc.blocking;
    hash_bytes(&hash, b->strides, sizeof(int64_t) * (size_t)d->ndims);
    hash_bytes(&hash, &b->inner_nblks, sizeof b->inner_nblks);
    hash_bytes(&hash, b->inner_blks, sizeof(int64_t) * (size_t)b->inner_nblks);
    hash_bytes(&hash, b->inner_idxs, sizeof(int64_t) * (size_t)b->inner_nblks);
  }
  return hash;
}

// Creates the memory of argument `index`. A result in another layout than the caller's `plain` one goes to a scratch
// buffer and is reordered from there.
static int attach(OSPrimitive *p, int index, int argument, const dnnl_memory_desc_t *wanted, const dnnl_memory_desc_t *plain) {
  p->argument[index] = argument;
  int status = dnnl_memory_create(&p->memory[index], wanted, engine(), DNNL_MEMORY_NONE);
  if (status || !plain || dnnl_memory_desc_equal(wanted, plain)) return status;
  size_t bytes = dnnl_memory_desc_get_size(wanted);
  p->scratch[index] = aligned_alloc(64, (bytes + 63) / 64 * 64);
  if (!p->scratch[index]) return dnnl_out_of_memory;
  if ((status = dnnl_memory_set_data_handle(p->memory[index], p->scratch[index]))) return status;
  if ((status = dnnl_memory_create(&p->plain[index], plain, engine(), DNNL_MEMORY_NONE))) return status;
  dnnl_primitive_desc_t d;
  if ((status = dnnl_reorder_primitive_desc_create(&d, wanted, engine(), plain, engine(), NULL))) return status;
  status = dnnl_primitive_create(&p->reorder[index], d);
  dnnl_primitive_desc_destroy(d);
  return status;
}

static int post_operations(int post, int accumulate, dnnl_primitive_attr_t *out) {
  int status = dnnl_primitive_attr_create(out);
  if (status) return status;
  dnnl_post_ops_t ops;
  if ((status = dnnl_post_ops_create(&ops))) return status;
  if (post == OS_POST_RELU) status = dnnl_post_ops_append_eltwise(ops, 1.0f, dnnl_eltwise_relu, 0.0f, 0.0f);
  if (post == OS_POST_SWISH) status = dnnl_post_ops_append_eltwise(ops, 1.0f, dnnl_eltwise_swish, 1.0f, 0.0f);
  if (!status && accumulate) status = dnnl_post_ops_append_sum(ops, 1.0f);
  if (!status) status = dnnl_primitive_attr_set_post_ops(*out, ops);
  dnnl_post_ops_destroy(ops);
  return status;
}

static int describe_convolution(const OSConvolution *c, OSPrimitive *p) {
  dnnl_memory_desc_t src, weights, hint_weights, plain_weights, bias, dst;
  dnnl_dims_t src_dims = {c->n, c->ic, c->h, c->w}, dst_dims = {c->n, c->oc, c->oh, c->ow}, bias_dims = {c->oc};
  dnnl_dims_t strides = {c->stride_h, c->stride_w}, dilations = {c->dilation_h - 1, c->dilation_w - 1};
  dnnl_dims_t left = {c->pad_top, c->pad_left}, right = {c->pad_bottom, c->pad_right};
  int status;
  if ((status = dnnl_memory_desc_init_by_tag(&src, 4, src_dims, data_type(c->type), dnnl_nhwc))) return status;
  if ((status = dnnl_memory_desc_init_by_tag(&dst, 4, dst_dims, data_type(c->type), dnnl_nhwc))) return status;
  if ((status = dnnl_memory_desc_init_by_tag(&bias, 1, bias_dims, dnnl_f32, dnnl_a))) return status;
  if ((status = filter_description(c, c->weights_type, 1, &weights))) return status;
  // The forward pass that a backward one refers to has a filter of the data's type.
  if ((status = filter_description(c, c->type, 1, &hint_weights))) return status;
  if ((status = filter_description(c, c->weights_type, 0, &plain_weights))) return status;
  const dnnl_memory_desc_t *b = c->has_bias ? &bias : NULL;
  dnnl_convolution_desc_t description;
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_primitive_desc_t forward;
  int training = c->kind != OS_CONV_FORWARD;
  status = dnnl_dilated_convolution_forward_desc_init(&description, training ? dnnl_forward_training : dnnl_forward_inference,
      dnnl_convolution_direct, &src, &hint_weights, training ? NULL : b, &dst, strides, dilations, left, right);
  if (status) return status;
  if ((status = post_operations(training ? 0 : c->post, training ? 0 : c->accumulate, &attributes))) return status;
  status = dnnl_primitive_desc_create(&forward, &description, attributes, engine(), NULL);
  dnnl_primitive_attr_destroy(attributes);
  if (status) return status;
  p->description = forward;
  if (!training) {
    if ((status = attach(p, 0, DNNL_ARG_SRC, &src, NULL))) return status;
    const dnnl_memory_desc_t *w = dnnl_primitive_desc_query_md(forward, dnnl_query_weights_md, 0);
    if ((status = attach(p, 1, DNNL_ARG_WEIGHTS, w, NULL))) return status;
    p->key = dnnl_memory_desc_equal(w, &plain_weights) ? 0 : layout_key(w);
    if (c->has_bias && (status = attach(p, 2, DNNL_ARG_BIAS, &bias, NULL))) return status;
    return attach(p, 3, DNNL_ARG_DST, &dst, NULL);
  }
  if (c->kind == OS_CONV_BACKWARD_DATA)
    status = dnnl_dilated_convolution_backward_data_desc_init(&description, dnnl_convolution_direct, &src, &weights, &dst,
                                                              strides, dilations, left, right);
  else
    status = dnnl_dilated_convolution_backward_weights_desc_init(&description, dnnl_convolution_direct, &src, &weights, b,
                                                                 &dst, strides, dilations, left, right);
  if (!status) status = dnnl_primitive_desc_create(&p->description, &description, NULL, engine(), forward);
  else p->description = NULL;
  dnnl_primitive_desc_destroy(forward);
  if (status) { p->description = NULL; return status; }
  if (c->kind == OS_CONV_BACKWARD_DATA) {
    if ((status = attach(p, 0, DNNL_ARG_DIFF_SRC, &src, NULL))) return status;
    const dnnl_memory_desc_t *w = dnnl_primitive_desc_query_md(p->description, dnnl_query_weights_md, 0);
    if ((status = attach(p, 1, DNNL_ARG_WEIGHTS, w, NULL))) return status;
    p->key = dnnl_memory_desc_equal(w, &plain_weights) ? 0 : layout_key(w);
    return attach(p, 3, DNNL_ARG_DIFF_DST, &dst, NULL);
  }
  if ((status = attach(p, 0, DNNL_ARG_SRC, &src, NULL))) return status;
  const dnnl_memory_desc_t *w = dnnl_primitive_desc_query_md(p->description, dnnl_query_diff_weights_md, 0);
  if ((status = attach(p, 1, DNNL_ARG_DIFF_WEIGHTS, w, &plain_weights))) return status;
  if (c->has_bias && (status = attach(p, 2, DNNL_ARG_DIFF_BIAS, &bias, NULL))) return status;
  return attach(p, 3, DNNL_ARG_DIFF_DST, &dst, NULL);
}

static int finish(OSPrimitive *p, int status, OSPrimitive **out) {
  if (!status) status = dnnl_primitive_create(&p->primitive, p->description);
  if (status) { os_dnn_destroy(p); p = NULL; }
  *out = p;
  return status;
}

int os_dnn_convolution(const OSConvolution *shape, OSPrimitive **out) {
  OSPrimitive *p = calloc(1, sizeof *p);
  if (!p) { *out = NULL; return dnnl_out_of_memory; }
  p->kind = shape->kind;
  return finish(p, describe_convolution(shape, p), out);
}

static int describe_matmul(const OSMatmul *s, OSPrimitive *p) {
  int64_t m = s->m, n = s->n, k = s->k, batch = s->batch;
  dnnl_dims_t ad = {s->broadcast_a ? 1 : batch, m, k}, bd = {s->broadcast_b ? 1 : batch, k, n}, cd = {batch, m, n};
  dnnl_dims_t as = {m * k, s->transpose_a ? 1 : k, s->transpose_a ? m : 1};
  dnnl_dims_t bs = {k * n, s->transpose_b ? 1 : n, s->transpose_b ? k : 1};
  dnnl_dims_t cs = {m * n, n, 1};
  dnnl_memory_desc_t a, b, c;
  int status, type = data_type(s->type);
  if ((status = dnnl_memory_desc_init_by_strides(&a, 3, ad, type, as))) return status;
  if ((status = dnnl_memory_desc_init_by_strides(&b, 3, bd, type, bs))) return status;
  if ((status = dnnl_memory_desc_init_by_strides(&c, 3, cd, type, cs))) return status;
  dnnl_matmul_desc_t description;
  if ((status = dnnl_matmul_desc_init(&description, &a, &b, NULL, &c))) return status;
  if ((status = dnnl_primitive_desc_create(&p->description, &description, NULL, engine(), NULL))) return status;
  if ((status = attach(p, 0, DNNL_ARG_SRC, &a, NULL))) return status;
  if ((status = attach(p, 1, DNNL_ARG_WEIGHTS, &b, NULL))) return status;
  return attach(p, 3, DNNL_ARG_DST, &c, NULL);
}

int os_dnn_matmul(const OSMatmul *shape, OSPrimitive **out) {
  OSPrimitive *p = calloc(1, sizeof *p);
  if (!p) { *out = NULL; return dnnl_out_of_memory; }
  p->kind = 3;
  return finish(p, describe_matmul(shape, p), out);
}

void os_dnn_destroy(OSPrimitive *p) {
  if (!p) return;
  for (int i = 0; i < MAX_ARGUMENTS; i++) {
    if (p->memory[i]) dnnl_memory_destroy(p->memory[i]);
    if (p->plain[i]) dnnl_memory_destroy(p->plain[i]);
    if (p->reorder[i]) dnnl_primitive_destroy(p->reorder[i]);
    free(p->scratch[i]);
  }
  if (p->primitive) dnnl_primitive_destroy(p->primitive);
  if (p->description) dnnl_primitive_desc_destroy(p->description);
  free(p);
}

size_t os_dnn_packed_bytes(const OSPrimitive *p) {
  if (p->key == 0) return 0;
  return dnnl_memory_desc_get_size(dnnl_primitive_desc_query_md(p->description, dnnl_query_weights_md, 0));
}
uint64_t os_dnn_packed_key(const OSPrimitive *p) { return p->key; }

int os_dnn_pack(const OSPrimitive *p, const void *weights, void *packed) {
  const dnnl_memory_desc_t *w = dnnl_primitive_desc_query_md(p->description, dnnl_query_weights_md, 0);
  // The caller's layout [KH, KW, I, G * O] has the same dims as `w`.
  dnnl_memory_desc_t plain;
  int g = w->ndims == 5;
  int64_t groups = g ? w->dims[0] : 1, o = w->dims[g], i = w->dims[g + 1], kw = w->dims[g + 3];
  dnnl_dims_t strides = {0};
  int at = 0;
  if (g) strides[at++] = o;
  strides[at++] = 1;
  strides[at++] = groups * o;
  strides[at++] = kw * i * groups * o;
  strides[at++] = i * groups * o;
  int status = dnnl_memory_desc_init_by_strides(&plain, w->ndims, w->dims, w->data_type, strides);
  if (status) return status;
  dnnl_primitive_desc_t d;
  if ((status = dnnl_reorder_primitive_desc_create(&d, &plain, engine(), w, engine(), NULL))) return status;
  dnnl_primitive_t reorder = NULL;
  dnnl_memory_t from = NULL, to = NULL;
  status = dnnl_primitive_create(&reorder, d);
  if (!status) status = dnnl_memory_create(&from, &plain, engine(), (void *)weights);
  if (!status) status = dnnl_memory_create(&to, w, engine(), packed);
  dnnl_exec_arg_t arguments[2] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
  if (!status) status = dnnl_primitive_execute(reorder, stream(), 2, arguments);
  if (!status) status = dnnl_stream_wait(stream());
  if (from) dnnl_memory_destroy(from);
  if (to) dnnl_memory_destroy(to);
  if (reorder) dnnl_primitive_destroy(reorder);
  dnnl_primitive_desc_destroy(d);
  return status;
}

int os_dnn_execute(const OSPrimitive *p, const void *src, const void *weights, const void *bias, const void *dst) {
  const void *data[MAX_ARGUMENTS] = {src, weights, bias, dst};
  dnnl_exec_arg_t arguments[MAX_ARGUMENTS];
  int count = 0, status;
  for (int i = 0; i < MAX_ARGUMENTS; i++) {
    if (!p->memory[i]) continue;
    dnnl_memory_t target = p->plain[i] ? p->plain[i] : p->memory[i];
    if ((status = dnnl_memory_set_data_handle(target, (void *)data[i]))) return status;
    arguments[count].arg = p->argument[i];
    arguments[count++].memory = p->memory[i];
  }
  if ((status = dnnl_primitive_execute(p->primitive, stream(), count, arguments))) return status;
  if (p->reorder[1]) {   // diff_weights
    dnnl_exec_arg_t move[2] = {{DNNL_ARG_FROM, p->memory[1]}, {DNNL_ARG_TO, p->plain[1]}};
    if ((status = dnnl_primitive_execute(p->reorder[1], stream(), 2, move))) return status;
  }
  return dnnl_stream_wait(stream());
}

const char *os_dnn_implementation(const OSPrimitive *p) {
  const char *name = "";
  dnnl_primitive_desc_query(p->description, dnnl_query_impl_info_str, 0, &name);
  return name;
}

int os_dnn_has_avx512(void) { return (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core; }
int os_dnn_has_bf16(void) { return (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core_bf16) == dnnl_cpu_isa_avx512_core_bf16; }
