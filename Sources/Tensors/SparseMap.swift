import Kernels

/// A linear map of one axis, by rows: which inputs each output is made of, with which weights and in which order.
/// Resizing, average pooling and padding are such maps of the two axes of an image, and so are their derivatives.
struct SparseMap: Sendable {
  /// Row `i` holds the entries `starts[i]..<starts[i + 1]`.
  private(set) var starts: [Int32] = [0]
  private(set) var indices: [Int32] = []
  private(set) var weights: [Float] = []
  let inputs: Int
  var outputs: Int { starts.count - 1 }

  init(inputs: Int) { self.inputs = inputs }

  /// Appends an output that sums `weights[k] * input[indices[k]]`.
  mutating func append(_ entries: some Sequence<(index: Int, weight: Float)>) {
    for entry in entries {
      precondition((0..<inputs).contains(entry.index), "entry \(entry.index) of \(inputs) inputs")
      indices.append(Int32(entry.index))
      weights.append(entry.weight)
    }
    starts.append(Int32(indices.count))
  }

  /// The map of the reverse rule.
  var transposed: SparseMap {
    var rows = [[(index: Int, weight: Float)]](repeating: [], count: inputs)
    for output in 0..<outputs {
      for k in Int(starts[output])..<Int(starts[output + 1]) {
        rows[Int(indices[k])].append((output, weights[k]))
      }
    }
    var result = SparseMap(inputs: outputs)
    for row in rows { result.append(row) }
    return result
  }

  /// Every element as it is.
  static func identity(_ n: Int) -> SparseMap {
    var map = SparseMap(inputs: n)
    for i in 0..<n { map.append([(index: i, weight: Float(1))]) }
    return map
  }

  func withKernelView<R>(_ body: (OSSparse) -> R) -> R {
    starts.withUnsafeBufferPointer { starts in
      indices.withUnsafeBufferPointer { indices in
        weights.withUnsafeBufferPointer { weights in
          body(
            OSSparse(
              start: starts.baseAddress, index: indices.baseAddress, weight: weights.baseAddress, count: Int64(outputs))
          )
        }
      }
    }
  }
}

extension Tensor {
  /// Maps the rows, then the columns of `[N, H, W, C]`.
  func mapped(rows: SparseMap, columns: SparseMap) -> Tensor {
    values.applying(rows, columns).derived(from: [self]) { g, _ in
      [g.applying(rows.transposed, columns.transposed)]
    } pushforward: { t in
      t[0]!.applying(rows, columns)
    }
  }

  /// The map of plain values.
  func applying(_ rows: SparseMap, _ columns: SparseMap) -> Tensor {
    precondition(
      rank == 4 && shape[1] == rows.inputs && shape[2] == columns.inputs,
      "an image [N, \(rows.inputs), \(columns.inputs), C] is needed, got \(shape)")
    let out = Tensor(uninitialized: [shape[0], rows.outputs, columns.outputs, shape[3]], elementType)
    rows.withKernelView { rows in
      columns.withKernelView { columns in
        os_resample(
          elementType.rawValue, rows, columns, Int64(shape[0]), Int64(shape[1]), Int64(shape[2]), Int64(shape[3]),
          pointer, out.pointer)
      }
    }
    return out
  }
}
