import Foundation
import OneStepTensors

extension GaussianMixture {
  /// E[x0 | x_t] at points `[N, D]`, one time a row or one for all, made of tensor operators: slower than
  /// ``predict(_:_:at:on:)``, and with gradients and tangents.
  ///
  ///     gamma_k = softmax_k( ln w_k - D/2 ln V_k - |x - a m_k|² / 2 V_k ),    V_k = a² S_k² + s²
  ///     D = sum_k gamma_k ( (s² / V_k) m_k + (a S_k² / V_k) x )
  func differentiableData(_ x: Tensor, at times: [Double], on path: Path) -> Tensor {
    let count = means.count, dimension = dimension
    let centres = Tensor(means.flatMap { $0.map(Float.init) }, shape: [count, dimension])
    let n = x.shape[0]
    var (linear, square, constant) = ([Float](), [Float](), [Float]()), (mean, slope) = ([Float](), [Float]())
    for t in times.count == n ? times : [Double](repeating: times[0], count: n) {
      let s = path.scales(t)
      for k in 0..<count {
        let v = s.signal * s.signal * deviations[k] * deviations[k] + s.noise * s.noise
        let norm = means[k].reduce(0) { $0 + $1 * $1 }
        linear.append(Float(s.signal / v))
        square.append(Float(-0.5 / v))
        constant.append(
          Float(
            log(weights[k]) - 0.5 * Double(dimension) * log(v) - 0.5 * s.signal * s.signal * norm / v))
        mean.append(Float(s.noise * s.noise / v))
        slope.append(Float(s.signal * deviations[k] * deviations[k] / v))
      }
    }
    func table(_ values: [Float]) -> Tensor { Tensor(values, shape: [n, count]) }
    let norm = x.squared().sum([1], keepingAxes: true)
    let logits = x.matmul(centres, transposeB: true) * table(linear) + norm * table(square) + table(constant)
    let share = logits.softmax()
    return (share * table(mean)).matmul(centres) + x * (share * table(slope)).sum([1], keepingAxes: true)
  }
}
