#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "internal.h"

struct cic_png_writer {
  png_structp png;
  png_infop info;
  FILE *file;   // or memory:
  uint8_t *bytes;
  size_t count, capacity;
  size_t stride;
  cic_failure failure;
};

static void on_error(png_structp png, png_const_charp message) {
  cic_png_writer *writer = png_get_error_ptr(png);
  cic_fail(&writer->failure, CIC_DAMAGED, message);
  longjmp(png_jmpbuf(png), 1);
}

static void on_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void write_bytes(png_structp png, png_bytep source, size_t count) {
  cic_png_writer *writer = png_get_io_ptr(png);
  if (writer->file != NULL) {
    if (fwrite(source, 1, count, writer->file) == count) return;
    cic_fail(&writer->failure, CIC_IO, strerror(errno));
    longjmp(png_jmpbuf(png), 1);
  }
  if (count > writer->capacity - writer->count) {
    size_t capacity = writer->capacity * 2 > writer->count + count
      ? writer->capacity * 2 : writer->count + count + (1 << 16);
    uint8_t *grown = realloc(writer->bytes, capacity);
    if (grown == NULL) {
      cic_fail(&writer->failure, CIC_NO_MEMORY, "out of memory");
      longjmp(png_jmpbuf(png), 1);
    }
    writer->bytes = grown;
    writer->capacity = capacity;
  }
  memcpy(writer->bytes + writer->count, source, count);
  writer->count += count;
}

static void flush_bytes(png_structp png) { (void)png; }

// Photographs gain little from zlib's string search once a filter has been applied: run lengths
// with Huffman codes are several times quicker and hardly larger.
static void choose_effort(png_structp png, int effort) {
  if (effort == 0) {
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
    png_set_compression_level(png, 1);
    png_set_compression_mem_level(png, 9);
    png_set_compression_strategy(png, Z_RLE);
  } else {
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_ALL_FILTERS);
    png_set_compression_level(png, effort == 1 ? 6 : 9);
  }
  png_set_compression_buffer_size(png, 1 << 16);
}

static void add_metadata(png_structp png, png_infop info, const cic_metadata *metadata) {
  if (metadata->icc.count > 0)
    png_set_iCCP(png, info, "ICC profile", PNG_COMPRESSION_TYPE_BASE, metadata->icc.bytes,
                 (png_uint_32)metadata->icc.count);
#ifdef PNG_eXIf_SUPPORTED
  if (metadata->exif.count > 0)
    png_set_eXIf_1(png, info, (png_uint_32)metadata->exif.count, (png_bytep)metadata->exif.bytes);
#endif
  if (metadata->dots_per_metre_x > 0 && metadata->dots_per_metre_y > 0)
    png_set_pHYs(png, info, metadata->dots_per_metre_x, metadata->dots_per_metre_y,
                 PNG_RESOLUTION_METER);
  for (size_t i = 0; i < metadata->text_count; i++) {
    png_text text;
    memset(&text, 0, sizeof text);
    text.compression =
      metadata->texts[i].latin1 ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
    text.key = (png_charp)metadata->texts[i].key;
    text.text = (png_charp)metadata->texts[i].value;
    png_set_text(png, info, &text, 1);
  }
  if (metadata->xmp.count > 0) {
    char *packet = malloc(metadata->xmp.count + 1);
    if (packet == NULL) png_error(png, "out of memory");
    memcpy(packet, metadata->xmp.bytes, metadata->xmp.count);
    packet[metadata->xmp.count] = 0;
    png_text text;
    memset(&text, 0, sizeof text);
    text.compression = PNG_ITXT_COMPRESSION_NONE;
    text.key = (png_charp)"XML:com.adobe.xmp";
    text.text = packet;
    png_set_text(png, info, &text, 1);   // libpng keeps its own copy
    free(packet);
  }
}

static void begin(cic_png_writer *writer, cic_shape shape, const cic_metadata *metadata, int effort) {
  static const int types[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                              PNG_COLOR_TYPE_RGB_ALPHA};
  if (setjmp(png_jmpbuf(writer->png))) return;
  png_set_write_fn(writer->png, writer, write_bytes, flush_bytes);
  png_set_user_limits(writer->png, 0x7fffffff, 0x7fffffff);
  png_set_benign_errors(writer->png, 1);   // a profile that libpng dislikes is left out
  png_set_IHDR(writer->png, writer->info, shape.width, shape.height, (int)shape.bits,
               types[shape.channels - 1], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE,
               PNG_FILTER_TYPE_BASE);
  choose_effort(writer->png, effort);
  add_metadata(writer->png, writer->info, metadata);
  png_write_info(writer->png, writer->info);
  const uint16_t probe = 1;
  if (shape.bits == 16 && *(const uint8_t *)&probe == 1) png_set_swap(writer->png);
}

cic_png_writer *cic_png_writer_open(const char *path, cic_shape shape, const cic_metadata *metadata,
                                    int effort) {
  cic_png_writer *writer = calloc(1, sizeof *writer);
  if (writer == NULL) return NULL;
  writer->stride = (size_t)shape.width * shape.channels * (shape.bits / 8);
  if (path != NULL) {
    writer->file = fopen(path, "wb");
    if (writer->file == NULL) {
      cic_fail(&writer->failure, CIC_IO, strerror(errno));
      return writer;
    }
  }
  writer->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, writer, on_error, on_warning);
  if (writer->png != NULL) writer->info = png_create_info_struct(writer->png);
  if (writer->info == NULL) {
    cic_fail(&writer->failure, CIC_NO_MEMORY, "out of memory");
    return writer;
  }
  begin(writer, shape, metadata, effort);
  return writer;
}

cic_status cic_png_writer_rows(cic_png_writer *writer, const void *pixels, uint32_t rows) {
  if (writer->failure.status != CIC_OK) return writer->failure.status;
  if (setjmp(png_jmpbuf(writer->png))) return writer->failure.status;
  for (uint32_t row = 0; row < rows; row++)
    png_write_row(writer->png, (const uint8_t *)pixels + row * writer->stride);
  return CIC_OK;
}

static cic_status end(cic_png_writer *writer) {
  if (setjmp(png_jmpbuf(writer->png))) return writer->failure.status;
  png_write_end(writer->png, NULL);
  return CIC_OK;
}

cic_status cic_png_writer_finish(cic_png_writer *writer) {
  if (writer->failure.status != CIC_OK) return writer->failure.status;
  if (end(writer) != CIC_OK) return writer->failure.status;
  if (writer->file != NULL) {
    FILE *file = writer->file;
    writer->file = NULL;
    if (fclose(file) != 0) return cic_fail(&writer->failure, CIC_IO, strerror(errno));
  }
  return CIC_OK;
}

cic_status cic_png_writer_status(const cic_png_writer *writer) { return writer->failure.status; }
const char *cic_png_writer_message(const cic_png_writer *writer) { return writer->failure.message; }

cic_bytes cic_png_writer_bytes(const cic_png_writer *writer) {
  cic_bytes bytes = {writer->bytes, writer->count};
  return bytes;
}

void cic_png_writer_close(cic_png_writer *writer) {
  if (writer == NULL) return;
  if (writer->png != NULL) png_destroy_write_struct(&writer->png, &writer->info);
  if (writer->file != NULL) fclose(writer->file);
  free(writer->bytes);
  free(writer);
}
