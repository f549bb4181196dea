import CCrypto
import Foundation
import OneStepTensors

extension Checkpoint {
  /// Writes tensors as one safetensors file: same input, same bytes. It appears whole or not at all.
  ///
  /// - Parameters:
  ///   - type: how to store them (`.f32` or `.f16`).
  ///   - hashKey: metadata key for the SHA-256 of the tensors' bytes.
  public static func write(
    _ entries: [(String, Tensor)], as type: StoredType = .f32, metadata: [String: String] = [:], hashKey: String? = nil,
    to path: String
  ) throws(CheckpointError) {
    precondition(type == .f32 || type == .f16, "models are stored in f32 or f16")
    var data = Data()
    var header: [String: Any] = [:]
    for (name, tensor) in entries {
      let start = data.count
      let values = tensor.floats
      if type == .f32 {
        values.withUnsafeBytes { data.append(contentsOf: $0) }
      } else {
        values.map(half).withUnsafeBytes { data.append(contentsOf: $0) }
      }
      header[name] = ["dtype": type.rawValue, "shape": tensor.shape, "data_offsets": [start, data.count]] as [String: Any]
    }
    var metadata = metadata
    if let hashKey { metadata[hashKey] = data.withUnsafeBytes { SHA256.hexadecimal($0) } }
    if !metadata.isEmpty { header["__metadata__"] = metadata }
    guard
      var text = try? JSONSerialization.data(withJSONObject: header, options: [.sortedKeys, .withoutEscapingSlashes])
    else { throw .unwritable(path: path, reason: "its header cannot be encoded") }
    // Spaces after the object align the tensors to 64 bytes.
    text.append(Data(repeating: UInt8(ascii: " "), count: (64 - (text.count + 8) % 64) % 64))
    let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) }
    do { try (length + text + data).write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
      throw .unwritable(path: path, reason: (error as NSError).localizedDescription)
    }
  }

  /// Round to nearest even; overflow becomes infinity.
  static func half(_ f: Float) -> UInt16 {
    let sign = UInt16(f.sign == .minus ? 0x8000 : 0), a = abs(f)
    if a.isNaN { return sign | 0x7E00 }
    if a >= 65520 { return sign | 0x7C00 }
    if a < 0x1p-14 { return sign | UInt16((a * 0x1p24).rounded(.toNearestOrEven)) }
    let exponent = Int(a.exponent)
    let m = UInt32((a.significand * 1024).rounded(.toNearestOrEven))  // 1024...2048
    return sign | UInt16(UInt32(exponent + 15) << 10 &+ (m - 1024))
  }
}

enum SHA256 {
  static func hexadecimal(_ bytes: UnsafeRawBufferPointer) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    _ = CCrypto.SHA256(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, &digest)
    return digest.map { String(UInt32($0) + 256, radix: 16).dropFirst() }.joined()
  }
}
