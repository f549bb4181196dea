import OneStepTensors

extension Checkpoint {
  /// Writes tensors as one safetensors file with the digest of their bytes; it appears whole or not at all.
  ///
  /// - Parameter type: how the numbers are stored; f16 halves the file where that loses nothing.
  public static func write(
    _ entries: [(String, Tensor)], as type: StoredType = .f32, metadata: [String: String] = [:], to path: String
  ) throws(CheckpointError) {
    try SafetensorsWriter.write(
      tensors: entries.map { name, tensor in
        (name: name, elementType: type, shape: tensor.shape, bytes: type.encoded(tensor.floats))
      }, metadata: metadata, to: path)
  }
}

extension CheckpointTensor {
  /// The numbers as an f32 tensor: in the file's mapping where they are aligned f32, which costs no memory until they
  /// are read; converted otherwise.
  public func tensor() -> Tensor {
    let constant = withUnsafeBytes { raw -> Tensor? in
      guard elementType == .f32, let base = raw.baseAddress, UInt(bitPattern: base) % 4 == 0 else { return nil }
      return Tensor(constant: raw, shape: shape, owner: bytes.store)
    }
    return constant ?? Tensor(floats(), shape: shape)
  }
}
