/// The reverse mode's record of a computation: one entry per operator, in the order they ran.
///
/// ```swift
/// let tape = Tape()
/// let w = tape.watch(weights)
/// let loss = (w * x - y).squared().mean()
/// let gradient = tape.gradients(of: loss, for: [w])[0]
/// ```
/// A tape is used from the compute thread and for one computation; `gradients` may be called several times.
public final class Tape: @unchecked Sendable {
  /// Gradient of the output, and which inputs need theirs, to gradients of the inputs; `nil` where none flows.
  typealias Pullback = (Tensor, _ needed: [Bool]) -> [Tensor?]
  struct Entry {
    let inputs: [Int?]
    let pullback: Pullback?
  }
  private var entries: [Entry] = []

  public init() {}

  /// Values recorded so far, leaves included.
  package var entryCount: Int { entries.count }

  /// A leaf whose gradient can be asked for.
  public func watch(_ tensor: Tensor) -> Tensor {
    var t = tensor.values
    t.tangentBox = tensor.tangentBox
    t.record = append(Entry(inputs: [], pullback: nil))
    return t
  }

  func append(_ entry: Entry) -> Record {
    entries.append(entry)
    return Record(tape: self, index: entries.count - 1)
  }

  /// Gradients of a scalar `loss` with respect to watched tensors, in f32; zeros where the loss does not depend on one.
  public func gradients(of loss: Tensor, for leaves: [Tensor]) -> [Tensor] {
    precondition(loss.count == 1, "gradients of a loss of shape \(loss.shape); reduce it to a scalar first")
    return gradients(of: [(loss, Tensor.ones(loss.shape))], for: leaves)
  }

  /// Vector-Jacobian product: the gradients that flow to `leaves` when each output receives its seed.
  public func gradients(of outputs: [(Tensor, seed: Tensor)], for leaves: [Tensor]) -> [Tensor] {
    let wanted = leaves.map { leaf -> Int in
      guard let record = leaf.record, record.tape === self else {
        preconditionFailure("a leaf of shape \(leaf.shape) is not watched by this tape")
      }
      return record.index
    }
    // What does not lead to a wanted leaf is not computed.
    var useful = [Bool](repeating: false, count: entries.count)
    for index in wanted { useful[index] = true }
    for (index, entry) in entries.enumerated() where !useful[index] {
      useful[index] = entry.inputs.contains { $0.map { useful[$0] } ?? false }
    }
    var flowing = [Int: Tensor]()
    for (output, seed) in outputs {
      guard let record = output.record, record.tape === self else { continue }
      accumulate(seed.values, at: record.index, into: &flowing)
    }
    let keep = Set(wanted)
    for index in entries.indices.reversed() where useful[index] {
      guard let pullback = entries[index].pullback, let gradient = flowing[index] else { continue }
      if !keep.contains(index) { flowing[index] = nil }
      let inputs = entries[index].inputs
      let needed = inputs.map { $0.map { useful[$0] } ?? false }
      for (input, part) in zip(inputs, pullback(gradient, needed)) {
        if let input, let part, useful[input] { accumulate(part, at: input, into: &flowing) }
      }
    }
    return zip(wanted, leaves).map { flowing[$0]?.cast(to: .f32) ?? Tensor.zeros($1.shape) }
  }

  private func accumulate(_ part: Tensor, at index: Int, into flowing: inout [Int: Tensor]) {
    flowing[index] = flowing[index].map { $0 + part } ?? part
  }

  /// Forgets the computation and frees what it kept alive. Saved tensors may refer back to the tape, so a tape that is
  /// dropped without this call could outlive its use.
  public func reset() { entries.removeAll() }
}

/// A value's place on a tape.
struct Record: Sendable {
  let tape: Tape
  let index: Int
}

extension Tensor {
  /// Attaches both derivative rules to a freshly computed value.
  ///
  /// - Parameters:
  ///   - inputs: the operator's tensor arguments.
  ///   - pullback: gradient of the value to gradients of `inputs`; `nil` where none flows or none is needed. It must
  ///     capture plain values only (``values``), so that the tape is not kept alive by itself.
  ///   - pushforward: tangents of `inputs` (`nil`: zero) to the tangent of the value.
  func derived(
    from inputs: [Tensor], pullback: @escaping Tape.Pullback, pushforward: ([Tensor?]) -> Tensor?
  ) -> Tensor {
    var result = self
    if let tape = inputs.lazy.compactMap({ $0.record?.tape }).first {
      let sources = inputs.map { input -> Int? in
        guard let record = input.record else { return nil }
        precondition(record.tape === tape, "an operator mixes values of two tapes")
        return record.index
      }
      result.record = tape.append(Tape.Entry(inputs: sources, pullback: pullback))
    }
    if inputs.contains(where: { $0.tangentBox != nil }) {
      result.tangentBox = pushforward(inputs.map { $0.tangentBox?.value }).map { TangentBox($0.values) }
    }
    return result
  }

  /// Whether the operator that consumes these inputs has to keep anything for a derivative.
  static func isDifferentiated(_ inputs: [Tensor]) -> Bool {
    inputs.contains { $0.record != nil || $0.tangentBox != nil }
  }

  // MARK: Forward mode

  /// Whether a derivative of this value is wanted: a tape records it, or it moves.
  package var hasDerivative: Bool { record != nil || tangentBox != nil }

  /// This value moving along `tangent`: operators carry the directional derivative beside the value.
  public func withTangent(_ tangent: Tensor) -> Tensor {
    precondition(tangent.shape == shape, "tangent of shape \(tangent.shape) for a value of shape \(shape)")
    var t = self
    t.tangentBox = TangentBox(tangent.values)
    return t
  }

  /// This value standing still; a tape still records it.
  public var withoutTangent: Tensor {
    var t = self
    t.tangentBox = nil
    return t
  }

  /// The directional derivative that reached this value, zeros when none did.
  public var tangent: Tensor { tangentBox?.value ?? Tensor.zeros(shape).cast(to: elementType) }
}

/// Value and directional derivative of `function` at `inputs` along `tangents` (`nil`: that input stands still).
public func jvp(
  _ function: ([Tensor]) throws -> Tensor, at inputs: [Tensor], along tangents: [Tensor?]
) rethrows -> (value: Tensor, tangent: Tensor) {
  precondition(inputs.count == tangents.count, "\(inputs.count) inputs, \(tangents.count) tangents")
  let moving = zip(inputs, tangents).map { input, tangent in
    tangent.map { input.values.withTangent($0) } ?? input.values
  }
  let result = try function(moving)
  return (result.values, result.tangent)
}
