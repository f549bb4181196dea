import Foundation
import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepSuperResolution

/// Everything that must stay the same when a run goes on: the contents of training.json.
struct RunPlan: Codable {
  /// Tells whether a resumed run sees the photographs it was started with.
  struct Photographs: Codable, Equatable {
    var count = 0
    var pixels = 0
    /// FNV-1a over names and sizes.
    var digest = ""

    init() {}

    init(_ images: [Image], names: [String]) {
      count = images.count
      pixels = images.reduce(0) { $0 + $1.width * $1.height }
      var hash: UInt64 = 0xCBF2_9CE4_8422_2325
      for (image, name) in zip(images, names) {
        for byte in "\(name) \(image.width)x\(image.height)\n".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      }
      digest = String(hash, radix: 16)
    }
  }

  var training: OFTSR.Training
  var network: NetworkPlan
  private var degradationName: String
  var photographs = Photographs()

  var degradation: Degradation { Degradation(rawValue: degradationName) ?? .photo }

  init(training: OFTSR.Training, network: NetworkPlan, degradation: Degradation) {
    (self.training, self.network, degradationName) = (training, network, degradation.rawValue)
  }

  private enum Key: String, CodingKey { case training, photographs, degradation }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    training = try container.decode(OFTSR.Training.self, forKey: .training)
    network = try NetworkPlan(from: decoder)
    degradationName = try container.decode(String.self, forKey: .degradation)
    photographs = try container.decode(Photographs.self, forKey: .photographs)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(training, forKey: .training)
    try network.encode(to: encoder)
    try container.encode(degradationName, forKey: .degradation)
    try container.encode(photographs, forKey: .photographs)
  }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  // MARK: Steps from time

  /// A step of the large network takes as long as twenty of the small one.
  private var measurement: (warmUp: Int, timed: Int) { network.preset == .small ? (3, 20) : (1, 3) }

  /// Chooses the steps of all stages so that they take `hours`, this measurement included.
  mutating func fit<Network: RestorationNetwork>(
    _ network: Network, hours: Double, _ crops: PhotographCrops, from start: Parameters?, _ tell: (String) -> Void
  ) throws {
    // Any count does for the measurement; these steps are thrown away.
    let (costs, spent) = try timed {
      try Network.stages.map { stage in
        var trainer = OFTSR.StageTrainer(stage, network, training, crops, from: start)
        return (stage: stage, seconds: try secondsPerStep(&trainer))
      }
    }
    let shares = Network.recipe.shares
    let perStep = costs.reduce(0) { $0 + $1.seconds * (shares[$1.stage] ?? 0) }
    let first = max(3, Int((hours * 3600 - spent) / perStep))
    training.steps = OFTSR.Training(steps: first, mixedPrecision: training.mixedPrecision, recipe: Network.recipe).steps
    let words = costs.map { "\($0.stage.rawValue) \(training.steps[$0.stage] ?? 0) steps of \(fixed($0.seconds * 1000, 1)) ms" }
    tell("\(hours) h: \(words.joined(separator: ", "))")
  }

  private func secondsPerStep<N>(_ trainer: inout OFTSR.StageTrainer<N>) throws -> Double {
    func advance() throws {
      if Interruption.isRequested { throw CommandError.interrupted(saved: nil) }
      _ = try trainer.advance()
    }
    for _ in 0..<measurement.warmUp { try advance() }
    return try timed { for _ in 0..<measurement.timed { try advance() } }.seconds / Double(measurement.timed)
  }
}

extension OFTSR.Training {
  var precisionName: String { mixedPrecision ? "bf16" : "f32" }
}

/// The files of a run.
struct RunFolder {
  let path: String
  init(_ path: String) { self.path = path }

  var plan: String { path.appendingPath("training.json") }
  var log: String { path.appendingPath("log.csv") }
  func state(of stage: OFTSR.Stage) -> String { path.appendingPath("\(stage.rawValue).state.safetensors") }
  func model(of stage: OFTSR.Stage) -> String { path.appendingPath("\(stage.rawValue).safetensors") }

  var exists: Bool { PathKind(plan) != .missing || OFTSR.Stage.allCases.contains { PathKind(state(of: $0)) != .missing } }

  func readPlan() throws -> RunPlan {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: plan)),
      let stored = try? JSONDecoder().decode(RunPlan.self, from: data)
    else { throw CommandError.damagedPlan(file: plan) }
    return stored
  }
}
