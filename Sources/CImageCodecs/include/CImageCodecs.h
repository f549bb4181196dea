// PNG, JPEG and WebP behind plain C functions that Swift can call.
//
// libpng and libjpeg report errors by longjmp, which Swift cannot cross. Every function here catches
// them, so that a caller sees a status and a message instead.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum {
  CIC_PNG = 1,
  CIC_JPEG = 2,
  CIC_WEBP = 3,
} cic_format;

typedef enum {
  CIC_OK = 0,
  CIC_DAMAGED,      // the bytes break the format's rules
  CIC_TRUNCATED,    // the bytes end too early
  CIC_TOO_LARGE,    // more pixels claimed than the caller allows, or than the format can hold
  CIC_ANIMATED,     // more than one frame
  CIC_NO_MEMORY,
  CIC_IO,           // a file could not be written; the message is the system's
} cic_status;

// Pixels are rows from top to bottom without padding, channels interleaved, 16-bit samples in the
// byte order of the machine. Channels: 1 grey, 2 grey + alpha, 3 RGB, 4 RGBA.
typedef struct {
  uint32_t width, height, channels, bits;
} cic_shape;

typedef struct {
  const uint8_t *bytes;
  size_t count;
} cic_bytes;

typedef struct {
  const char *key;     // ends in a zero
  const char *value;   // ends in a zero
  int latin1;          // 1: Latin-1 (tEXt, zTXt), 0: UTF-8 (iTXt)
} cic_text;

typedef struct {
  cic_bytes icc;    // ICC profile
  cic_bytes exif;   // TIFF structure, without the "Exif" prefix
  cic_bytes xmp;    // XMP packet
  uint32_t dots_per_metre_x, dots_per_metre_y;   // 0: unknown
  const cic_text *texts;                         // PNG only
  size_t text_count;
} cic_metadata;

// Reading. `bytes` must stay in place until the reader is closed.
typedef struct cic_reader cic_reader;

// Reads the header. Never allocates pixel memory. NULL only when there is no memory at all.
cic_reader *cic_reader_open(cic_format format, const uint8_t *bytes, size_t count, uint64_t pixel_limit);
cic_status cic_reader_status(const cic_reader *reader);
const char *cic_reader_message(const cic_reader *reader);
cic_shape cic_reader_shape(const cic_reader *reader);
// Fills width * height * channels samples. May be called once, after a successful open.
cic_status cic_reader_decode(cic_reader *reader, void *pixels);
// Complete after a successful decode; owned by the reader.
const cic_metadata *cic_reader_metadata(const cic_reader *reader);
void cic_reader_close(cic_reader *reader);

// Writing a PNG row by row, into the file at `path` or, when that is NULL, into memory.
typedef struct cic_png_writer cic_png_writer;

// Effort: 0 fast, 1 balanced, 2 smallest. NULL only when there is no memory at all.
cic_png_writer *cic_png_writer_open(const char *path, cic_shape shape, const cic_metadata *metadata,
                                    int effort);
cic_status cic_png_writer_status(const cic_png_writer *writer);
const char *cic_png_writer_message(const cic_png_writer *writer);
cic_status cic_png_writer_rows(cic_png_writer *writer, const void *pixels, uint32_t rows);
cic_status cic_png_writer_finish(cic_png_writer *writer);
// The whole file, when it was written into memory; owned by the writer.
cic_bytes cic_png_writer_bytes(const cic_png_writer *writer);
void cic_png_writer_close(cic_png_writer *writer);

// Writing a JPEG or a WebP in one go, 8-bit only.
typedef struct cic_output cic_output;

// 1 or 3 channels, quality 1...100.
cic_output *cic_jpeg_encode(const uint8_t *pixels, cic_shape shape, const cic_metadata *metadata,
                            int quality);
// 3 or 4 channels, quality 1...100 or 0 for lossless, effort as above.
cic_output *cic_webp_encode(const uint8_t *pixels, cic_shape shape, const cic_metadata *metadata,
                            int quality, int effort);
cic_status cic_output_status(const cic_output *output);
const char *cic_output_message(const cic_output *output);
cic_bytes cic_output_bytes(const cic_output *output);
void cic_output_close(cic_output *output);
