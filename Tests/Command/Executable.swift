import Foundation
import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepSuperResolution
import OneStepTensors
import Testing

/// The built program.
enum Executable {
  struct Outcome {
    var code: Int32
    var output: [UInt8]
    var errors: String
    var text: String { String(decoding: output, as: UTF8.self) }
    /// Lines of standard error.
    var messages: [String] { errors.split(separator: "\n").map(String.init) }
    /// Objects of `--json`.
    var replies: [[String: Any]] {
      text.split(separator: "\n").compactMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
    }
  }

  static let path = built("onestep")

  /// A product of this package, beside the test bundle.
  static func built(_ name: String) -> String {
    var folders = CommandLine.arguments.filter { $0.hasPrefix("/") }.map { ($0 as NSString).deletingLastPathComponent }
    if let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
      folders.append((own as NSString).deletingLastPathComponent)
    }
    let candidates = folders.map { $0 + "/" + name } + [".build/release/" + name]
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? candidates[0]
  }

  static func start(
    _ arguments: [String], in folder: Folder, input: String? = nil, output: String? = nil,
    environment extra: [String: String] = [:], program: String = path
  ) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    var environment = ProcessInfo.processInfo.environment
    environment["ONESTEP_MODELS"] = nil
    environment["OMP_WAIT_POLICY"] = "passive"  // waiting threads leave the cores to the other tests
    process.environment = environment.merging(extra) { $1 }
    process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: input ?? "/dev/null"))
    let out = output ?? folder.path + "/.stdout"
    if output == nil { _ = FileManager.default.createFile(atPath: out, contents: nil) }
    _ = FileManager.default.createFile(atPath: folder.path + "/.stderr", contents: nil)
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: out))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path + "/.stderr"))
    try process.run()
    return process
  }

  static func run(
    _ arguments: [String], in folder: Folder, input: String? = nil, output: String? = nil,
    environment: [String: String] = [:], program: String = path
  ) throws -> Outcome {
    let process = try start(
      arguments, in: folder, input: input, output: output, environment: environment, program: program)
    process.waitUntilExit()
    return Outcome(
      code: process.terminationStatus, output: output == nil ? folder.bytes(".stdout") : [],
      errors: String(decoding: folder.bytes(".stderr"), as: UTF8.self))
  }
}

/// A temporary folder that disappears with its owner.
final class Folder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/onestep-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }
  func bytes(_ name: String) -> [UInt8] { FileManager.default.contents(atPath: file(name)).map { [UInt8]($0) } ?? [] }
  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }
  func write(_ bytes: [UInt8], _ name: String) {
    _ = FileManager.default.createFile(atPath: file(name), contents: Data(bytes))
  }
  func make(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: file(name), withIntermediateDirectories: true)
  }
  /// All names inside, hidden ones too, without what the tests put there.
  func names(_ inner: String = "") -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: inner.isEmpty ? path : file(inner))) ?? [])
      .filter { $0 != ".stdout" && $0 != ".stderr" }.sorted()
  }

  /// A smooth picture with some texture.
  @discardableResult
  func picture(_ name: String, width: Int = 20, height: Int = 16, channels: Int = 3, bits: Int = 8) throws -> Image {
    var values: [Float] = []
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<channels {
          values.append(0.5 + 0.3 * sinf(Float(x * (c + 1)) / 3) * cosf(Float(y) / 4) + 0.1 * sinf(Float(x * y)))
        }
      }
    }
    let image = try Image(floats: values, width: width, height: height, channels: channels, bits: bits)
    try image.write(to: file(name))
    return image
  }

  /// A tiny model with numbers from a seed, so that its noise shows in the result.
  @discardableResult
  func model(_ name: String = "tiny.safetensors", spoil: (inout [Float]) -> Void = { _ in }) throws -> String {
    var configuration = OFTSR.Configuration()
    (configuration.width, configuration.blocks, configuration.timeFeatures, configuration.timeHidden) = (8, 1, 8, 8)
    let network = OFTSR(configuration)
    let tensors = network.specs.enumerated().map { index, spec -> Tensor in
      var values = Tensor.normal(spec.shape, seed: 7, stream: UInt64(index)).floats.map { $0 * 0.1 }
      if index == 0 { spoil(&values) }
      return Tensor(values, shape: spec.shape)
    }
    let json = String(decoding: try JSONEncoder().encode(configuration), as: UTF8.self)
    let card = ModelCard(
      architecture: OFTSR.id, role: "student", preset: "small", configuration: json, purpose: "tests", data: "none",
      steps: 0, seed: 7, figures: "")
    try card.write(Parameters(specs: network.specs, tensors: tensors), to: file(name))
    return file(name)
  }
}
