import Kernels
import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// A policy in a control loop: one situation at a time, on the caller's thread, without a queue or a pool of threads, in
/// microseconds. Every decision uses the next stream of its seed.
public struct PolicyActor {
  public let policy: Policy
  public let candidates: Int
  public let temperature: Float
  private var random: RandomSource
  private let actor: DenseStack
  private let critics: [DenseStack]
  /// What the times of each call add to the first layer.
  private let clocks: [[Float]]
  private let lengths: [Float]

  init(_ policy: Policy, candidates: Int, temperature: Float, seed: UInt64) {
    let p = policy.actorParameters, network = policy.network, s = policy.settings.sizes
    (self.policy, self.temperature) = (policy, temperature)
    self.candidates = policy.critic == nil ? 1 : candidates
    random = RandomSource(seed: seed)
    let actor = DenseStack(
      network.layers, p, moving: 0..<s.actionSize,
      still: s.actionSize + network.clocks * s.timeWidth..<network.layers[0].inputs(p), rows: candidates)
    critics =
      policy.critic.map { critic in
        zip(critic.heads, critic.norms).map {
          DenseStack(
            $0, norms: $1, policy.criticParameters!, moving: s.observationSize..<s.observationSize + s.actionSize,
            still: 0..<s.observationSize, rows: candidates)
        }
      } ?? []
    let times = policy.settings.sampler.times
    lengths = zip(times, times.dropFirst()).map { Float($0 - $1) }
    clocks = Compute.perform {
      zip(times, times.dropFirst()).map { pair in
        let embedded = zip([pair.0, pair.1].prefix(network.clocks), network.times).map {
          network.embed(Tensor([Float($0)], shape: [1]), $1, p)
        }
        let weight = p[network.layers[0].weight]
        guard !embedded.isEmpty else { return [Float](repeating: 0, count: weight.shape[1]) }
        let rows = s.actionSize..<s.actionSize + network.clocks * s.timeWidth
        return Tensor.concatenated(embedded, axis: 1).matmul(weight.sliced(axis: 0, rows)).floats
      }
    }
    self.actor = actor
  }

  /// The action, `actionSize` numbers in -1...1, for an observation of `observationSize` numbers.
  public mutating func act(_ observation: [Float]) throws(PolicyError) -> [Float] {
    let s = policy.settings.sizes
    guard observation.count == s.observationSize else {
      throw .observationSize(expected: s.observationSize, found: observation.count)
    }
    if let bad = observation.firstIndex(where: { !$0.isFinite }) { throw .notFinite(index: bad) }
    let seen = policy.settings.standardization.map { $0(observation) } ?? observation
    let actions = makeActions(seen)
    guard candidates > 1 else { return actions }
    var worth = [Float](repeating: .infinity, count: candidates)
    for critic in critics {
      let values = critic(actions, critic.still(seen))
      for k in worth.indices { worth[k] = min(worth[k], values[k]) }
    }
    let best = worth.indices.max { worth[$0] < worth[$1] }!
    return Array(actions[best * s.actionSize..<(best + 1) * s.actionSize])
  }

  /// `[candidates, A]`.
  private mutating func makeActions(_ seen: [Float]) -> [Float] {
    let count = candidates * policy.settings.sizes.actionSize, base = actor.still(seen)
    var x: [Float]
    if case .deterministic = policy.settings.sampler {
      x = [Float](repeating: 0, count: count)
    } else {
      x = random.normal(quickly: count)
      if temperature != 1 { for i in x.indices { x[i] *= temperature } }
    }
    let isFlow = if case .flow = policy.settings.sampler { true } else { false }
    for (clock, length) in zip(clocks, lengths) {
      var bias = base
      for j in bias.indices { bias[j] += clock[j] }
      let output = actor(x, bias)
      for i in x.indices { x[i] = isFlow ? x[i] - length * output[i] : output[i] }
    }
    for i in x.indices { x[i] = min(1, max(-1, x[i])) }
    return x
  }
}

