import OneStepTensors

/// How a parameter starts.
public enum Initialization: Sendable, Equatable {
  case zeros
  case ones
  case constant(Float)
  /// N(0, std²).
  case normal(std: Float)
  /// U(-bound, bound).
  case uniform(bound: Float)

  /// PyTorch's default for convolutions and linear layers: U(±1 / sqrt(fan in)).
  public static func fanIn(_ n: Int) -> Initialization { .uniform(bound: 1 / Float(max(1, n)).squareRoot()) }

  func makeTensor(_ shape: [Int], seed: UInt64, stream: UInt64) -> Tensor {
    switch self {
    case .zeros: Tensor.zeros(shape)
    case .ones: Tensor.ones(shape)
    case .constant(let value): Tensor.filled(value, shape)
    case .normal(let std): Tensor.normal(shape, seed: seed, stream: stream) * std
    case .uniform(let bound): Tensor.uniform(shape, seed: seed, stream: stream).affine(2 * bound, -bound)
    }
  }
}

/// One parameter of a network: its name in checkpoints, its shape and how it starts.
public struct ParameterSpec: Sendable, Equatable {
  public let name: String
  public let shape: [Int]
  public let initialization: Initialization

  public init(name: String, shape: [Int], initialization: Initialization) {
    (self.name, self.shape, self.initialization) = (name, shape, initialization)
  }

  /// Fresh numbers: element i of stream `stream` of `seed`.
  public func makeTensor(seed: UInt64, stream: UInt64) -> Tensor {
    initialization.makeTensor(shape, seed: seed, stream: stream)
  }
}

/// A place in a network's ``Parameters``. Layers hold keys; the numbers live outside, so one network serves a teacher, a
/// student and their averages at the same time.
public struct ParameterKey: Sendable, Hashable {
  let index: Int
}

/// Collects the parameters of a network while it is put together; a layer declares what it needs.
///
/// ```swift
/// let scope = ParameterScope()
/// let head = Convolution2D(scope.nested("head"), inputs: 3, outputs: 64, kernel: 3)
/// let parameters = scope.makeParameters(seed: 1)
/// ```
public struct ParameterScope {
  private final class Register { var specs: [ParameterSpec] = [] }
  private let register: Register
  private let path: String

  public init() { (register, path) = (Register(), "") }
  private init(_ register: Register, _ path: String) { (self.register, self.path) = (register, path) }

  /// Names declared in the result begin with `name` and a dot.
  public func nested(_ name: String) -> ParameterScope { ParameterScope(register, path + name + ".") }
  public func nested(_ index: Int) -> ParameterScope { nested(String(index)) }

  public func declare(_ name: String, _ shape: [Int], _ initialization: Initialization) -> ParameterKey {
    let full = path + name
    precondition(!register.specs.contains { $0.name == full }, "parameter \(full) is declared twice")
    register.specs.append(ParameterSpec(name: full, shape: shape, initialization: initialization))
    return ParameterKey(index: register.specs.count - 1)
  }

  /// Everything declared so far, in order of declaration.
  public var specs: [ParameterSpec] { register.specs }

  public func makeParameters(seed: UInt64) -> Parameters { Parameters(specs: specs, seed: seed) }
}

/// The numbers of a network, a value: copies are cheap and independent.
public struct Parameters: Sendable {
  public let specs: [ParameterSpec]
  package(set) public var tensors: [Tensor]

  public init(specs: [ParameterSpec], tensors: [Tensor]) {
    precondition(
      specs.count == tensors.count && zip(specs, tensors).allSatisfy { $0.shape == $1.shape },
      "tensors do not fit the specification")
    (self.specs, self.tensors) = (specs, tensors)
  }

  /// Freshly initialised: same seed, same numbers.
  public init(specs: [ParameterSpec], seed: UInt64) {
    self.specs = specs
    tensors = specs.enumerated().map { $1.makeTensor(seed: seed, stream: UInt64($0)) }
  }

  public subscript(key: ParameterKey) -> Tensor { tensors[key.index] }
  public subscript(name: String) -> Tensor? {
    get { specs.firstIndex { $0.name == name }.map { tensors[$0] } }
    set {
      guard let index = specs.firstIndex(where: { $0.name == name }), let newValue else {
        preconditionFailure("no parameter \(name)")
      }
      precondition(newValue.shape == specs[index].shape, "\(name) has shape \(specs[index].shape), not \(newValue.shape)")
      tensors[index] = newValue
    }
  }

  /// Number of trainable numbers.
  public var count: Int { specs.reduce(0) { $0 + $1.shape.reduce(1, *) } }

  /// The same parameters as leaves of `tape`; those that `isFrozen` names stay constants: gradients flow through them
  /// to the input, and their own is never computed.
  public func watched(on tape: Tape, isFrozen: (ParameterSpec) -> Bool = { _ in false }) -> Parameters {
    mapped { isFrozen($0) ? $1.values : tape.watch($1) }
  }

  /// Matrices and filters in `type`, vectors in f32: what mixed precision computes with. Recorded, so gradients come
  /// back to the f32 originals.
  public func cast(to type: ElementType) -> Parameters {
    mapped { $0.shape.count >= 2 ? $1.cast(to: type) : $1 }
  }

  public func mapped(_ transform: (ParameterSpec, Tensor) throws -> Tensor) rethrows -> Parameters {
    Parameters(specs: specs, tensors: try zip(specs, tensors).map(transform))
  }

  /// `body(inputs, parameters)` that keeps only its inputs for the reverse mode and computes its inner values again when
  /// the gradient arrives. `own` are the places, in order of declaration, of all parameters that `body` uses.
  package func checkpointed(
    _ own: Range<Int>, _ inputs: [Tensor], _ body: @escaping ([Tensor], Parameters) -> Tensor
  ) -> Tensor {
    Tensor.checkpointed(inputs + tensors[own]) { leaves in
      var parameters = self
      parameters.tensors.replaceSubrange(own, with: leaves[inputs.count...])
      return body(Array(leaves[..<inputs.count]), parameters)
    }
  }

  /// `(1 - share)` of these and `share` of `other`, which has the same places. Between a network and one fine-tuned from it,
  /// such a mean often serves both purposes (Wortsman et al. 2022, WiSE-FT).
  public func blended(with other: Parameters, share: Double) -> Parameters {
    precondition(specs.map(\.shape) == other.specs.map(\.shape), "blending two networks of different shapes")
    return Parameters(
      specs: specs, tensors: zip(tensors, other.tensors).map { $0 * Float(1 - share) + $1 * Float(share) })
  }

  /// Whether every number is finite; otherwise the first parameter that is not.
  public func firstNonFinite() -> String? {
    zip(specs, tensors).first { !($1.absolute().sum().item).isFinite }?.0.name
  }
}
