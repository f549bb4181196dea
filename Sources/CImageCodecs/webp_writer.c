#include <stdlib.h>
#include <string.h>
#include <webp/encode.h>
#include <webp/mux.h>

#include "internal.h"

static int configure(WebPConfig *config, int quality, int effort) {
  static const int lossless_levels[] = {1, 6, 9};
  static const int methods[] = {2, 4, 6};
  if (!WebPConfigInit(config)) return 0;
  if (quality == 0) {
    if (!WebPConfigLosslessPreset(config, lossless_levels[effort])) return 0;
    config->exact = 1;   // keep the colour of transparent pixels
  } else {
    config->quality = (float)quality;
    config->method = methods[effort];
    config->alpha_quality = 100;
  }
  return WebPValidateConfig(config);
}

static void set_chunk(WebPMux *mux, const char *name, cic_bytes bytes) {
  WebPData data = {bytes.bytes, bytes.count};
  if (bytes.count > 0) WebPMuxSetChunk(mux, name, &data, 0);
}

// Wraps a bare bit stream into the container that can carry metadata.
static cic_status add_metadata(cic_output *output, const cic_metadata *metadata) {
  if (metadata->icc.count + metadata->exif.count + metadata->xmp.count == 0) return CIC_OK;
  WebPData bare = {output->bytes, output->count}, whole = {NULL, 0};
  WebPMux *mux = WebPMuxCreate(&bare, 0);
  if (mux == NULL) return cic_fail(&output->failure, CIC_NO_MEMORY, "out of memory");
  set_chunk(mux, "ICCP", metadata->icc);
  set_chunk(mux, "EXIF", metadata->exif);
  set_chunk(mux, "XMP ", metadata->xmp);
  WebPMuxError code = WebPMuxAssemble(mux, &whole);
  WebPMuxDelete(mux);
  if (code != WEBP_MUX_OK)
    return cic_fail(&output->failure, CIC_DAMAGED, "the metadata could not be put into the file");
  free(output->bytes);
  output->bytes = malloc(whole.size);
  if (output->bytes != NULL) {
    memcpy(output->bytes, whole.bytes, whole.size);
    output->count = whole.size;
  } else {
    cic_fail(&output->failure, CIC_NO_MEMORY, "out of memory");
  }
  WebPDataClear(&whole);
  return output->failure.status;
}

cic_output *cic_webp_encode(const uint8_t *pixels, cic_shape shape, const cic_metadata *metadata,
                            int quality, int effort) {
  cic_output *output = calloc(1, sizeof *output);
  if (output == NULL) return NULL;
  WebPConfig config;
  WebPPicture picture;
  if (!configure(&config, quality, effort) || !WebPPictureInit(&picture)) {
    cic_fail(&output->failure, CIC_DAMAGED, "libwebp does not match its header");
    return output;
  }
  if (shape.width > WEBP_MAX_DIMENSION || shape.height > WEBP_MAX_DIMENSION) {
    cic_fail(&output->failure, CIC_TOO_LARGE, "WebP holds at most 16383 pixels a side");
    return output;
  }
  WebPMemoryWriter memory;
  WebPMemoryWriterInit(&memory);
  picture.use_argb = quality == 0;
  picture.width = (int)shape.width;
  picture.height = (int)shape.height;
  picture.writer = WebPMemoryWrite;
  picture.custom_ptr = &memory;
  int stride = (int)(shape.width * shape.channels);
  int done = shape.channels == 4 ? WebPPictureImportRGBA(&picture, pixels, stride)
                                 : WebPPictureImportRGB(&picture, pixels, stride);
  if (!done || !WebPEncode(&config, &picture))
    cic_fail(&output->failure,
             picture.error_code == VP8_ENC_ERROR_OUT_OF_MEMORY ? CIC_NO_MEMORY : CIC_DAMAGED,
             "libwebp could not encode the picture");
  WebPPictureFree(&picture);
  if (output->failure.status == CIC_OK) {
    output->bytes = malloc(memory.size);
    if (output->bytes != NULL) {
      memcpy(output->bytes, memory.mem, memory.size);
      output->count = memory.size;
      add_metadata(output, metadata);
    } else {
      cic_fail(&output->failure, CIC_NO_MEMORY, "out of memory");
    }
  }
  WebPMemoryWriterClear(&memory);
  return output;
}
