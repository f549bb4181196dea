import OneStepControl
import OneStepTensors
import Testing

@Suite struct ToyTests {
  @Test("the bandit's corners have their shares, places and rewards") func bandit() {
    var random = RandomSource(seed: 1)
    let data = CornerBandit.transitions(random: &random)
    #expect(data.count == 10_000 && data.observationSize == 1 && data.actionSize == 2)
    #expect(data.isTerminal.allSatisfy { $0 } && data.observations.allSatisfy { $0 == 0 })
    #expect(CornerBandit.shares(of: Array(data.actions)) == [0.25, 0.25, 0.25, 0.25])
    for corner in CornerBandit.corners {
      let rows = (0..<data.count).filter {
        abs(data.actions[2 * $0] - corner.centre.x) < 0.3 && abs(data.actions[2 * $0 + 1] - corner.centre.y) < 0.3
      }
      let (reward, error) = meanAndError(rows.map { Double(data.rewards[$0]) })
      #expect(abs(reward - Double(corner.reward)) < 4 * error && abs(error - 0.01) < 0.001)
      let (place, spread) = meanAndError(rows.map { Double(data.actions[2 * $0]) })
      #expect(abs(place - Double(corner.centre.x)) < 0.005 && abs(spread - 0.001) < 1e-4)
    }
  }

  @Test("densities fill the square and stay in it", arguments: PlaneDensity.allCases)
  func densities(density: PlaneDensity) {
    var random = RandomSource(seed: 2), again = RandomSource(seed: 2)
    let points = density.points(20_000, random: &random)
    #expect(points.count == 40_000 && points.allSatisfy { abs($0) <= 1 })
    #expect(points == density.points(20_000, random: &again))
    for axis in 0..<2 {
      let values = stride(from: axis, to: points.count, by: 2).map { Double(points[$0]) }
      #expect(abs(meanAndError(values).mean) < 0.3 && values.max()! > 0.4 && values.min()! < -0.4)
    }
  }

  @Test("the board's light fields are empty and its dark ones equally full") func board() {
    var random = RandomSource(seed: 3)
    let points = PlaneDensity.checkerboard.points(16_000, random: &random)
    var counts = [Int](repeating: 0, count: 16)
    for i in stride(from: 0, to: points.count, by: 2) {
      #expect(!PlaneDensity.checkerboard.isEmpty(at: points[i], points[i + 1]))
      counts[Int((points[i] + 1) * 2) * 4 + Int((points[i + 1] + 1) * 2)] += 1
    }
    #expect(counts.count { $0 == 0 } == 8 && counts.allSatisfy { $0 == 0 || abs($0 - 2000) < 200 })
    #expect(PlaneDensity.checkerboard.isEmpty(at: 0.25, -0.25) && PlaneDensity.checkerboard.isEmpty(at: 2, 0))
    #expect(!PlaneDensity.spiral.isEmpty(at: 0, 0))
  }
}
