/// A hash that is the same in every run and on every machine: FNV-1a of 64 bits, finished by SplitMix64's mixing so that
/// its upper bits are even too.
package enum StableHash {
  package static func of(_ text: String) -> UInt64 {
    var z: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { z = (z ^ UInt64(byte)) &* 0x100_0000_01B3 }
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
