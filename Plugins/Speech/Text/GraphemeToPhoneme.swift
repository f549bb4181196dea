import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// How an unknown word sounds: a small convolutional network over its letters.
///
/// Every letter says one unit: no phone, one, or two (``LetterAlignment``). The unit of a letter depends on the whole
/// word through a convolutional encoder, and on the units of the four letters before it, as in the alignment-based models of
/// Yao and Zweig 2015; a beam search finds the best sequence. Trained on CMUdict by ``train(on:plan:report:)``.
public struct GraphemeToPhoneme: Sendable {
  public struct Configuration: Sendable, Codable, Equatable {
    public var width = 128
    public var layers = 6
    public var kernel = 5
    /// Width of a unit's embedding.
    public var memory = 64
    /// The units, phones separated by blanks; the first is the silent one.
    public var units: [String] = [""]

    public init() {}
  }

  public static let id = "g2p-convolution"
  /// Letters and apostrophe; others are left out before the network sees a word.
  static let alphabet = Array("abcdefghijklmnopqrstuvwxyz'")
  private static let place = Dictionary(uniqueKeysWithValues: alphabet.enumerated().map { ($1, Int32($0)) })
  /// Letters before the present one whose units are seen.
  static let history = 4
  /// Longer words are read in pieces of this many letters.
  static let longest = 32
  private static let beam = 4

  struct Network: Sendable {
    struct Block: Sendable {
      let norm: LayerNorm, mix: Convolution1D, project: Linear
    }
    let specs: [ParameterSpec]
    let letters: ParameterKey, memory: ParameterKey
    let blocks: [Block]
    let norm: LayerNorm, past: Linear, present: Linear, hidden: Linear, head: Linear
    let unitCount: Int

    init(_ c: Configuration) {
      let scope = ParameterScope()
      unitCount = c.units.count
      letters = scope.declare("letters", [GraphemeToPhoneme.alphabet.count, c.width], .normal(std: 1))
      // Two rows more: before the word, and unknown (a unit that training hides).
      memory = scope.declare("memory", [c.units.count + 2, c.memory], .normal(std: 1))
      blocks = (0..<c.layers).map { i in
        let s = scope.nested("block").nested(i)
        return Block(
          norm: LayerNorm(s.nested("norm"), channels: c.width),
          mix: Convolution1D(s.nested("mix"), inputs: c.width, outputs: c.width, kernel: c.kernel),
          project: Linear(s.nested("project"), inputs: c.width, outputs: c.width))
      }
      norm = LayerNorm(scope.nested("norm"), channels: c.width)
      past = Linear(
        scope.nested("past"), inputs: GraphemeToPhoneme.history * c.memory, outputs: c.width, bias: false)
      present = Linear(scope.nested("present"), inputs: c.width, outputs: c.width)
      hidden = Linear(scope.nested("hidden"), inputs: c.width, outputs: c.width)
      head = Linear(scope.nested("head"), inputs: c.width, outputs: c.units.count)
      specs = scope.specs
    }

    /// Letters `[N, T]` to what each adds to its unit, `[N, T, width]`.
    func encode(_ index: [Int32], _ shape: [Int], dropout: Float = 0, random: RandomSource? = nil, _ p: Parameters)
      -> Tensor
    {
      var random = random
      func thinned(_ x: Tensor) -> Tensor {
        guard dropout > 0 else { return x }
        return x.dropout(rate: dropout, seed: random!.next())
      }
      var x = thinned(Tensor.embedding(p[letters], index, shape: shape))
      for block in blocks {
        x = x + block.project(thinned(block.mix(block.norm(x, p), p, activation: .silu)), p)
      }
      return present(thinned(norm(x, p)), p)
    }

    /// Logits of units `[R, units]` from encoded letters `[R, width]` and the units before, `history` a row, the
    /// last first.
    func score(_ encoded: Tensor, after units: [Int32], _ p: Parameters) -> Tensor {
      let rows = encoded.shape[0], table = p[memory]
      let before = Tensor.embedding(table, units, shape: [rows, GraphemeToPhoneme.history]).reshaped(rows, -1)
      let h = (encoded + past(before, p)).silu()
      return head((h + hidden(h, p)).silu(), p)
    }
  }

  public let card: ModelCard
  public let configuration: Configuration
  let network: Network
  let parameters: Parameters
  private let units: [[Phone]]

  init(_ configuration: Configuration, _ parameters: Parameters, card: ModelCard) {
    (self.configuration, self.parameters, self.card) = (configuration, parameters, card)
    network = Network(configuration)
    units = configuration.units.map { [Phone](arpabet: $0) ?? [] }
  }

  public init(contentsOf path: String) throws(ModelError) {
    let checkpoint: Checkpoint
    do throws(CheckpointError) { checkpoint = try Checkpoint(contentsOf: path) } catch { throw .unreadable(error) }
    let card = try ModelCard(of: checkpoint)
    guard card.architecture == Self.id,
      let c = try? JSONDecoder().decode(Configuration.self, from: Data(card.configuration.utf8)),
      c.units.count > 1, c.layers > 0, c.width > 0, c.kernel > 0, c.memory > 0,
      c.units.allSatisfy({ [Phone](arpabet: $0) != nil })
    else {
      throw .configuration(file: checkpoint.name, reason: "it is no letter-to-sound model of this package")
    }
    self.init(c, try Parameters(Network(c).specs, from: checkpoint), card: card)
  }

  public func write(to path: String) throws { try card.write(parameters, as: .f16, to: path) }

  /// Indices of the letters of a word; accents and everything that is no letter are dropped.
  static func letters(of word: some StringProtocol) -> [Int32] {
    word.lowercased().compactMap { place[$0] }
  }

  /// The phones of a word in any case. Empty where it has no letter.
  public func callAsFunction(_ word: some StringProtocol) -> [Phone] {
    let letters = Self.letters(of: word)
    return stride(from: 0, to: letters.count, by: Self.longest).flatMap { start in
      Compute.perform { spell(Array(letters[start..<min(start + Self.longest, letters.count)])) }
    }
  }

  /// Beam search over the units of a piece's letters.
  private func spell(_ letters: [Int32]) -> [Phone] {
    let encoded = network.encode(letters, [1, letters.count], parameters).reshaped(letters.count, -1)
    var beams: [(units: [Int32], score: Float)] = [([], 0)]
    for t in letters.indices {
      let present = encoded.sliced(axis: 0, t..<t + 1)
      // Always the same number of rows, so that one product serves all.
      let rows = (0..<Self.beam).map { beams[min($0, beams.count - 1)].units }
      let scores = network.score(
        Tensor.concatenated(rows.map { _ in present }, axis: 0), after: rows.flatMap { past($0) }, parameters
      ).logSoftmax().floats
      var next: [(units: [Int32], score: Float)] = []
      for (row, beam) in beams.enumerated() {
        for unit in 0..<units.count {
          let score = beam.score + scores[row * units.count + unit]
          guard next.count < Self.beam || score > next[next.count - 1].score else { continue }
          next.insert((beam.units + [Int32(unit)], score), at: next.firstIndex { $0.score < score } ?? next.count)
          if next.count > Self.beam { next.removeLast() }
        }
      }
      beams = next
    }
    return beams[0].units.flatMap { units[Int($0)] }
  }

  /// The last `history` units, the latest first; places before the word are `units.count`.
  private func past(_ done: [Int32]) -> [Int32] {
    (1...Self.history).map { back in done.count >= back ? done[done.count - back] : Int32(units.count) }
  }
}
