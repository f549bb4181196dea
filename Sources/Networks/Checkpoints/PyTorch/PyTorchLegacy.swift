/// The files that `torch.save` wrote before PyTorch 1.6, and still writes when asked to.
///
/// Five pickles in a row (magic number, protocol version, system information, the object, the keys of
/// its storages), then per key an element count (int64) and the raw elements.
enum PyTorchLegacy {
  /// 0x1950a86a20f9469cfc6c, little-endian.
  private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
  private static let protocolVersion = 1001

  static func read(
    _ bytes: ByteSlice, name: String
  ) throws(CheckpointError) -> ([CheckpointTensor], [String: String]) {
    var machine = PickleMachine(bytes)
    let pickle: FlattenedPickle
    let data: [String: ByteSlice]
    do throws(PickleFault) {
      try checkPreamble(&machine)
      let root = try machine.run()
      pickle = try FlattenedPickle(root, in: machine.heap, size: machine.reader.offset)
      data = try storages(&machine)
    } catch { throw .pickle(file: name, error) }
    var builder = TensorBuilder(heap: machine.heap, data: data, fileSize: bytes.count)
    return (try builder.tensors(of: pickle, file: name), pickle.scalars)
  }

  private static func checkPreamble(_ machine: inout PickleMachine) throws(PickleFault) {
    guard case .bigInteger(let number) = try machine.run(), number.count == magic.count,
      number.starts(with: magic)
    else { throw .notTorch }
    guard case .integer(protocolVersion) = try machine.run() else { throw .notTorch }
    guard case .dictionary(let system) = try machine.run() else { throw .notTorch }
    for case (.text("little_endian"), .bool(false)) in machine.heap.dictionaries[system] {
      throw .bigEndian
    }
  }

  /// The data of all storages; views of them were resolved to their roots by the machine.
  private static func storages(
    _ machine: inout PickleMachine
  ) throws(PickleFault) -> [String: ByteSlice] {
    var roots: [String: PickledStorage] = [:]
    for storage in machine.heap.storages { roots[storage.key] = storage }
    let list = try machine.run()
    guard let keys = machine.heap.elements(of: list) else { throw .notTorch }
    var reader = machine.reader
    var data: [String: ByteSlice] = [:]
    for key in keys {
      guard case .text(let key) = key, let storage = roots[key] else {
        throw .malformed(offset: reader.offset)
      }
      let count = try reader.integer(Int64.self)
      guard count == storage.rootCount else { throw .badStorage(key: key) }
      let length = storage.rootCount * storage.elementType.byteCount
      guard length <= reader.remaining else { throw .truncated(offset: reader.bytes.count) }
      data[key] = reader.slice(length)
    }
    return data
  }
}
