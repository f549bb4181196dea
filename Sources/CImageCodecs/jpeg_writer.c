#include <stdio.h>

#include <jpeglib.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

typedef struct {
  struct jpeg_compress_struct info;
  struct jpeg_error_mgr errors;
  jmp_buf escape;
  cic_output *output;
  unsigned char *bytes;
  unsigned long count;
} jpeg_state;

static void leave(j_common_ptr info) {
  jpeg_state *state = (jpeg_state *)info->client_data;
  char message[JMSG_LENGTH_MAX];
  info->err->format_message(info, message);
  cic_fail(&state->output->failure, CIC_DAMAGED, message);
  longjmp(state->escape, 1);
}

static void stay_quiet(j_common_ptr info, int level) {
  (void)info;
  (void)level;
}

// One APP1 segment holds 65,533 bytes; what does not fit is left out.
static void write_app1(j_compress_ptr info, const char *prefix, size_t prefix_count, cic_bytes data) {
  size_t count = prefix_count + data.count;
  if (data.count == 0 || count > 65533) return;
  jpeg_write_m_header(info, JPEG_APP0 + 1, (unsigned)count);
  for (size_t i = 0; i < prefix_count; i++) jpeg_write_m_byte(info, prefix[i]);
  for (size_t i = 0; i < data.count; i++) jpeg_write_m_byte(info, data.bytes[i]);
}

static void set_density(j_compress_ptr info, const cic_metadata *metadata) {
  double x = metadata->dots_per_metre_x * 0.0254 + 0.5;   // dots per inch, rounded below
  double y = metadata->dots_per_metre_y * 0.0254 + 0.5;
  if (x < 1 || y < 1 || x > 65535 || y > 65535) return;
  info->density_unit = 1;
  info->X_density = (UINT16)x;
  info->Y_density = (UINT16)y;
}

static void encode(jpeg_state *state, const uint8_t *pixels, cic_shape shape,
                   const cic_metadata *metadata, int quality) {
  j_compress_ptr info = &state->info;
  if (setjmp(state->escape)) return;
  jpeg_create_compress(info);
  jpeg_mem_dest(info, &state->bytes, &state->count);
  info->image_width = shape.width;
  info->image_height = shape.height;
  info->input_components = (int)shape.channels;
  info->in_color_space = shape.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(info);
  jpeg_set_quality(info, quality, TRUE);
  info->optimize_coding = TRUE;
  if (quality >= 90 && shape.channels == 3)   // full colour resolution where quality was asked for
    info->comp_info[0].h_samp_factor = info->comp_info[0].v_samp_factor = 1;
  set_density(info, metadata);
  jpeg_start_compress(info, TRUE);
  write_app1(info, "Exif\0\0", 6, metadata->exif);
  write_app1(info, "http://ns.adobe.com/xap/1.0/", 29, metadata->xmp);
  if (metadata->icc.count > 0)
    jpeg_write_icc_profile(info, metadata->icc.bytes, (unsigned)metadata->icc.count);
  size_t stride = (size_t)shape.width * shape.channels;
  while (info->next_scanline < info->image_height) {
    JSAMPROW row = (JSAMPROW)pixels + info->next_scanline * stride;
    jpeg_write_scanlines(info, &row, 1);
  }
  jpeg_finish_compress(info);
}

cic_output *cic_jpeg_encode(const uint8_t *pixels, cic_shape shape, const cic_metadata *metadata,
                            int quality) {
  cic_output *output = calloc(1, sizeof *output);
  jpeg_state *state = calloc(1, sizeof *state);
  if (output == NULL || state == NULL) {
    free(output);
    free(state);
    return NULL;
  }
  if (shape.width > JPEG_MAX_DIMENSION || shape.height > JPEG_MAX_DIMENSION) {
    cic_fail(&output->failure, CIC_TOO_LARGE, "JPEG holds at most 65500 pixels a side");
    free(state);
    return output;
  }
  state->output = output;
  state->info.err = jpeg_std_error(&state->errors);
  state->errors.error_exit = leave;
  state->errors.emit_message = stay_quiet;
  state->info.client_data = state;
  encode(state, pixels, shape, metadata, quality);
  jpeg_destroy_compress(&state->info);
  if (output->failure.status == CIC_OK) {   // after a failure libjpeg may have moved the buffer
    output->bytes = state->bytes;
    output->count = state->count;
  }
  free(state);
  return output;
}
