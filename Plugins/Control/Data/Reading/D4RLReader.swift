/// Reads the flat arrays of D4RL (Fu et al. 2020).
enum D4RLReader {
  /// - Parameter strict: without it, a file without `terminals` has none, and stored next observations are read too:
  ///   what the doctor needs.
  static func read(_ file: HDF5File, strict: Bool = true) throws(DatasetError) -> StepRecords {
    let (rows, size) = try matrix("observations", file)
    let (actionRows, actionSize) = try matrix("actions", file)
    guard actionRows == rows else {
      throw .shape(
        path: file.path, key: "actions", expected: "[\(rows), A] as there are \(rows) observations",
        found: [actionRows, actionSize])
    }
    for key in ["rewards", "terminals", "timeouts"] where try isNeeded(key, file, strict) {
      let shape = try file.array(key).shape
      guard shape == [rows] || shape == [rows, 1] else {
        throw .shape(path: file.path, key: key, expected: "[\(rows)]", found: shape)
      }
    }
    guard rows >= 2 else { throw .tooShort(path: file.path, steps: rows) }
    var records = StepRecords(observationSize: size, actionSize: actionSize)
    records.rewards = try file.floats("rewards")
    records.terminals =
      try isNeeded("terminals", file, strict) ? file.flags("terminals") : Array(repeating: false, count: rows)
    records.timeouts = try isNeeded("timeouts", file, strict) ? file.flags("timeouts") : nil
    records.actions = try file.floats("actions")
    records.observations = try file.floats("observations")
    if !strict, case .array(let next) = try file.entry("next_observations"), next.shape == [rows, size] {
      records.nextObservations = try file.floats("next_observations")
    }
    return records
  }

  private static func isNeeded(_ key: String, _ file: HDF5File, _ strict: Bool) throws(DatasetError) -> Bool {
    if key == "rewards" || (key == "terminals" && strict) { return true }
    return try file.entry(key) != nil
  }

  private static func matrix(_ key: String, _ file: HDF5File) throws(DatasetError) -> (rows: Int, columns: Int) {
    let shape = try file.array(key).shape
    guard shape.count == 2, shape[1] >= 1 else {
      throw .shape(path: file.path, key: key, expected: "[N, \(key == "actions" ? "A" : "S")]", found: shape)
    }
    return (shape[0], shape[1])
  }
}
