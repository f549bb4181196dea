import Foundation

/// The type of a stored tensor's elements.
public enum StoredType: String, Sendable, CaseIterable {
  case f64 = "F64", f32 = "F32", f16 = "F16", bf16 = "BF16", i64 = "I64", i32 = "I32", i16 = "I16", i8 = "I8", u8 = "U8"
  case bool = "BOOL"

  /// Bytes an element.
  public var byteCount: Int {
    switch self {
    case .f64, .i64: 8
    case .f32, .i32: 4
    case .f16, .bf16, .i16: 2
    case .i8, .u8, .bool: 1
    }
  }
}

/// A tensor of a checkpoint: a place in its bytes.
public struct StoredTensor: Sendable {
  public let name: String
  public let type: StoredType
  public let shape: [Int]
  let bytes: MappedBytes
  let range: Range<Int>

  public var count: Int { shape.reduce(1, *) }

  /// The contiguous little-endian bytes, straight from the file's mapping.
  public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try withExtendedLifetime(bytes) { try body(UnsafeRawBufferPointer(rebasing: bytes.buffer[range])) }
  }

  /// The elements converted to f32.
  public func floats() -> [Float] {
    withUnsafeBytes { raw in
      func read<T>(_: T.Type, _ convert: (T) -> Float) -> [Float] {
        (0..<count).map { convert(raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.size, as: T.self)) }
      }
      switch type {
      case .f64: return read(Double.self) { Float($0) }
      case .f32: return read(Float.self) { $0 }
      case .f16: return read(UInt16.self) { Self.half($0) }
      case .bf16: return read(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
      case .i64: return read(Int64.self) { Float($0) }
      case .i32: return read(Int32.self) { Float($0) }
      case .i16: return read(Int16.self) { Float($0) }
      case .i8: return read(Int8.self) { Float($0) }
      case .u8, .bool: return read(UInt8.self) { Float($0) }
      }
    }
  }

  /// IEEE half precision; exact, for `Float16` is not everywhere on x86.
  static func half(_ h: UInt16) -> Float {
    let sign: Float = h & 0x8000 == 0 ? 1 : -1, e = Int(h >> 10 & 31), m = Float(h & 1023)
    if e == 31 { return m == 0 ? sign * .infinity : .nan }
    return sign * (e == 0 ? m * 0x1p-24 : (1024 + m) * Float(sign: .plus, exponent: e - 25, significand: 1))
  }
}

/// The tensors of a model file, memory-mapped. The format is recognised by content, never by name.
public struct Checkpoint: Sendable {
  /// Last path component, for messages.
  public let name: String
  /// By tensor name.
  public let tensors: [String: StoredTensor]
  /// In the order of the file.
  public let names: [String]
  public let metadata: [String: String]
  private let bytes: MappedBytes
  private let dataStart: Int

  public init(contentsOf path: String) throws(CheckpointError) {
    let name = String(path.split(separator: "/").last ?? "model")
    try self.init(MappedBytes(mapping: path), name: name)
  }

  public init(decoding bytes: [UInt8], name: String) throws(CheckpointError) {
    try self.init(MappedBytes(copying: bytes), name: name)
  }

  private init(_ bytes: MappedBytes, name: String) throws(CheckpointError) {
    try Sniffing.refuseForeign(bytes.buffer, name: name)
    let header = try SafetensorsHeader(bytes.buffer, name: name)
    (self.name, self.bytes, metadata, dataStart) = (name, bytes, header.metadata, header.dataStart)
    names = header.entries.map(\.name)
    tensors = Dictionary(
      uniqueKeysWithValues: header.entries.map {
        ($0.name, StoredTensor(name: $0.name, type: $0.type, shape: $0.shape, bytes: bytes, range: $0.range))
      })
  }

  /// SHA-256 of the tensors' bytes, in hexadecimal.
  public func dataHash() -> String { SHA256.hexadecimal(UnsafeRawBufferPointer(rebasing: bytes.buffer[dataStart...])) }
}

/// Bytes of a file that stay valid while anyone holds them.
final class MappedBytes: @unchecked Sendable {
  let buffer: UnsafeRawBufferPointer
  private let isMapped: Bool

  init(mapping path: String) throws(CheckpointError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .unreadable(path: path, reason: "it is no regular file")
    }
    let size = Int(status.st_size)
    guard size > 0 else { throw .empty(path) }
    guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
      throw .unreadable(path: path, reason: String(cString: strerror(errno)))
    }
    (buffer, isMapped) = (UnsafeRawBufferPointer(start: base, count: size), true)
  }

  init(copying bytes: [UInt8]) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
    copy.copyBytes(from: bytes)
    (buffer, isMapped) = (UnsafeRawBufferPointer(copy), false)
  }

  deinit {
    if isMapped {
      munmap(UnsafeMutableRawPointer(mutating: buffer.baseAddress!), buffer.count)
    } else {
      buffer.deallocate()
    }
  }
}
