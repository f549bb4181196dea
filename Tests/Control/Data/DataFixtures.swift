import Foundation
import OneStepControl
import Testing

/// Data sets written by h5py: see Fixtures/Data/README.md.
func fixture(_ name: String) -> String {
  Bundle.module.resourceURL!.appendingPathComponent("Fixtures/Data/\(name)").path
}

/// A folder that goes with its owner.
final class ScratchFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("control-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  func write(_ text: String, _ name: String) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
}

/// The number in row i and column j of the fixtures' arrays.
func ramp(_ rows: some Sequence<Int>, _ columns: Int, scale: Float = 1) -> [Float] {
  rows.flatMap { row in (0..<columns).map { (Float(row) + Float($0) / 4) * scale } }
}

/// Flat arrays of D4RL, written through the library; `nil` leaves a key out.
struct FlatFile {
  var observations: (values: [Float], columns: Int?)? = (ramp(0..<4, 2), 2)
  var actions: (values: [Float], columns: Int?)? = ([0, 0, 0, 0], 1)
  var rewards: (values: [Float], columns: Int?)? = ([1, 2, 3, 4], nil)
  var terminals: [Bool]? = [false, false, false, true]
  var timeouts: [Bool]?

  func write(_ path: String) throws {
    let file = try HDF5File(creating: path)
    for (name, array) in [("observations", observations), ("actions", actions), ("rewards", rewards)] {
      if let array { try file.makeSeries(name, columns: array.columns, of: .float).append(array.values) }
    }
    for (name, array) in [("terminals", terminals), ("timeouts", timeouts)] {
      if let array { try file.makeSeries(name, columns: nil, of: .flag).append(array) }
    }
    try file.flush()
  }
}
