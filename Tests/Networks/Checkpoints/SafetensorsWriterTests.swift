import Foundation
import OneStepNetworks
import Testing

@Suite("Safetensors writer") struct SafetensorsWriterTests {
  private let tensors: [SafetensorsWriter.Entry] = [
    ("z.bytes", .u8, [3], Array("abc".utf8)),
    ("a \"quoted\" \\ name\t", .f16, [2], StoredType.f16.encoded([1, -2])),
    ("b", .f32, [1, 2], StoredType.f32.encoded([0.5, 3])),
    ("a", .f32, [], StoredType.f32.encoded([7])),
    ("none", .i64, [0, 4], []),
  ]

  @Test("what is written is read back, and verifies")
  func roundTrip() throws {
    try Fixtures.withTemporaryFolder { folder in
      let path = folder + "/model.safetensors"
      try SafetensorsWriter.write(
        tensors: tensors, metadata: ["config": "{\"width\":\n 3}", "é\u{1}": ""], to: path)
      let checkpoint = try Checkpoint(contentsOf: path)
      #expect(checkpoint.name == "model.safetensors")
      #expect(checkpoint.names == ["none", "a", "b", "a \"quoted\" \\ name\t", "z.bytes"])
      for tensor in tensors {
        let read = try #require(checkpoint.tensors[tensor.name])
        #expect(read.elementType == tensor.elementType)
        #expect(read.shape == tensor.shape)
        #expect(read.bytes == tensor.bytes)
      }
      #expect(checkpoint.metadata["config"] == "{\"width\":\n 3}")
      #expect(checkpoint.metadata["é\u{1}"] == "")
      try checkpoint.verify()
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["model.safetensors"])
    }
  }

  @Test("the same tensors give the same bytes in any order, with aligned data")
  func deterministic() throws {
    let bytes = try SafetensorsWriter.encode(tensors: tensors, metadata: ["x": "1", "y": "2"])
    let again = try SafetensorsWriter.encode(
      tensors: tensors.reversed(), metadata: ["y": "2", "x": "1"])
    #expect(bytes == again)
    let header = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    #expect((header + 8) % 64 == 0)
  }

  @Test("the recorded digest is the SHA-256 of the data")
  func digest() throws {
    let bytes = try SafetensorsWriter.encode(tensors: [("w", .u8, [3], Array("abc".utf8))])
    let checkpoint = try Checkpoint(decoding: bytes, name: "file")
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    #expect(checkpoint.metadata == ["sha256": expected])
    #expect(checkpoint.digest() == expected)
    let empty = try Checkpoint(decoding: SafetensorsWriter.encode(tensors: []), name: "file")
    #expect(
      empty.digest() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test("a flipped bit in the data is found by verify")
  func damage() throws {
    var bytes = try SafetensorsWriter.encode(tensors: tensors)
    bytes[bytes.count - 1] ^= 1
    let checkpoint = try Checkpoint(decoding: bytes, name: "file")
    #expect(throws: CheckpointError.self) { try checkpoint.verify() }
    let unsigned = try Checkpoint(decoding: safetensors("{}"), name: "file")
    #expect(throws: CheckpointError.digestMissing(file: "file")) { try unsigned.verify() }
  }

  @Test("tensors that contradict themselves are not written")
  func faults() {
    #expect(throws: SafetensorsFault.wrongByteCount(tensor: "w", expected: 8, actual: 1)) {
      try SafetensorsWriter.encode(tensors: [("w", .f32, [2], [0])])
    }
    #expect(throws: SafetensorsFault.duplicateKey("w")) {
      try SafetensorsWriter.encode(tensors: [("w", .u8, [1], [0]), ("w", .u8, [1], [0])])
    }
    #expect(throws: SafetensorsFault.sizeOverflow(tensor: "w")) {
      try SafetensorsWriter.encode(tensors: [("w", .u8, [-1], [])])
    }
    #expect(throws: SafetensorsFault.duplicateKey("__metadata__")) {
      try SafetensorsWriter.encode(tensors: [("__metadata__", .u8, [1], [0])])
    }
  }

  @Test("a folder that is not there is an error, and an old file survives a refused write")
  func refusedWrites() throws {
    #expect(throws: CheckpointError.unwritable(file: "w.safetensors", code: ENOENT)) {
      try SafetensorsWriter.write(tensors: [], to: "/nonexistent/w.safetensors")
    }
    try Fixtures.withTemporaryFolder { folder in
      let path = folder + "/w.safetensors"
      try SafetensorsWriter.write(tensors: tensors, to: path)
      #expect(throws: CheckpointError.self) {
        try SafetensorsWriter.write(tensors: [("w", .f32, [2], [0])], to: path)
      }
      #expect(try Checkpoint(contentsOf: path).names.count == tensors.count)
    }
  }

  @Test("a mapped checkpoint outlives the replacement of its file")
  func replacement() throws {
    try Fixtures.withTemporaryFolder { folder in
      let path = folder + "/w.safetensors"
      try SafetensorsWriter.write(tensors: [("w", .u8, [2], [1, 2])], to: path)
      let old = try Checkpoint(contentsOf: path)
      try SafetensorsWriter.write(tensors: [("w", .u8, [1], [9])], to: path)
      #expect(old.tensors["w"]?.bytes == [1, 2])
      #expect(try Checkpoint(contentsOf: path).tensors["w"]?.bytes == [9])
    }
  }
}
