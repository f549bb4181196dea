import Foundation
import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct RandomTests {
  /// Philox 4x32-10 as its paper states it.
  static func philox(counter: [UInt32], key: [UInt32]) -> [UInt32] {
    var (c, k) = (counter, key)
    for _ in 0..<10 {
      let (a, b) = (c[0].multipliedFullWidth(by: 0xD251_1F53), c[2].multipliedFullWidth(by: 0xCD9E_8D57))
      c = [b.high ^ c[1] ^ k[0], b.low, a.high ^ c[3] ^ k[1], a.low]
      k = [k[0] &+ 0x9E37_79B9, k[1] &+ 0xBB67_AE85]
    }
    return c
  }

  @Test("the reference gives the known answers of Random123") func knownAnswers() {
    let ones = UInt32.max
    #expect(Self.philox(counter: [0, 0, 0, 0], key: [0, 0]) == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
    #expect(
      Self.philox(counter: [ones, ones, ones, ones], key: [ones, ones])
        == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
    #expect(
      Self.philox(counter: [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], key: [0xa409_3822, 0x299f_31d0])
        == [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1])
  }

  @Test(
    "the engine's bits are the reference's: group number and stream make the counter, the seed the key",
    arguments: [UInt64(0), 1, 0x299f_31d0_a409_3822, .max])
  func bits(_ seed: UInt64) {
    for stream in [UInt64(0), 7, 0x0370_7344_1319_8a2e, .max] {
      var source = RandomSource(seed: seed, stream: stream)
      let bits = source.bits(count: 3000)
      let (low, high) = (UInt32(truncatingIfNeeded: stream), UInt32(stream >> 32))
      let expected = (0..<750).flatMap { group in
        Self.philox(
          counter: [UInt32(group), 0, low, high], key: [UInt32(truncatingIfNeeded: seed), UInt32(seed >> 32)])
      }
      #expect(bits == expected)
    }
  }

  @Test("a far element comes from its own counter", arguments: [UInt64(1) << 34 - 5, UInt64.max - 9])
  func far(_ first: UInt64) {
    let x = Tensor.uniform([9], seed: 3, stream: 4, first: first).floats
    for i in 0..<9 {
      let (group, word) = (first + UInt64(i)).quotientAndRemainder(dividingBy: 4)
      let bits = Self.philox(
        counter: [UInt32(truncatingIfNeeded: group), UInt32(group >> 32), 4, 0], key: [3, 0])[Int(word)]
      #expect(x[i] == Float(bits >> 8) / 16_777_216)
    }
  }

  @Test("normals are Box-Muller of the same bits") func boxMuller() {
    let normals = Tensor.normal([2000], seed: 5).floats
    var source = RandomSource(seed: 5)
    let bits = source.bits(count: 2000).map { Double($0 >> 8) / 16_777_216 }
    let expected = (0..<1000).flatMap { pair -> [Double] in
      let radius = (-2 * log(bits[2 * pair] + 0x1p-24)).squareRoot()
      return [radius * cos(2 * .pi * bits[2 * pair + 1]), radius * sin(2 * .pi * bits[2 * pair + 1])]
    }
    expectClose(normals, expected, relative: 2e-6)
  }

  @Test("an element does not depend on shape, neighbours or threads") func stable() {
    let whole = Tensor.normal([40, 1000], seed: 9, stream: 2).floats
    #expect(Tensor.normal([5, 100, 80], seed: 9, stream: 2).floats == whole)
    for (first, count) in [(0, 1), (1, 1), (1021, 3000), (39_999, 1), (4096, 17)] {
      let part = Tensor.normal([count], seed: 9, stream: 2, first: UInt64(first)).floats
      #expect(part == Array(whole[first..<(first + count)]))
    }
    let before = Compute.threads
    Compute.threads = 1
    let alone = Compute.perform { Tensor.normal([40, 1000], seed: 9, stream: 2) }.floats
    Compute.threads = before
    #expect(alone == whole)
    #expect(Tensor.normal([0], seed: 1).floats == [])
  }

  @Test("a million normals have the moments of N(0, 1)") func moments() {
    let x = Tensor.normal([1_000_000], seed: 11).floats.map(Double.init)
    func moment(_ k: Int) -> Double { x.reduce(0) { $0 + pow($1, Double(k)) } / Double(x.count) }
    // Five standard errors each.
    #expect(abs(moment(1)) < 5e-3 && abs(moment(2) - 1) < 7.1e-3 && abs(moment(3)) < 0.0194)
    #expect(abs(moment(4) - 3) < 0.049)
    #expect(x.allSatisfy { abs($0) < 5.8 } && x.contains { $0 > 4 } && x.contains { $0 < -4 })
    let neighbours = zip(x, x.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / Double(x.count)
    #expect(abs(neighbours) < 5e-3)
  }

  @Test("uniform numbers fill [0, 1) evenly") func uniformity() {
    let x = Tensor.uniform([1_000_000], seed: 12).floats
    #expect(x.allSatisfy { $0 >= 0 && $0 < 1 })
    var counts = [Int](repeating: 0, count: 100)
    for value in x { counts[Int(value * 100)] += 1 }
    let chiSquared = counts.reduce(0.0) { $0 + pow(Double($1) - 10_000, 2) / 10_000 }
    #expect((50.0...170).contains(chiSquared))  // 99 degrees of freedom: 99 ± 5 σ
  }

  @Test("a saved source continues with the same draws") func resume() throws {
    var source = RandomSource(seed: 21)
    _ = source.normal([3, 4])
    _ = source.permutation(10)
    var restored = try JSONDecoder().decode(RandomSource.self, from: JSONEncoder().encode(source))
    #expect(restored == source && source.stream == 2)
    #expect(restored.normal([5]).floats == source.normal([5]).floats)
    #expect(restored.uniform(count: 7) == source.uniform(count: 7))
    #expect(restored.next() == source.next())
    var child = source.split()
    #expect(child.normal(count: 4) != source.normal(count: 4) && child.seed != source.seed)
  }

  @Test("integers and permutations are even") func integers() {
    var source = RandomSource(seed: 31)
    let dice = source.integers(below: 6, count: 60_000)
    let counts = (0..<6).map { face in dice.filter { $0 == face }.count }
    #expect(counts.allSatisfy { abs($0 - 10_000) < 500 } && counts.reduce(0, +) == 60_000)
    var firsts = [Int](repeating: 0, count: 5)
    for _ in 0..<2000 {
      let order = source.permutation(5)
      #expect(order.sorted() == [0, 1, 2, 3, 4])
      firsts[order[0]] += 1
    }
    #expect(firsts.allSatisfy { abs($0 - 400) < 100 })
    #expect(source.permutation(0) == [] && source.permutation(1) == [0])
    #expect(source.integers(below: 1, count: 3) == [0, 0, 0])
  }

  @Test("a window of a field is that part of the whole field") func windows() {
    let whole = Tensor.normal([40, 2100], seed: 9)
    let window = Tensor.normalWindow(rows: 3..<31, columns: 17..<1500, width: 2100, seed: 9)
    #expect(window.floats == whole.sliced(axis: 0, 3..<31).sliced(axis: 1, 17..<1500).floats)
  }
}
