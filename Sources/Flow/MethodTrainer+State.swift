import OneStepNetworks
import OneStepTensors

/// What a state says of a method's training beside its tensors.
private struct MethodHeader: Codable {
  var method: String
  var iterations: Int
  var rows: Int
  var iteration: Int
  var groups: [String: TrainerHeader]
}

private let key = "onestep.method"

extension MethodTrainer {
  /// Writes everything needed to go on as one safetensors file: weights, averages, moments and step counts of all groups,
  /// the iteration, the method's name and the plans. Names begin with their group's. The file appears whole or not at all.
  public func save(to path: String) throws {
    let header = MethodHeader(
      method: method.name, iterations: iterations, rows: rows, iteration: iteration,
      groups: trainers.mapValues(\.header))
    let entries = method.groups.flatMap { trainers[$0.name]!.stateEntries(prefix: $0.name + "/") }
    try StateFile.write(header, key, entries, to: path)
  }

  /// Takes over the state that ``save(to:)`` wrote, from which training goes on with the same bits. Method, length, rows and
  /// the plans of all groups must be those of this trainer; when an error is thrown, nothing has changed.
  public mutating func restore(from path: String) throws {
    let file = try StateFile(path)
    let header: MethodHeader = try file.header(key)
    guard header.method == method.name else {
      throw file.foreign("it trains \(header.method), not \(method.name)")
    }
    guard header.iterations == iterations, header.rows == rows else {
      throw file.foreign(
        "its plan differs (\(header.iterations) iterations of \(header.rows) rows against \(iterations) of \(rows))")
    }
    guard (0...iterations).contains(header.iteration) else {
      throw file.foreign("it stands at iteration \(header.iteration) of \(iterations)")
    }
    guard Set(header.groups.keys) == Set(trainers.keys) else {
      throw file.foreign("it trains \(header.groups.keys.sorted()), not \(trainers.keys.sorted())")
    }
    var next = trainers
    for (name, state) in header.groups { try next[name]!.restore(state, from: file, prefix: name + "/") }
    (trainers, iteration) = (next, header.iteration)
  }
}
