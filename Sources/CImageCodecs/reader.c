#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

cic_status cic_fail(cic_failure *failure, cic_status status, const char *message) {
  if (failure->status == CIC_OK) {
    failure->status = status;
    snprintf(failure->message, CIC_MESSAGE, "%s", message);
  }
  return failure->status;
}

cic_bytes cic_copy(const void *bytes, size_t count) {
  cic_bytes copy = {NULL, 0};
  if (bytes == NULL || count == 0) return copy;
  uint8_t *memory = malloc(count);
  if (memory == NULL) return copy;
  memcpy(memory, bytes, count);
  copy.bytes = memory;
  copy.count = count;
  return copy;
}

cic_bytes cic_copy_exif(const uint8_t *bytes, size_t count) {
  if (count > 6 && memcmp(bytes, "Exif\0\0", 6) == 0) return cic_copy(bytes + 6, count - 6);
  return cic_copy(bytes, count);
}

cic_status cic_reader_check_size(cic_reader *reader, uint64_t width, uint64_t height) {
  reader->shape.width = (uint32_t)width;
  reader->shape.height = (uint32_t)height;
  if (width == 0 || height == 0) return cic_fail(&reader->failure, CIC_DAMAGED, "a side of 0 pixels");
  if (width > reader->pixel_limit / height)
    return cic_fail(&reader->failure, CIC_TOO_LARGE, "too many pixels");
  return CIC_OK;
}

cic_reader *cic_reader_open(cic_format format, const uint8_t *bytes, size_t count,
                            uint64_t pixel_limit) {
  cic_reader *reader = calloc(1, sizeof *reader);
  if (reader == NULL) return NULL;
  reader->format = format;
  reader->bytes = bytes;
  reader->count = count;
  reader->pixel_limit = pixel_limit;
  switch (format) {
    case CIC_PNG: cic_png_open(reader); break;
    case CIC_JPEG: cic_jpeg_open(reader); break;
    case CIC_WEBP: cic_webp_open(reader); break;
  }
  return reader;
}

cic_status cic_reader_decode(cic_reader *reader, void *pixels) {
  if (reader->failure.status != CIC_OK) return reader->failure.status;
  switch (reader->format) {
    case CIC_PNG: return cic_png_decode(reader, pixels);
    case CIC_JPEG: return cic_jpeg_decode(reader, pixels);
    case CIC_WEBP: return cic_webp_decode(reader, pixels);
  }
  return CIC_DAMAGED;
}

void cic_reader_close(cic_reader *reader) {
  if (reader == NULL) return;
  switch (reader->format) {
    case CIC_PNG: cic_png_close(reader); break;
    case CIC_JPEG: cic_jpeg_close(reader); break;
    case CIC_WEBP: break;
  }
  free((void *)reader->metadata.icc.bytes);
  free((void *)reader->metadata.exif.bytes);
  free((void *)reader->metadata.xmp.bytes);
  free(reader->texts);
  free(reader);
}

cic_status cic_reader_status(const cic_reader *reader) { return reader->failure.status; }
const char *cic_reader_message(const cic_reader *reader) { return reader->failure.message; }
cic_shape cic_reader_shape(const cic_reader *reader) { return reader->shape; }
const cic_metadata *cic_reader_metadata(const cic_reader *reader) { return &reader->metadata; }

cic_status cic_output_status(const cic_output *output) { return output->failure.status; }
const char *cic_output_message(const cic_output *output) { return output->failure.message; }

cic_bytes cic_output_bytes(const cic_output *output) {
  cic_bytes bytes = {output->bytes, output->count};
  return bytes;
}

void cic_output_close(cic_output *output) {
  if (output == NULL) return;
  free(output->bytes);
  free(output);
}
