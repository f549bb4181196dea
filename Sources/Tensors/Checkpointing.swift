extension Tensor {
  /// `body(inputs)` that keeps only its inputs for the reverse mode: inner values are computed again when the gradient
  /// arrives, one more forward pass for the memory of all of them.
  ///
  /// Every value that needs a gradient, parameters too, must be among `inputs`, and `body` must compute the same each
  /// time (``dropout(rate:seed:stream:)`` does).
  public static func checkpointed(_ inputs: [Tensor], _ body: @escaping ([Tensor]) -> Tensor) -> Tensor {
    let unrecorded = inputs.map { input -> Tensor in
      var t = input
      t.record = nil
      return t
    }
    let result = body(unrecorded)
    precondition(
      result.record == nil || inputs.allSatisfy { $0.record == nil },
      "a checkpointed body uses a recorded value that is not among its inputs")
    let plain = inputs.map(\.values)
    return result.values.derived(from: inputs) { g, need in
      let tape = Tape()
      defer { tape.reset() }
      let leaves = zip(plain, need).map { $1 ? tape.watch($0) : $0 }
      let watched = zip(leaves, need).filter(\.1).map(\.0)
      var gradients = tape.gradients(of: [(body(leaves), seed: g)], for: watched).makeIterator()
      return zip(plain, need).map { input, needed in needed ? gradients.next()?.cast(to: input.elementType) : nil }
    } pushforward: { _ in
      result.tangentBox?.value
    }
  }
}
