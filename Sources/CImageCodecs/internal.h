// What the codec files share.
#pragma once

#include "CImageCodecs.h"

#define CIC_MESSAGE 160

typedef struct {
  cic_status status;
  char message[CIC_MESSAGE];
} cic_failure;

// Records the first failure; later ones are consequences of it.
cic_status cic_fail(cic_failure *failure, cic_status status, const char *message);

struct cic_reader {
  cic_format format;
  const uint8_t *bytes;
  size_t count, offset;
  uint64_t pixel_limit;
  cic_shape shape;
  cic_metadata metadata;
  cic_text *texts;
  cic_failure failure;
  void *codec;   // the state of the format's own reader
};

// Checks the claimed size before anything of that size is allocated.
cic_status cic_reader_check_size(cic_reader *reader, uint64_t width, uint64_t height);
// Copies a piece of metadata; an empty or impossible one is left out.
cic_bytes cic_copy(const void *bytes, size_t count);
// The same for EXIF, without the "Exif\0\0" prefix that some writers put there.
cic_bytes cic_copy_exif(const uint8_t *bytes, size_t count);

cic_status cic_png_open(cic_reader *reader);
cic_status cic_png_decode(cic_reader *reader, void *pixels);
void cic_png_close(cic_reader *reader);

cic_status cic_jpeg_open(cic_reader *reader);
cic_status cic_jpeg_decode(cic_reader *reader, void *pixels);
void cic_jpeg_close(cic_reader *reader);

cic_status cic_webp_open(cic_reader *reader);
cic_status cic_webp_decode(cic_reader *reader, void *pixels);

struct cic_output {
  uint8_t *bytes;
  size_t count;
  cic_failure failure;
};
