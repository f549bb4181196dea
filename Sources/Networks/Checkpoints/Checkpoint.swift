/// A file of named tensors: safetensors, or what PyTorch's `torch.save` writes.
///
/// The file is mapped, not read: tensors stay on disk until their bytes are used, except in zip
/// archives, whose entries are unpacked and checked. Reading a pickle never executes anything.
public struct Checkpoint: Sendable {
  /// The last component of the path, for messages.
  public let name: String
  public let format: CheckpointFormat
  /// Names of the tensors in file order.
  public let names: [String]
  public let tensors: [String: CheckpointTensor]
  /// The metadata of a safetensors file, or the numbers, flags and texts found in a pickle.
  public let metadata: [String: String]

  /// Reads the file at `path`; its format is found from its content.
  public init(contentsOf path: String) throws(CheckpointError) {
    let name = Self.displayName(of: path)
    try self.init(ByteSlice(ByteStore(mapping: path, name: name)), name: name)
  }

  /// Reads a checkpoint that is already in memory; `name` is used in messages.
  public init(decoding bytes: [UInt8], name: String) throws(CheckpointError) {
    try self.init(ByteSlice(ByteStore(copying: bytes)), name: name)
  }

  private init(_ bytes: ByteSlice, name: String) throws(CheckpointError) {
    self.name = name
    do { format = try CheckpointFormat.sniff(bytes) } catch {
      throw .foreign(file: name, error.content)
    }
    let list: [CheckpointTensor]
    switch format {
    case .safetensors:
      do {
        let reader = try SafetensorsReader(bytes)
        (list, metadata) = (reader.tensors, reader.metadata)
      } catch { throw .safetensors(file: name, error) }
    case .pytorchZip:
      (list, metadata) = try PyTorchZip.read(bytes, name: name)
    case .pytorchLegacy:
      (list, metadata) = try PyTorchLegacy.read(bytes, name: name)
    }
    names = list.map(\.name)
    tensors = Dictionary(uniqueKeysWithValues: list.map { ($0.name, $0) })
  }

  /// SHA-256, in hexadecimal, over the bytes of all tensors: element size descending, then name.
  ///
  /// That is the order `SafetensorsWriter` uses, so in its files this is the digest of everything
  /// after the header; it is the same for the same tensors in any format. O(bytes).
  public func digest() -> String {
    var digest = SHA256()
    let sorted = tensors.values.sorted {
      SafetensorsWriter.precedes(($0.elementType, $0.name), ($1.elementType, $1.name))
    }
    for tensor in sorted { tensor.withUnsafeBytes { digest.update($0) } }
    return digest.finish()
  }

  /// Compares the tensors with the digest that `SafetensorsWriter` recorded.
  public func verify() throws(CheckpointError) {
    guard let recorded = metadata[SafetensorsWriter.digestKey] else {
      throw .digestMissing(file: name)
    }
    let computed = digest()
    guard computed == recorded else {
      throw .digestMismatch(file: name, recorded: recorded, computed: computed)
    }
  }

  /// The last component of `path`.
  static func displayName(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
