import Foundation

/// What can be wrong with recorded behaviour.
public enum DatasetError: Error, Equatable, Sendable {
  /// A file could not be read; `code` is the system's errno.
  case unreadable(path: String, code: Int32)
  /// A file could not be written.
  case unwritable(path: String, reason: String)
  /// The bytes are something other than recorded steps.
  case foreign(path: String, ForeignContent)
  /// The library refuses the file, or the array `key` in it.
  case damaged(path: String, key: String?, reason: String)
  case missing(path: String, key: String, found: [String])
  /// An array's shape; `expected` is in words.
  case shape(path: String, key: String, expected: String, found: [Int])
  /// An array's type, or a value that does not fit it; both in words.
  case type(path: String, key: String, expected: String, found: String)
  /// An array that claims more bytes than the file can hold or the machine has.
  case tooLarge(path: String, key: String, bytes: String)
  /// A number that is not finite, in a row counted from 0.
  case notFinite(path: String, key: String, row: Int)
  /// A line of a table, counted from 1.
  case line(path: String, number: Int, LineFault)
  /// Too few steps to learn from.
  case tooShort(path: String, steps: Int)
  /// A rule for rewards that the data give no ground for.
  case rewardRule(RewardRule, reason: String)
  /// A task without published reference returns.
  case unknownTask(name: String, closest: [String])

  /// What a file holds instead.
  public enum ForeignContent: String, Sendable, Equatable {
    case empty, page, pointer, zip, gzip, numpy, pickle, arrow, unknown
  }

  public enum LineFault: Equatable, Sendable {
    case columns(expected: Int, found: Int)
    case number(column: String, text: String)
    case flag(column: String, text: String)
    case missingColumn(String)
    case repeatedColumn(String)
    case notJSON(String)
    case length(field: String, expected: Int, found: Int)
  }

  /// What kind of failure it is, so that a command line can choose its exit code.
  public enum Kind: Sendable { case badData, cannotRead, cannotWrite, usage }

  public var kind: Kind {
    switch self {
    case .unreadable: .cannotRead
    case .unwritable: .cannotWrite
    case .unknownTask: .usage
    default: .badData
    }
  }
}

extension DatasetError: CustomStringConvertible {
  /// One line: where, what, and what to do.
  public var description: String {
    switch self {
    case .unreadable(let path, let code):
      "\(path): cannot be read: \(String(cString: strerror(code))). Check the path and its permissions."
    case .unwritable(let path, let reason):
      "\(path): cannot be written: \(reason). Check the folder, its permissions and the free space."
    case .foreign(let path, let content): "\(path): \(content.sentence)"
    case .damaged(let path, let key, let reason):
      "\(path)\(key.map { ": \($0)" } ?? ""): cannot be read: \(reason). Was it cut off? Fetch or export it again."
    case .missing(let path, let key, let found):
      "\(path): there is no \(key), only \(Self.list(found)). "
        + "D4RL files have observations, actions, rewards and terminals; Minari files have episode_0 and so on."
    case .shape(let path, let key, let expected, let found):
      "\(path): \(key) has shape \(found), not \(expected). Export it anew with one row per step."
    case .type(let path, let key, let expected, let found):
      "\(path): \(key) holds \(found) where \(expected) belong. Export it with that type."
    case .tooLarge(let path, let key, let bytes):
      "\(path): \(key) claims \(bytes), more than such a file holds or this machine has. Fetch it again or cut it."
    case .notFinite(let path, let key, let row):
      "\(path): \(key) is not a finite number in row \(row). The doctor can write a copy without such rows."
    case .line(let path, let number, let fault): "\(path):\(number): \(fault). Correct the line."
    case .tooShort(let path, let steps):
      "\(path): \(steps) steps are too few; a step needs the one after it. Record whole episodes."
    case .rewardRule(let rule, let reason): "the reward rule \(rule.rawValue) cannot be used: \(reason)"
    case .unknownTask(let name, let closest):
      "no reference returns are published for \(name). Did you mean \(closest.joined(separator: ", "))?"
    }
  }

  private static func list(_ names: [String]) -> String {
    if names.isEmpty { return "nothing" }
    return names.prefix(8).joined(separator: ", ") + (names.count > 8 ? " and \(names.count - 8) more" : "")
  }
}

extension DatasetError.ForeignContent {
  var sentence: String {
    switch self {
    case .empty: "is empty. Fetch or record it again."
    case .page: "is a web page, not data. Fetch the file itself."
    case .pointer: "is a Git LFS pointer, not data. Fetch the file itself: git lfs pull."
    case .zip: "is a zip archive (an .npz?). Export the steps as D4RL HDF5, CSV or JSON lines."
    case .gzip: "is compressed with gzip. Unpack it first: gunzip."
    case .numpy: "is a NumPy array. Export the steps as D4RL HDF5, CSV or JSON lines."
    case .pickle: "is a Python pickle, which is never run here. Export the steps as D4RL HDF5, CSV or JSON lines."
    case .arrow: "holds Arrow tables. Ask Minari for HDF5: data_format=\"hdf5\"."
    case .unknown: "holds no recorded steps. Give D4RL or Minari HDF5, CSV with a header, or JSON lines."
    }
  }
}

extension DatasetError.LineFault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .columns(let expected, let found): "\(found) columns where the header names \(expected)"
    case .number(let column, let text): "'\(text.prefix(40))' is not a finite number (\(column))"
    case .flag(let column, let text): "'\(text.prefix(40))' is not 0, 1, true or false (\(column))"
    case .missingColumn(let name): "there is no column \(name)"
    case .repeatedColumn(let name): "the column \(name) is there twice"
    case .notJSON(let reason): "is no step in JSON: \(reason)"
    case .length(let field, let expected, let found): "\(field) has \(found) numbers, \(expected) before"
    }
  }
}
