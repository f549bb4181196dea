import OneStepNetworks
import Testing

@Suite("Safetensors reader") struct SafetensorsTests {
  private func fault(_ header: String, data: Int = 0) -> SafetensorsFault? {
    guard case .safetensors("file", let fault) = failure(decoding: safetensors(header, data: data))
    else { return nil }
    return fault
  }

  @Test("tensors, shapes, order and metadata are read")
  func readsTensors() throws {
    let header = """
      {"b":{"dtype":"F32","shape":[2,1],"data_offsets":[2,10]},
       "a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},
       "none":{"dtype":"I64","shape":[0,7],"data_offsets":[10,10]},
       "__metadata__":{"k\\u00e9y":"\\ud83d\\ude00\\n"}}
      """
    let checkpoint = try Checkpoint(decoding: safetensors(header, data: 10), name: "file")
    #expect(checkpoint.format == .safetensors)
    #expect(checkpoint.names == ["a", "b", "none"])
    #expect(checkpoint.tensors["b"]?.shape == [2, 1])
    #expect(checkpoint.tensors["b"]?.floats() == [0, 0])
    #expect(checkpoint.tensors["none"]?.elementCount == 0)
    #expect(checkpoint.metadata == ["kéy": "😀\n"])
  }

  @Test("a header longer than the file, or than any header, is refused")
  func headerLength() {
    #expect(fault("{}") == nil)
    let cut = withUnsafeBytes(of: UInt64(500).littleEndian, Array.init) + Array("{}".utf8)
    #expect(
      failure(decoding: cut)
        == .safetensors(file: "file", .headerBeyondFile(declared: 500, available: 2)))
    let long = withUnsafeBytes(of: UInt64(100_000_001).littleEndian, Array.init) + Array("{}".utf8)
    #expect(
      failure(decoding: long)
        == .safetensors(file: "file", .headerTooLong(declared: 100_000_001)))
    let huge = withUnsafeBytes(of: UInt64.max, Array.init) + Array("{}".utf8)
    #expect(
      failure(decoding: huge) == .safetensors(file: "file", .headerTooLong(declared: .max)))
    let short = withUnsafeBytes(of: UInt64(1).littleEndian, Array.init) + Array("{}".utf8)
    #expect(
      failure(decoding: short) == .safetensors(file: "file", .headerTooShort(declared: 1)))
  }

  @Test(
    "a header that is not strict JSON is refused",
    arguments: [
      "{ ", "{}}", "{\"a\"}", "{\"a\":}", "{,}", "{\"a\":1,}", "{\"a\":01}", "{\"a\":.5}",
      "{\"a\":[1,]}", "{\"a\":tru}", "{\"a\u{1}\":1}", "{\"\\x\":1}", "{\"\\ud800\":1}", "{'a':1}",
      "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":1}}}}}}}}",
    ])
  func strictJSON(header: String) {
    guard case .malformedHeader = fault(header) else {
      Issue.record("\(header): \(String(describing: fault(header)))")
      return
    }
  }

  @Test("a header that is not UTF-8 is refused")
  func invalidText() {
    var bytes = safetensors("{\"a\":1}")
    bytes[10] = 0xFF
    #expect(failure(decoding: bytes) == .safetensors(file: "file", .malformedHeader(offset: 4)))
  }

  @Test("duplicate names are refused at every level")
  func duplicates() {
    let entry = "{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}"
    #expect(fault("{\"a\":\(entry),\"\\u0061\":\(entry)}") == .duplicateKey("a"))
    #expect(fault("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}") == .duplicateKey("k"))
    #expect(fault("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}") == .duplicateKey("dtype"))
  }

  @Test("metadata must be text")
  func metadata() {
    #expect(fault("{\"__metadata__\":{\"k\":1}}") == .metadataNotText(key: "k"))
    #expect(fault("{\"__metadata__\":[]}") == .metadataNotText(key: "__metadata__"))
  }

  @Test(
    "missing, unknown and malformed fields are named",
    arguments: [
      ("{\"shape\":[1],\"data_offsets\":[0,4]}", "dtype"),
      ("{\"dtype\":\"F32\",\"data_offsets\":[0,4]}", "shape"),
      ("{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}", "shape"),
      ("{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}", "shape"),
      ("{\"dtype\":\"F32\",\"shape\":[1e0],\"data_offsets\":[0,4]}", "shape"),
      ("{\"dtype\":\"F32\",\"shape\":[9223372036854775808],\"data_offsets\":[0,4]}", "shape"),
      ("{\"dtype\":\"F32\",\"shape\":[1]}", "data_offsets"),
      ("{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}", "data_offsets"),
      ("{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,4]}", "data_offsets"),
      ("{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"scale\":2}", "scale"),
      ("[]", "entry"),
    ])
  func fields(entry: String, field: String) {
    #expect(
      fault("{\"w\":\(entry)}", data: 4) == .malformedEntry(tensor: "w", field: field))
  }

  private func entry(_ name: String, _ shape: String, _ start: Int, _ end: Int) -> String {
    "\"\(name)\":{\"dtype\":\"F32\",\"shape\":\(shape),\"data_offsets\":[\(start),\(end)]}"
  }

  @Test("shapes must match byte counts, without overflow")
  func sizes() {
    #expect(
      fault("{\(entry("w", "[2]", 0, 4))}", data: 4)
        == .wrongByteCount(tensor: "w", expected: 8, actual: 4))
    #expect(
      fault("{\(entry("w", "[4294967296,4294967296]", 0, 0))}") == .sizeOverflow(tensor: "w"))
    #expect(
      fault("{\(entry("w", "[0,4294967296,4294967296]", 0, 0))}") == .sizeOverflow(tensor: "w"))
    #expect(
      fault("{\"w\":{\"dtype\":\"F8_E4M3\",\"shape\":[1],\"data_offsets\":[0,1]}}", data: 1)
        == .unsupportedElementType(tensor: "w", name: "F8_E4M3"))
  }

  @Test("tensors tile the data: no overlap, no hole, nothing missing, nothing left")
  func coverage() {
    #expect(
      fault("{\(entry("v", "[2]", 0, 8)),\(entry("w", "[1]", 4, 8))}", data: 8)
        == .overlap(tensor: "w", expectedStart: 8, start: 4))
    #expect(
      fault("{\(entry("v", "[1]", 0, 4)),\(entry("w", "[1]", 8, 12))}", data: 12)
        == .gap(tensor: "w", expectedStart: 4, start: 8))
    #expect(
      fault("{\(entry("w", "[2]", 0, 8))}", data: 5) == .tensorBeyondFile(tensor: "w", missing: 3))
    #expect(fault("{\(entry("w", "[1]", 0, 4))}", data: 6) == .trailingBytes(count: 2))
  }
}
