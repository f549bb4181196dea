import OneStepFlow
import OneStepNetworks
import OneStepTensors
import Testing

@Suite struct TrainingPropertyTests {
  // MARK: Averages

  private func parameters(_ value: Float) -> Parameters {
    let scope = ParameterScope()
    _ = scope.declare("w", [3], .zeros)
    return Parameters(specs: scope.specs, tensors: [.filled(value, [3])])
  }

  @Test("an average of decay 0 is the last value, of decay 1 the warm-up's own mean") func averages() {
    var last = MovingAverage(decay: 0, of: parameters(7)), all = MovingAverage(decay: 1, of: parameters(7))
    var expected = 7.0
    for n in 1...20 {
      let value = Float(n * n) / 8
      last.update(with: parameters(value))
      all.update(with: parameters(value))
      let keep = Double(1 + n) / Double(10 + n)
      expected = keep * expected + (1 - keep) * Double(value)
      #expect(last.parameters.tensors[0].floats == [value, value, value])
      #expect(abs(Double(all.parameters.tensors[0].floats[1]) - expected) < 1e-5 * abs(expected))
    }
    #expect(last.updates == 20 && all.updates == 20)
  }

  // MARK: Turns

  private func turns(_ plan: UpdatePlan, _ group: String, in iterations: Int) -> Int {
    (0..<iterations).filter { plan($0).contains(group) }.count
  }

  @Test("two time scales count 5 to 1, exclusive turns 4 to 1") func plans() {
    let scales = UpdatePlan.critics(["fake", "discriminator"], studentEvery: 5)
    #expect(turns(scales, "fake", in: 100) == 100 && turns(scales, "student", in: 100) == 20)
    // The critics come first, so that the student meets what they have just learnt.
    #expect(scales(0) == ["fake", "discriminator", "student"] && scales(1) == ["fake", "discriminator"])
    let exclusive = UpdatePlan.exclusive(["fake"], studentEvery: 5)
    #expect(turns(exclusive, "fake", in: 100) == 80 && turns(exclusive, "student", in: 100) == 20)
    #expect((0..<100).allSatisfy { exclusive($0).count == 1 })
    #expect(UpdatePlan.all("fake", "student")(3) == ["fake", "student"] && UpdatePlan.student(3) == ["student"])
  }

  // MARK: Grids

  @Test("grids grow by the published formulas") func schedules() {
    let progressive = IntervalSchedule.progressive(first: 2, last: 150)
    for k in stride(from: 0, through: 800, by: 50) {
      let p = Double(k) / 800
      let exact = (p * (151 * 151 - 4) + 4).squareRoot() - 1
      #expect(progressive(p) == Int(exact.rounded(.up)) + 1)
    }
    #expect(progressive(0) == 2 && progressive(1) == 151)
    // log2(1280 / 10) + 1 = 8 stages of 1000 iterations.
    let doubling = IntervalSchedule.doubling(first: 10, last: 1280)
    for k in [0, 1, 999, 1000, 1999, 2000, 5500, 6999, 7000, 7999] {
      #expect(doubling(Double(k) / 8000) == min(10 << (k / 1000), 1280) + 1, "iteration \(k)")
    }
    #expect(doubling(1) == 1281 && IntervalSchedule.fixed(18)(0.4) == 18)
  }

  @Test("a last grid that is no power of two times the first is reached") func unevenDoubling() {
    let schedule = IntervalSchedule.doubling(first: 10, last: 150)
    #expect([0, 0.25, 0.45, 0.65, 0.95].map { schedule($0) } == [11, 21, 41, 81, 151])
  }

  @Test("neighbours are neighbours, the farther one first") func neighbours() {
    let grid = [0.002, 0.01, 0.1, 0.5, 2, 20]
    var random = RandomSource(seed: 1)
    for law in [IntervalLaw.neighbours { _ in grid }, .lognormalNeighbours { _ in grid }] {
      for (far, near) in law(500, progress: 0.3, &random) {
        let index = grid.firstIndex(of: near)
        #expect(index.map { $0 + 1 < grid.count && grid[$0 + 1] == far } ?? false)
      }
    }
  }

  @Test("easy consistency's times come closer by stages") func easy() {
    let law = IntervalLaw.easy(mean: -0.4, deviation: 1.6, range: 0.002...20, stages: 7)
    var random = RandomSource(seed: 2)
    let first = law(400, progress: 0, &random), last = law(400, progress: 0.999, &random)
    func closeness(_ pairs: [(far: Double, near: Double)]) -> Double {
      pairs.map { ($0.far - $0.near) / $0.far }.reduce(0, +) / Double(pairs.count)
    }
    #expect((first + last).allSatisfy { $0.near >= 0.002 && $0.near < $0.far && $0.far <= 20 })
    #expect(closeness(last) < 0.1 * closeness(first))
  }
}
