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
  var configuration: OFTSR.Configuration
  private var degradationName: String
  var photographs = Photographs()

  var degradation: Degradation { Degradation(rawValue: degradationName) ?? .photo }

  init(training: OFTSR.Training, configuration: OFTSR.Configuration, degradation: Degradation) {
    (self.training, self.configuration, degradationName) = (training, configuration, degradation.rawValue)
  }

  enum CodingKeys: String, CodingKey {
    case training, configuration, photographs
    case degradationName = "degradation"
  }

  /// A student's step evaluates networks six times, a teacher's once: this shares the time about evenly.
  static let teacherStepsAStudentStep = 5

  mutating func setTeacherSteps(_ steps: Int) {
    training.teacherSteps = steps
    training.studentSteps = max(1, steps / Self.teacherStepsAStudentStep)
  }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  // MARK: Steps from time

  static let warmUpSteps = 3, timedSteps = 20

  /// Chooses the steps of both stages so that they take `hours`, this measurement included.
  mutating func fit(
    hours: Double, _ crops: PhotographCrops, from start: Parameters?, _ tell: (String) -> Void
  ) throws {
    let network = OFTSR(configuration)
    // Any count does for the measurement; these steps are thrown away.
    setTeacherSteps(1000)
    let (costs, spent) = try timed {
      var teacher = OFTSR.StageTrainer.teacher(network, training, crops, from: start)
      let first = try Self.secondsPerStep(&teacher)
      var student = OFTSR.StageTrainer.student(
        network, training, crops, teacher: teacher.trainer.average.parameters)
      return (teacher: first, student: try Self.secondsPerStep(&student))
    }
    let perTeacherStep = costs.teacher + costs.student / Double(Self.teacherStepsAStudentStep)
    setTeacherSteps(max(3, Int((hours * 3600 - spent) / perTeacherStep)))
    tell(
      "a teacher's step takes \(fixed(costs.teacher * 1000, 1)) ms, a student's \(fixed(costs.student * 1000, 1)) ms: "
        + "\(training.teacherSteps) and \(training.studentSteps) steps in \(hours) h")
  }

  private static func secondsPerStep(_ trainer: inout OFTSR.StageTrainer) throws -> Double {
    func advance() throws {
      if Interruption.isRequested { throw CommandError.interrupted(saved: nil) }
      _ = try trainer.advance()
    }
    for _ in 0..<warmUpSteps { try advance() }
    return try timed { for _ in 0..<timedSteps { try advance() } }.seconds / Double(timedSteps)
  }
}

extension OFTSR.Training {
  var precisionName: String { mixedPrecision ? "bf16" : "f32" }

  func steps(of stage: OFTSR.Stage) -> Int { stage == .teacher ? teacherSteps : studentSteps }
}

/// The files of a run.
struct RunFolder {
  let path: String
  init(_ path: String) { self.path = path }

  var plan: String { path.appendingPath("training.json") }
  var log: String { path.appendingPath("log.csv") }
  func state(of stage: OFTSR.Stage) -> String { path.appendingPath("\(stage.rawValue).state.safetensors") }
  func model(of stage: OFTSR.Stage) -> String { path.appendingPath("\(stage.rawValue).safetensors") }

  var exists: Bool { PathKind(plan) != .missing || PathKind(state(of: .teacher)) != .missing }

  func readPlan() throws -> RunPlan {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: plan)),
      let stored = try? JSONDecoder().decode(RunPlan.self, from: data)
    else { throw CommandError.damagedPlan(file: plan) }
    return stored
  }
}
