import Foundation
import OneStepTensors

/// Samples `p(x0) exp(r(x0) / temperature)` with a tree over the denoising chain (Jain et al. 2025, "Diffusion tree sampling"):
/// every rollout goes from noise to data, its terminal reward is backed up as a soft value, and later rollouts are steered by
/// what earlier ones found. Exact in the limit of many rollouts.
///
/// A child is an independent draw of the model's transition, so the soft value of a point is the log of the plain mean of
/// its children's `exp(v)`, whatever order they were found in.
public struct DiffusionTreeSampling {
  /// How a rollout goes on at a point that has enough children.
  public enum Selection: Sendable, Equatable {
    /// The child visited least: values steer only the final draw and their estimates stay without bias.
    case balanced
    /// Child c with probability proportional to `exp(v_c)`: explores where samples will come from. Whatever looks good early
    /// is looked at again and averaged down, so that few rollouts tilt too little.
    case soft
    /// The largest `v_c + exploration sqrt(log N / n_c)` (UCT): searches for the best point.
    case upperConfidence(exploration: Double)
  }

  public var transition: ReverseTransition
  /// Reward of clean data `[N, ...]` -> [N].
  public var reward: (_ data: Tensor) throws -> Tensor
  public var temperature: Double
  public var selection: Selection
  /// A point visited n times gets up to `factor n^power` children (progressive widening).
  public var widening: (factor: Double, power: Double)

  public init(
    _ transition: ReverseTransition, temperature: Double = 1, selection: Selection = .balanced,
    widening: (factor: Double, power: Double) = (1, 0.8), reward: @escaping (_ data: Tensor) throws -> Tensor
  ) {
    (self.transition, self.temperature, self.selection) = (transition, temperature, selection)
    (self.widening, self.reward) = (widening, reward)
  }

  /// One sample from each of `shape[0]` independent trees -> `shape`.
  ///
  /// - Parameters:
  ///   - levels: falling sigmas; the first point is N(0, levels[0]²).
  ///   - rollouts: paths from noise to data that each tree explores. All trees grow together: a rollout costs at most one
  ///     batched call of the model a level and one of the reward.
  public func sample(
    _ shape: [Int], levels: [Double], rollouts: Int, _ random: inout RandomSource
  ) throws -> Tensor {
    try GuidanceError.check(levels: levels)
    guard let count = shape.first, count > 0, rollouts > 0 else {
      throw GuidanceError.counts(candidates: rollouts, samples: shape.first ?? 0)
    }
    return try Compute.perform {
      var trees = [SearchTree](repeating: SearchTree(), count: count)
      for _ in 0..<rollouts { try explore(&trees, Array(shape.dropFirst()), levels, &random) }
      var values: [Float] = []
      for tree in trees {
        var node = 0
        while !tree.nodes[node].children.isEmpty { node = try tree.softChild(of: node, &random) }
        values += tree.nodes[node].point
      }
      return Tensor(values, shape: shape)
    }
  }

  // MARK: One rollout in every tree

  private func explore(
    _ trees: inout [SearchTree], _ element: [Int], _ levels: [Double], _ random: inout RandomSource
  ) throws {
    var paths = [[Int]](repeating: [0], count: trees.count)
    for level in levels.indices {
      var widened: [Int] = []
      for (row, tree) in trees.enumerated() {
        let node = paths[row][level]
        if tree.nodes[node].children.count < childLimit(visits: tree.nodes[node].visits) {
          widened.append(row)
        } else {
          paths[row].append(try child(of: node, in: tree, &random))
        }
      }
      guard !widened.isEmpty else { continue }
      if level > 0 { try prepare(&trees, widened, paths, element, from: levels[level - 1], to: levels[level]) }
      let noise = random.normal([widened.count] + element).floats
      let width = element.reduce(1, *)
      for (i, row) in widened.enumerated() {
        let z = noise[i * width..<(i + 1) * width]
        let added = trees[row].add(below: paths[row][level], noise: z, rootDeviation: levels[0])
        paths[row].append(added)
      }
    }
    try score(&trees, paths, element)
    for row in trees.indices { trees[row].backUp(paths[row]) }
  }

  private func childLimit(visits: Int) -> Int {
    Int(max(1, (widening.factor * pow(Double(visits + 1), widening.power)).rounded(.up)))
  }

