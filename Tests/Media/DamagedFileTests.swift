import OneStepMedia
import Testing

@Suite struct DamagedFileTests {
  static let names = [
    "rgb8.png", "rgba8-interlaced.png", "palette8-alpha.png", "rgb16.png", "metadata.png",
    "rgb.jpg",
    "progressive.jpg", "cmyk.jpg", "metadata.jpg", "lossless-alpha.webp", "lossy.webp",
    "metadata.webp",
  ]

  @Test("A file cut off anywhere is refused", arguments: names)
  func cutOff(_ name: String) throws {
    let whole = try Fixture.bytes(name)
    for count in 0..<whole.count {
      #expect(throws: MediaError.self, "\(name) cut to \(count) bytes") {
        try Image(decoding: Array(whole[..<count]), name: name)
      }
    }
  }

  @Test("The pixels' end missing is called cut off, not damaged")
  func wording() throws {
    for (name, format) in [
      ("photo.png", ImageFormat.png), ("rgb.jpg", .jpeg), ("lossy.webp", .webp),
    ] {
      let whole = try Fixture.bytes(name)
      #expect(throws: MediaError.truncated(name: "it", format)) {
        try Image(decoding: Array(whole[..<(whole.count - 40)]), name: "it")
      }
    }
  }

  @Test("Flipped bytes give an image or an error, never a crash", arguments: names)
  func flipped(_ name: String) throws {
    let whole = try Fixture.bytes(name)
    var generator = SeededGenerator(state: 7)
    for _ in 0..<300 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
      if let image = try? Image(decoding: bytes, name: name) {
        #expect(image.samples.count == image.width * image.height * image.channels)
      }
    }
  }

  @Test("A PNG that claims 60000x60000 pixels is refused before memory is taken")
  func claims() throws {
    var bytes = try Fixture.bytes("rgb8.png")
    bytes.replaceSubrange(16..<24, with: [0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60])
    bytes.replaceSubrange(29..<33, with: crc(bytes[12..<29]))
    #expect(throws: MediaError.tooLarge(name: "it", width: 60000, height: 60000)) {
      try Image(decoding: bytes, name: "it")
    }
  }

  @Test("A small file cannot claim a large PNG either")
  func implausible() throws {
    var bytes = try Fixture.bytes("rgb8.png")
    bytes.replaceSubrange(16..<24, with: [0, 0, 0x3A, 0x98, 0, 0, 0x3A, 0x98])
    bytes.replaceSubrange(29..<33, with: crc(bytes[12..<29]))
    #expect(throws: MediaError.truncated(name: "it", .png)) {
      try Image(decoding: bytes, name: "it")
    }
  }

  @Test("A JPEG that claims 60000x60000 pixels is refused")
  func claimingJPEG() throws {
    var bytes = try Fixture.bytes("rgb.jpg")
    let frame = try #require(
      (0..<bytes.count - 1).first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
    bytes.replaceSubrange(frame + 5..<frame + 9, with: [0xEA, 0x60, 0xEA, 0x60])
    #expect(throws: MediaError.tooLarge(name: "it", width: 60000, height: 60000)) {
      try Image(decoding: bytes, name: "it")
    }
  }

  @Test("An animation is refused by name")
  func animation() throws {
    #expect(throws: MediaError.animated(name: "it")) {
      try Image(decoding: try Fixture.bytes("animation.webp"), name: "it")
    }
  }

  @Test("Things that are no images each get their own sentence")
  func foreign() throws {
    let zeros = [UInt8](repeating: 0, count: 40)
    let cases: [([UInt8], ForeignFile)] = [
      (Array("\n <!DOCTYPE html><title>Sign in</title>".utf8), .html),
      (Array("version https://git-lfs.github.com/spec/v1\noid sha256:0\n".utf8), .largeFilePointer),
      (Array("GIF89a".utf8) + zeros, .gif),
      (Array("BM".utf8) + zeros, .bmp),
      ([0x49, 0x49, 0x2A, 0] + zeros, .tiff),
      ([0, 0, 0, 0x1C] + Array("ftypavif".utf8) + zeros, .avif),
      ([0, 0, 0, 0x1C] + Array("ftypmif1".utf8) + zeros + Array("avif".utf8), .heic),
      ([0, 0, 0, 0x18] + Array("ftypheic".utf8) + zeros, .heic),
      (Array("%PDF-1.7".utf8), .pdf),
      (Array("<svg xmlns='x'/>".utf8), .svg),
      (Array("hello".utf8), .unknown),
    ]
    for (bytes, kind) in cases {
      #expect(throws: MediaError.foreign(name: "it", kind)) {
        try Image(decoding: bytes, name: "it")
      }
    }
    #expect(throws: MediaError.empty(name: "it")) { try Image(decoding: [], name: "it") }
    let sentences = cases.map { MediaError.foreign(name: "it", $0.1).description }
    #expect(Set(sentences).count == Set(cases.map { "\($0.1)" }).count)
  }

  private func crc(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var value: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      value ^= UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }
    value = ~value
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}
