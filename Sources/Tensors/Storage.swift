/// The type of a tensor's elements.
public enum ElementType: Int32, Sendable, CaseIterable {
  case f32 = 0  // OS_F32
  case bf16 = 1  // OS_BF16

  /// Bytes an element.
  public var byteCount: Int { self == .f32 ? 4 : 2 }
}

/// Contiguous memory behind tensors: a pooled block, or memory that another object keeps alive (a mapped file).
///
/// Invariant that makes it `Sendable`: bytes are written only while one tensor alone refers to them (before it is handed
/// out, or after ``Tensor/makeUnique()``), and `packed` is touched on the compute thread only.
public final class Storage: @unchecked Sendable {
  let pointer: UnsafeMutableRawPointer
  private let size: Int
  private let owner: AnyObject?
  /// This filter in the layouts that convolution kernels asked for, by layout key. Packed once, freed with the weights.
  var packed: [UInt64: Storage] = [:]

  init(byteCount: Int) {
    (pointer, size) = StoragePool.take(StoragePool.sizeClass(byteCount))
    owner = nil
  }

  /// Constants in memory that `owner` keeps alive and nobody writes to.
  init(borrowing pointer: UnsafeRawPointer, owner: AnyObject) {
    self.pointer = UnsafeMutableRawPointer(mutating: pointer)
    self.owner = owner
    size = 0
  }

  /// Whether the memory belongs to somebody else and must not be written to.
  var isBorrowed: Bool { owner != nil }

  deinit {
    if owner == nil { StoragePool.give(pointer, size) }
  }
}

extension Tensor {
  /// Makes this tensor the only one over its memory, by a copy where it is not, so that its owner may write in place
  /// without changing anybody else's numbers.
  package mutating func makeUnique() {
    guard !isKnownUniquelyReferenced(&storage) || storage.isBorrowed else { return }
    let copy = Tensor(uninitialized: shape, elementType)
    copy.pointer.copyMemory(from: pointer, byteCount: count * elementType.byteCount)
    self = copy
  }
}
