/// A value of a pickle. Containers are indices into a `PickleHeap`, so that Python's shared and
/// self-referring containers need no reference counting, and deep nesting no recursion to free.
enum PickleValue {
  case none
  case bool(Bool)
  case integer(Int)
  /// An integer beyond 64 bits: little-endian two's complement.
  case bigInteger(ByteSlice)
  case real(Double)
  case text(String)
  case bytes
  case tuple(Int)
  case list(Int)
  case dictionary(Int)
  case global(PickleGlobal)
  case storage(Int)
  case tensor(Int)
  /// Something harmless that is of no use here.
  case opaque
}

/// What the container cases of `PickleValue` point to.
struct PickleHeap {
  var sequences: [[PickleValue]] = []
  var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
  var storages: [PickledStorage] = []
  var tensors: [PickledTensor] = []

  mutating func makeSequence(_ elements: [PickleValue]) -> Int {
    sequences.append(elements)
    return sequences.count - 1
  }

  /// The elements of a tuple or list.
  func elements(of value: PickleValue) -> [PickleValue]? {
    switch value {
    case .tuple(let index), .list(let index): sequences[index]
    default: nil
    }
  }
}

/// A storage as a pickle names it; its data is elsewhere in the file.
struct PickledStorage: Equatable {
  /// The name of the storage that holds the data.
  let key: String
  let elementType: StoredType
  /// First element within the data (only old files have views).
  let start: Int
  /// Number of elements.
  let count: Int
  /// Number of elements of the whole data; equals `count` unless this is a view.
  let rootCount: Int
}

/// A tensor as a pickle describes it: a strided view of a storage, in elements.
struct PickledTensor {
  /// Index into `PickleHeap.storages`.
  let storage: Int
  let elementType: StoredType
  let offset: Int
  let shape: [Int]
  let strides: [Int]
}
