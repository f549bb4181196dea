#include <stdio.h>

#include <jpeglib.h>
#include <jerror.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

typedef struct {
  struct jpeg_decompress_struct info;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf escape;
  cic_reader *reader;
  int created;
} jpeg_state;

enum { most_scans = 500 };   // a progressive file can claim thousands, each over all pixels

static void leave(j_common_ptr info) {
  jpeg_state *state = (jpeg_state *)info->client_data;
  char message[JMSG_LENGTH_MAX];
  info->err->format_message(info, message);
  cic_status status = CIC_DAMAGED;
  if (info->err->msg_code == JWRN_JPEG_EOF || info->err->msg_code == JERR_INPUT_EOF)
    status = CIC_TRUNCATED;
  if (info->err->msg_code == JERR_OUT_OF_MEMORY) status = CIC_NO_MEMORY;
  cic_fail(&state->reader->failure, status, message);
  longjmp(state->escape, 1);
}

// libjpeg goes on after damaged entropy-coded data with grey or repeated blocks. That is no image.
static void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_ARITH_BAD_CODE:
      leave(info);
    default:
      return;   // stray bytes between markers and the like leave the pixels whole
  }
}

static void on_progress(j_common_ptr info) {
  jpeg_state *state = (jpeg_state *)info->client_data;
  if (info->is_decompressor && ((j_decompress_ptr)info)->input_scan_number > most_scans) {
    cic_fail(&state->reader->failure, CIC_DAMAGED, "more than 500 scans");
    longjmp(state->escape, 1);
  }
}

static void collect_metadata(cic_reader *reader, j_decompress_ptr info) {
  static const char xmp_prefix[] = "http://ns.adobe.com/xap/1.0/";   // its final zero counts
  for (jpeg_saved_marker_ptr m = info->marker_list; m != NULL; m = m->next) {
    if (m->marker != JPEG_APP0 + 1) continue;
    if (m->data_length > 6 && memcmp(m->data, "Exif\0\0", 6) == 0) {
      if (reader->metadata.exif.count == 0)
        reader->metadata.exif = cic_copy_exif(m->data, m->data_length);
    } else if (m->data_length > sizeof xmp_prefix
               && memcmp(m->data, xmp_prefix, sizeof xmp_prefix) == 0) {
      if (reader->metadata.xmp.count == 0)
        reader->metadata.xmp =
          cic_copy(m->data + sizeof xmp_prefix, m->data_length - sizeof xmp_prefix);
    }
  }
  JOCTET *profile;
  unsigned int size;
  if (jpeg_read_icc_profile(info, &profile, &size)) {
    reader->metadata.icc = cic_copy(profile, size);
    free(profile);
  }
  if (info->saw_JFIF_marker && info->density_unit != 0) {
    double dots = info->density_unit == 1 ? 1 / 0.0254 : 100;   // per inch, per centimetre
    reader->metadata.dots_per_metre_x = (uint32_t)(info->X_density * dots + 0.5);
    reader->metadata.dots_per_metre_y = (uint32_t)(info->Y_density * dots + 0.5);
  }
}

cic_status cic_jpeg_open(cic_reader *reader) {
  jpeg_state *state = calloc(1, sizeof *state);
  if (state == NULL) return cic_fail(&reader->failure, CIC_NO_MEMORY, "out of memory");
  reader->codec = state;
  state->reader = reader;
  j_decompress_ptr info = &state->info;
  info->err = jpeg_std_error(&state->errors);
  state->errors.error_exit = leave;
  state->errors.emit_message = on_message;
  info->client_data = state;
  if (setjmp(state->escape)) return reader->failure.status;

  jpeg_create_decompress(info);   // keeps err and client_data
  state->created = 1;
  state->progress.progress_monitor = on_progress;
  info->progress = &state->progress;
  jpeg_mem_src(info, reader->bytes, reader->count);
  jpeg_save_markers(info, JPEG_APP0 + 1, 0xffff);
  jpeg_save_markers(info, JPEG_APP0 + 2, 0xffff);
  jpeg_read_header(info, TRUE);
  if (cic_reader_check_size(reader, info->image_width, info->image_height) != CIC_OK)
    return reader->failure.status;
  switch (info->jpeg_color_space) {
    case JCS_GRAYSCALE: info->out_color_space = JCS_GRAYSCALE; break;
    case JCS_CMYK:
    case JCS_YCCK: info->out_color_space = JCS_CMYK; break;
    default: info->out_color_space = JCS_RGB; break;
  }
  reader->shape.channels = info->out_color_space == JCS_GRAYSCALE ? 1 : 3;
  reader->shape.bits = 8;
  collect_metadata(reader, info);
  return CIC_OK;
}

// Adobe's files store the complement of each ink.
static void convert_cmyk(const uint8_t *row, uint8_t *rgb, uint32_t width, int inverted) {
  for (uint32_t x = 0; x < width; x++) {
    unsigned black = inverted ? row[4 * x + 3] : 255u - row[4 * x + 3];
    for (int c = 0; c < 3; c++) {
      unsigned ink = inverted ? row[4 * x + c] : 255u - row[4 * x + c];
      rgb[3 * x + c] = (uint8_t)((ink * black + 127) / 255);
    }
  }
}

cic_status cic_jpeg_decode(cic_reader *reader, void *pixels) {
  jpeg_state *state = reader->codec;
  j_decompress_ptr info = &state->info;
  if (setjmp(state->escape)) return reader->failure.status;

  jpeg_start_decompress(info);
  size_t stride = (size_t)reader->shape.width * reader->shape.channels;
  JSAMPARRAY inks = NULL;
  if (info->out_color_space == JCS_CMYK)
    inks = info->mem->alloc_sarray((j_common_ptr)info, JPOOL_IMAGE, info->output_width * 4, 1);
  while (info->output_scanline < info->output_height) {
    JSAMPROW row = (uint8_t *)pixels + info->output_scanline * stride;
    if (inks == NULL) {
      jpeg_read_scanlines(info, &row, 1);
    } else {
      jpeg_read_scanlines(info, inks, 1);
      convert_cmyk(inks[0], row, info->output_width, info->saw_Adobe_marker);
    }
  }
  jpeg_finish_decompress(info);
  return CIC_OK;
}

void cic_jpeg_close(cic_reader *reader) {
  jpeg_state *state = reader->codec;
  if (state == NULL) return;
  if (state->created) jpeg_destroy_decompress(&state->info);
  free(state);
}
