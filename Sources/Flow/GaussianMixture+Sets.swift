import Foundation
import OneStepTensors
extension GaussianMixture {
  public static let ring8: GaussianMixture = {
    let angles = (0..<8).map { Double.pi * Double($0) / 4 }
    let means: [[Double]] = angles.map { [2 * cos($0), 2 * sin($0)] }
    return GaussianMixture(weights: [Double](repeating: 1, count: 8), means: means, deviations: [Double](repeating: 0.15, count: 8))
  }()
  public static let grid9: GaussianMixture = {
    var means: [[Double]] = []
    for y in [-1.5, 0, 1.5] { for x in [-1.5, 0, 1.5] { means.append([x, y]) } }
    return GaussianMixture(weights: (1...9).map { Double($0) }, means: means, deviations: [Double](repeating: 0.12, count: 9))
  }()
  public static let moons: GaussianMixture = {
    let p = (0..<20).map { Double.pi * (Double($0) + 0.5) / 20 }
    let upper = p.map { (q: Double) -> [Double] in [1.5 * (cos(q) - 0.5), 1.5 * (sin(q) - 0.25)] }
    let lower = p.map { (q: Double) -> [Double] in [1.5 * (0.5 - cos(q)), 1.5 * (0.25 - sin(q))] }
    return GaussianMixture(weights: [Double](repeating: 1, count: 40), means: upper + lower, deviations: [Double](repeating: 0.1, count: 40))
  }()
  public func stratified(count: Int, seed: UInt64) -> Tensor {
    let z = Tensor.normal([count, 2], seed: seed).floats
    var values: [Float] = [], done = 0, sum = 0.0
    for k in means.indices {
      sum += weights[k]
      let upTo = Int((sum * Double(count)).rounded())
      for i in done..<upTo { for a in 0..<2 { values.append(Float(means[k][a]) + Float(deviations[k]) * z[2 * i + a]) } }
      done = upTo
    }
    return Tensor(values, shape: [count, 2])
  }
}
extension GaussianMixture {
  public var deviation: Double {
    var second = 0.0, mean = [0.0, 0.0]
    for k in means.indices { for a in 0..<2 { mean[a] += weights[k] * means[k][a]; second += weights[k] * (means[k][a] * means[k][a] + deviations[k] * deviations[k]) } }
    return ((second - mean[0] * mean[0] - mean[1] * mean[1]) / 2).squareRoot()
  }
  public func sample(count: Int, _ random: inout RandomSource) -> Tensor {
    let u = random.uniform(count: count), z = random.normal(count: 2 * count)
    var v = [Float](repeating: 0, count: 2 * count)
    var cum: [Double] = []; var s = 0.0
    for w in weights { s += w; cum.append(s) }
    for i in 0..<count {
      let k = cum.firstIndex { $0 > Double(u[i]) } ?? weights.count - 1
      for a in 0..<2 { v[2 * i + a] = Float(means[k][a] + deviations[k] * Double(z[2 * i + a])) }
    }
    return Tensor(v, shape: [count, 2])
  }
}
