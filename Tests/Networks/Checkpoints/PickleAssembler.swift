/// Pickles written opcode by opcode, wrapped as files of old PyTorch.
struct Pickle {
  var bytes: [UInt8] = [0x80, 2]

  static func + (pickle: Pickle, code: String) -> Pickle {
    Pickle(bytes: pickle.bytes + Array(code.utf8))
  }

  func global(_ module: String, _ name: String) -> Pickle { self + "c\(module)\n\(name)\n" }

  func text(_ text: String) -> Pickle {
    let length = withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian, Array.init)
    return Pickle(bytes: bytes + [0x58] + length + Array(text.utf8))
  }

  func integer(_ value: Int) -> Pickle {
    Pickle(bytes: bytes + [0x8A, 8] + withUnsafeBytes(of: value.littleEndian, Array.init))
  }

  func tuple(_ values: [Int]) -> Pickle { values.reduce(self + "(") { $0.integer($1) } + "t" }

  /// A float32 tensor over the storage "0" of `count` elements.
  func tensor(
    storage: String = "FloatStorage", count: Int, offset: Int = 0, shape: [Int], strides: [Int],
    view: (start: Int, count: Int)? = nil
  ) -> Pickle {
    var pickle = global("torch._utils", "_rebuild_tensor_v2") + "(("
    pickle = pickle.text("storage").global("torch", storage).text("0").text("cpu").integer(count)
    if let view {
      pickle = (pickle + "(").text("v").integer(view.start).integer(view.count) + "t"
    } else {
      pickle = pickle + "N"
    }
    pickle = (pickle + "tQ").integer(offset).tuple(shape).tuple(strides)
    return Pickle(bytes: pickle.bytes + [0x89] + Array("NtR".utf8))
  }

  /// A file whose object is this pickle, with one storage "0" if `elements` is given.
  func file(elements: [Float]? = nil, declaredCount: Int? = nil) -> [UInt8] {
    let magic: [UInt8] = [
      0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
    ]
    let preamble = magic + [0x80, 2, 0x4D, 0xE9, 3, 0x2E, 0x80, 2, 0x7D, 0x2E]
    var file = preamble + bytes + [0x2E]
    guard let elements else { return file + (Pickle() + "].").bytes }
    file += (((Pickle() + "](").text("0")) + "e.").bytes
    file += withUnsafeBytes(of: (declaredCount ?? elements.count).littleEndian, Array.init)
    for element in elements {
      file += withUnsafeBytes(of: element.bitPattern.littleEndian, Array.init)
    }
    return file
  }
}
