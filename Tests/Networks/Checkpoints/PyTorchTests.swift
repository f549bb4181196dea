import Foundation
import OneStepNetworks
import Testing

@Suite("PyTorch checkpoints") struct PyTorchTests {
  @Test("every tensor has the type, shape and bytes that PyTorch saw", arguments: Fixtures.all)
  func reference(file: String) throws {
    let table = try Fixtures.rows(Fixtures.path("reference_checkpoints.tsv"))
    let rows = table.filter { $0[0] == file }
    #expect(!rows.isEmpty)
    let checkpoint = try Checkpoint(contentsOf: Fixtures.path(file))
    #expect(checkpoint.name == file)
    #expect(Set(checkpoint.names) == Set(rows.map { $0[1] }))
    if checkpoint.format != .safetensors { #expect(checkpoint.names == rows.map { $0[1] }) }
    for row in rows {
      let tensor = try #require(checkpoint.tensors[row[1]])
      #expect(tensor.name == row[1])
      #expect(tensor.elementType.rawValue == row[2], "\(row[1])")
      let shape = tensor.shape.map(String.init).joined(separator: "x")
      #expect((shape.isEmpty ? "scalar" : shape) == row[3], "\(row[1])")
      #expect(try tensor.digest == row[4], "\(row[1])")
    }
  }

  @Test("decoding from memory gives what mapping the file gives", arguments: Fixtures.all)
  func memory(file: String) throws {
    let mapped = try Checkpoint(contentsOf: Fixtures.path(file))
    let decoded = try Checkpoint(decoding: try Fixtures.bytes(file), name: file)
    #expect(mapped.names == decoded.names)
    #expect(mapped.metadata == decoded.metadata)
    #expect(mapped.digest() == decoded.digest())
  }

  @Test("the same tensors have the same digest in all three formats")
  func digests() throws {
    let digests = try ["types.zip.pth", "types.legacy.pth", "types.safetensors"].map {
      try Checkpoint(contentsOf: Fixtures.path($0)).digest()
    }
    #expect(Set(digests).count == 1)
  }

  @Test("formats are recognised")
  func formats() throws {
    let formats = try ["views.zip.pth", "views.legacy.pth", "types.safetensors"].map {
      try Checkpoint(contentsOf: Fixtures.path($0)).format
    }
    #expect(formats == [.pytorchZip, .pytorchLegacy, .safetensors])
  }

  @Test(
    "numbers, flags and texts beside the tensors become metadata",
    arguments: [
      "training.zip.pth", "training.legacy.pth",
    ])
  func scalars(file: String) throws {
    let metadata = try Checkpoint(contentsOf: Fixtures.path(file)).metadata
    #expect(metadata["ema.decay"] == "0.999")
    #expect(metadata["ema.num_updates"] == "4000")
    #expect(metadata["optimizer.param_groups.0.amsgrad"] == "false")
    #expect(metadata["optimizer.param_groups.0.betas.1"] == "0.99")
    #expect(metadata["epoch"] == "-3")
    #expect(metadata["name"] == "débruitage")
    #expect(metadata["size.0"] == "4")
    #expect(metadata["nothing"] == nil && metadata["large"] == nil && metadata["dtype"] == nil)
    #expect(metadata["best"] == nil)
  }

  @Test("safetensors metadata is read as PyTorch's users write it")
  func safetensorsMetadata() throws {
    let metadata = try Checkpoint(contentsOf: Fixtures.path("types.safetensors")).metadata
    #expect(metadata == ["format": "pt", "note": "quote \" and é"])
  }

  @Test("a true file of old PyTorch gives the published numbers")
  func oldFile() throws {
    let tensor = try #require(
      try Checkpoint(contentsOf: Fixtures.path("lpips-alex.legacy.pth"))
        .tensors["lin0.model.1.weight"])
    let values = tensor.floats()
    #expect(values.count == 64)
    #expect(abs(values[0] - 3.78799541e-06) < 1e-12)
    #expect(abs(values.reduce(0, +) / 64 - 0.0367114424) < 1e-7)
  }

  @Test("zip archives that are not checkpoints say so")
  func otherArchives() throws {
    // An empty archive: only the end-of-directory record.
    let empty = Array("PK\u{5}\u{6}".utf8) + [UInt8](repeating: 0, count: 18)
    #expect(failure(decoding: empty) == .archive(file: "file", .noPickle))
    guard case .archive("file", .damaged) = failure(decoding: Array("PK\u{3}\u{4} not a zip".utf8))
    else {
      Issue.record("a damaged archive was not refused")
      return
    }
  }

  @Test("a flipped bit in a zip archive's tensor data fails its checksum")
  func checksum() throws {
    let checkpoint = try Checkpoint(contentsOf: Fixtures.path("types.zip.pth"))
    let data = try #require(checkpoint.tensors["values.f32"]).bytes
    var bytes = try Fixtures.bytes("types.zip.pth")
    let place = try #require(Data(bytes).range(of: Data(data)))
    bytes[place.lowerBound] ^= 0x40
    guard case .archive("file", .damagedEntry) = failure(decoding: bytes) else {
      Issue.record("\(String(describing: failure(decoding: bytes)))")
      return
    }
  }

  /// A folder is searched for pairs X.pth and X.tensors.tsv (name, shape, ..., SHA-256 in the last
  /// column); X.safetensors is compared as well where it exists. `ONESTEP_CHECKPOINTS` names another
  /// folder than the fixtures'.
  @Test("published checkpoints match the tables of their tensors")
  func published() throws {
    let root = ProcessInfo.processInfo.environment["ONESTEP_CHECKPOINTS"] ?? Fixtures.path("")
    var checked = 0
    for case let file as String in FileManager.default.enumerator(atPath: root)! {
      guard file.hasSuffix(".tensors.tsv") else { continue }
      let stem = root + "/" + file.dropLast(".tensors.tsv".count)
      let rows = try Fixtures.rows(root + "/" + file).dropFirst()
      for suffix in [".pth", ".safetensors"] {
        guard FileManager.default.fileExists(atPath: stem + suffix) else { continue }
        let checkpoint = try Checkpoint(contentsOf: stem + suffix)
        #expect(Set(checkpoint.names) == Set(rows.map { $0[0] }), "\(file)")
        for row in rows {
          let tensor = try #require(checkpoint.tensors[row[0]])
          #expect(tensor.shape.map(String.init).joined(separator: "x") == row[1], "\(row[0])")
          #expect(try tensor.digest == row.last, "\(stem)\(suffix) \(row[0])")
          checked += 1
        }
      }
    }
    #expect(checked > 0)
  }
}
