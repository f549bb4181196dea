import CHDF5

extension HDF5File {
  /// All numbers of an array, row-major, from any type of number.
  package func floats(_ name: String) throws(DatasetError) -> [Float] {
    let array = try array(name)
    switch array.type {
    case .float, .integer: break
    case let found: throw .type(path: path, key: name, expected: "numbers", found: found.description)
    }
    return try read(name, array) { os_h5_float() }
  }

  /// All truth values of an array: h5py's, or 0 and 1 of any type of number.
  package func flags(_ name: String) throws(DatasetError) -> [Bool] {
    let array = try array(name)
    let bytes: [UInt8]
    switch array.type {
    case .integer, .enumeration: bytes = try read(name, array) { os_h5_uint8() }
    case .float: bytes = try floats(name).map { $0 == 0 ? 0 : $0 == 1 ? 1 : 2 }
    case let found: throw .type(path: path, key: name, expected: "truth values", found: found.description)
    }
    if let row = bytes.firstIndex(where: { $0 > 1 }) {
      throw .type(path: path, key: name, expected: "truth values", found: "something else in row \(row)")
    }
    return bytes.map { $0 != 0 }
  }

  /// The text of an array with one element, of fixed or variable length.
  package func text(_ name: String) throws(DatasetError) -> String {
    let array = try array(name)
    guard array.type == .text, array.count == 1 else {
      throw .type(path: path, key: name, expected: "one text", found: "\(array.type) of shape \(array.shape)")
    }
    return try HDF5Library.perform { () throws(DatasetError) in
      let handle = try open(name)
      try checkSize(array, handle, name, elementBytes: 1)
      let type = HDF5Handle(H5Dget_type(handle.id), H5Tclose)
      guard let type, let text = HDF5Text.read(type.id, { H5Dread(handle.id, type.id, 0, 0, 0, $0) }) else {
        throw .damaged(path: path, key: name, reason: HDF5Library.lastError)
      }
      return text
    }
  }

  /// An attribute of a group or an array; nil where there is none or it is no single number or text.
  package func attribute(_ name: String, of object: String = "/") throws(DatasetError) -> HDF5Attribute? {
    try HDF5Library.perform { () throws(DatasetError) in
      guard H5Aexists_by_name(id, object, name, 0) > 0,
        let handle = HDF5Handle(H5Aopen_by_name(id, object, name, 0, 0), H5Aclose),
        let type = HDF5Handle(H5Aget_type(handle.id), H5Tclose),
        let space = HDF5Handle(H5Aget_space(handle.id), H5Sclose), H5Sget_simple_extent_npoints(space.id) == 1
      else { return nil }
      switch H5Tget_class(type.id) {
      case H5T_INTEGER:
        var value: Int64 = 0
        if H5Aread(handle.id, os_h5_int64(), &value) >= 0 { return .integer(Int(value)) }
      case H5T_FLOAT:
        var value = 0.0
        if H5Aread(handle.id, os_h5_double(), &value) >= 0 { return .number(value) }
      case H5T_STRING:
        if let text = HDF5Text.read(type.id, { H5Aread(handle.id, type.id, $0) }) { return .text(text) }
      default: return nil
      }
      throw .damaged(path: path, key: "\(object)@\(name)", reason: HDF5Library.lastError)
    }
  }

  private func read<Element: Sendable>(
    _ name: String, _ array: HDF5Array, as type: () -> hid_t
  ) throws(DatasetError) -> [Element] {
    try HDF5Library.perform { () throws(DatasetError) in
      let handle = try open(name)
      try checkSize(array, handle, name, elementBytes: MemoryLayout<Element>.stride)
      var failed = false
      let elements = [Element](unsafeUninitializedCapacity: array.count) { buffer, count in
        if array.count > 0 { failed = H5Dread(handle.id, type(), 0, 0, 0, buffer.baseAddress) < 0 }
        count = failed ? 0 : array.count
      }
      if failed { throw .damaged(path: path, key: name, reason: HDF5Library.lastError) }
      return elements
    }
  }
}

/// The value of an attribute.
package enum HDF5Attribute: Sendable, Equatable {
  case integer(Int)
  case number(Double)
  case text(String)
}

enum HDF5Text {
  /// More is no name or setting.
  private static let byteLimit = 1 << 24

  /// One text of the stored `type`, which `read` copies as that type.
  static func read(_ type: hid_t, _ read: (UnsafeMutableRawPointer) -> herr_t) -> String? {
    if H5Tis_variable_str(type) > 0 {
      var pointer: UnsafeMutablePointer<CChar>?
      guard withUnsafeMutablePointer(to: &pointer, { read($0) }) >= 0 else { return nil }
      defer { os_h5_free(pointer) }
      return pointer.map { String(cString: $0) } ?? ""
    }
    let size = H5Tget_size(type)
    guard size > 0 && size <= byteLimit else { return nil }
    var bytes = [UInt8](repeating: 0, count: size)
    guard read(&bytes) >= 0 else { return nil }
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}
