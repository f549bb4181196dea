import Foundation
import Synchronization

/// Memory that tensors give back and take again.
///
/// Fresh pages cost more than the arithmetic done in them, so freed blocks are kept by size class and reused.
/// Blocks are 64-byte aligned; those of 4 MiB and more ask the kernel for huge pages.
public enum StoragePool {
  private struct State {
    var free: [Int: [UInt]] = [:]
    var cachedBytes = 0
    /// Most bytes kept for reuse; what is given back beyond returns to the system.
    static let limit = 768 << 20

    /// A free block of `size` bytes or, for large ones, up to half as much again: pages that were touched before are
    /// worth more than a close fit.
    mutating func reuse(_ size: Int) -> (block: UInt, size: Int)? {
      if let block = free[size]?.popLast() { return (block, size) }
      guard size >= 1 << 20 else { return nil }
      let fitting = free.lazy.filter { $0.key > size && $0.key <= size + size / 2 && !$0.value.isEmpty }.map(\.key).min()
      return fitting.flatMap { wider in free[wider]?.popLast().map { ($0, wider) } }
    }

    /// Makes a block available; returns it when it is beyond the limit and must go back to the system.
    mutating func keep(_ block: UInt, _ size: Int) -> UInt? {
      guard cachedBytes + size <= Self.limit else { return block }
      free[size, default: []].append(block)
      cachedBytes += size
      return nil
    }
  }
  private static let state = Mutex(State())

  /// Rounds up to the next of eight classes per power of two, so that similar sizes share blocks.
  static func sizeClass(_ bytes: Int) -> Int {
    guard bytes > 512 else { return (max(bytes, 1) + 63) & ~63 }
    let step = max(64, 1 << (Int.bitWidth - 1 - bytes.leadingZeroBitCount - 3))
    return (bytes + step - 1) / step * step
  }

  /// A block of at least `size` bytes, a size class, and its own size.
  static func take(_ size: Int) -> (pointer: UnsafeMutableRawPointer, size: Int) {
    let rested = Resting.current.takeAll()
    let (kept, surplus) = state.withLock { state -> ((block: UInt, size: Int)?, [UInt]) in
      let surplus = rested.compactMap { state.keep($0.block, $0.size) }
      guard let kept = state.reuse(size) else { return (nil, surplus) }
      state.cachedBytes -= kept.size
      return (kept, surplus)
    }
    for block in surplus { free(UnsafeMutableRawPointer(bitPattern: block)) }
    if let kept { return (UnsafeMutableRawPointer(bitPattern: kept.block)!, kept.size) }
    var pointer: UnsafeMutableRawPointer?
    let huge = size >= 4 << 20
    guard posix_memalign(&pointer, huge ? 2 << 20 : 64, size) == 0, let pointer else {
      preconditionFailure("out of memory: \(size) bytes for a tensor")
    }
    if huge { madvise(pointer, size, MADV_HUGEPAGE) }
    return (pointer, size)
  }

  static func give(_ pointer: UnsafeMutableRawPointer, _ size: Int) {
    Resting.current.blocks.append((UInt(bitPattern: pointer), size))
  }

  fileprivate static func keep(_ blocks: [(block: UInt, size: Int)]) {
    let surplus = state.withLock { state in blocks.compactMap { state.keep($0.block, $0.size) } }
    for block in surplus { free(UnsafeMutableRawPointer(bitPattern: block)) }
  }
}

/// Blocks that a thread gave back since it last took one.
///
/// Swift may end a tensor's life once its pointer was read, while the kernel that got the pointer still runs. So a block
/// becomes available only when the thread that let go of it asks for memory again: its kernels are done by then.
private final class Resting {
  var blocks: [(block: UInt, size: Int)] = []

  func takeAll() -> [(block: UInt, size: Int)] {
    guard !blocks.isEmpty else { return [] }
    defer { blocks.removeAll(keepingCapacity: true) }
    return blocks
  }

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key) { pointer in
      guard let pointer else { return }
      StoragePool.keep(Unmanaged<Resting>.fromOpaque(pointer).takeRetainedValue().takeAll())
    }
    return key
  }()

  static var current: Resting {
    if let known = pthread_getspecific(key) { return Unmanaged<Resting>.fromOpaque(known).takeUnretainedValue() }
    let fresh = Resting()
    pthread_setspecific(key, Unmanaged.passRetained(fresh).toOpaque())
    return fresh
  }
}
