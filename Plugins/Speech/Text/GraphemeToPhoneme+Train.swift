import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors

extension GraphemeToPhoneme {
  /// Words that training must not see: one in twenty, chosen by a hash of the word (FNV-1a).
  public static func isHeldOut(_ word: some StringProtocol) -> Bool {
    let hash = word.lowercased().utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return (hash >> 20) % 20 == 0
  }

  /// Errors over words, in shares.
  public struct Accuracy: Sendable, CustomStringConvertible {
    public var words = 0
    var phones = 0, wrongWords = 0, wrongPhones = 0, wrongWordsWithStress = 0, wrongPhonesWithStress = 0
    public var wordError: Double { Double(wrongWords) / Double(max(1, words)) }
    public var phoneError: Double { Double(wrongPhones) / Double(max(1, phones)) }
    public var wordErrorWithStress: Double { Double(wrongWordsWithStress) / Double(max(1, words)) }
    public var phoneErrorWithStress: Double { Double(wrongPhonesWithStress) / Double(max(1, phones)) }

    public var description: String {
      func percent(_ x: Double) -> String { String(format: "%.2f %%", 100 * x) }
      return
        "\(words) held-out words: phone error \(percent(phoneError)), word error \(percent(wordError)); with stress "
        + "\(percent(phoneErrorWithStress)), \(percent(wordErrorWithStress))"
    }
  }

  /// Compares what the network says with a dictionary.
  public func accuracy(on words: [(word: String, phones: [Phone])]) -> Accuracy {
    var result = Accuracy()
    for (word, phones) in words {
      let said = self(word)
      result.words += 1
      result.phones += phones.count
      let plain = editDistance(said.map(\.base), phones.map(\.base)), full = editDistance(said, phones)
      result.wrongPhones += plain
      result.wrongPhonesWithStress += full
      result.wrongWords += plain > 0 ? 1 : 0
      result.wrongWordsWithStress += full > 0 ? 1 : 0
    }
    return result
  }

  /// What training does; the defaults made the shipped model.
  public struct TrainingOptions: Sendable {
    public var steps = 6000
    /// Letters a step.
    public var batch = 4096
    public var rate = LearningRate(peak: 2e-3, warmUp: 300, shape: .cosine, final: 0.01)
    public var dropout: Float = 0.1
    /// Share of earlier units that are hidden, so that the network does not lean on them alone.
    public var hiddenUnits: Float = 0.1
    /// Units seen less often are not learnt, nor the words that need them.
    public var rarest = 5
    public var mixedPrecision = Compute.hasFastBF16
    public var seed: UInt64 = 1

    public init() {}
  }

  /// Trains on the words of a dictionary that are not held out.
  ///
  /// - Parameter report: step, loss in nat a letter; training stops when it returns false.
  public static func train(
    on dictionary: [(word: String, phones: [Phone])], configuration start: Configuration = Configuration(),
    options: TrainingOptions = TrainingOptions(), data: String, report: (Int, Double) -> Bool
  ) throws -> GraphemeToPhoneme {
    var configuration = start
    let set = TrainingWords(dictionary.filter { !isHeldOut($0.word) }, rarest: options.rarest)
    configuration.units = set.units
    let network = Network(configuration)
    let plan = TrainingPlan(
      steps: options.steps, rate: options.rate, averageDecay: 0.999, seed: options.seed,
      mixedPrecision: options.mixedPrecision)
    var trainer = Trainer(plan, rule: .adamW(beta2: 0.98), from: Parameters(specs: network.specs, seed: options.seed))
    while !trainer.isFinished {
      let done = try trainer.advance { parameters, random in
        let batch = set.draw(letters: options.batch, hidden: options.hiddenUnits, &random)
        let rows = batch.shape[0] * batch.shape[1]
        let encoded = network.encode(
          batch.letters, batch.shape, dropout: options.dropout, random: random.split(), parameters)
        let logits = network.score(encoded.reshaped(rows, -1), after: batch.past, parameters).cast(to: .f32)
        let chosen = batch.targets.enumerated().map { Int32($0 * network.unitCount) + $1 }
        var losses = Losses()
        losses.add("units", -logits.logSoftmax().reshaped(-1, 1).gathered(rows: chosen).mean())
        return losses
      }
      if !report(done.step, done.total) { break }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let card = ModelCard(
      architecture: id, role: "student", preset: "small",
      configuration: String(decoding: try encoder.encode(configuration), as: UTF8.self),
      purpose: "phones of English words that no dictionary has", data: data, steps: trainer.step, seed: options.seed,
      figures: "")
    return GraphemeToPhoneme(configuration, trainer.average.parameters, card: card)
  }

  /// The same model with figures on its card.
  public func with(figures: String) -> GraphemeToPhoneme {
    var card = card
    card.figures = figures
    return GraphemeToPhoneme(configuration, parameters, card: card)
  }
}

/// Words with a unit a letter, by length, so that a batch needs no padding.
private struct TrainingWords {
  struct Batch {
    let shape: [Int]  // [N, T]
    let letters: [Int32], targets: [Int32]
    let past: [Int32]  // [N T history]
  }
  let units: [String]
  private var words: [[(letters: [Int32], units: [Int32])]] = []
  /// Running sums of letters by length: a long word is drawn as often as a short one.
  private var shares: [Int] = []

