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

/// The Python objects a pickle may name. Each is understood here; none is ever looked up or called.
enum PickleGlobal {
  case orderedDictionary
  case rebuildTensor, rebuildTensorV2, rebuildTensorV3
  case rebuildParameter
  /// A storage class; nil is the untyped one, which counts bytes.
  case storage(StoredType?)
  case elementType(StoredType)
  case size
  /// Its instances are of no use here and are skipped: devices, NumPy scalars.
  case inert

  init?(module: String, name: String) {
    switch module {
    case "torch._utils":
      guard let rebuild = Self.rebuilders[name] else { return nil }
      self = rebuild
    case "torch", "torch.cuda":
      if let type = Self.storageTypes[name] {
        self = .storage(type)
      } else if let type = Self.elementTypes[name] {
        self = .elementType(type)
      } else if name == "Size" {
        self = .size
      } else if name == "device" {
        self = .inert
      } else if name == "UntypedStorage" {
        self = .storage(nil)
      } else {
        return nil
      }
    case "torch.storage" where ["UntypedStorage", "TypedStorage"].contains(name):
      self = .storage(nil)
    case "collections" where name == "OrderedDict":
      self = .orderedDictionary
    default:
      guard Self.inertNames.contains("\(module).\(name)") else { return nil }
      self = .inert
    }
  }

  private static let rebuilders: [String: PickleGlobal] = [
    "_rebuild_tensor": .rebuildTensor, "_rebuild_tensor_v2": .rebuildTensorV2,
    "_rebuild_tensor_v3": .rebuildTensorV3, "_rebuild_parameter": .rebuildParameter,
    "_rebuild_parameter_with_state": .rebuildParameter,
  ]

  private static let storageTypes: [String: StoredType] = [
    "DoubleStorage": .f64, "FloatStorage": .f32, "HalfStorage": .f16, "BFloat16Storage": .bf16,
    "LongStorage": .i64, "IntStorage": .i32, "ShortStorage": .i16, "CharStorage": .i8,
    "ByteStorage": .u8, "BoolStorage": .bool,
  ]

  private static let elementTypes: [String: StoredType] = [
    "float64": .f64, "float32": .f32, "float16": .f16, "bfloat16": .bf16,
    "int64": .i64, "int32": .i32, "int16": .i16, "int8": .i8, "uint8": .u8, "bool": .bool,
  ]

  private static let inertNames: Set<String> = [
    "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "numpy.dtype",
    "_codecs.encode",
  ]
}
