/// What a pickle holds, flattened: keys and list indices joined by dots.
struct FlattenedPickle {
  /// Names and indices into `PickleHeap.tensors`, in the pickle's order.
  var tensors: [(name: String, index: Int)] = []
  /// Numbers, flags and texts.
  var scalars: [String: String] = [:]

  static let maximumDepth = 64
  /// A bare tensor at the top has no key.
  static let rootName = "tensor"

  /// `size` is the byte count of the pickle: shared containers may be visited several times, but
  /// not so often that a small file unfolds into a huge list.
  init(_ root: PickleValue, in heap: PickleHeap, size: Int) throws(PickleFault) {
    var budget = 64 * size + 65_536
    var path = Path()
    try visit(root, name: "", heap: heap, path: &path, budget: &budget)
  }

  /// The containers being visited.
  private struct Path {
    var sequences: Set<Int> = []
    var dictionaries: Set<Int> = []
    var depth: Int { sequences.count + dictionaries.count }
  }

  private mutating func visit(
    _ value: PickleValue, name: String, heap: PickleHeap, path: inout Path, budget: inout Int
  ) throws(PickleFault) {
    budget -= 1 + name.utf8.count
    guard budget >= 0 else { throw .limitExceeded(.values) }
    guard path.depth <= Self.maximumDepth else { throw .limitExceeded(.nesting) }
    switch value {
    case .dictionary(let index):
      guard path.dictionaries.insert(index).inserted else { throw .cycle }
      for (key, value) in heap.dictionaries[index] {
        guard let child = Self.text(of: key) else {
          if heap.isContainerOrTensor(value) { throw .unnamableKey(under: name) }
          continue
        }
        try visit(
          value, name: name.isEmpty ? child : "\(name).\(child)", heap: heap, path: &path,
          budget: &budget)
      }
      path.dictionaries.remove(index)
    case .tuple(let index), .list(let index):
      guard path.sequences.insert(index).inserted else { throw .cycle }
      for (position, value) in heap.sequences[index].enumerated() {
        try visit(
          value, name: name.isEmpty ? "\(position)" : "\(name).\(position)", heap: heap,
          path: &path, budget: &budget)
      }
      path.sequences.remove(index)
    case .tensor(let index):
      tensors.append((name.isEmpty ? Self.rootName : name, index))
    default:
      if let text = Self.text(of: value) { scalars[name] = text }
    }
  }

  private static func text(of value: PickleValue) -> String? {
    switch value {
    case .text(let text): text
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .bool(let value): "\(value)"
    default: nil
    }
  }
}

extension PickleHeap {
  fileprivate func isContainerOrTensor(_ value: PickleValue) -> Bool {
    switch value {
    case .tuple, .list, .dictionary, .tensor: true
    default: false
    }
  }
}
