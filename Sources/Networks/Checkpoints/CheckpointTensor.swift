/// One named tensor of a checkpoint: its shape, and its elements as contiguous little-endian bytes.
public struct CheckpointTensor: Sendable {
  public let name: String
  public let elementType: StoredType
  /// Sizes, slowest axis first, in the order the file has them (published weights: OIHW).
  public let shape: [Int]
  let bytes: ByteSlice

  /// `bytes.count` must be what `shape` and `elementType` need.
  init(name: String, elementType: StoredType, shape: [Int], bytes: ByteSlice) {
    precondition(bytes.count == elementType.byteCount(ofShape: shape), "\(name): byte count")
    self.name = name
    self.elementType = elementType
    self.shape = shape
    self.bytes = bytes
  }

  /// Number of elements.
  public var elementCount: Int { bytes.count / elementType.byteCount }

  /// Number of bytes.
  public var byteCount: Int { bytes.count }

  /// Calls `body` with the contiguous bytes, which are valid only during the call.
  ///
  /// The bytes lie in the file mapping wherever that is possible, so they may be unaligned: read
  /// them with `loadUnaligned` or copy them.
  public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try bytes.withUnsafeBytes(body)
  }

  /// The elements as single-precision numbers; `f64` and `i64` are rounded. O(elements).
  public func floats() -> [Float] { bytes.withUnsafeBytes(elementType.decoded) }
}
