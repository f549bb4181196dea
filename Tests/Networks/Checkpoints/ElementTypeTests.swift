import OneStepNetworks
import Testing

@Suite("Element types") struct ElementTypeTests {
  private func roundTrip(_ values: [Float], _ type: StoredType) throws -> [Float] {
    let bytes = type.encoded(values)
    #expect(bytes.count == values.count * type.byteCount)
    let file = try SafetensorsWriter.encode(tensors: [("w", type, [values.count], bytes)])
    return try Checkpoint(decoding: file, name: "file").tensors["w"]!.floats()
  }

  @Test("small whole numbers survive every type but bool", arguments: StoredType.allCases)
  func exact(type: StoredType) throws {
    let values: [Float] = type == .bool ? [0, 1, 1] : [0, 1, 100]
    #expect(try roundTrip(values, type) == values)
    if ![.u8, .bool].contains(type) { #expect(try roundTrip([-7], type) == [-7]) }
  }

  @Test("bf16 and f16 round to nearest, ties to even")
  func rounding() {
    // bf16 has 8 significant bits: 257 lies halfway between 256 and 258, 259 between 258 and 260.
    #expect(StoredType.bf16.encoded([257, 259]) == StoredType.bf16.encoded([256, 260]))
    // f16 has 11: 2049 lies halfway between 2048 and 2050.
    #expect(StoredType.f16.encoded([2049, 2051]) == StoredType.f16.encoded([2048, 2052]))
  }

  @Test("every f16 becomes the same f32")
  func halves() throws {
    let all = (0...UInt16.max).map { Float(Float16(bitPattern: $0)) }
    let read = try roundTrip(all, .f16)
    #expect(zip(all, read).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) })
  }

  @Test("infinities and NaN stay what they are in every float type")
  func special() throws {
    let quiet = Float(bitPattern: 0x7F80_0001)
    for type in [StoredType.f64, .f32, .f16, .bf16] {
      let values = try roundTrip([.infinity, -.infinity, .nan, quiet], type)
      #expect(values[0] == .infinity && values[1] == -.infinity, "\(type)")
      #expect(values[2].isNaN && values[3].isNaN, "\(type)")
    }
    #expect(try roundTrip([1e6, .greatestFiniteMagnitude], .f16) == [.infinity, .infinity])
    #expect(try roundTrip([.greatestFiniteMagnitude], .bf16) == [.infinity])
  }

  @Test("integers round and saturate")
  func saturation() throws {
    #expect(try roundTrip([300, -300, 2.5, .nan, .infinity], .i8) == [127, -128, 2, 0, 127])
    #expect(try roundTrip([-1, 256], .u8) == [0, 255])
    #expect(try roundTrip([1e30], .i64) == [Float(Int64.max)])
  }
}
