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
