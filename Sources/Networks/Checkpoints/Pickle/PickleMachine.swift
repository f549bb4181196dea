/// Interprets a pickle into plain values. It knows the opcodes of protocols 0 to 5 and the few
/// Python objects of `PickleGlobal`; anything else ends in a fault, nothing is executed.
///
/// Every opcode costs at least a byte of input and creates a bounded amount of memory, except
/// copies of containers, which are charged against `copyBudget`.
struct PickleMachine {
  var reader: PickleReader
  var heap = PickleHeap()
  var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private var copyBudget: Int
  /// Offset of the current opcode, for faults.
  private(set) var position = 0

  static let maximumStack = 1 << 20
  static let maximumMarks = 1 << 10
  static let maximumMemo = 1 << 22

  init(_ bytes: ByteSlice, offset: Int = 0) {
    reader = PickleReader(bytes, offset: offset)
    copyBudget = bytes.count
  }

  var malformed: PickleFault { .malformed(offset: position) }

  /// Runs up to STOP and returns the value left on the stack.
  mutating func run() throws(PickleFault) -> PickleValue {
    stack.removeAll()
    marks.removeAll()
    memo.removeAll()
    while true {
      position = reader.offset
      let code = try reader.byte()
      guard let opcode = PickleOpcode(rawValue: code) else {
        throw .unsupportedOpcode(code, offset: position)
      }
      if opcode == .stop {
        let result = try pop()
        guard stack.isEmpty, marks.isEmpty else { throw malformed }
        return result
      }
      try perform(opcode)
      guard stack.count <= Self.maximumStack else { throw .limitExceeded(.stack) }
    }
  }

  private mutating func perform(_ opcode: PickleOpcode) throws(PickleFault) {
    switch opcode {
    case .stop, .frame, .proto: try performFraming(opcode)
    case .mark, .pop, .popMark, .duplicate, .put, .binPut, .longBinPut, .memoize, .get, .binGet,
      .longBinGet:
      try performStack(opcode)
    case .emptyTuple, .tuple, .tuple1, .tuple2, .tuple3, .frozenSet, .emptyList, .emptySet, .list,
      .append, .appends, .addItems, .emptyDictionary, .dictionary, .setItem, .setItems:
      try performContainer(opcode)
    case .global, .stackGlobal, .instance, .object, .reduce, .newObject, .newObjectEx, .build,
      .binPersistentID:
      try performCall(opcode)
    default: stack.append(try scalar(opcode))
    }
  }

  private mutating func performFraming(_ opcode: PickleOpcode) throws(PickleFault) {
    if opcode == .frame {
      _ = try reader.length(UInt64.self)
    } else {
      guard try reader.byte() <= 5 else { throw malformed }
    }
  }

  // MARK: Stack and memo

  mutating func pop() throws(PickleFault) -> PickleValue {
    guard stack.count > (marks.last ?? 0) else { throw malformed }
    return stack.removeLast()
  }

  /// Everything above the topmost mark, which goes too.
  mutating func popToMark() throws(PickleFault) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw malformed }
    let values = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return values
  }

  private func top() throws(PickleFault) -> PickleValue {
    guard stack.count > (marks.last ?? 0) else { throw malformed }
    return stack[stack.count - 1]
  }

  private mutating func performStack(_ opcode: PickleOpcode) throws(PickleFault) {
    switch opcode {
    case .mark:
      guard marks.count < Self.maximumMarks else { throw .limitExceeded(.nesting) }
      marks.append(stack.count)
    case .pop:
      // POP also removes a mark that nothing lies above.
      if let mark = marks.last, mark == stack.count { marks.removeLast() } else { _ = try pop() }
    case .popMark: _ = try popToMark()
    case .duplicate: stack.append(try top())
    case .put: try remember(memoKey())
    case .binPut: try remember(Int(reader.byte()))
    case .longBinPut: try remember(Int(reader.integer(UInt32.self)))
    case .memoize: try remember(memo.count)
    case .get: try recall(memoKey())
    case .binGet: try recall(Int(reader.byte()))
    default: try recall(Int(reader.integer(UInt32.self)))
    }
  }

  private mutating func memoKey() throws(PickleFault) -> Int {
    guard let key = Int(try reader.line()), key >= 0 else { throw malformed }
    return key
  }

  private mutating func remember(_ key: Int) throws(PickleFault) {
    guard memo.count < Self.maximumMemo else { throw .limitExceeded(.memo) }
    memo[key] = try top()
  }

  private mutating func recall(_ key: Int) throws(PickleFault) {
    guard let value = memo[key] else { throw malformed }
    stack.append(value)
  }

  // MARK: Containers

  private mutating func performContainer(_ opcode: PickleOpcode) throws(PickleFault) {
    switch opcode {
    case .emptyTuple: pushTuple([])
    case .tuple, .frozenSet: pushTuple(try popToMark())
    case .tuple1: pushTuple([try pop()])
    case .tuple2:
      let second = try pop()
      pushTuple([try pop(), second])
    case .tuple3:
      let third = try pop()
      let second = try pop()
      pushTuple([try pop(), second, third])
    case .emptyList, .emptySet: stack.append(.list(heap.makeSequence([])))
    case .list: stack.append(.list(heap.makeSequence(try popToMark())))
    case .append: try append([try pop()])
    case .appends, .addItems: try append(try popToMark())
    case .emptyDictionary: pushDictionary()
    case .dictionary:
      let items = try popToMark()
      pushDictionary()
      try setItems(items)
    case .setItem:
      let value = try pop()
      try setItems([try pop(), value])
    default: try setItems(try popToMark())
    }
  }

  mutating func pushTuple(_ elements: [PickleValue]) {
    stack.append(.tuple(heap.makeSequence(elements)))
  }

  mutating func pushDictionary() {
    heap.dictionaries.append([])
    stack.append(.dictionary(heap.dictionaries.count - 1))
  }

  private mutating func append(_ elements: [PickleValue]) throws(PickleFault) {
    switch try top() {
    case .list(let index): heap.sequences[index].append(contentsOf: elements)
    case .opaque: break
    default: throw malformed
    }
  }

  /// `items` alternates keys and values.
  private mutating func setItems(_ items: [PickleValue]) throws(PickleFault) {
    guard items.count.isMultiple(of: 2) else { throw malformed }
    switch try top() {
    case .dictionary(let index):
      for item in stride(from: 0, to: items.count, by: 2) {
        heap.dictionaries[index].append((items[item], items[item + 1]))
      }
    case .opaque: break
    default: throw malformed
    }
  }

  /// Charges `count` copied elements; a pickle cannot copy more elements than it has bytes.
  mutating func charge(copies count: Int) throws(PickleFault) {
    copyBudget -= count
    guard copyBudget >= 0 else { throw .limitExceeded(.values) }
  }
}
