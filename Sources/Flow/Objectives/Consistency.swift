import Foundation
import OneStepTensors

/// Which two times of a path are compared, one pair a row, as training goes from 0 to 1.
public struct IntervalLaw: Sendable {
  public typealias Law =
    @Sendable (
      _ rows: Int, _ progress: Double, _ random: inout RandomSource
    ) -> [(far: Double, near: Double)]
  private let law: Law
  public init(_ law: @escaping Law) { self.law = law }

  public func callAsFunction(_ rows: Int, progress: Double, _ random: inout RandomSource) -> [(
    far: Double, near: Double
  )] {
    law(rows, progress, &random)
  }

  /// Neighbours on a grid that falls or rises, uniformly: consistency distillation.
  public static func neighbours(_ grid: @escaping @Sendable (_ progress: Double) -> [Double]) -> IntervalLaw {
    IntervalLaw { rows, progress, random in
      let times = grid(progress).sorted()
      return random.integers(below: times.count - 1, count: rows).map { (times[$0 + 1], times[$0]) }
    }
  }

  /// Neighbours, the far one log-normal: iCT's law, with probability proportional to
  /// `erf((ln t' - mean) / (sqrt 2 deviation)) - erf((ln t - mean) / (sqrt 2 deviation))` (Song and Dhariwal 2024, equation 10).
  public static func lognormalNeighbours(
    mean: Double = -1.1, deviation: Double = 2, _ grid: @escaping @Sendable (_ progress: Double) -> [Double]
  ) -> IntervalLaw {
    IntervalLaw { rows, progress, random in
      let times = grid(progress).sorted()
      let marks = times.map { erf((log($0) - mean) / (2.0.squareRoot() * deviation)) }
      return random.uniform(count: rows).map { share in
        let wanted = marks[0] + Double(share) * (marks[marks.count - 1] - marks[0])
        let i = min(times.count - 2, max(0, (marks.firstIndex { $0 > wanted } ?? marks.count - 1) - 1))
        return (times[i + 1], times[i])
      }
    }
  }

  /// ECT's continuous law (Geng et al. 2025, "Consistency models made easy"): log-normal t and
  /// `s = t - t (1 - ratio) (1 + k sigmoid(-t))`, ratio = 1 - q^-(stage + 1) over `stages` equal stages, never below `floor`.
  public static func easy(
    mean: Double, deviation: Double, range: ClosedRange<Double>, stages: Int, q: Double = 2, k: Double = 8
  ) -> IntervalLaw {
    IntervalLaw { rows, progress, random in
      let stage = min(stages - 1, Int(progress * Double(stages)))
      let open = pow(q, -Double(stage + 1))
      return random.normal(count: rows).map { z in
        let t = min(range.upperBound, max(range.lowerBound * 1.01, exp(mean + deviation * Double(z))))
        return (t, max(range.lowerBound, t - t * min(1, open * (1 + k / (1 + exp(t))))))
      }
    }
  }
}

/// The numbers of intervals that a grid has while consistency training goes on.
public enum IntervalSchedule: Sendable, Equatable {
  case fixed(Int)
  /// `ceil(sqrt(p ((last + 1)² - first²) + first²) - 1) + 1` at progress p (Song et al. 2023, algorithm 3).
  case progressive(first: Int, last: Int)
  /// Doubled at equal distances, `min(first 2^k, last) + 1` with k = floor(p (log2 floor(last / first) + 1)) (Song and
  /// Dhariwal 2024, section 3.4).
  case doubling(first: Int, last: Int)

  /// Points of the grid at `progress` 0...1.
  public func callAsFunction(_ progress: Double) -> Int {
    switch self {
    case .fixed(let n): return n
    case .progressive(let first, let last):
      let (a, b) = (Double(first), Double(last + 1))
      return Int((progress * (b * b - a * a) + a * a).squareRoot().advanced(by: -1).rounded(.up)) + 1
    case .doubling(let first, let last):
      let stages = log2(Double(last / first)) + 1
      return min(first << Int(min(1, progress) * stages), last) + 1
    }
  }
}

/// Self-consistency along a path (Song et al. 2023): a map's results from two points of one trajectory must agree.
///
///     weight(t, u) distance( G(x_t, t, end(t)), SG[ G⁻(x_u, u, end(t)) ] ),  x_u = transport(x_t)
///
/// `end` is data for consistency models; the end of t's own segment for multistep ones (Heek et al. 2024), whose student
/// takes one step a segment.
public struct Consistency<C> {
  public var path: Path
  public var intervals: IntervalLaw
  public var transport: Transport<C>
  public var distance: Distance
  public var weight: (_ far: Double, _ near: Double) -> Double
  public var end: (_ far: Double) -> Double

  public init(
    path: Path, intervals: IntervalLaw, transport: Transport<C>, distance: Distance = .l2,
    weight: @escaping (_ far: Double, _ near: Double) -> Double = { _, _ in 1 },
    end: ((_ far: Double) -> Double)? = nil
  ) {
    (self.path, self.intervals, self.transport, self.distance, self.weight) = (
      path, intervals, transport, distance, weight
    )
    let floor = path.range.lowerBound
    self.end = end ?? { _ in floor }
  }

  /// - Parameters:
  ///   - target: the student itself, or its average; no gradient enters it.
  ///   - progress: 0 at the first step, 1 at the last.
  public func losses(
    student: FlowMap<C>, target: FlowMap<C>, _ draw: Draw<C>, progress: Double, _ random: inout RandomSource
  ) throws -> Losses {
    let pairs = intervals(draw.rows, progress: progress, &random)
    let (far, near, ends) = (pairs.map(\.far), pairs.map(\.near), pairs.map { end($0.far) })
    let x = path.point(draw.data, anchor: draw.anchor, noise: draw.noise, at: far)
    let closer = try transport(x, from: far, to: near, draw, &random).values
    let there = try target(closer, from: near, to: ends, draw.condition).values
    let here = try student(x, from: far, to: ends, draw.condition)
    let w = Tensor(pairs.map { Float(weight($0.far, $0.near)) }, shape: [pairs.count])
    var losses = Losses()
    losses.add("consistency", (distance(here, there) * w).mean())
    return losses
  }
}
