import CImageCodecs

extension Metadata {
  /// Lends the metadata to a C encoder; everything is valid only during the call.
  func withCodecMetadata<Result>(
    colourChannels: Int, _ body: (UnsafePointer<cic_metadata>) -> Result
  ) -> Result {
    let profile = profileFits(colourChannels: colourChannels) ? icc ?? [] : []
    return profile.withUnsafeBufferPointer { icc in
      (exif ?? []).withUnsafeBufferPointer { exif in
        (xmp ?? []).withUnsafeBufferPointer { xmp in
          withCodecTexts { texts in
            var raw = cic_metadata()
            raw.icc = cic_bytes(bytes: icc.baseAddress, count: icc.count)
            raw.exif = cic_bytes(bytes: exif.baseAddress, count: exif.count)
            raw.xmp = cic_bytes(bytes: xmp.baseAddress, count: xmp.count)
            raw.dots_per_metre_x = UInt32(clamping: resolution?.x ?? 0)
            raw.dots_per_metre_y = UInt32(clamping: resolution?.y ?? 0)
            raw.texts = texts.baseAddress
            raw.text_count = texts.count
            return body(&raw)
          }
        }
      }
    }
  }

  /// Each entry as zero-terminated bytes, in Latin-1 where the characters allow it.
  private func withCodecTexts<Result>(
    _ body: (UnsafeBufferPointer<cic_text>) -> Result
  ) -> Result {
    var storage = [UInt8]()
    var offsets = [(key: Int, value: Int, isLatin1: Bool)]()
    for entry in text {
      let key = Metadata.latin1(String(entry.key.prefix(79)))
      guard let key, !key.isEmpty else { continue }  // PNG has no other kind of key
      let value = Metadata.latin1(entry.value)
      let keyOffset = storage.count
      storage += key + [0]
      offsets.append((keyOffset, storage.count, value != nil))
      storage += (value ?? Array(entry.value.utf8)).prefix(while: { $0 != 0 }) + [0]
    }
    return storage.withUnsafeBytes { bytes in
      let texts = offsets.map { entry in
        let base = bytes.baseAddress!.assumingMemoryBound(to: CChar.self)
        return cic_text(
          key: base + entry.key, value: base + entry.value, latin1: entry.isLatin1 ? 1 : 0)
      }
      return texts.withUnsafeBufferPointer(body)
    }
  }

  private static func latin1(_ string: String) -> [UInt8]? {
    var bytes = [UInt8]()
    for scalar in string.unicodeScalars {
      guard scalar.value > 0, scalar.value < 256 else { return nil }
      bytes.append(UInt8(scalar.value))
    }
    return bytes
  }
}
