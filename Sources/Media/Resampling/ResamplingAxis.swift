/// The weights of one direction: output i is the sum over k of
/// `weights[first[i] + k] * input[start[i] + k]`, k in 0..<first[i + 1] - first[i].
struct ResamplingAxis: Sendable {
  let inputs: Int, outputs: Int
  private(set) var start: [Int] = []
  private(set) var first: [Int] = [0]
  private(set) var weights: [Float] = []

  /// Pixel centres lie at half-integers; `scale` is output length / input length.
  init(
    inputs: Int, outputs: Int, scale: Double, kernel: ResamplingKernel, border: ResamplingBorder,
    antialias: Bool
  ) {
    self.inputs = inputs
    self.outputs = outputs
    let stretch = antialias && scale < 1 ? 1 / scale : 1
    for output in 0..<outputs {
      let centre = (Double(output) + 0.5) / scale
      if case .nearest = kernel {
        append(start: min(max(Int(centre.rounded(.down)), 0), inputs - 1), [1])
        continue
      }
      let reach = kernel.support * stretch
      let taps = Int((centre - reach).rounded(.down)) - 1...Int((centre + reach).rounded(.up))
      append(taps: taps, border: border) { tap in
        kernel.weight((Double(tap) + 0.5 - centre) / stretch)
      }
    }
  }

  /// Inputs that a range of outputs depends on.
  func inputs(for range: Range<Int>) -> Range<Int> {
    if range.isEmpty { return 0..<0 }
    var lower = inputs
    var upper = 0
    for output in range {
      lower = min(lower, start[output])
      upper = max(upper, start[output] + first[output + 1] - first[output])
    }
    return lower..<upper
  }

  var isIdentity: Bool {
    inputs == outputs && weights.count == outputs && start == Array(0..<outputs)
  }

  /// Outside taps are left out or added to the inside pixel they mirror or repeat, then all are
  /// scaled to the sum 1; so every output reads one run of inputs.
  private mutating func append(
    taps: ClosedRange<Int>, border: ResamplingBorder, weight: (Int) -> Double
  ) {
    var run = [(input: Int, weight: Double)]()
    for tap in taps {
      let value = weight(tap)
      if value == 0 { continue }
      guard let input = border.inside(tap, count: inputs) else { continue }
      if let known = run.firstIndex(where: { $0.input == input }) {
        run[known].weight += value
      } else {
        run.append((input, value))
      }
    }
    let lower = run.map(\.input).min() ?? 0
    let upper = run.map(\.input).max() ?? 0
    let sum = run.reduce(0) { $0 + $1.weight }
    var dense = [Double](repeating: 0, count: upper - lower + 1)
    for tap in run { dense[tap.input - lower] += tap.weight / sum }
    append(start: lower, dense)
  }

  private mutating func append(start value: Int, _ run: [Double]) {
    start.append(value)
    weights += run.map { Float($0) }
    first.append(weights.count)
  }
}

extension ResamplingBorder {
  /// The inside position that stands for position `tap`, or nil when nothing does.
  fileprivate func inside(_ tap: Int, count: Int) -> Int? {
    switch self {
    case .renormalised:
      return tap >= 0 && tap < count ? tap : nil
    case .replicated:
      return min(max(tap, 0), count - 1)
    case .symmetric:
      let period = 2 * count
      let phase = ((tap % period) + period) % period
      return phase < count ? phase : period - 1 - phase
    }
  }
}
