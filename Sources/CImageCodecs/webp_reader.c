#include <webp/decode.h>
#include <webp/demux.h>

#include "internal.h"

static cic_status fail(cic_reader *reader, VP8StatusCode code) {
  switch (code) {
    case VP8_STATUS_OK: return CIC_OK;
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      return cic_fail(&reader->failure, CIC_TRUNCATED, "the data ends too early");
    case VP8_STATUS_OUT_OF_MEMORY:
      return cic_fail(&reader->failure, CIC_NO_MEMORY, "out of memory");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return cic_fail(&reader->failure, CIC_DAMAGED, "it uses a feature that WebP does not define");
    default:
      return cic_fail(&reader->failure, CIC_DAMAGED, "the bit stream breaks WebP's rules");
  }
}

cic_status cic_webp_open(cic_reader *reader) {
  WebPBitstreamFeatures features;
  VP8StatusCode code = WebPGetFeatures(reader->bytes, reader->count, &features);
  if (code != VP8_STATUS_OK) return fail(reader, code);
  uint64_t width = (uint64_t)features.width, height = (uint64_t)features.height;
  if (cic_reader_check_size(reader, width, height) != CIC_OK) return reader->failure.status;
  if (features.has_animation) return cic_fail(&reader->failure, CIC_ANIMATED, "an animation");
  reader->shape.channels = features.has_alpha ? 4 : 3;
  reader->shape.bits = 8;
  return CIC_OK;
}

static cic_bytes chunk(WebPDemuxer *demuxer, const char *name, int is_exif) {
  WebPChunkIterator found;
  cic_bytes copy = {NULL, 0};
  if (WebPDemuxGetChunk(demuxer, name, 1, &found)) {
    copy = is_exif ? cic_copy_exif(found.chunk.bytes, found.chunk.size)
                   : cic_copy(found.chunk.bytes, found.chunk.size);
    WebPDemuxReleaseChunkIterator(&found);
  }
  return copy;
}

cic_status cic_webp_decode(cic_reader *reader, void *pixels) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config))
    return cic_fail(&reader->failure, CIC_DAMAGED, "libwebp does not match its header");
  size_t stride = (size_t)reader->shape.width * reader->shape.channels;
  config.output.colorspace = reader->shape.channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = pixels;
  config.output.u.RGBA.stride = (int)stride;
  config.output.u.RGBA.size = stride * reader->shape.height;
  VP8StatusCode code = WebPDecode(reader->bytes, reader->count, &config);
  WebPFreeDecBuffer(&config.output);
  if (code != VP8_STATUS_OK) return fail(reader, code);

  WebPData data = {reader->bytes, reader->count};
  WebPDemuxer *demuxer = WebPDemux(&data);
  if (demuxer == NULL) return CIC_OK;
  reader->metadata.icc = chunk(demuxer, "ICCP", 0);
  reader->metadata.exif = chunk(demuxer, "EXIF", 1);
  reader->metadata.xmp = chunk(demuxer, "XMP ", 0);
  WebPDemuxDelete(demuxer);
  return CIC_OK;
}
