import Foundation
import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepTensors

/// A network that OFTSR's objectives train and ``Restorer`` runs.
public protocol RestorationNetwork: Architecture where Loaded == RestorationModel<Self> {
  associatedtype Configuration: RestorationConfiguration
  /// How it is trained.
  static var recipe: OFTSR.Recipe { get }

  init(_ configuration: Configuration)
  var configuration: Configuration { get }
  var specs: [ParameterSpec] { get }
  /// The kernel that enlarges the low-resolution image to the size of the result.
  var enlargement: ResamplingKernel { get }
  /// Low-resolution pixels that a tile reads beyond its own.
  var reach: Int { get }
  /// What a tile reads starts at a multiple of so many low-resolution pixels.
  var alignment: Int { get }
  /// Low-resolution pixels a side of the largest tile.
  var largestTile: Int { get }
  /// Share of the inner values that training zeroes.
  var dropout: Double { get }

  /// The stages of its training, in order.
  static var stages: [OFTSR.Stage] { get }
  /// Whether a stage changes a parameter.
  func isTrained(_ spec: ParameterSpec, in stage: OFTSR.Stage) -> Bool
  /// The condition with what the parameters that neither teacher nor student change make of it, computed once for the many
  /// calls of a step.
  func prepared(_ condition: OFTSR.Condition, _ p: Parameters) -> OFTSR.Condition

  /// u = dx/dt at points `x` `[N, H, W, 3]`, one time a row -> like x: the teacher's velocity at time t, and the student's
  /// average velocity from the source to s.
  ///
  /// - Parameter seed: of this call's dropout; `nil` switches dropout off.
  func velocity(
    _ x: Tensor, _ times: [Double], _ condition: OFTSR.Condition, _ p: Parameters, dropout seed: UInt64?
  ) -> Tensor
  /// The network at one position of the knob, its numbers ready for use.
  func restoration(_ p: Parameters, realism: Double, type: ElementType) -> Restoration
}

/// Makes the restored image in [-1, 1], `[1, H, W, 3]`, from the low-resolution one and N(0, 1) noise of the result's size,
/// drawn if it is needed: one network call.
public typealias Restoration = (_ condition: OFTSR.Condition, _ noise: () -> Tensor) -> Tensor

extension RestorationNetwork {
  /// The path of this model.
  public var path: Path { .anchored(sigma: configuration.sigma) }

  public static var stages: [OFTSR.Stage] { [.teacher, .student] }
  public func isTrained(_ spec: ParameterSpec, in stage: OFTSR.Stage) -> Bool { true }
  public func prepared(_ condition: OFTSR.Condition, _ p: Parameters) -> OFTSR.Condition { condition }

  /// ``velocity(_:_:_:_:dropout:)`` without dropout.
  public func velocity(_ x: Tensor, _ times: [Double], _ condition: OFTSR.Condition, _ p: Parameters) -> Tensor {
    velocity(x, times, condition, p, dropout: nil)
  }

  /// A file of this package: its card says the sizes, and every tensor is checked.
  static func loadOwn(_ checkpoint: Checkpoint) throws(ModelError) -> RestorationModel<Self> {
    let card = try ModelCard(of: checkpoint)
    let configuration: Configuration = try card.decodedConfiguration(of: id, in: checkpoint, isSane: \.isSane)
    let network = Self(configuration)
    return RestorationModel(network: network, parameters: try Parameters(network.specs, from: checkpoint), card: card)
  }
}

/// The sizes of a restoration network, as its files hold them.
public protocol RestorationConfiguration: Codable, Equatable, Sendable {
  /// Enlargement.
  var scale: Int { get }
  /// Noise added to the upsampled image, in units of [-1, 1] (sigma_p of the paper).
  var sigma: Double { get }
  /// Whether the sizes make a network, and not one that a hostile file would use to exhaust memory.
  var isSane: Bool { get }
}

extension RestorationConfiguration {
  package var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }
}

/// A network with its numbers and what its file says about them.
public struct RestorationModel<Network: RestorationNetwork>: LoadedModel {
  public let network: Network
  public let parameters: Parameters
  public let card: ModelCard

  public init(network: Network, parameters: Parameters, card: ModelCard) {
    (self.network, self.parameters, self.card) = (network, parameters, card)
  }
}
