/// The number format of a stored tensor.
public enum StoredType: String, Sendable, CaseIterable {
  case f64, f32, f16, bf16, i64, i32, i16, i8, u8, bool

  /// Bytes per element.
  public var byteCount: Int {
    switch self {
    case .f64, .i64: 8
    case .f32, .i32: 4
    case .f16, .bf16, .i16: 2
    case .i8, .u8, .bool: 1
    }
  }

  /// Little-endian bytes of `values` in this format.
  ///
  /// `f16` and `bf16` round to nearest, ties to even, and overflow to infinity; integers round to
  /// nearest and saturate, NaN becomes 0; `bool` is true for anything but 0.
  public func encoded(_ values: [Float]) -> [UInt8] {
    switch self {
    case .f64: littleEndian(values) { Double($0).bitPattern }
    case .f32: littleEndian(values) { $0.bitPattern }
    case .f16: littleEndian(values) { Float16($0).bitPattern }
    case .bf16: littleEndian(values, Self.bfloat16)
    case .i64: littleEndian(values) { Self.saturated($0) as Int64 }
    case .i32: littleEndian(values) { Self.saturated($0) as Int32 }
    case .i16: littleEndian(values) { Self.saturated($0) as Int16 }
    case .i8: littleEndian(values) { Self.saturated($0) as Int8 }
    case .u8: littleEndian(values) { Self.saturated($0) as UInt8 }
    case .bool: values.map { $0 == 0 ? 0 : 1 }
    }
  }

  /// The inverse of `encoded`; `bytes` may be unaligned and holds whole elements.
  func decoded(_ bytes: UnsafeRawBufferPointer) -> [Float] {
    switch self {
    case .f64: floats(bytes) { Float(Double(bitPattern: $0)) }
    case .f32: floats(bytes) { Float(bitPattern: $0) }
    case .f16: floats(bytes, Self.widened)
    case .bf16: floats(bytes) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
    case .i64: floats(bytes) { (value: Int64) in Float(value) }
    case .i32: floats(bytes) { (value: Int32) in Float(value) }
    case .i16: floats(bytes) { (value: Int16) in Float(value) }
    case .i8: floats(bytes) { (value: Int8) in Float(value) }
    case .u8: floats(bytes) { (value: UInt8) in Float(value) }
    case .bool: floats(bytes) { (value: UInt8) in value == 0 ? 0 : 1 }
    }
  }

  /// Bytes a tensor of this shape takes, or nil where a size is negative or the product overflows.
  ///
  /// Zeros count as one in the overflow check, so that no later product of sizes can overflow either.
  func byteCount(ofShape shape: [Int]) -> Int? {
    var bound = byteCount
    for size in shape {
      guard size >= 0 else { return nil }
      let (product, overflow) = bound.multipliedReportingOverflow(by: max(size, 1))
      if overflow { return nil }
      bound = product
    }
    return shape.contains(0) ? 0 : bound
  }

  private func littleEndian<Bits: FixedWidthInteger>(
    _ values: [Float], _ convert: (Float) -> Bits
  ) -> [UInt8] {
    let width = MemoryLayout<Bits>.size
    return [UInt8](unsafeUninitializedCapacity: values.count * width) { bytes, count in
      let raw = UnsafeMutableRawBufferPointer(bytes)
      for (index, value) in values.enumerated() {
        raw.storeBytes(of: convert(value).littleEndian, toByteOffset: index * width, as: Bits.self)
      }
      count = values.count * width
    }
  }

  private func floats<Bits: FixedWidthInteger>(
    _ bytes: UnsafeRawBufferPointer, _ convert: (Bits) -> Float
  ) -> [Float] {
    let width = MemoryLayout<Bits>.size
    let elements = bytes.count / width
    return [Float](unsafeUninitializedCapacity: elements) { floats, count in
      for index in 0..<elements {
        let bits = bytes.loadUnaligned(fromByteOffset: index * width, as: Bits.self)
        floats.initializeElement(at: index, to: convert(Bits(littleEndian: bits)))
      }
      count = elements
    }
  }

  /// An f16 as f32, without the function call that a conversion is where the processor's own may not be used.
  private static func widened(_ half: UInt16) -> Float {
    // 2^112 moves the exponent to its place; the product is exact, also of subnormal numbers.
    let magnitude = Float(bitPattern: UInt32(half & 0x7FFF) << 13) * 0x1p112
    // What has become 2^16 and more was infinite or no number.
    let special: UInt32 = magnitude >= 0x1p16 ? 0x7F80_0000 : 0
    return Float(bitPattern: magnitude.bitPattern | special | UInt32(half & 0x8000) << 16)
  }

  private static func bfloat16(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    // A NaN whose payload sits in the low half would round to infinity: keep it quiet instead.
    if value.isNaN { return UInt16(bits >> 16) | 0x0040 }
    return UInt16((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
  }

  private static func saturated<Integer: FixedWidthInteger>(_ value: Float) -> Integer {
    if value.isNaN { return 0 }
    let rounded = value.rounded(.toNearestOrEven)
    if let exact = Integer(exactly: rounded) { return exact }
    return rounded < 0 ? .min : .max
  }
}
