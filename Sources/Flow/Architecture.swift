import OneStepNetworks

/// What a model file holds, whatever its architecture.
public protocol LoadedModel: Sendable {
  var parameters: Parameters { get }
  var card: ModelCard { get }
}

/// A network that a checkpoint can hold.
public protocol Architecture: Sendable {
  associatedtype Loaded: LoadedModel
  /// Its name in files and on the command line, such as "oftsr".
  static var id: String { get }
  /// Whether the checkpoint's tensor names are this architecture's; reads no data.
  static func detects(_ checkpoint: Checkpoint) -> Bool
  /// Builds the network with the checkpoint's sizes and numbers; every tensor is checked. The checkpoint is a file of
  /// this package or, where the architecture has them, published weights.
  static func load(_ checkpoint: Checkpoint) throws(ModelError) -> Loaded
}

/// A domain's library of architectures.
public protocol Plugin: Sendable {
  static var name: String { get }
  static var architectures: [any Architecture.Type] { get }
}

/// The plug-ins a program was built with: a value, not a global.
public struct Registry: Sendable {
  public let plugins: [any Plugin.Type]

  public init(_ plugins: [any Plugin.Type]) throws(ModelError) {
    var seen = Set<String>()
    for architecture in plugins.flatMap({ $0.architectures }) where !seen.insert(architecture.id).inserted {
      throw .duplicateArchitecture(architecture.id)
    }
    self.plugins = plugins
  }

  public var architectures: [any Architecture.Type] { plugins.flatMap { $0.architectures } }

  /// The architecture that recognises a checkpoint.
  public func architecture(of checkpoint: Checkpoint) throws(ModelError) -> any Architecture.Type {
    if let known = architectures.first(where: { $0.detects(checkpoint) }) { return known }
    throw .unknownArchitecture(
      file: checkpoint.name, firstTensor: checkpoint.names.first ?? "none", known: architectures.map { $0.id })
  }

  /// The checkpoint's model, loaded by the architecture that recognises it.
  public func load(_ checkpoint: Checkpoint) throws(ModelError) -> any LoadedModel {
    func load<A: Architecture>(_ architecture: A.Type) throws(ModelError) -> any LoadedModel {
      try A.load(checkpoint)
    }
    return try load(architecture(of: checkpoint))
  }
}

/// Why a model file could not be used.
public enum ModelError: Error, Equatable, CustomStringConvertible {
  case duplicateArchitecture(String)
  case unknownArchitecture(file: String, firstTensor: String, known: [String])
  case tensors(file: String, missing: [String], unexpected: [String], misshapen: [String])
  case configuration(file: String, reason: String)
  case notFinite(file: String, tensor: String)
  /// In published weights, tensor `index`, counted from 0 in order of registration, is not shaped as `name` must be.
  case misplaced(file: String, index: Int, name: String, expected: [Int], found: [Int])
  case tensorCount(file: String, expected: Int, found: Int)
  /// Tensor `index` has the right shape and numbers that cannot be those of `name`.
  case implausible(file: String, index: Int, name: String)
  case unreadable(CheckpointError)

  public var description: String {
    switch self {
    case .duplicateArchitecture(let id):
      "two plug-ins bring an architecture named \(id); a name must be unique"
    case .unknownArchitecture(let file, let first, let known):
      "\(file): no known architecture has a tensor named \(first); known here: \(known.joined(separator: ", "))"
    case .tensors(let file, let missing, let unexpected, let misshapen):
      "\(file): "
        + [("missing", missing), ("unexpected", unexpected), ("of the wrong shape", misshapen)].filter { !$1.isEmpty }
        .map { "\($1.count) tensors \($0) (first: \($1[0]))" }.joined(separator: ", ")
        + ". Is it a model of another version?"
    case .configuration(let file, let reason): "\(file): \(reason)"
    case .notFinite(let file, let tensor):
      "\(file): \(tensor) holds numbers that are not finite; the training that wrote it has diverged"
    case .misplaced(let file, let index, let name, let expected, let found):
      "\(file): tensor \(index) should be \(name) of shape \(expected), and its shape is \(found). Is the file whole and in "
        + "order?"
    case .tensorCount(let file, let expected, let found):
      "\(file): holds \(found) tensors where this network has \(expected). Is the file whole?"
    case .implausible(let file, let index, let name):
      "\(file): tensor \(index) should be \(name), a scale that starts at 1, but more than a third of its numbers are not "
        + "positive. Are tensors of equal shape out of order?"
    case .unreadable(let error): error.description
    }
  }
}
