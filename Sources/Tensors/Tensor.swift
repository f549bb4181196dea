import Kernels

/// An immutable array of numbers in row-major order, with what the two derivative modes need to know about it.
///
/// Images are `[N, H, W, C]`, sequences `[N, T, C]`: channels last everywhere. A tensor may carry a place on a ``Tape``
/// (reverse mode) and a tangent (forward mode); operators propagate both.
public struct Tensor: Sendable {
  public let shape: [Int]
  public let elementType: ElementType
  var storage: Storage
  let offset: Int
  /// Where the tape recorded this value; `nil` outside differentiation.
  var record: Record?
  var tangentBox: TangentBox?

  init(storage: Storage, offset: Int = 0, shape: [Int], elementType: ElementType = .f32) {
    self.storage = storage
    self.offset = offset
    self.shape = shape
    self.elementType = elementType
  }

  /// Memory for a result; every element must be written before the tensor is used.
  init(uninitialized shape: [Int], _ elementType: ElementType = .f32) {
    precondition(shape.allSatisfy { $0 >= 0 }, "shape \(shape) has a negative length")
    let bytes = shape.reduce(1, *) * elementType.byteCount
    self.init(storage: Storage(byteCount: bytes), shape: shape, elementType: elementType)
  }

  // MARK: Making tensors

  /// The given values, row-major.
  public init(_ values: [Float], shape: [Int]) {
    precondition(
      values.count == shape.reduce(1, *), "\(values.count) values do not fill shape \(shape)")
    self.init(uninitialized: shape)
    values.withUnsafeBytes { bytes in
      if let base = bytes.baseAddress { pointer.copyMemory(from: base, byteCount: bytes.count) }
    }
  }

  /// A scalar, shape `[]`.
  public init(_ value: Float) { self.init([value], shape: []) }

  /// Fills a new f32 tensor through a pointer to its `shape.reduce(1, *)` uninitialised elements.
  public init(shape: [Int], fill: (UnsafeMutableBufferPointer<Float>) throws -> Void) rethrows {
    self.init(uninitialized: shape)
    try fill(UnsafeMutableBufferPointer(start: floatPointer, count: count))
  }

  /// f32 constants in foreign memory, such as a mapped weight file; `owner` keeps the memory alive.
  /// `bytes` must be 4-byte aligned and hold the shape's elements.
  public init(constant bytes: UnsafeRawBufferPointer, shape: [Int], owner: AnyObject) {
    precondition(bytes.count == shape.reduce(1, *) * 4, "\(bytes.count) bytes for f32 shape \(shape)")
    self.init(storage: Storage(borrowing: bytes.baseAddress!, owner: owner), shape: shape)
  }

  public static func filled(_ value: Float, _ shape: [Int]) -> Tensor {
    let t = Tensor(uninitialized: shape)
    os_fill_f32(value, t.floatPointer, Int64(t.count))
    return t
  }
  public static func zeros(_ shape: [Int]) -> Tensor { filled(0, shape) }
  public static func ones(_ shape: [Int]) -> Tensor { filled(1, shape) }
  /// 0, 1, ... n - 1.
  public static func range(_ n: Int) -> Tensor { Tensor((0..<n).map(Float.init), shape: [n]) }

  // MARK: Reading

  public var rank: Int { shape.count }
  public var count: Int { shape.reduce(1, *) }

  /// The elements, row-major. Copies.
  public var floats: [Float] {
    let values = Compute.perform { cast(to: .f32).values }
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      if count > 0 { buffer.baseAddress!.update(from: values.floatPointer, count: count) }
      initialized = count
    }
  }

  /// The only element.
  public var item: Float {
    precondition(count == 1, "item of a tensor of shape \(shape)")
    return floats[0]
  }

  /// Reads an f32 tensor in place.
  public func withUnsafeFloats<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
    precondition(elementType == .f32, "withUnsafeFloats of a \(elementType) tensor")
    return try withExtendedLifetime(storage) {
      try body(UnsafeBufferPointer(start: floatPointer, count: count))
    }
  }

  /// This value alone: no tape, no tangent. Gradients stop here.
  public var values: Tensor {
    var t = self
    t.record = nil
    t.tangentBox = nil
    return t
  }

  // MARK: Memory, for operators

  var pointer: UnsafeMutableRawPointer { storage.pointer + offset * elementType.byteCount }
  var floatPointer: UnsafeMutablePointer<Float> {
    precondition(elementType == .f32, "an f32 tensor is needed here, got \(elementType)")
    return pointer.assumingMemoryBound(to: Float.self)
  }
}

final class TangentBox: Sendable {
  let value: Tensor
  init(_ value: Tensor) { self.value = value }
}

/// Row-major strides, in elements.
func rowMajorStrides(_ shape: [Int]) -> [Int] {
  var strides = [Int](repeating: 1, count: shape.count)
  for axis in stride(from: shape.count - 2, through: 0, by: -1) {
    strides[axis] = strides[axis + 1] * shape[axis + 1]
  }
  return strides
}

/// Makes a negative axis count from the end and checks it.
func normalizedAxis(_ axis: Int, rank: Int) -> Int {
  let positive = axis < 0 ? axis + rank : axis
  precondition((0..<rank).contains(positive), "axis \(axis) of a tensor of rank \(rank)")
  return positive
}
