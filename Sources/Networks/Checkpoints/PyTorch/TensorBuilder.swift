/// Turns the tensors a pickle describes into views of their storages' bytes.
struct TensorBuilder {
  let heap: PickleHeap
  /// The bytes of whole storages by key.
  let data: [String: ByteSlice]
  /// Bytes that strided tensors may still take. Unfolding can repeat elements, so without a limit a
  /// stride of 0 would make any size out of four bytes.
  private var budget: Int
  private var unfolded: [Int: ByteSlice] = [:]

  /// `fileSize` in bytes sets the limit on unfolded tensors.
  init(heap: PickleHeap, data: [String: ByteSlice], fileSize: Int) {
    self.heap = heap
    self.data = data
    budget = 8 * fileSize + 1 << 20
  }

  /// All tensors of `pickle`; `file` is for messages.
  mutating func tensors(
    of pickle: FlattenedPickle, file: String
  ) throws(CheckpointError) -> [CheckpointTensor] {
    var names: Set<String> = []
    var tensors: [CheckpointTensor] = []
    for (name, index) in pickle.tensors {
      guard names.insert(name).inserted else {
        throw .tensor(file: file, name: name, .duplicateName)
      }
      let tensor = heap.tensors[index]
      let key = heap.storages[tensor.storage].key
      guard let storage = data[key] else { throw .pickle(file: file, .badStorage(key: key)) }
      do throws(TensorFault) {
        let bytes = try bytes(of: index, in: storage)
        tensors.append(
          CheckpointTensor(
            name: name, elementType: tensor.elementType, shape: tensor.shape, bytes: bytes))
      } catch {
        throw .tensor(file: file, name: name, error)
      }
    }
    return tensors
  }

  private mutating func bytes(
    of index: Int, in storage: ByteSlice
  ) throws(TensorFault) -> ByteSlice {
    let tensor = heap.tensors[index]
    let view = try StridedView(tensor)
    if view.byteCount == 0 { return storage[0..<0] }
    let available = try view.available(of: heap.storages[tensor.storage], bytes: storage.count)
    guard view.end <= available.count else {
      throw .beyondStorage(needed: view.end, available: available.count)
    }
    let width = tensor.elementType.byteCount
    let base = available.lowerBound * width
    if view.isContiguous {
      let start = base + tensor.offset * width
      return storage[start..<start + view.byteCount]
    }
    if let bytes = unfolded[index] { return bytes }
    budget -= view.byteCount
    guard budget >= 0 else { throw .tooLarge }
    let source = storage[base..<base + available.count * width]
    let bytes = ByteSlice(
      ByteStore(count: view.byteCount) { target in
        source.withUnsafeBytes { view.gather(from: $0, into: target) }
      })
    unfolded[index] = bytes
    return bytes
  }
}

/// The elements of a storage that a tensor shows, with every product checked for overflow.
struct StridedView {
  let tensor: PickledTensor
  let byteCount: Int
  /// One past the last element used, counted from the start of the storage; 0 without elements.
  let end: Int
  let isContiguous: Bool

  init(_ tensor: PickledTensor) throws(TensorFault) {
    guard let byteCount = tensor.elementType.byteCount(ofShape: tensor.shape), tensor.offset >= 0,
      tensor.strides.allSatisfy({ $0 >= 0 })
    else { throw .malformedShape }
    self.tensor = tensor
    self.byteCount = byteCount
    var last = tensor.offset
    var dense = 1
    var isContiguous = true
    for (size, stride) in zip(tensor.shape, tensor.strides).reversed() {
      // The stride of an axis of size one is never used and may be anything.
      if size != 1 && stride != dense { isContiguous = false }
      dense *= max(size, 1)
      let (reach, overflow) = max(size - 1, 0).multipliedReportingOverflow(by: stride)
      let (sum, overflow2) = last.addingReportingOverflow(reach)
      if overflow || overflow2 { throw .malformedShape }
      last = sum
    }
    guard last < Int.max / tensor.elementType.byteCount else { throw .malformedShape }
    end = byteCount == 0 ? 0 : last + 1
    self.isContiguous = isContiguous
  }

  /// The elements, of the tensor's own type, of `storage`, whose root has `bytes` bytes of data.
  func available(
    of storage: PickledStorage, bytes: Int
  ) throws(TensorFault) -> Range<Int> {
    let width = tensor.elementType.byteCount
    let typed = storage.elementType.byteCount
    let start = storage.start * typed / width
    let count = storage.count * typed / width
    guard start * width + count * width <= bytes else {
      throw .beyondStorage(needed: start + count, available: bytes / width)
    }
    return start..<start + count
  }

  /// Copies the elements in row-major order.
  func gather(from source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) {
    switch tensor.elementType.byteCount {
    case 1: gather(UInt8.self, from: source, into: target)
    case 2: gather(UInt16.self, from: source, into: target)
    case 4: gather(UInt32.self, from: source, into: target)
    default: gather(UInt64.self, from: source, into: target)
    }
  }

  private func gather<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ type: Bits.Type, from source: UnsafeRawBufferPointer,
    into target: UnsafeMutableRawBufferPointer
  ) {
    let width = MemoryLayout<Bits>.size
    let rank = tensor.shape.count
    let (rowLength, rowStride) = (tensor.shape[rank - 1], tensor.strides[rank - 1])
    var position = [Int](repeating: 0, count: rank)
    var element = tensor.offset
    var written = 0
    while written < target.count {
      for column in 0..<rowLength {
        let offset = (element + column * rowStride) * width
        let bits = source.loadUnaligned(fromByteOffset: offset, as: Bits.self)
        target.storeBytes(of: bits, toByteOffset: written, as: Bits.self)
        written += width
      }
      // Like an odometer: the next row.
      var axis = rank - 2
      while axis >= 0 {
        position[axis] += 1
        element += tensor.strides[axis]
        if position[axis] < tensor.shape[axis] { break }
        element -= tensor.shape[axis] * tensor.strides[axis]
        position[axis] = 0
        axis -= 1
      }
    }
  }
}
