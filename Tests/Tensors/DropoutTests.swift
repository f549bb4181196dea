import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct DropoutTests {
  @Test("drops the asked share, keeps the mean and repeats itself") func statistics() {
    let x = Tensor.ones([100_003])
    let y = x.dropout(rate: 0.3, seed: 5, stream: 2)
    let kept = y.floats.filter { $0 != 0 }
    #expect(abs(Double(kept.count) / 100_003 - 0.7) < 0.01 && kept.allSatisfy { $0 == 1 / (1 - 0.3) })
    #expect(y.floats == x.dropout(rate: 0.3, seed: 5, stream: 2).floats)
    #expect(y.floats != x.dropout(rate: 0.3, seed: 5, stream: 3).floats)
    #expect(y.floats != x.dropout(rate: 0.3, seed: 6, stream: 2).floats)
    #expect(Array(Tensor.ones([50]).dropout(rate: 0.3, seed: 5, stream: 2).floats) == Array(y.floats.prefix(50)))
    #expect(x.dropout(rate: 0, seed: 5).floats == x.floats)
    #expect(x.cast(to: .bf16).dropout(rate: 0.3, seed: 5, stream: 2).elementType == .bf16)
  }

  @Test("both rules use the same mask") func rules() {
    let mask = Tensor.ones([17]).dropout(rate: 0.5, seed: 1).floats.map(Double.init)
    expectOperator(
      "dropout", [.random([17])], engine: { $0[0].dropout(rate: 0.5, seed: 1) },
      reference: { Reference(zip($0[0].values, mask).map { $0 * $1 }, [17]) })
  }
}