  init(_ dictionary: [(word: String, phones: [Phone])], rarest: Int) {
    let plain = dictionary.compactMap { entry -> LetterAlignment.Word? in
      let letters = GraphemeToPhoneme.letters(of: entry.word)
      guard letters.count == entry.word.count, letters.count <= GraphemeToPhoneme.longest else { return nil }
      return LetterAlignment.Word(letters: letters.map(Int.init), phones: entry.phones)
    }
    let align = LetterAlignment(plain, alphabet: GraphemeToPhoneme.alphabet.count)
    let aligned = plain.map { align($0)?.map(\.arpabet) }
    var counts: [String: Int] = [:]
    for word in aligned { for unit in word ?? [] { counts[unit, default: 0] += 1 } }
    units = [""] + counts.filter { $0.value >= rarest && !$0.key.isEmpty }.keys.sorted()
    let index = Dictionary(uniqueKeysWithValues: units.enumerated().map { ($1, Int32($0)) })
    words = Array(repeating: [], count: GraphemeToPhoneme.longest + 1)
    for (word, spoken) in zip(plain, aligned) {
      let known = (spoken ?? []).compactMap { index[$0] }
      guard known.count == word.letters.count else { continue }
      words[known.count].append((word.letters.map(Int32.init), known))
    }
    var total = 0
    shares = words.enumerated().map { length, list in
      total += length * list.count
      return total
    }
  }

  /// Words of one length, about `count` letters in all.
  func draw(letters count: Int, hidden: Float, _ random: inout RandomSource) -> Batch {
    let at = random.integers(below: shares.last!, count: 1)[0]
    let length = shares.firstIndex { $0 > at }!
    let list = words[length], n = max(1, count / length), history = GraphemeToPhoneme.history
    let rows = random.integers(below: list.count, count: n)
    let hide = random.uniform(count: n * length)
    var letters: [Int32] = [], targets: [Int32] = [], past: [Int32] = []
    for (i, row) in rows.enumerated() {
      let word = list[row]
      letters += word.letters
      targets += word.units
      for t in 0..<length {
        for back in 1...history {
          guard t >= back else { past.append(Int32(units.count)); continue }
          past.append(hide[i * length + t - back] < hidden ? Int32(units.count + 1) : word.units[t - back])
        }
      }
    }
    return Batch(shape: [n, length], letters: letters, targets: targets, past: past)
  }
}

/// Levenshtein distance.
func editDistance<T: Equatable>(_ a: [T], _ b: [T]) -> Int {
  var row = Array(0...b.count)
  for i in a.indices {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let substituted = diagonal + (a[i] == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substituted, diagonal + 1, row[j] + 1)
    }
  }
  return row[b.count]
}
