import OneStepTensors
import Testing

/// A plain array of Doubles with a shape: what slow reference operators compute on.
public struct Reference {
  public var values: [Double]
  public var shape: [Int]

  public init(_ values: [Double], _ shape: [Int]) {
    precondition(values.count == shape.reduce(1, *))
    (self.values, self.shape) = (values, shape)
  }

  /// Uniform in `range`, from a fixed seed.
  public static func random(_ shape: [Int], seed: UInt64 = 1, in range: ClosedRange<Double> = -1...1) -> Reference {
    var generator = SplitMix(seed: seed)
    return Reference((0..<shape.reduce(1, *)).map { _ in Double.random(in: range, using: &generator) }, shape)
  }

  public static func filled(_ value: Double, _ shape: [Int]) -> Reference {
    Reference([Double](repeating: value, count: shape.reduce(1, *)), shape)
  }

  public var tensor: Tensor { Tensor(values.map(Float.init), shape: shape) }

  /// The value after rounding to f32, so that engine and reference start from the same numbers.
  public var rounded: Reference { Reference(values.map { Double(Float($0)) }, shape) }

  public func map(_ f: (Double) -> Double) -> Reference { Reference(values.map(f), shape) }

  public subscript(_ index: Int...) -> Double {
    get { values[offset(index)] }
    set { values[offset(index)] = newValue }
  }
  public func offset(_ index: [Int]) -> Int {
    zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 }
  }
  /// Every index, row-major.
  public var indices: [[Int]] {
    shape.reduce([[]]) { partial, n in partial.flatMap { p in (0..<n).map { p + [$0] } } }
  }
}

/// A small seeded generator (SplitMix64).
public struct SplitMix: RandomNumberGenerator {
  private var state: UInt64
  public init(seed: UInt64) { state = seed }
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Expects max |a - b| <= relative * max |b| + absolute and says where it fails.
public func expectClose(
  _ a: [Float], _ b: [Double], relative: Double = 2e-5, absolute: Double = 1e-7, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard a.count == b.count else {
    Issue.record("\(what): \(a.count) values, expected \(b.count)", sourceLocation: sourceLocation)
    return
  }
  let scale = b.reduce(0) { max($0, abs($1)) }
  let bound = relative * scale + absolute
  let worst = a.indices.max { abs(Double(a[$0]) - b[$0]) < abs(Double(a[$1]) - b[$1]) }
  guard let worst else { return }
  let difference = abs(Double(a[worst]) - b[worst])
  #expect(
    difference <= bound && a.allSatisfy { !$0.isNaN },
    "\(what): differs by \(difference) > \(bound) at \(worst): \(a[worst]) for \(b[worst])",
    sourceLocation: sourceLocation)
}

public func expectClose(
  _ a: Tensor, _ b: Reference, relative: Double = 2e-5, absolute: Double = 1e-7, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(a.shape == b.shape, "\(what): shapes", sourceLocation: sourceLocation)
  expectClose(a.floats, b.values, relative: relative, absolute: absolute, what, sourceLocation: sourceLocation)
}

/// Checks an operator of the f32 engine against a slow reference in Double: its value, its reverse rule and its tangent
/// rule. The reference's derivatives are four-point central differences, whose error in Double is far below f32's.
///
/// - Parameters:
///   - differentiable: which inputs have derivatives (default: all).
///   - tolerance: largest difference relative to the largest expected value.
public func expectOperator(
  _ name: String, _ inputs: [Reference], differentiable: [Bool]? = nil, tolerance: Double = 2e-5,
  absolute: Double = 2e-6, step: Double = 1e-3, engine: ([Tensor]) -> Tensor, reference: ([Reference]) -> Reference,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let inputs = inputs.map(\.rounded)
  let moving = differentiable ?? [Bool](repeating: true, count: inputs.count)
  let expected = reference(inputs)
  Compute.perform {
    let tensors = inputs.map(\.tensor)
    expectClose(
      engine(tensors), expected, relative: tolerance, absolute: absolute, "\(name) value", sourceLocation: sourceLocation)

    // Reverse: J^T g for a random g.
    let seed = Reference.random(expected.shape, seed: 99).rounded
    let tape = Tape()
    let leaves = zip(tensors, moving).map { $1 ? tape.watch($0) : $0 }
    let output = engine(leaves)
    let watched = zip(leaves, moving).filter(\.1).map(\.0)
    let gradients = tape.gradients(of: [(output, seed: seed.tensor)], for: watched)
    tape.reset()
    let which = moving.indices.filter { moving[$0] }
    for (input, gradient) in zip(which, gradients) {
      let numeric = (0..<inputs[input].values.count).map { element in
        centralDifference(step) { h in
          var changed = inputs
          changed[input].values[element] += h
          return zip(reference(changed).values, seed.values).reduce(0) { $0 + $1.0 * $1.1 }
        }
      }
      expectClose(
        gradient.floats, numeric, relative: tolerance, absolute: absolute, "\(name) gradient of input \(input)",
        sourceLocation: sourceLocation)
    }

    // Forward: J v for random v, all inputs together.
    let tangents = inputs.enumerated().map { Reference.random($1.shape, seed: 7 + UInt64($0)).rounded }
    let moved = jvp({ engine($0) }, at: tensors, along: zip(tangents, moving).map { $1 ? $0.tensor : nil })
    let numeric = expected.values.indices.map { element in
      centralDifference(step) { h in
        var changed = inputs
        for i in which {
          for j in changed[i].values.indices { changed[i].values[j] += h * tangents[i].values[j] }
        }
        return reference(changed).values[element]
      }
    }
    expectClose(
      moved.tangent.floats, numeric, relative: tolerance, absolute: absolute, "\(name) tangent",
      sourceLocation: sourceLocation)
    expectClose(
      moved.value.floats, expected.values, relative: tolerance, absolute: absolute, "\(name) value beside tangent",
      sourceLocation: sourceLocation)
  }
}

/// Four-point central difference of f at 0; its error is O(h^4).
public func centralDifference(_ h: Double, _ f: (Double) -> Double) -> Double {
  (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h)
}
