/// Reads the episode groups of Minari (Younis et al. 2024): each has one observation more than it has steps.
///
/// Observations that are a dictionary, as in PointMaze, become one row: `observation`, then `desired_goal` where there
/// is one; `achieved_goal` repeats what the observation says and is left out.
enum MinariReader {
  static func isMinari(_ names: [String]) -> Bool { names.contains { episodeNumber($0) != nil } }

  static func read(_ file: HDF5File) throws(DatasetError) -> StepRecords {
    let episodes = try file.names().compactMap { name in episodeNumber(name).map { ($0, name) } }
    var records: StepRecords?
    for (_, name) in episodes.sorted(by: { $0 < $1 }) { try append(name, file, to: &records) }
    guard let records, records.count > 0 else { throw .tooShort(path: file.path, steps: 0) }
    return records
  }

  private static func episodeNumber(_ name: String) -> Int? {
    name.hasPrefix("episode_") ? Int(name.dropFirst("episode_".count)) : nil
  }

  private static func append(_ episode: String, _ file: HDF5File, to records: inout StepRecords?) throws(DatasetError) {
    let actionShape = try file.array("\(episode)/actions").shape
    guard actionShape.count == 2, actionShape[1] >= 1 else {
      throw .shape(path: file.path, key: "\(episode)/actions", expected: "[T, A]", found: actionShape)
    }
    let steps = actionShape[0]
    if steps == 0 { return }
    let parts = try observationKeys(episode, file)
    var sizes: [Int] = []
    for part in parts { sizes.append(try columns(part, file, rows: steps + 1)) }
    let size = sizes.reduce(0, +)
    var all =
      records
      ?? StepRecords(
        observationSize: size, actionSize: actionShape[1], timeouts: [], nextObservations: [], isComplete: true)
    guard size == all.observationSize else {
      throw .shape(
        path: file.path, key: parts[0], expected: "[\(steps + 1), \(all.observationSize)] as before",
        found: [steps + 1, size])
    }
    guard actionShape[1] == all.actionSize else {
      throw .shape(
        path: file.path, key: "\(episode)/actions", expected: "[\(steps), \(all.actionSize)] as before",
        found: actionShape)
    }
    // Many episodes may be links to one array.
    try file.checkMemory(8 * all.observations.count, "\(episode)/observations")
    records = nil  // the one reference, so that what follows adds in place
    all.actions += try file.floats("\(episode)/actions")
    all.rewards += try file.floats(try row("\(episode)/rewards", file, steps))
    all.terminals += try file.flags(try row("\(episode)/terminations", file, steps))
    all.timeouts! += try file.flags(try row("\(episode)/truncations", file, steps))
    var observations = try file.floats(parts[0])
    if parts.count > 1 { observations = interleaved(observations, try file.floats(parts[1]), sizes) }
    all.observations += observations.prefix(steps * size)
    all.nextObservations! += observations.dropFirst(size)
    records = all
  }

  private static func observationKeys(_ episode: String, _ file: HDF5File) throws(DatasetError) -> [String] {
    let key = "\(episode)/observations"
    guard try file.entry(key) == .group else { return [key] }
    let names = try file.names(in: key)
    guard names.contains("observation") else {
      throw .missing(path: file.path, key: "\(key)/observation", found: names)
    }
    return ["\(key)/observation"] + (names.contains("desired_goal") ? ["\(key)/desired_goal"] : [])
  }

  private static func columns(_ key: String, _ file: HDF5File, rows: Int) throws(DatasetError) -> Int {
    let shape = try file.array(key).shape
    guard shape.count == 2, shape[0] == rows, shape[1] >= 1 else {
      throw .shape(path: file.path, key: key, expected: "[\(rows), S], one row more than actions", found: shape)
    }
    return shape[1]
  }

  /// `key`, if it has a number for each step.
  private static func row(_ key: String, _ file: HDF5File, _ steps: Int) throws(DatasetError) -> String {
    let shape = try file.array(key).shape
    guard shape == [steps] || shape == [steps, 1] else {
      throw .shape(path: file.path, key: key, expected: "[\(steps)]", found: shape)
    }
    return key
  }

  private static func interleaved(_ a: [Float], _ b: [Float], _ sizes: [Int]) -> [Float] {
    var rows: [Float] = []
    rows.reserveCapacity(a.count + b.count)
    for row in 0..<a.count / sizes[0] {
      rows += a[row * sizes[0]..<(row + 1) * sizes[0]]
      rows += b[row * sizes[1]..<(row + 1) * sizes[1]]
    }
    return rows
  }
}
