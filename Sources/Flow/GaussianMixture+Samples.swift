import Foundation
import OneStepTensors

extension GaussianMixture {
  /// Independent samples -> [count, dimension].
  public func sample(count: Int, _ random: inout RandomSource) -> Tensor {
    var sums = weights
    for k in sums.indices.dropFirst() { sums[k] += sums[k - 1] }
    let modes = random.uniform(count: count).map { u in sums.firstIndex { Double(u) < $0 } ?? sums.count - 1 }
    return points(of: modes, random.normal(count: count * dimension))
  }

  /// Samples in which every mode has its exact share, up to the rounding of `weight count` to whole points, in random
  /// order: less noise in a measured distance than independent samples have -> [count, dimension].
  public func stratified(count: Int, seed: UInt64) -> Tensor {
    var random = RandomSource(seed: seed)
    var modes = [Int]()
    for (k, quota) in quotas(of: count).enumerated() { modes += [Int](repeating: k, count: quota) }
    return points(of: random.permutation(count).map { modes[$0] }, random.normal(count: count * dimension))
  }

  /// Points a mode, summing to `count`: rounded down, and the rest to the largest remainders.
  private func quotas(of count: Int) -> [Int] {
    let exact = weights.map { $0 * Double(count) }
    var quotas = exact.map { Int($0.rounded(.down)) }
    // A stable order of equal remainders keeps the result a function of the arguments.
    let byRemainder = exact.indices.sorted {
      let (a, b) = (exact[$0] - Double(quotas[$0]), exact[$1] - Double(quotas[$1]))
      return a == b ? $0 < $1 : a > b
    }
    for k in byRemainder.prefix(count - quotas.reduce(0, +)) { quotas[k] += 1 }
    return quotas
  }

  private func points(of modes: [Int], _ normal: [Float]) -> Tensor {
    let d = dimension
    return Tensor(shape: [modes.count, d]) { buffer in
      for (row, k) in modes.enumerated() {
        for i in 0..<d {
          buffer[row * d + i] = Float(means[k][i] + deviations[k] * Double(normal[row * d + i]))
        }
      }
    }
  }
}
