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

  /// Whether a global that is not read is one of PyTorch's other element types.
  static func isElementType(module: String, name: String) -> Bool {
    guard module == "torch" || module == "torch.cuda" else { return false }
    let prefixes = ["float", "complex", "uint", "int", "quint", "qint", "bits"]
    return name.hasSuffix("Storage") || prefixes.contains { name.hasPrefix($0) }
  }

  private static let inertNames: Set<String> = [
    "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "numpy.dtype",
    "_codecs.encode",
  ]
}
