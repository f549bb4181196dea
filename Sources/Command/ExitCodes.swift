import OneStepControl
import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepSpeech
import OneStepSuperResolution

/// How the program ends. Never 0 after a failure; the numbers are those of sysexits.h.
enum ExitCode: Int32, Sendable {
  case usage = 64
  case badData = 65
  case cannotRead = 66
  case internalFailure = 70
  case cannotWrite = 73
  case interrupted = 130

  /// The code of an error of this package; nil for an error of the argument parser, which has its own way out.
  init?(of error: any Error) {
    switch error {
    case let error as ReportedFailure: self = error.code
    case let error as CommandError: self = error.exitCode
    case let error as MediaError: self = ExitCode(error)
    case let error as ModelError: self = ExitCode(error)
    case let error as CheckpointError: self = ExitCode(error)
    case let error as RestorationError: self = ExitCode(error)
    case let error as TrainingError: self = ExitCode(error)
    case let error as AudioError: self = ExitCode(error)
    case let error as CorpusError: self = ExitCode(error)
    case let error as LexiconError: self = ExitCode(error)
    case let error as VoiceError: self = ExitCode(error)
    case let error as SpeakingError: self = ExitCode(error)
    case let error as DatasetError: self = ExitCode(error)
    case let error as EnvironmentError: self = ExitCode(error)
    case let error as ReportError: self = ExitCode(error)
    case is PolicyError: self = .badData
    case let error as BehaviourError: self = ExitCode(error)
    case is UtteranceError, is SSMLError, is AcousticError, is SpeechTable.Fault: self = .badData
    case is SolverError: self = .internalFailure
    default: return nil
    }
  }

  private init(_ error: MediaError) {
    switch error.kind {
    case .badData: self = .badData
    case .cannotRead: self = .cannotRead
    case .cannotWrite: self = .cannotWrite
    }
  }

  private init(_ error: AudioError) {
    switch error.kind {
    case .badData: self = .badData
    case .cannotRead: self = .cannotRead
    case .cannotWrite: self = .cannotWrite
    }
  }

  private init(_ error: ModelError) {
    switch error {
    case .unreadable(let reason): self = ExitCode(reason)
    case .duplicateArchitecture: self = .internalFailure
    default: self = .badData
    }
  }

  private init(_ error: CheckpointError) {
    switch error {
    case .unreadable: self = .cannotRead
    case .unwritable: self = .cannotWrite
    default: self = .badData
    }
  }

  private init(_ error: RestorationError) {
    switch error {
    case .realism, .scale, .tile: self = .usage
    case .tooLarge: self = .badData
    case .cancelled: self = .interrupted
    }
  }

  private init(_ error: CorpusError) {
    switch error {
    case .unreadable, .missingRecordings: self = .cannotRead
    case .sound(let reason): self = ExitCode(reason)
    case .features: self = .cannotWrite
    case .notText, .line, .noClips, .unknownPhone: self = .badData
    }
  }

  private init(_ error: LexiconError) {
    if case .unreadable = error { self = .cannotRead } else { self = .badData }
  }

  private init(_ error: VoiceError) {
    switch error {
    case .unknown, .noVoices: self = .cannotRead
    case .notAcoustic, .notVocoder, .features, .symbols, .published: self = .badData
    }
  }

  private init(_ error: SpeakingError) {
    if case .option = error { self = .usage } else { self = .badData }
  }

  private init(_ error: DatasetError) {
    switch error.kind {
    case .badData: self = .badData
    case .cannotRead: self = .cannotRead
    case .cannotWrite: self = .cannotWrite
    case .usage: self = .usage
    }
  }

  private init(_ error: EnvironmentError) {
    switch error {
    case .unknown: self = .usage
    case .model: self = .cannotRead
    case .actionSize, .actionValue, .stateSize, .diverged, .program: self = .badData
    }
  }

  private init(_ error: BehaviourError) {
    switch error {
    case .options: self = .usage
    case .otherRun, .damaged, .missingLevel: self = .badData
    case .unreadable: self = .cannotRead
    case .unwritable: self = .cannotWrite
    }
  }

  private init(_ error: ReportError) {
    switch error {
    case .unreadable: self = .cannotRead
    case .unwritable: self = .cannotWrite
    case .damaged: self = .badData
    }
  }

  private init(_ error: TrainingError) {
    switch error {
    case .notFinite, .otherRun: self = .badData
    case .unreadable(let reason): self = ExitCode(reason)
    }
  }
}

