import Foundation

/// Divides the phones of known words among their letters: each letter says none, one or two of them.
///
/// Expectation maximisation over all monotonic alignments (the "epsilon scattering" of Black, Lenzo and Pagel 1998,
/// with sums instead of the best path); stress is left out of the counts.
struct LetterAlignment {
  struct Word {
    let letters: [Int]
    let phones: [Phone]
  }

  private let alphabet: Int
  /// Logarithm of P(phones | letter); `[letter][unit]`, units in the order of ``unit(_:_:_:)``.
  private var score: [Float]
  private static let kinds = 40  // a place for every phone without stress, and one for none
  private static let units = kinds * kinds
  private static let kind: [Int] = {
    let bases = Array(Set((0..<Phone.count).map { Phone(index: $0).base })).sorted()
    return (0..<Phone.count).map { bases.firstIndex(of: Phone(index: $0).base)! + 1 }
  }()

  /// Fits the table to `words`.
  init(_ words: [Word], alphabet: Int, rounds: Int = 8) {
    self.alphabet = alphabet
    score = [Float](repeating: 0, count: alphabet * Self.units)
    for letter in 0..<alphabet {
      for unit in 0..<Self.units {
        // At the start a letter says one phone rather than none or two.
        score[letter * Self.units + unit] = unit == 0 ? -3 : unit < Self.kinds ? -2 : -7
      }
    }
    for _ in 0..<rounds { refit(words) }
  }

  /// The most likely division, or `nil` where the phones do not fit the letters.
  func callAsFunction(_ word: Word) -> [[Phone]]? {
    let (n, m) = (word.letters.count, word.phones.count)
    guard m <= 2 * n, n > 0 else { return nil }
    var best = [Float](repeating: -.infinity, count: (n + 1) * (m + 1)), taken = [Int](repeating: 0, count: best.count)
    best[0] = 0
    for i in 0..<n {
      for j in 0...m where best[i * (m + 1) + j] > -.infinity {
        for k in 0...min(2, m - j) {
          let value = best[i * (m + 1) + j] + score[index(word, i, j, k)]
          let to = (i + 1) * (m + 1) + j + k
          if value > best[to] { (best[to], taken[to]) = (value, k) }
        }
      }
    }
    guard best[n * (m + 1) + m] > -.infinity else { return nil }
    var result: [[Phone]] = [], j = m
    for i in stride(from: n, to: 0, by: -1) {
      let k = taken[i * (m + 1) + j]
      result.append(Array(word.phones[j - k..<j]))
      j -= k
    }
    return result.reversed()
  }

  private func index(_ word: Word, _ i: Int, _ j: Int, _ k: Int) -> Int {
    let first = k > 0 ? Self.kind[word.phones[j].index] : 0
    let second = k > 1 ? Self.kind[word.phones[j + 1].index] : 0
    return word.letters[i] * Self.units + second * Self.kinds + first
  }

  /// One round: expected counts under the present table, then their shares.
  private mutating func refit(_ words: [Word]) {
    var counts = [Float](repeating: 0, count: score.count)
    let chance = score.map { expf($0) }
    for word in words where word.phones.count <= 2 * word.letters.count {
      let (n, m) = (word.letters.count, word.phones.count)
      var before = [Float](repeating: 0, count: (n + 1) * (m + 1)), after = before
      (before[0], after[n * (m + 1) + m]) = (1, 1)
      for i in 0..<n {
        for j in 0...m where before[i * (m + 1) + j] > 0 {
          for k in 0...min(2, m - j) {
            before[(i + 1) * (m + 1) + j + k] += before[i * (m + 1) + j] * chance[index(word, i, j, k)]
          }
        }
      }
      let total = before[n * (m + 1) + m]
      guard total > 0 else { continue }
      for i in (0..<n).reversed() {
        for j in 0...m {
          for k in 0...min(2, m - j) {
            let at = index(word, i, j, k)
            let onward = chance[at] * after[(i + 1) * (m + 1) + j + k]
            after[i * (m + 1) + j] += onward
            counts[at] += before[i * (m + 1) + j] * onward / total
          }
        }
      }
    }
    for letter in 0..<alphabet {
      let row = letter * Self.units..<(letter + 1) * Self.units
      let sum = counts[row].reduce(0, +)
      for at in row { score[at] = logf(max(counts[at] / max(sum, 1e-9), 1e-9)) }
    }
  }
}
