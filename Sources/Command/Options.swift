import ArgumentParser
import OneStepMedia
import OneStepNetworks
import OneStepSuperResolution
import OneStepTensors

/// Options that mean the same everywhere.
struct CommonOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Threads to compute with (default: all cores).", valueName: "n"))
  var threads: Int?

  @Flag(help: "Print one JSON object per result on standard output.")
  var json = false

  @Flag(name: .shortAndLong, help: "Show no progress and no paths.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Show timings on standard error.")
  var verbose = false

  func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw CommandError.usage("--threads \(threads) is outside 1...1024") }
  }

  /// Fixes the thread count; call it before anything is computed.
  func apply() {
    if let threads { Compute.threads = threads }
  }
}

/// The measure whose network the user brings.
struct PerceptualOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "torchvision's AlexNet or VGG16 weights, .pth or .safetensors: adds LPIPS 0.1.", valueName: "file"))
  var lpipsBackbone: String?

  func makeMetric() throws -> LPIPS? {
    try lpipsBackbone.map { try LPIPS(backbone: Checkpoint(contentsOf: $0)) }
  }
}

extension Restorer.Precision: ExpressibleByArgument {}
extension Degradation: ExpressibleByArgument {}

extension Restorer.Precision {
  /// Whether a training computes in bf16.
  var isMixed: Bool {
    switch self {
    case .auto: Compute.hasFastBF16
    case .f32: false
    case .bf16: true
    }
  }
}

extension ElementType {
  /// As on the command line: "f32" or "bf16".
  var name: String { "\(self)" }
}
