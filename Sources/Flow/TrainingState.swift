import Foundation
import OneStepNetworks
import OneStepTensors

extension Trainer {
  private static let key = "onestep.training"

  /// Writes everything needed to go on: weights, their average, the optimizer's moments, step counts and the plan.
  /// The file appears whole or not at all.
  public func save(to path: String) throws { try StateFile.write(header, Self.key, stateEntries(), to: path) }

  /// Takes over the state that ``save(to:)`` wrote. The plan in the file must be this trainer's; when an error is thrown,
  /// nothing has changed.
  public mutating func restore(from path: String) throws {
    let file = try StateFile(path)
    try restore(file.header(Self.key), from: file)
  }
}

// MARK: What a single trainer and a method's trainers share

/// What a state says of one trainer beside its tensors.
struct TrainerHeader: Codable, Equatable {
  var plan: TrainingPlan
  var step: Int
  var optimizerStep: Int
  var averageUpdates: Int
}

extension Trainer {
  var header: TrainerHeader {
    TrainerHeader(plan: plan, step: step, optimizerStep: optimizer.step, averageUpdates: average.updates)
  }

  /// All tensors of the state; names begin with `prefix`.
  func stateEntries(prefix: String = "") -> [(String, Tensor)] {
    var entries: [(String, Tensor)] = []
    for (index, spec) in parameters.specs.enumerated() {
      entries.append((prefix + "weights/" + spec.name, parameters.tensors[index]))
      entries.append((prefix + "average/" + spec.name, average.parameters.tensors[index]))
      for (k, moment) in optimizer.moments[index].enumerated() {
        entries.append((prefix + "moment\(k)/" + spec.name, moment))
      }
    }
    return entries
  }

  /// Takes over a state; when an error is thrown, nothing has changed.
  mutating func restore(_ header: TrainerHeader, from file: StateFile, prefix: String = "") throws {
    guard header.plan == plan else {
      let owner = prefix.isEmpty ? "" : " of \(prefix.dropLast())"
      throw file.foreign("its plan\(owner) differs (\(header.plan) against \(plan))")
    }
    guard header.step >= 0, header.optimizerStep >= 0, header.averageUpdates >= 0 else {
      throw file.foreign("it counts \(header.step) steps")
    }
    var next = self
    for (index, spec) in parameters.specs.enumerated() {
      func tensor(_ kind: String) throws -> Tensor { try file.tensor(prefix + kind + "/" + spec.name, spec.shape) }
      next.parameters.tensors[index] = try tensor("weights")
      next.average.parameters.tensors[index] = try tensor("average")
      for k in optimizer.moments[index].indices { next.optimizer.moments[index][k] = try tensor("moment\(k)") }
    }
    (next.step, next.optimizer.step, next.average.updates) = (header.step, header.optimizerStep, header.averageUpdates)
    self = next
  }
}

/// A file of tensors with one header, stored as JSON under a key that says what kind of state it is.
struct StateFile {
  private let checkpoint: Checkpoint

  init(_ path: String) throws {
    do throws(CheckpointError) { checkpoint = try Checkpoint(contentsOf: path) } catch {
      throw TrainingError.unreadable(error)
    }
  }

  static func write(_ header: some Encodable, _ key: String, _ entries: [(String, Tensor)], to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    try Checkpoint.write(
      entries, metadata: [key: String(decoding: try encoder.encode(header), as: UTF8.self)], to: path)
  }

  func header<Header: Decodable>(_ key: String) throws -> Header {
    guard let text = checkpoint.metadata[key],
      let header = try? JSONDecoder().decode(Header.self, from: Data(text.utf8))
    else { throw foreign("it is no state of this kind of training") }
    return header
  }

  func tensor(_ name: String, _ shape: [Int]) throws -> Tensor {
    guard let found = checkpoint.tensors[name], found.shape == shape else {
      throw foreign("it has no \(name) of shape \(shape)")
    }
    return Tensor(found.floats(), shape: shape)
  }

  func foreign(_ reason: String) -> TrainingError { .otherRun(file: checkpoint.name, reason: reason) }
}
