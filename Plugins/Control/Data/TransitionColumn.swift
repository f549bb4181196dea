/// One array of ``Transitions``: a collection of numbers in memory or in a mapped file.
public struct TransitionColumn: RandomAccessCollection, Sendable {
  private var owned: [Float]
  private let mapped: MappedFile?

  init(_ values: [Float] = []) { (owned, mapped) = (values, nil) }

  /// The whole of a file of little-endian 32-bit floats.
  init(mapping file: MappedFile) { (owned, mapped) = ([], file) }

  public var startIndex: Int { 0 }
  public var endIndex: Int { mapped.map { $0.bytes.count / 4 } ?? owned.count }
  public subscript(index: Int) -> Float { withUnsafeBufferPointer { $0[index] } }

  /// Calls `body` with all numbers in one piece.
  public func withUnsafeBufferPointer<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard let mapped else { return try owned.withUnsafeBufferPointer(body) }
    defer { withExtendedLifetime(mapped) {} }
    return try body(mapped.bytes.assumingMemoryBound(to: Float.self))
  }

  public func withContiguousStorageIfAvailable<Result>(
    _ body: (UnsafeBufferPointer<Float>) throws -> Result
  ) rethrows -> Result? { try withUnsafeBufferPointer(body) }

  /// Adds numbers; a mapped column is copied into memory first.
  mutating func append(contentsOf values: some Sequence<Float>) {
    if mapped != nil { self = TransitionColumn(Array(self)) }
    owned.append(contentsOf: values)
  }

  mutating func reserve(_ count: Int) {
    if mapped == nil { owned.reserveCapacity(count) }
  }
}

extension TransitionColumn: Equatable, ExpressibleByArrayLiteral {
  public init(arrayLiteral elements: Float...) { self.init(elements) }

  public static func == (a: TransitionColumn, b: TransitionColumn) -> Bool { a.elementsEqual(b) }
  public static func == (a: TransitionColumn, b: [Float]) -> Bool { a.elementsEqual(b) }
}
