import Foundation

/// What can go wrong with the reports of a run.
public enum ReportError: Error, Equatable, Sendable {
  /// A file could not be read; `code` is the system's errno.
  case unreadable(path: String, code: Int32)
  /// A file could not be written; `code` is the system's errno.
  case unwritable(path: String, code: Int32)
  /// A report that another version wrote, or that was cut off.
  case damaged(reason: String)
}

extension ReportError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let path, let code):
      "\(path): cannot be read: \(String(cString: strerror(code))). Check the path and its permissions."
    case .unwritable(let path, let code):
      "\(path): cannot be written: \(String(cString: strerror(code))). Check the folder and the free space."
    case .damaged(let reason): "the report cannot be read: \(reason). Make it again from its runs."
    }
  }
}
