/// The zip archives that `torch.save` writes since PyTorch 1.6.
///
/// `<root>/data.pkl` is the object, `<root>/data/<key>` the bytes of a storage, `<root>/byteorder`
/// says "little" or "big" (absent in older files).
enum PyTorchZip {
  static func read(
    _ bytes: ByteSlice, name: String
  ) throws(CheckpointError) -> ([CheckpointTensor], [String: String]) {
    var archive = try open(bytes, name: name)
    let root: String
    let source: ByteSlice
    do throws(ArchiveFault) {
      root = try Self.root(of: archive.names)
      try checkByteOrder(archive.read("\(root)byteorder"))
      guard let entry = try archive.read("\(root)data.pkl") else { throw .noPickle }
      source = entry
    } catch { throw .archive(file: name, error) }

    let pickle: FlattenedPickle
    var machine = PickleMachine(source)
    do throws(PickleFault) {
      let object = try machine.run()
      pickle = try FlattenedPickle(object, in: machine.heap, size: source.count)
    } catch { throw .pickle(file: name, error) }

    var data: [String: ByteSlice] = [:]
    do throws(ArchiveFault) {
      for (_, index) in pickle.tensors {
        let key = machine.heap.storages[machine.heap.tensors[index].storage].key
        if data[key] != nil { continue }
        guard let storage = try archive.read("\(root)data/\(key)") else {
          throw .missingStorage(key: key)
        }
        data[key] = storage
      }
    } catch { throw .archive(file: name, error) }

    var builder = TensorBuilder(heap: machine.heap, data: data, fileSize: bytes.count)
    return (try builder.tensors(of: pickle, file: name), pickle.scalars)
  }

  private static func open(
    _ bytes: ByteSlice, name: String
  ) throws(CheckpointError) -> ZipArchive {
    do { return try ZipArchive(bytes) } catch { throw .archive(file: name, error) }
  }

  /// The folder of data.pkl, with its slash; empty if it is at the top.
  private static func root(of names: [String]) throws(ArchiveFault) -> String {
    guard let pickle = names.first(where: { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }) else {
      throw .noPickle
    }
    let root = String(pickle.dropLast("data.pkl".count))
    if names.contains("\(root)constants.pkl") { throw .torchScript }
    return root
  }

  private static func checkByteOrder(_ entry: ByteSlice?) throws(ArchiveFault) {
    if let order = entry?.text, order != "little" { throw .bigEndian }
  }
}
