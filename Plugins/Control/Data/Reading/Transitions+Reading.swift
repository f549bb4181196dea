extension Transitions {
  /// Reads recorded steps; the format is found from the content.
  ///
  /// D4RL's HDF5, CSV and JSON lines follow D4RL's own rule (Fu et al. 2020): the next observation is that of the row
  /// after, rows at a time-out are left out, and the last row. Minari's files and folders lose no step; of dictionary
  /// observations `observation` and `desired_goal` are joined, in that order. A ``TransitionFolder`` is mapped.
  /// - Throws: ``DatasetError`` where the file cannot be read, or observations, actions or rewards are not finite.
  public init(contentsOf path: String, options: DatasetOptions = DatasetOptions()) throws(DatasetError) {
    let source = try DatasetSource(path)
    if case .folder(let path) = source {
      self = try TransitionFolder(path).transitions
      return
    }
    let (records, _) = try StepRecords.read(source, options)
    try records.checkFinite(path)
    self.init(records, stepLimit: options.stepLimit)
    guard count > 0 else { throw .tooShort(path: path, steps: records.count) }
  }

  /// SHA-256, in hexadecimal, of the file that holds the steps of `path`; of a ``TransitionFolder``, that of its table,
  /// which has those of its arrays. O(bytes).
  public static func sha256(of path: String) throws(DatasetError) -> String {
    try FileDigest.sha256(ofFile: DatasetSource(path).dataPath)
  }
}

extension StepRecords {
  /// Rows of any format but a folder's.
  static func read(
    _ source: DatasetSource, _ options: DatasetOptions, strict: Bool = true
  ) throws(DatasetError) -> (StepRecords, DatasetFormat) {
    var records: StepRecords
    let format: DatasetFormat
    switch source {
    case .hdf5(let path):
      let file = try HDF5File(contentsOf: path)
      let isMinari = MinariReader.isMinari(try file.names())
      records = try isMinari ? MinariReader.read(file) : D4RLReader.read(file, strict: strict)
      format = isMinari ? .minari : .d4rl
    case .csv(let path): (records, format) = (try CSVReader.read(path), .csv)
    case .jsonLines(let path): (records, format) = (try JSONLinesReader.read(path), .jsonLines)
    case .folder(let path): (records, format) = (StepRecords(try TransitionFolder(path).transitions), .folder)
    }
    if options.usesNextReward && !records.isComplete { records.takeNextRewards() }
    return (records, format)
  }

  /// Every step as a complete row, with a time-out where an episode was cut.
  init(_ transitions: Transitions) {
    self.init(observationSize: transitions.observationSize, actionSize: transitions.actionSize)
    (observations, actions, rewards) = (
      Array(transitions.observations), Array(transitions.actions), Array(transitions.rewards)
    )
    (terminals, nextObservations, isComplete) = (transitions.isTerminal, Array(transitions.nextObservations), true)
    timeouts = transitions.isCut
  }
}

extension Transitions {
  /// Whether an episode ends with the step without a true end.
  var isCut: [Bool] {
    var cut = [Bool](repeating: false, count: count)
    for episode in episodes { cut[episode.upperBound - 1] = !isTerminal[episode.upperBound - 1] }
    if lastEpisodeIsOpen { cut[count - 1] = false }
    return cut
  }
}
