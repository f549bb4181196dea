import Glibc

/// Read-only bytes with one owner: a private file mapping, or memory of our own.
///
/// Sendable because nothing writes to the bytes after `init`. A mapped file must not be truncated
/// while a store is alive; files replaced by rename, as the writer here does, are safe.
final class ByteStore: @unchecked Sendable {
  let base: UnsafeRawPointer
  let count: Int
  private let isMapped: Bool

  /// Maps a regular file.
  init(mapping path: String, name: String) throws(CheckpointError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(file: name, code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .unreadable(file: name, code: errno) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw .unreadable(file: name, code: EISDIR)
    default: throw .unreadable(file: name, code: ESPIPE)
    }
    guard status.st_size > 0 else { throw .foreign(file: name, .empty) }
    let length = Int(status.st_size)
    guard let address = mmap(nil, length, PROT_READ, MAP_PRIVATE, descriptor, 0),
      address != MAP_FAILED
    else { throw .unreadable(file: name, code: errno) }
    base = UnsafeRawPointer(address)
    count = length
    isMapped = true
  }

  /// Allocates `count` bytes, 64-byte aligned, and lets `fill` write all of them.
  init<Failure: Error>(
    count: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 64)
    base = UnsafeRawPointer(memory.baseAddress!)
    self.count = count
    isMapped = false
    try fill(UnsafeMutableRawBufferPointer(rebasing: memory[..<count]))
  }

  convenience init(copying bytes: [UInt8]) {
    self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
  }

  deinit {
    if isMapped {
      munmap(UnsafeMutableRawPointer(mutating: base), count)
    } else {
      UnsafeMutableRawPointer(mutating: base).deallocate()
    }
  }
}

/// A range of a `ByteStore`: bounds-checked reading, slicing without a copy.
struct ByteSlice: Sendable {
  let store: ByteStore
  private let start: Int
  let count: Int

  init(_ store: ByteStore) {
    self.store = store
    start = 0
    count = store.count
  }

  private init(_ store: ByteStore, start: Int, count: Int) {
    self.store = store
    self.start = start
    self.count = count
  }

  subscript(index: Int) -> UInt8 {
    precondition(index >= 0 && index < count, "byte \(index) of \(count)")
    return store.base.load(fromByteOffset: start + index, as: UInt8.self)
  }

  subscript(range: Range<Int>) -> ByteSlice {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "bytes \(range) of \(count)")
    return ByteSlice(store, start: start + range.lowerBound, count: range.count)
  }

  /// The first `length` bytes, or fewer where the slice is shorter.
  func prefix(_ length: Int) -> ByteSlice { self[0..<min(length, count)] }

  /// The little-endian integer at `offset`.
  func integer<Value: FixedWidthInteger>(at offset: Int, as type: Value.Type) -> Value {
    let size = MemoryLayout<Value>.size
    precondition(offset >= 0 && offset <= count - size, "integer at \(offset) of \(count)")
    return Value(
      littleEndian: store.base.loadUnaligned(fromByteOffset: start + offset, as: Value.self))
  }

  func starts(with bytes: some Collection<UInt8>) -> Bool {
    count >= bytes.count && zip(0..., bytes).allSatisfy { self[$0] == $1 }
  }

  func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try withExtendedLifetime(store) {
      try body(UnsafeRawBufferPointer(start: store.base + start, count: count))
    }
  }

  /// The bytes as text, or nil where they are not UTF-8.
  var text: String? { withUnsafeBytes { String(validating: $0, as: UTF8.self) } }
}