  private func child(of node: Int, in tree: SearchTree, _ random: inout RandomSource) throws -> Int {
    switch selection {
    case .balanced: return tree.leastVisitedChild(of: node)
    case .soft: return try tree.softChild(of: node, &random)
    case .upperConfidence(let exploration): return tree.confidentChild(of: node, exploration)
    }
  }

  /// Asks the model for the transitions of points that get their first child.
  private func prepare(
    _ trees: inout [SearchTree], _ rows: [Int], _ paths: [[Int]], _ element: [Int], from: Double, to: Double
  ) throws {
    let missing = rows.filter { trees[$0].nodes[paths[$0].last!].mean.isEmpty }
    guard !missing.isEmpty else { return }
    let points = missing.flatMap { trees[$0].nodes[paths[$0].last!].point }
    let (mean, deviation) = try transition.law(Tensor(points, shape: [missing.count] + element), from, to)
    let (values, width) = (mean.floats, element.reduce(1, *))
    for (i, row) in missing.enumerated() {
      let node = paths[row].last!
      trees[row].nodes[node].mean = Array(values[i * width..<(i + 1) * width])
      trees[row].nodes[node].deviation = deviation
    }
  }

  /// Rewards of the leaves that are new.
  private func score(_ trees: inout [SearchTree], _ paths: [[Int]], _ element: [Int]) throws {
    let fresh = trees.indices.filter { trees[$0].nodes[paths[$0].last!].visits == 0 }
    guard !fresh.isEmpty else { return }
    let points = fresh.flatMap { trees[$0].nodes[paths[$0].last!].point }
    let rewards = try reward(Tensor(points, shape: [fresh.count] + element))
    guard rewards.shape == [fresh.count] else { throw GuidanceError.valueShape(rewards.shape, rows: fresh.count) }
    for (row, value) in zip(fresh, rewards.floats) {
      trees[row].nodes[paths[row].last!].value = Double(value) / temperature
    }
  }
}

/// One tree; node 0 stands above all noise and its children are the starting points.
private struct SearchTree {
  struct Node {
    var point: [Float] = []
    /// Transition to the next level; empty until the first child.
    var mean: [Float] = []
    var deviation = 0.0
    var children: [Int] = []
    var visits = 0
    /// Soft value in units of the temperature.
    var value = 0.0
  }
  var nodes = [Node()]

  /// Draws a child from the transition of `parent`, or from N(0, rootDeviation²) below node 0.
  mutating func add(below parent: Int, noise: ArraySlice<Float>, rootDeviation: Double) -> Int {
    let deviation = Float(parent == 0 ? rootDeviation : nodes[parent].deviation)
    let mean = parent == 0 ? [Float](repeating: 0, count: noise.count) : nodes[parent].mean
    nodes.append(Node(point: zip(mean, noise).map { $0 + deviation * $1 }))
    nodes[parent].children.append(nodes.count - 1)
    return nodes.count - 1
  }

  func softChild(of node: Int, _ random: inout RandomSource) throws -> Int {
    let children = nodes[node].children
    return children[try ImportanceWeights(logarithms: children.map { nodes[$0].value }).draw(&random)]
  }

  func leastVisitedChild(of node: Int) -> Int {
    nodes[node].children.min { nodes[$0].visits < nodes[$1].visits }!
  }

  func confidentChild(of node: Int, _ exploration: Double) -> Int {
    let total = log(Double(nodes[node].visits + 1))
    func bound(_ child: Int) -> Double {
      nodes[child].value + exploration * (total / Double(max(1, nodes[child].visits))).squareRoot()
    }
    return nodes[node].children.max { bound($0) < bound($1) }!
  }

  mutating func backUp(_ path: [Int]) {
    for node in path.reversed() {
      nodes[node].visits += 1
      let values = nodes[node].children.map { nodes[$0].value }
      guard let largest = values.max() else { continue }
      // All of exp(v) may vanish, when every leaf so far has a reward of -infinity.
      guard largest > -.infinity else { nodes[node].value = largest; continue }
      nodes[node].value = largest + log(values.reduce(0) { $0 + exp($1 - largest) } / Double(values.count))
    }
  }
}
