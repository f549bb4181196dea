import Foundation
import OneStepNetworks
import OneStepTensors

extension Trainer {
  private struct Header: Codable, Equatable {
    var plan: TrainingPlan
    var step: Int
    var optimizerStep: Int
    var averageUpdates: Int
  }
  private static let key = "onestep.training"

  /// Writes everything needed to go on: weights, their average, the optimizer's moments, step counts and the plan.
  /// The file appears whole or not at all.
  public func save(to path: String) throws {
    let header = Header(
      plan: plan, step: step, optimizerStep: optimizer.step, averageUpdates: average.updates)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    var entries: [(String, Tensor)] = []
    for (index, spec) in parameters.specs.enumerated() {
      entries.append(("weights/" + spec.name, parameters.tensors[index]))
      entries.append(("average/" + spec.name, average.parameters.tensors[index]))
      for (k, moment) in optimizer.moments[index].enumerated() { entries.append(("moment\(k)/" + spec.name, moment)) }
    }
    try Checkpoint.write(
      entries, metadata: [Self.key: String(decoding: try encoder.encode(header), as: UTF8.self)], to: path)
  }

  /// Takes over the state that ``save(to:)`` wrote. The plan in the file must be this trainer's.
  public mutating func restore(from path: String) throws {
    let file: Checkpoint
    do throws(CheckpointError) { file = try Checkpoint(contentsOf: path) } catch { throw TrainingError.unreadable(error) }
    guard let text = file.metadata[Self.key],
      let header = try? JSONDecoder().decode(Header.self, from: Data(text.utf8))
    else { throw TrainingError.otherRun(file: file.name, reason: "it is no training state") }
    guard header.plan == plan else {
      throw TrainingError.otherRun(file: file.name, reason: "its plan differs (\(header.plan) against \(plan))")
    }
    func tensor(_ name: String, _ shape: [Int]) throws -> Tensor {
      guard let found = file.tensors[name], found.shape == shape else {
        throw TrainingError.otherRun(file: file.name, reason: "it has no \(name) of shape \(shape)")
      }
      return Tensor(found.floats(), shape: shape)
    }
    for (index, spec) in parameters.specs.enumerated() {
      parameters.tensors[index] = try tensor("weights/" + spec.name, spec.shape)
      average.parameters.tensors[index] = try tensor("average/" + spec.name, spec.shape)
      for k in optimizer.moments[index].indices {
        optimizer.moments[index][k] = try tensor("moment\(k)/" + spec.name, spec.shape)
      }
    }
    (step, optimizer.step, average.updates) = (header.step, header.optimizerStep, header.averageUpdates)
  }
}
