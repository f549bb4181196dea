import Foundation
import Synchronization

/// Memory that tensors give back and take again.
///
/// Fresh pages cost more than the arithmetic done in them, so freed blocks are kept by size class and reused.
/// Blocks are 64-byte aligned; those of 4 MiB and more ask the kernel for huge pages.
public enum StoragePool {
  private struct State {
    var free: [Int: [UInt]] = [:]
    /// Blocks given back on the compute thread since it last took one. Swift may end a tensor's life once its pointer
    /// was read, while the kernel that got the pointer still runs: until the thread asks for memory again, nobody else
    /// gets these.
    var resting: [(block: UInt, size: Int)] = []
    var cachedBytes = 0
    var limit = 768 << 20

    /// Makes a block available; returns it when it is beyond the limit and must go back to the system.
    mutating func keep(_ block: UInt, _ size: Int) -> UInt? {
      guard cachedBytes + size <= limit else { return block }
      free[size, default: []].append(block)
      cachedBytes += size
      return nil
    }
  }
  private static let state = Mutex(State())

  /// Most bytes kept for reuse; what is freed beyond goes back to the system.
  public static var cacheLimit: Int {
    get { state.withLock { $0.limit } }
    set {
      state.withLock { $0.limit = newValue }
      if newValue == 0 { trim() }
    }
  }

  /// Returns every kept block to the system.
  public static func trim() {
    let blocks = state.withLock { state -> [UInt] in
      let all = state.free.values.flatMap { $0 }
      state.free = [:]
      state.cachedBytes = 0
      return all
    }
    for block in blocks { free(UnsafeMutableRawPointer(bitPattern: block)) }
  }

  /// Rounds up to the next of eight classes per power of two, so that similar sizes share blocks.
  static func sizeClass(_ bytes: Int) -> Int {
    guard bytes > 512 else { return (max(bytes, 1) + 63) & ~63 }
    let step = max(64, 1 << (Int.bitWidth - 1 - bytes.leadingZeroBitCount - 3))
    return (bytes + step - 1) / step * step
  }

  static func take(_ size: Int) -> UnsafeMutableRawPointer {
    let onComputeThread = Compute.isCurrent
    let (kept, surplus) = state.withLock { state -> (UInt?, [UInt]) in
      var surplus: [UInt] = []
      if onComputeThread {
        surplus = state.resting.compactMap { state.keep($0.block, $0.size) }
        state.resting.removeAll(keepingCapacity: true)
      }
      guard let block = state.free[size]?.popLast() else { return (nil, surplus) }
      state.cachedBytes -= size
      return (block, surplus)
    }
    for block in surplus { free(UnsafeMutableRawPointer(bitPattern: block)) }
    if let kept { return UnsafeMutableRawPointer(bitPattern: kept)! }
    var pointer: UnsafeMutableRawPointer?
    let huge = size >= 4 << 20
    guard posix_memalign(&pointer, huge ? 2 << 20 : 64, size) == 0, let pointer else {
      preconditionFailure("out of memory: \(size) bytes for a tensor")
    }
    if huge { madvise(pointer, size, MADV_HUGEPAGE) }
    return pointer
  }

  static func give(_ pointer: UnsafeMutableRawPointer, _ size: Int) {
    let onComputeThread = Compute.isCurrent
    let surplus = state.withLock { state -> UInt? in
      guard onComputeThread else { return state.keep(UInt(bitPattern: pointer), size) }
      state.resting.append((UInt(bitPattern: pointer), size))
      return nil
    }
    if surplus != nil { free(pointer) }
  }
}
