import Foundation
import OneStepNetworks
import Testing

/// The checkpoint files beside the tests, and files made on the spot.
enum Fixtures {
  static let all = [
    "types.zip.pth", "types.legacy.pth", "views.zip.pth", "views.legacy.pth", "training.zip.pth",
    "training.legacy.pth", "protocol3.zip.pth", "protocol4.zip.pth", "protocol5.zip.pth",
    "types.safetensors", "lpips-alex.legacy.pth",
  ]

  static func path(_ name: String) -> String {
    Bundle.module.bundlePath + "/Fixtures/Checkpoints/" + name
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  /// Rows of a tab-separated table, without the fields' names.
  static func rows(_ path: String) throws -> [[String]] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }

  /// Calls `body` with the path of a new folder, which is removed afterwards.
  static func withTemporaryFolder<R>(_ body: (String) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.path)
  }
}

extension CheckpointTensor {
  var bytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }

  /// SHA-256 in hexadecimal, by way of a checkpoint that holds nothing else.
  var digest: String {
    get throws {
      let encoded = try SafetensorsWriter.encode(tensors: [(name, elementType, shape, bytes)])
      return try Checkpoint(decoding: encoded, name: name).digest()
    }
  }
}

/// The error reading `bytes` ends in, or nil if they are read.
func failure(decoding bytes: [UInt8]) -> CheckpointError? {
  do throws(CheckpointError) {
    _ = try Checkpoint(decoding: bytes, name: "file")
    return nil
  } catch {
    return error
  }
}

/// Reads every tensor in full if `bytes` are a checkpoint; true if they are.
func survives(_ bytes: [UInt8]) -> Bool {
  guard let checkpoint = try? Checkpoint(decoding: bytes, name: "file") else { return false }
  for name in checkpoint.names {
    let tensor = checkpoint.tensors[name]!
    precondition(tensor.floats().count == tensor.shape.reduce(1, *))
  }
  return true
}

/// A safetensors file with this header and `data` bytes of zeros.
func safetensors(_ header: String, data: Int = 0) -> [UInt8] {
  withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8)
    + [UInt8](repeating: 0, count: data)
}
