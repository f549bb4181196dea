import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct PaddingModeTests {
  /// The row 0 1 2 3 with five elements before and six after, by hand.
  static let rows: [PaddingMode: [Float]] = [
    .zero: [0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0],
    .reflect: [1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2, 3],
    .replicate: [0, 0, 0, 0, 0, 0, 1, 2, 3, 3, 3, 3, 3, 3, 3],
    .circular: [3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1],
  ]

  @Test("a row is continued as its mode says", arguments: PaddingMode.allCases)
  func row(_ mode: PaddingMode) {
    let x = Tensor.range(4).reshaped(1, 4, 1)
    #expect(x.padded1D(before: 5, after: 6, mode: mode).floats == Self.rows[mode])
    #expect(x.cast(to: .bf16).padded1D(before: 5, after: 6, mode: mode).floats == Self.rows[mode])
  }

  @Test("both axes and both rules", arguments: PaddingMode.allCases)
  func image(_ mode: PaddingMode) {
    func source(_ i: Int, _ n: Int) -> Int? {
      switch mode {
      case .zero: (0..<n).contains(i) ? i : nil
      case .reflect: i < 0 ? -i : i < n ? i : 2 * n - 2 - i
      case .replicate: min(max(i, 0), n - 1)
      case .circular: (i + n) % n
      }
    }
    for (shape, p) in [([2, 3, 4, 3], (1, 2, 2, 3)), ([1, 5, 4, 17], (0, 3, 1, 0)), ([1, 4, 4, 1], (0, 0, 0, 0))] {
      expectOperator(
        "\(mode)", [.random(shape)],
        engine: { $0[0].padded2D(top: p.0, left: p.1, bottom: p.2, right: p.3, mode: mode) },
        reference: { x in
          var y = Reference.filled(0, [shape[0], shape[1] + p.0 + p.2, shape[2] + p.1 + p.3, shape[3]])
          for i in y.indices {
            guard let a = source(i[1] - p.0, shape[1]), let b = source(i[2] - p.1, shape[2]) else { continue }
            y.values[y.offset(i)] = x[0][i[0], a, b, i[3]]
          }
          return y
        })
    }
  }

  @Test("a single pixel can be reflected") func single() {
    let x = Tensor([7], shape: [1, 1, 1, 1])
    #expect(x.padded2D(top: 2, left: 1, bottom: 0, right: 1, mode: .reflect).floats == [Float](repeating: 7, count: 9))
  }
}
