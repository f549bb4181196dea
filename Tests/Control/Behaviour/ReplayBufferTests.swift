import OneStepControl
import OneStepTensors
import Testing

@Suite struct ReplayBufferTests {
  private func filled(_ steps: Range<Int>, capacity: Int) -> ReplayBuffer {
    var buffer = ReplayBuffer(observationSize: 2, actionSize: 1, capacity: capacity)
    for i in steps {
      let x = Float(i)
      buffer.append(
        observation: [x, -x], action: [x / 8], reward: 10 * x, next: [x + 1, -x - 1], isTerminal: i % 3 == 2)
    }
    return buffer
  }

  @Test("steps come out as they went in") func rows() {
    let buffer = filled(0..<5, capacity: 8)
    let batch = buffer.batch([4, 0, 2])
    #expect(buffer.count == 5)
    #expect(batch.observations.floats == [4, -4, 0, 0, 2, -2] && batch.observations.shape == [3, 2])
    #expect(batch.actions.floats == [0.5, 0, 0.25] && batch.actions.shape == [3, 1])
    #expect(batch.rewards.floats == [40, 0, 20] && batch.rewards.shape == [3])
    #expect(batch.nextObservations.floats == [5, -5, 1, -1, 3, -3])
    #expect(batch.continues.floats == [1, 1, 0])
  }

  @Test("a full buffer forgets the oldest step, and draws by age alone") func ring() {
    let old = filled(0..<13, capacity: 5), fresh = filled(8..<13, capacity: 5)
    #expect(old.count == 5 && old.batch(Array(0..<5)).rewards.floats == [80, 90, 100, 110, 120])
    var (one, other) = (RandomSource(seed: 4), RandomSource(seed: 4))
    #expect(old.draw(64, &one).rewards.floats == fresh.draw(64, &other).rewards.floats)
  }

  @Test("draws are even") func draws() {
    let buffer = filled(0..<10, capacity: 10)
    var random = RandomSource(seed: 1)
    var counts = [Int](repeating: 0, count: 10)
    for reward in buffer.draw(20_000, &random).rewards.floats { counts[Int(reward / 10)] += 1 }
    #expect(counts.allSatisfy { abs($0 - 2000) < 200 })
  }
}
