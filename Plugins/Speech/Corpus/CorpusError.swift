import Foundation
import OneStepMedia

/// What can be wrong with a folder of recordings and their texts.
public enum CorpusError: Error, Equatable, CustomStringConvertible, Sendable {
  /// A table could not be read; `code` is the system's errno.
  case unreadable(path: String, code: Int32)
  /// A table is not UTF-8 text.
  case notText(path: String)
  /// A line of a table, counted from 1, breaks its layout.
  case line(path: String, number: Int, fault: LineFault)
  /// Recordings that the table names are not there.
  case missingRecordings(folder: String, count: Int, first: String)
  /// Nothing to train on is left.
  case noClips(folder: String, rejected: Int)
  /// A recording could not be read.
  case sound(AudioError)
  /// A phone that the caller has no symbol for.
  case unknownPhone(clip: String, phone: String)
  /// The file of features could not be written or mapped.
  case features(path: String, code: Int32)

  public enum LineFault: Equatable, Sendable, CustomStringConvertible {
    case columns(Int)
    case emptyText
    case unusableName(String)
    case repeatedName(String)
    case unknownName(String)
    case phone(String)
    case timesNotRising(String)

    public var description: String {
      switch self {
      case .columns(let count): "\(count) columns where 2 or 3, separated by '|', are needed"
      case .emptyText: "the text is empty"
      case .unusableName(let name): "'\(name)' cannot be the name of a recording"
      case .repeatedName(let name): "'\(name)' is there twice"
      case .unknownName(let name): "'\(name)' is not in metadata.csv"
      case .phone(let item): "'\(item)' is not phone:seconds"
      case .timesNotRising(let item): "the time of '\(item)' is not after the one before"
      }
    }
  }

  /// One line: where, what, and what to do.
  public var description: String {
    switch self {
    case .unreadable(let path, let code):
      "\(path): cannot be read: \(String(cString: strerror(code))). A corpus needs metadata.csv and its recordings."
    case .notText(let path): "\(path): is not UTF-8 text. Save it as UTF-8."
    case .line(let path, let number, let fault): "\(path):\(number): \(fault). Correct the line."
    case .missingRecordings(let folder, let count, let first):
      "\(folder): \(count) recordings of metadata.csv are missing (first: \(first).wav or .flac, in wavs/, flac/ or "
        + "beside the table). Copy them or remove their lines."
    case .noClips(let folder, let rejected):
      "\(folder): no recording is left to use; \(rejected) are shorter than 0.3 s or longer than 15 s. Cut them anew."
    case .sound(let error): error.description
    case .unknownPhone(let clip, let phone): "\(clip): no symbol stands for the phone '\(phone)'. Use ARPAbet."
    case .features(let path, let code):
      "\(path): cannot be used: \(String(cString: strerror(code))). Check the folder and the free space."
    }
  }
}