/// Everything is already on standard error; only the exit code is left.
struct ReportedFailure: Error {
  let code: ExitCode
}

/// What the command line itself finds wrong.
enum CommandError: Error, Equatable, CustomStringConvertible {
  case usage(String)
  case unknownModel(String, closest: String?, known: [String])
  case outputExists(String)
  case outputIsFolder(String)
  case notAFolder(String)
  case noImages(folder: String)
  case noPairs(String, String)
  case noneLargeEnough(images: Int, side: Int)
  case runExists(folder: String)
  case otherPlan(file: String, option: String, stored: String)
  case damagedPlan(file: String)
  case slowImplementation(rows: [String])
  case programFailed(String, code: Int32)
  case notUTF8(name: String)
  case emptyTable(String)
  case damagedTable(String, reason: String)
  /// A model of another domain.
  case otherDomain(file: String, domain: String, command: String)
  /// A data set whose observations or actions are not those of an environment, `[S, A]`.
  case otherData(file: String, found: [Int], environment: String, expected: [Int])
  case interrupted(saved: String?)

  var exitCode: ExitCode {
    switch self {
    case .usage: .usage
    case .unknownModel: .cannotRead
    case .outputExists, .outputIsFolder, .notAFolder, .runExists: .cannotWrite
    case .noImages, .noPairs: .cannotRead
    case .noneLargeEnough, .damagedPlan, .otherPlan, .notUTF8, .emptyTable, .damagedTable, .otherDomain, .otherData:
      .badData
    case .slowImplementation, .programFailed: .internalFailure
    case .interrupted: .interrupted
    }
  }

  var description: String {
    switch self {
    case .usage(let text): return text
    case .unknownModel(let name, let closest, let known):
      let hint = closest.map { "; did you mean \($0)?" } ?? "."
      let list = known.isEmpty ? "No models are installed" : "Known: \(known.joined(separator: ", "))"
      return "no model is named \(name)\(hint) \(list). A path to a file works too"
    case .outputExists(let path): return "\(path): exists already; --force replaces it"
    case .outputIsFolder(let path): return "\(path): is a folder and is not replaced by a file; choose another name"
    case .notAFolder(let path): return "\(path): is a file, but several results need a folder"
    case .noImages(let folder): return "\(folder): holds no PNG, JPEG or WebP images"
    case .noPairs(let a, let b): return "\(a) and \(b): no image of one has the name of an image of the other"
    case .noneLargeEnough(let images, let side):
      return
        "none of the \(images) images has sides of at least \(side) pixels; lower --side or give larger photographs"
    case .runExists(let folder):
      return "\(folder): holds a training run already; go on with it by --resume, or choose another folder"
    case .otherPlan(let file, let option, let stored):
      return "\(file): this run was started with \(option) \(stored); leave the option out or start another folder"
    case .damagedPlan(let file): return "\(file): is no plan of a training run; start again in another folder"
    case .slowImplementation(let rows):
      return "slow implementations (ref or gemm) were chosen for: \(rows.joined(separator: ", "))"
    case .programFailed(let name, let code): return "\(name) ended with \(code)"
    case .notUTF8(let name): return "\(name): is no UTF-8 text; convert it first (iconv -t UTF-8)"
    case .emptyTable(let path): return "\(path): has no lines to speak"
    case .damagedTable(let path, let reason): return "\(path): \(reason)"
    case .otherDomain(let file, let domain, let command):
      return "\(file): is a model of \(domain); it is used by 'onestep \(command)'"
    case .otherData(let file, let found, let environment, let expected):
      return "\(file): its observations and actions have \(found[0]) and \(found[1]) numbers, those of \(environment) "
        + "\(expected[0]) and \(expected[1])"
    case .interrupted(let saved): return saved.map { "interrupted; \($0)" } ?? "interrupted"
    }
  }
}

extension CommandError {
  /// Refuses a number outside its range.
  static func check<T: Comparable>(_ option: String, _ value: T?, _ range: ClosedRange<T>) throws(CommandError) {
    guard let value, !range.contains(value) else { return }
    throw .usage("\(option) \(value) is outside \(range.lowerBound)...\(range.upperBound)")
  }

  /// Refuses an option that says other than the plan of the run that is to go on.
  static func refuseOther<T: Equatable>(
    _ given: T?, than stored: T?, option: String, file: String
  ) throws(CommandError) {
    guard let given, let stored, given != stored else { return }
    throw .otherPlan(file: file, option: option, stored: "\(stored)")
  }
}
