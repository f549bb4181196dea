import OneStepMedia

/// Which file becomes which: worked out before anything is computed.
struct RestorePlan {
  struct Item {
    /// A path, or "-" for standard input.
    let input: String
    /// A path, or "-" for standard output.
    let output: String
    /// Format of the result; nil when the output's extension names none.
    let format: ImageFormat?
  }
  private(set) var items: [Item] = []
  /// Inputs that cannot be used, with the reason.
  private(set) var failures: [(input: String, error: any Error)] = []
  /// The folder to make before the first result is written.
  private(set) var folder: String?

  init(inputs: [String], output: String) throws {
    guard inputs.filter({ $0 == "-" }).count < 2 else { throw CommandError.usage("standard input can be read only once") }
    var files: [String] = []
    for input in inputs {
      guard input != "-", PathKind(input) == .folder else {
        files.append(input)
        continue
      }
      do {
        let found = try imageFiles(in: input)
        if found.isEmpty { throw CommandError.noImages(folder: input) }
        files += found
      } catch { failures.append((input, error)) }
    }
    let several = inputs.count > 1 || inputs.contains { $0 != "-" && PathKind($0) == .folder }
    if output == "-" {
      guard !several else { throw CommandError.usage("only one image fits on standard output; give a folder to -o") }
      items = files.map { Item(input: $0, output: "-", format: .png) }
      return
    }
    let kind = PathKind(output)
    if several && kind == .file { throw CommandError.notAFolder(output) }
    guard several || kind == .folder || output.hasSuffix("/") else {
      // A device or a pipe has no extension to tell the format.
      let format = ImageFormat(path: output) ?? (kind == .other ? .png : nil)
      items = files.map { Item(input: $0, output: output, format: format) }
      return
    }
    folder = output
    items = files.map { Self.item($0, inside: output) }
    try refuseCollisions()
  }

  /// Keeps the input's name; an extension that names no format becomes .png.
  private static func item(_ input: String, inside folder: String) -> Item {
    let name = input == "-" ? "stdin.png" : input.lastPathComponent
    if let format = ImageFormat(path: name) {
      return Item(input: input, output: folder.appendingPath(name), format: format)
    }
    return Item(input: input, output: folder.appendingPath(name.pathStem + ".png"), format: .png)
  }

  private func refuseCollisions() throws {
    var sources: [String: String] = [:]
    for item in items {
      if let other = sources.updateValue(item.input, forKey: item.output) {
        throw CommandError.usage("\(other) and \(item.input) would both become \(item.output); restore them one by one")
      }
    }
  }
}

extension RestorePlan.Item {
  /// Fails where the result could not be written, before it is computed.
  func checkOutput(force: Bool) throws {
    if output == "-" { return }
    guard format != nil else { throw MediaError.unknownExtension(path: output) }
    try onestep.checkOutput(output, force: force)
  }

  func read() throws(MediaError) -> Image {
    guard input == "-" else { return try Image(contentsOf: input) }
    return try Image(decoding: try Console.readStandardInput(), name: "standard input")
  }

  func write(_ image: Image, quality: Int?) throws(MediaError) {
    if output == "-" {
      try Console.write(try image.encoded(as: .png))
    } else {
      try image.write(to: output, format: format, quality: quality)
    }
  }
}
