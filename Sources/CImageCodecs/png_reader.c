#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

typedef struct {
  png_structp png;
  png_infop info;
} png_state;

static const char *xmp_keyword = "XML:com.adobe.xmp";

static void on_error(png_structp png, png_const_charp message) {
  cic_reader *reader = png_get_error_ptr(png);
  cic_fail(&reader->failure, CIC_DAMAGED, message);
  longjmp(png_jmpbuf(png), 1);
}

// Warnings concern chunks that libpng then leaves out; pixels are never guessed after one.
static void on_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void read_bytes(png_structp png, png_bytep target, size_t count) {
  cic_reader *reader = png_get_io_ptr(png);
  if (count > reader->count - reader->offset) {
    cic_fail(&reader->failure, CIC_TRUNCATED, "the data ends too early");
    longjmp(png_jmpbuf(png), 1);
  }
  memcpy(target, reader->bytes + reader->offset, count);
  reader->offset += count;
}

static void ask_for_plain_samples(png_structp png, png_infop info, cic_shape *shape) {
  int type = png_get_color_type(png, info);
  if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (type == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png, info) < 8)
    png_set_expand_gray_1_2_4_to_8(png);
  if (png_get_valid(png, info, PNG_INFO_tRNS)) png_set_tRNS_to_alpha(png);
  const uint16_t probe = 1;
  if (png_get_bit_depth(png, info) == 16 && *(const uint8_t *)&probe == 1) png_set_swap(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  shape->channels = png_get_channels(png, info);
  shape->bits = png_get_bit_depth(png, info);
}

cic_status cic_png_open(cic_reader *reader) {
  png_state *state = calloc(1, sizeof *state);
  if (state == NULL) return cic_fail(&reader->failure, CIC_NO_MEMORY, "out of memory");
  reader->codec = state;
  state->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, on_error, on_warning);
  if (state->png != NULL) state->info = png_create_info_struct(state->png);
  if (state->info == NULL) return cic_fail(&reader->failure, CIC_NO_MEMORY, "out of memory");
  if (setjmp(png_jmpbuf(state->png))) return reader->failure.status;

  png_set_read_fn(state->png, reader, read_bytes);
  png_set_user_limits(state->png, 0x7fffffff, 0x7fffffff);   // our own limit gives the message
#ifdef PNG_IGNORE_ADLER32
  png_set_option(state->png, PNG_IGNORE_ADLER32, PNG_OPTION_ON);   // every chunk has its CRC
#endif
  png_read_info(state->png, state->info);
  uint64_t width = png_get_image_width(state->png, state->info);
  uint64_t height = png_get_image_height(state->png, state->info);
  if (cic_reader_check_size(reader, width, height) != CIC_OK) return reader->failure.status;
  // Deflate shrinks at most 1032 times: a tiny file that claims much more cannot be whole.
  uint64_t raw = (uint64_t)png_get_rowbytes(state->png, state->info) * height;
  if (raw / 1032 > reader->count)
    return cic_fail(&reader->failure, CIC_TRUNCATED, "the data ends too early");
  ask_for_plain_samples(state->png, state->info, &reader->shape);
  return CIC_OK;
}

static void collect_texts(cic_reader *reader, png_structp png, png_infop info) {
  png_textp texts = NULL;
  int count = 0;
  png_get_text(png, info, &texts, &count);
  if (count <= 0) return;
  reader->texts = calloc((size_t)count, sizeof *reader->texts);
  if (reader->texts == NULL) return;
  size_t kept = 0;
  for (int i = 0; i < count; i++) {
    int international = texts[i].compression >= PNG_ITXT_COMPRESSION_NONE;
    if (texts[i].key == NULL || texts[i].text == NULL) continue;
    if (strcmp(texts[i].key, xmp_keyword) == 0) {
      size_t length = international ? texts[i].itxt_length : texts[i].text_length;
      if (reader->metadata.xmp.count == 0) reader->metadata.xmp = cic_copy(texts[i].text, length);
      continue;
    }
    cic_text text = {texts[i].key, texts[i].text, !international};   // owned by libpng's info
    reader->texts[kept++] = text;
  }
  reader->metadata.texts = reader->texts;
  reader->metadata.text_count = kept;
}

static void collect_metadata(cic_reader *reader, png_structp png, png_infop info) {
  png_charp name;
  png_bytep profile;
  png_uint_32 size;
  int method;
  if (png_get_iCCP(png, info, &name, &method, &profile, &size) & PNG_INFO_iCCP)
    reader->metadata.icc = cic_copy(profile, size);
#ifdef PNG_eXIf_SUPPORTED
  png_bytep exif;
  if (png_get_eXIf_1(png, info, &size, &exif) & PNG_INFO_eXIf)
    reader->metadata.exif = cic_copy_exif(exif, size);
#endif
  png_uint_32 x, y;
  int unit;
  if ((png_get_pHYs(png, info, &x, &y, &unit) & PNG_INFO_pHYs) && unit == PNG_RESOLUTION_METER) {
    reader->metadata.dots_per_metre_x = x;
    reader->metadata.dots_per_metre_y = y;
  }
  collect_texts(reader, png, info);
}

cic_status cic_png_decode(cic_reader *reader, void *pixels) {
  png_state *state = reader->codec;
  size_t stride = (size_t)reader->shape.width * reader->shape.channels * (reader->shape.bits / 8);
  if (png_get_rowbytes(state->png, state->info) != stride)
    return cic_fail(&reader->failure, CIC_DAMAGED, "rows of an unexpected length");
  if (setjmp(png_jmpbuf(state->png))) return reader->failure.status;

  int passes = png_get_interlace_type(state->png, state->info) == PNG_INTERLACE_ADAM7 ? 7 : 1;
  for (int pass = 0; pass < passes; pass++)
    for (uint32_t row = 0; row < reader->shape.height; row++)
      png_read_row(state->png, (uint8_t *)pixels + row * stride, NULL);
  png_read_end(state->png, state->info);
  collect_metadata(reader, state->png, state->info);
  return CIC_OK;
}

void cic_png_close(cic_reader *reader) {
  png_state *state = reader->codec;
  if (state == NULL) return;
  if (state->png != NULL) png_destroy_read_struct(&state->png, &state->info, NULL);
  free(state);
}
