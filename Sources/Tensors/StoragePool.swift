import Foundation
import Synchronization

/// Memory that tensors give back and take again.
///
/// Fresh pages cost more than the arithmetic done in them, so freed blocks are kept by size class and reused.
/// Blocks are 64-byte aligned; those of 4 MiB and more ask the kernel for huge pages.
public enum StoragePool {
  /// Memory by its address, and its size in bytes, a size class.
  fileprivate struct Block { let address: UInt, size: Int }

  private struct State {
    var free: [Int: [UInt]] = [:]
    var cachedBytes = 0
    /// Most bytes kept for reuse; what is given back beyond returns to the system.
    static let limit = 768 << 20

    /// A free block of `size` bytes or, for large ones, up to twice that: pages that were touched before are
    /// worth more than a close fit.
    mutating func reuse(_ size: Int) -> Block? {
      if let block = free[size]?.popLast() { return Block(address: block, size: size) }
      guard size >= 1 << 20 else { return nil }
      let fitting = free.lazy.filter { $0.key > size && $0.key <= 2 * size && !$0.value.isEmpty }.map(\.key).min()
      return fitting.flatMap { wider in free[wider]?.popLast().map { Block(address: $0, size: wider) } }
    }

    /// Makes a block available; `false` when it is beyond the limit and must go back to the system.
    mutating func keep(_ block: Block) -> Bool {
      guard cachedBytes + block.size <= Self.limit else { return false }
      free[block.size, default: []].append(block.address)
      cachedBytes += block.size
      return true
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
    let (kept, surplus) = state.withLock { state -> (Block?, [Block]) in
      let surplus = rested.filter { !state.keep($0) }
      guard let kept = state.reuse(size) else { return (nil, surplus) }
      state.cachedBytes -= kept.size
      return (kept, surplus)
    }
    release(surplus)
    if let kept { return (UnsafeMutableRawPointer(bitPattern: kept.address)!, kept.size) }
    guard let pointer = size >= hugeSize ? mapped(size) : aligned_alloc(64, size) else {
      preconditionFailure("out of memory: \(size) bytes for a tensor")
    }
    return (pointer, size)
  }

  // MARK: The system's memory

  /// Blocks of so many bytes are mapped one by one and unmapped when they go: the heap would keep what lies between others.
  private static let hugeSize = 4 << 20
  private static let hugePage = 2 << 20

  private static func mapped(_ size: Int) -> UnsafeMutableRawPointer? {
    let room = size + hugePage
    guard let start = mmap(nil, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), start != MAP_FAILED
    else { return nil }
    let skip = -Int(bitPattern: start) & (hugePage - 1)
    if skip > 0 { munmap(start, skip) }
    munmap(start + skip + size, room - skip - size)
    madvise(start + skip, size, MADV_HUGEPAGE)
    return start + skip
  }

  private static func release(_ blocks: [Block]) {
    for block in blocks {
      let pointer = UnsafeMutableRawPointer(bitPattern: block.address)!
      if block.size >= hugeSize { munmap(pointer, block.size) } else { free(pointer) }
    }
  }

  static func give(_ pointer: UnsafeMutableRawPointer, _ size: Int) {
    Resting.current.blocks.append(Block(address: UInt(bitPattern: pointer), size: size))
  }

  /// Gives everything kept for reuse back to the system: for the moment between two pieces of work of other sizes.
  package static func trim() {
    keepRested()
    let blocks = state.withLock { state in
      defer { (state.free, state.cachedBytes) = ([:], 0) }
      return state.free.flatMap { size, blocks in blocks.map { Block(address: $0, size: size) } }
    }
    release(blocks)
  }

  /// Makes what this thread let go of available; none of its kernels may run.
  static func keepRested() { keep(Resting.current.takeAll()) }

  fileprivate static func keep(_ blocks: [Block]) {
    release(state.withLock { state in blocks.filter { !state.keep($0) } })
  }
}

/// Blocks that a thread gave back since it last took one.
///
/// Swift may end a tensor's life once its pointer was read, while the kernel that got the pointer still runs. So a block
/// becomes available only when the thread that let go of it asks for memory again: its kernels are done by then.
private final class Resting {
  var blocks: [StoragePool.Block] = []

  func takeAll() -> [StoragePool.Block] {
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
