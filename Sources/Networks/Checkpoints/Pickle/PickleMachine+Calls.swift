/// What stands in for calls of Python objects: a closed list, see `PickleGlobal`.
extension PickleMachine {
  /// PyTorch itself allows no more axes.
  static let maximumRank = 64

  mutating func performCall(_ opcode: PickleOpcode) throws(PickleFault) {
    switch opcode {
    case .global:
      let module = try reader.line()
      stack.append(.global(try global(module: module, name: try reader.line())))
    case .stackGlobal:
      guard case .text(let name) = try pop(), case .text(let module) = try pop() else {
        throw malformed
      }
      stack.append(.global(try global(module: module, name: name)))
    case .instance:
      let module = try reader.line()
      let target = try global(module: module, name: try reader.line())
      stack.append(try call(.global(target), popToMark()))
    case .object:
      let values = try popToMark()
      guard let target = values.first else { throw malformed }
      stack.append(try call(target, Array(values.dropFirst())))
    case .reduce, .newObject:
      guard case .tuple(let arguments) = try pop() else { throw malformed }
      stack.append(try call(try pop(), heap.sequences[arguments]))
    case .newObjectEx:
      _ = try pop()
      guard case .tuple(let arguments) = try pop() else { throw malformed }
      stack.append(try call(try pop(), heap.sequences[arguments]))
    case .build:
      // Attributes such as a state dict's _metadata: of no use here.
      _ = try pop()
      stack.append(try pop())
    default: stack.append(try storage(named: try pop()))
    }
  }

  private func global(module: String, name: String) throws(PickleFault) -> PickleGlobal {
    if let global = PickleGlobal(module: module, name: name) { return global }
    let path = "\(module).\(name)"
    throw PickleGlobal.isElementType(module: module, name: name)
      ? .unsupportedElementType(path) : .forbiddenGlobal(path)
  }

  private mutating func call(
    _ target: PickleValue, _ arguments: [PickleValue]
  ) throws(PickleFault) -> PickleValue {
    guard case .global(let global) = target else { throw malformed }
    switch global {
    case .orderedDictionary: return try orderedDictionary(arguments)
    case .rebuildTensor:
      guard arguments.count == 4 else { throw badCall("_rebuild_tensor") }
      return try tensor(arguments, elementType: nil)
    case .rebuildTensorV2:
      guard arguments.count >= 6 else { throw badCall("_rebuild_tensor_v2") }
      return try tensor(arguments, elementType: nil)
    case .rebuildTensorV3:
      guard arguments.count >= 7, case .global(.elementType(let type)) = arguments[6] else {
        throw badCall("_rebuild_tensor_v3")
      }
      return try tensor(arguments, elementType: type)
    case .rebuildParameter:
      guard arguments.count >= 3, case .tensor = arguments[0] else {
        throw badCall("_rebuild_parameter")
      }
      return arguments[0]
    case .size:
      guard arguments.count == 1, case .tuple = arguments[0] else { throw badCall("torch.Size") }
      return arguments[0]
    case .inert: return .opaque
    case .storage, .elementType: throw badCall("a storage or element type")
    }
  }

  private func badCall(_ name: String) -> PickleFault {
    .malformedCall(name, offset: position)
  }

  /// OrderedDict() or, from Python 2, OrderedDict([[key, value], ...]).
  private mutating func orderedDictionary(
    _ arguments: [PickleValue]
  ) throws(PickleFault) -> PickleValue {
    var entries: [(key: PickleValue, value: PickleValue)] = []
    if let pairs = arguments.first.flatMap(heap.elements) {
      try charge(copies: pairs.count)
      for pair in pairs {
        guard let pair = heap.elements(of: pair), pair.count == 2 else {
          throw badCall("OrderedDict")
        }
        entries.append((pair[0], pair[1]))
      }
    } else if !arguments.isEmpty {
      throw badCall("OrderedDict")
    }
    heap.dictionaries.append(entries)
    return .dictionary(heap.dictionaries.count - 1)
  }

  /// (storage, offset, size, stride, ...)
  private mutating func tensor(
    _ arguments: [PickleValue], elementType: StoredType?
  ) throws(PickleFault) -> PickleValue {
    guard case .storage(let storage) = arguments[0], case .integer(let offset) = arguments[1],
      let shape = try integers(arguments[2]), let strides = try integers(arguments[3]),
      shape.count == strides.count
    else { throw badCall("_rebuild_tensor") }
    heap.tensors.append(
      PickledTensor(
        storage: storage, elementType: elementType ?? heap.storages[storage].elementType,
        offset: offset, shape: shape, strides: strides))
    return .tensor(heap.tensors.count - 1)
  }

  private mutating func integers(_ value: PickleValue) throws(PickleFault) -> [Int]? {
    guard let elements = heap.elements(of: value) else { return nil }
    guard elements.count <= Self.maximumRank else { throw .limitExceeded(.rank) }
    try charge(copies: elements.count)
    var integers: [Int] = []
    for element in elements {
      guard case .integer(let integer) = element else { return nil }
      integers.append(integer)
    }
    return integers
  }

  /// ("storage", class, key, device, element count[, view (key, start, count) or None])
  private mutating func storage(named id: PickleValue) throws(PickleFault) -> PickleValue {
    guard case .tuple(let index) = id else { throw malformed }
    let fields = heap.sequences[index]
    guard case .text(let kind) = fields.first else { throw malformed }
    if kind == "module" { throw .wholeModule }
    guard kind == "storage", fields.count >= 5, case .global(.storage(let type)) = fields[1],
      case .text(let key) = fields[2], case .integer(let count) = fields[4], count >= 0
    else { throw malformed }
    let elementType = type ?? .u8
    guard elementType.byteCount(ofShape: [count]) != nil else { throw .badStorage(key: key) }
    var view = (start: 0, count: count)
    if fields.count > 5, let parts = heap.elements(of: fields[5]) {
      guard parts.count == 3, case .integer(let start) = parts[1],
        case .integer(let length) = parts[2], start >= 0, length >= 0, length <= count,
        start <= count - length
      else { throw .badStorage(key: key) }
      view = (start, length)
    }
    heap.storages.append(
      PickledStorage(
        key: key, elementType: elementType, start: view.start, count: view.count,
        rootCount: count))
    return .storage(heap.storages.count - 1)
  }
}
