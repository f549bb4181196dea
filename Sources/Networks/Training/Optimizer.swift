import Foundation
import Kernels
import OneStepTensors

/// How parameters follow their gradients.
public enum OptimizerRule: Sendable, Equatable {
  /// Adam (Kingma and Ba 2015); `decay` is an L2 penalty added to the gradient.
  case adam(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8, decay: Float = 0)
  /// AdamW (Loshchilov and Hutter 2019): decay acts on the weights, not through the moments.
  case adamW(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8, decay: Float = 0.01)
  /// RAdam (Liu et al. 2020): Adam with the variance of its first steps rectified.
  case rAdam(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8)
  /// Stochastic gradient descent, with momentum and an L2 penalty.
  case sgd(momentum: Float = 0, decay: Float = 0)
  /// Muon (Jordan et al. 2024) for matrices and filters, whose entries move by `scale` times the rate in the root mean
  /// square; Adam with its usual constants for vectors.
  case muon(momentum: Float = 0.95, scale: Float = 0.4)

  /// Arrays of a parameter's size that the rule remembers.
  func momentCount(_ shape: [Int]) -> Int {
    switch self {
    case .sgd: 1
    case .muon: shape.count >= 2 ? 1 : 2
    case .adam, .adamW, .rAdam: 2
    }
  }
}

/// A rule with its memory. The state is tensors and a step count, so that a checkpoint can hold all of it.
public struct Optimizer: Sendable {
  public let rule: OptimizerRule
  /// Updates made so far.
  package(set) public var step = 0
  /// `rule.momentCount` arrays of a parameter's size each, parameter by parameter.
  package(set) public var moments: [[Tensor]]

  public init(_ rule: OptimizerRule, for parameters: Parameters) {
    self.rule = rule
    moments = parameters.specs.map { spec in (0..<rule.momentCount(spec.shape)).map { _ in Tensor.zeros(spec.shape) } }
  }

  /// Moves `parameters` against `gradients` (in the order of the parameters; where there is none, nothing moves).
  ///
  /// - Parameters:
  ///   - rate: the learning rate of this step.
  ///   - clip: largest global norm of all gradients together; larger ones are scaled down to it.
  /// - Returns: the global norm before clipping. When it is not finite, nothing is changed.
  @discardableResult
  public mutating func update(
    _ parameters: inout Parameters, gradients: [Tensor?], rate: Double, clip: Double? = nil
  ) -> Double {
    precondition(gradients.count == parameters.tensors.count, "one gradient a parameter")
    let norm = globalNorm(gradients.compactMap(\.self))
    guard norm.isFinite else { return norm }
    step += 1
    let scale = clip.map { norm > $0 ? Float($0 / norm) : 1 } ?? 1
    for (index, gradient) in gradients.enumerated() {
      guard let gradient else { continue }
      let w = parameters.tensors[index]
      // Kernels rewrite moments in place; a copy of this optimizer must keep its own.
      for k in moments[index].indices { moments[index][k].makeUnique() }
      if case .muon(let momentum, let share) = rule, w.rank >= 2 {
        (parameters.tensors[index], moments[index][0]) = MuonStep(momentum: momentum, scale: share)(
          w, gradient * scale, moments[index][0], rate: rate)
        continue
      }
      parameters.tensors[index] = w.withUnsafeFloats { old in
        gradient.withUnsafeFloats { slope in
          Tensor(shape: w.shape) { new in
            apply(old.baseAddress, slope.baseAddress, moments[index], new.baseAddress, w.count, rate, scale)
          }
        }
      }
    }
    return norm
  }

  private func apply(
    _ w: UnsafePointer<Float>?, _ g: UnsafePointer<Float>?, _ moments: [Tensor], _ out: UnsafeMutablePointer<Float>?,
    _ count: Int, _ rate: Double, _ clip: Float
  ) {
    // In place: `update` has made them the optimizer's alone.
    let m = moments.map { moment in
      moment.withUnsafeFloats { UnsafeMutablePointer(mutating: $0.baseAddress) }
    }
    let n = Int64(count)
    switch rule {
    case .sgd(let momentum, let decay):
      os_sgd(Float(rate), momentum, clip, decay, w, g, m[0], out, n)
    case .muon:
      os_adam(adam(0.9, 0.999, 1e-8, rate, clip, penalty: 0), w, g, m[0], m[1], out, n)
    case .adam(let beta1, let beta2, let epsilon, let decay):
      os_adam(adam(beta1, beta2, epsilon, rate, clip, penalty: decay), w, g, m[0], m[1], out, n)
    case .adamW(let beta1, let beta2, let epsilon, let decay):
      var options = adam(beta1, beta2, epsilon, rate, clip, penalty: 0)
      options.decay = 1 - Float(rate) * decay
      os_adam(options, w, g, m[0], m[1], out, n)
    case .rAdam(let beta1, let beta2, let epsilon):
      os_adam(rectified(beta1, beta2, epsilon, rate, clip), w, g, m[0], m[1], out, n)
    }
  }

  private func adam(
    _ beta1: Float, _ beta2: Float, _ epsilon: Float, _ rate: Double, _ clip: Float, penalty: Float
  ) -> OSAdam {
    let t = Double(step)
    return OSAdam(
      beta1: beta1, beta2: beta2, epsilon: epsilon, rate: Float(rate / (1 - pow(Double(beta1), t))),
      correction: Float(1 / (1 - pow(Double(beta2), t)).squareRoot()), decay: 1, penalty: penalty, clip: clip,
      adaptive: 1)
  }

  /// RAdam: while the variance of the adaptive rate cannot be trusted (rho <= 5), a plain momentum step.
  private func rectified(_ beta1: Float, _ beta2: Float, _ epsilon: Float, _ rate: Double, _ clip: Float) -> OSAdam {
    var options = adam(beta1, beta2, epsilon, rate, clip, penalty: 0)
    let t = Double(step), b = pow(Double(beta2), t)
    let limit = 2 / (1 - Double(beta2)) - 1, rho = limit - 2 * t * b / (1 - b)
    if rho > 5 {
      let r = ((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho)).squareRoot()
      options.rate *= Float(r)
    } else {
      options.adaptive = 0
    }
    return options
  }
}

/// Square root of the sum of all squares.
public func globalNorm(_ tensors: [Tensor]) -> Double {
  tensors.reduce(0.0) { total, t in
    total + t.withUnsafeFloats { os_dot($0.baseAddress, $0.baseAddress, Int64($0.count)) }
  }.squareRoot()
}