extension ActionSampler {
  /// Times between which the network is called, from noise to the action.
  fileprivate var times: [Double] {
    if case .flow(let steps) = self { return (0...steps).map { 1 - Double($0) / Double(steps) } }
    return [1, 0]
  }
}

extension Policy {
  /// - Parameters:
  ///   - candidates: actions of which the critics choose one; more than one needs critics.
  ///   - temperature: standard deviation of the noise.
  /// - Returns: `nil` for policies that act by a chain of diffusion; ask ``actions(_:candidates:temperature:_:)``.
  public func makeActor(candidates: Int = 1, temperature: Float = 1, seed: UInt64 = 1) -> PolicyActor? {
    switch settings.sampler {
    case .diffusion, .collapsed: nil
    case .flow, .direct, .deterministic:
      PolicyActor(self, candidates: max(1, candidates), temperature: temperature, seed: seed)
    }
  }
}

/// Dense layers with Mish between them for a few rows. Part of the first layer's inputs are the same for all rows.
private struct DenseStack {
  private let weights: [[Float]], biases: [[Float]]
  /// Scale and shift of each hidden layer's LayerNorm; empty where there is none.
  private let norms: [(scale: [Float], shift: [Float])]
  private let moving: Range<Int>, still: Range<Int>
  private let rows: Int
  private var widths: [Int] { biases.map(\.count) }

  init(
    _ layers: [Linear], norms: [LayerNorm] = [], _ p: Parameters, moving: Range<Int>, still: Range<Int>, rows: Int
  ) {
    weights = layers.map { p[$0.weight].floats }
    biases = layers.map { p[$0.bias!].floats }
    self.norms = norms.map { (p[$0.scale].floats, p[$0.shift].floats) }
    (self.moving, self.still, self.rows) = (moving, still, rows)
  }

  /// What the inputs that do not move add to the first layer, bias included.
  func still(_ x: [Float]) -> [Float] {
    product(OS_IDENTITY, x, rows: 1, layer: 0, still, biases[0])
  }

  /// Rows of moving inputs -> rows of outputs; `bias` is that of the first layer.
  func callAsFunction(_ x: [Float], _ bias: [Float]) -> [Float] {
    var h = hidden(x, layer: 0, moving, bias)
    for layer in 1..<weights.count - 1 { h = hidden(h, layer: layer, 0..<widths[layer - 1], biases[layer]) }
    let last = weights.count - 1
    return product(OS_IDENTITY, h, rows: rows, layer: last, 0..<widths[last - 1], biases[last])
  }

  private func hidden(_ x: [Float], layer: Int, _ inputs: Range<Int>, _ bias: [Float]) -> [Float] {
    guard !norms.isEmpty else { return product(OS_MISH, x, rows: rows, layer: layer, inputs, bias) }
    var y = product(OS_IDENTITY, x, rows: rows, layer: layer, inputs, bias)
    let n = bias.count, (scale, shift) = norms[layer]
    for first in stride(from: 0, to: y.count, by: n) {
      let row = first..<first + n, mean = y[row].reduce(0, +) / Float(n)
      let variance = y[row].reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(n)
      let gain = 1 / (variance + 1e-5).squareRoot()
      for j in 0..<n { y[first + j] = (y[first + j] - mean) * gain * scale[j] + shift[j] }
    }
    let count = Int64(y.count)
    y.withUnsafeMutableBufferPointer { os_unary_inline(Int32(OS_MISH), $0.baseAddress, count) }
    return y
  }

  private func product(
    _ operation: Int, _ x: [Float], rows: Int, layer: Int, _ inputs: Range<Int>, _ bias: [Float]
  ) -> [Float] {
    let n = bias.count
    return [Float](unsafeUninitializedCapacity: rows * n) { y, count in
      weights[layer].withUnsafeBufferPointer { w in
        os_dense_rows(
          Int32(operation), x, Int64(rows), Int64(inputs.count), w.baseAddress! + inputs.lowerBound * n, bias,
          y.baseAddress!, Int64(n))
      }
      count = rows * n
    }
  }
}

extension Linear {
  fileprivate func inputs(_ p: Parameters) -> Int { p[weight].shape[0] }
}
