import OneStepNetworks
import Testing

@Suite("Damaged checkpoints") struct RobustnessTests {
  @Test("a file cut at any byte is refused, never a crash", arguments: Fixtures.all)
  func truncation(file: String) throws {
    let bytes = try Fixtures.bytes(file)
    #expect(survives(bytes))
    // All of a small file; of a larger one, every byte of the head and every seventh after it.
    for length in 0..<bytes.count where length < 2500 || length % 7 == 0 {
      let isRead = survives(Array(bytes[..<length]))
      // An archive's trailing comment length may be cut without loss; the other formats end exactly.
      if !file.contains("zip") { #expect(!isRead, "\(length) of \(bytes.count) bytes") }
    }
  }

  @Test("random damage never crashes a reader", arguments: Fixtures.all)
  func mutation(file: String) throws {
    let original = try Fixtures.bytes(file)
    var random = SplitMix(state: 0x5EED + UInt64(original.count))
    var refused = 0
    for _ in 0..<400 {
      var bytes = original
      for _ in 0...random.below(4) { mutate(&bytes, &random) }
      if !survives(bytes) { refused += 1 }
    }
    #expect(refused > 0)
  }

  @Test("random damage inside an archive's pickle never crashes the interpreter")
  func pickleMutation() throws {
    // Legacy files have no checksum, so damage reaches the interpreter: stay inside the pickle.
    for file in ["training.legacy.pth", "views.legacy.pth"] {
      let original = try Fixtures.bytes(file)
      var random = SplitMix(state: 77)
      for _ in 0..<1500 {
        var bytes = original
        let place = 100 + random.below(min(1400, original.count - 100))
        bytes[place] =
          random.chance(2)
          ? Self.opcodes[random.below(Self.opcodes.count)]
          : UInt8(truncatingIfNeeded: random.next())
        _ = survives(bytes)
      }
    }
  }

  private static let opcodes =
    Array("(.012FIJKLMNQRSTUVX]abcdeghijlopqrstu}G)".utf8) + [
      0x80, 0x81, 0x85, 0x86, 0x87, 0x88, 0x8A, 0x8B, 0x8C, 0x8D, 0x92, 0x93, 0x94, 0x95,
    ]

  private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix) {
    if bytes.isEmpty { return }
    let place = random.below(bytes.count)
    switch random.below(6) {
    case 0: bytes[place] ^= 1 << UInt8(random.below(8))
    case 1: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF][random.below(5)]
    case 2: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.below(16)))
    case 3: bytes.insert(contentsOf: bytes[place...].prefix(1 + random.below(16)), at: place)
    case 4: for index in place..<min(bytes.count, place + 8) { bytes[index] = 0xFF }
    default: bytes.swapAt(place, random.below(bytes.count))
    }
  }
}

/// SplitMix64: the same damage in every run.
private struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
  mutating func chance(_ oneIn: Int) -> Bool { below(oneIn) == 0 }
}
