/// Why a run of behaviour training cannot begin, go on or be used.
public enum BehaviourError: Error, Equatable, CustomStringConvertible {
  /// Options that no run can have.
  case options(reason: String)
  /// A folder whose state was made by something else.
  case otherRun(file: String, reason: String)
  /// A file of a run that is not as it was written.
  case damaged(file: String, reason: String)
  case unreadable(path: String, reason: String)
  case unwritable(path: String, reason: String)
  /// A run that has no policy of a level yet.
  case missingLevel(String, folder: String, reason: String)

  public var description: String {
    switch self {
    case .options(let reason): "the options of the behaviour policy do not fit: \(reason)"
    case .otherRun(let file, let reason):
      "\(file): belongs to another run: \(reason). Give another folder, or the options it was started with"
    case .damaged(let file, let reason): "\(file): is damaged: \(reason). Start again in another folder"
    case .unreadable(let path, let reason): "\(path): cannot be read: \(reason). Check the path and its permissions"
    case .unwritable(let path, let reason):
      "\(path): cannot be written: \(reason). Check the folder, its permissions and the free space"
    case .missingLevel(let level, let folder, let reason):
      "\(folder): has no \(level) policy: \(reason). Train it longer"
    }
  }
}
