import CHDF5
import Foundation

/// An HDF5 file, read through libhdf5.
///
/// Names are paths such as "metadata/algorithm". Sizes are checked before memory is asked for: an array may not claim
/// more than deflate could have packed into the file, nor more than the machine's memory.
package final class HDF5File: Sendable {
  /// What a name leads to.
  package enum Entry: Sendable, Equatable {
    case group
    case array(HDF5Array)
  }

  package let path: String
  let id: hid_t
  private let fileBytes: Int

  package init(contentsOf path: String) throws(DatasetError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .unreadable(path: path, code: errno) }
    guard access(path, R_OK) == 0 else { throw .unreadable(path: path, code: errno) }
    self.path = path
    fileBytes = Int(status.st_size)
    id = try HDF5Library.perform { () throws(DatasetError) in
      let id = os_h5_open(path)
      if id < 0 { throw .damaged(path: path, key: nil, reason: HDF5Library.lastError) }
      return id
    }
  }

  /// A new file; one that exists is not replaced.
  package init(creating path: String) throws(DatasetError) {
    self.path = path
    fileBytes = 0
    id = try HDF5Library.perform { () throws(DatasetError) in
      let id = os_h5_create(path)
      if id < 0 { throw .unwritable(path: path, reason: HDF5Library.lastError) }
      return id
    }
  }

  deinit {
    let id = id
    HDF5Library.perform { _ = H5Fclose(id) }
  }

  /// Names inside a group, sorted.
  package func names(in group: String = "/") throws(DatasetError) -> [String] {
    try HDF5Library.perform { () throws(DatasetError) in
      guard let handle = HDF5Handle(os_h5_open_group(id, group), H5Gclose) else {
        throw .damaged(path: path, key: group, reason: HDF5Library.lastError)
      }
      var names: [String] = []
      let result = withUnsafeMutablePointer(to: &names) {
        os_h5_each_name(
          handle.id, { $1!.assumingMemoryBound(to: [String].self).pointee.append(String(cString: $0!)) }, $0)
      }
      if result < 0 { throw .damaged(path: path, key: group, reason: HDF5Library.lastError) }
      return names.sorted()
    }
  }

  /// What `name` leads to; nil where there is nothing.
  package func entry(_ name: String) throws(DatasetError) -> Entry? {
    try HDF5Library.perform { () throws(DatasetError) in
      switch os_h5_kind_of(id, name) {
      case os_h5_group: .group
      case os_h5_array: .array(try describe(try open(name), name))
      default: nil
      }
    }
  }

  /// Shape and type of the array `name`.
  package func array(_ name: String) throws(DatasetError) -> HDF5Array {
    switch try entry(name) {
    case .array(let array): return array
    case .group: throw .type(path: path, key: name, expected: "numbers", found: "a group")
    case nil:
      let group = name.split(separator: "/").dropLast().joined(separator: "/")
      throw .missing(path: path, key: name, found: (try? names(in: group.isEmpty ? "/" : group)) ?? [])
    }
  }

  // MARK: For the readers, inside the library's lock

  func open(_ name: String) throws(DatasetError) -> HDF5Handle {
    guard let handle = HDF5Handle(os_h5_open_array(id, name), H5Dclose) else {
      throw .damaged(path: path, key: name, reason: HDF5Library.lastError)
    }
    return handle
  }

  private func describe(_ array: borrowing HDF5Handle, _ name: String) throws(DatasetError) -> HDF5Array {
    guard let space = HDF5Handle(H5Dget_space(array.id), H5Sclose),
      let type = HDF5Handle(H5Dget_type(array.id), H5Tclose)
    else { throw .damaged(path: path, key: name, reason: HDF5Library.lastError) }
    let rank = H5Sget_simple_extent_ndims(space.id)
    guard rank >= 0, H5Sget_simple_extent_type(space.id) != H5S_NULL else {
      throw .damaged(path: path, key: name, reason: "it has no shape")
    }
    var shape = [hsize_t](repeating: 0, count: Int(rank))
    H5Sget_simple_extent_dims(space.id, &shape, nil)
    return HDF5Array(shape: shape.map { Int(clamping: $0) }, type: HDF5Array.ElementType(type.id))
  }

  /// Refuses arrays whose elements cannot be in this file, or not in this machine's memory.
  func checkSize(_ array: HDF5Array, _ handle: borrowing HDF5Handle, _ name: String, elementBytes: Int)
    throws(DatasetError)
  {
    if os_h5_is_elsewhere(handle.id) != 0 {
      throw .damaged(path: path, key: name, reason: "its elements lie in other files")
    }
    var bytes = elementBytes
    for length in array.shape {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: length)
      if overflow { throw .tooLarge(path: path, key: name, bytes: "more than 2^63 bytes") }
      bytes = product
    }
    // Deflate packs at most 1032 to 1; small arrays may be all fill values.
    let plausible = max(1 << 24, fileBytes.multipliedReportingOverflow(by: 1100).partialValue)
    if bytes > plausible { throw .tooLarge(path: path, key: name, bytes: "\(bytes) bytes") }
    try checkMemory(bytes, name)
  }

  /// Refuses what this machine cannot hold.
  func checkMemory(_ bytes: Int, _ name: String) throws(DatasetError) {
    let memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    if bytes > memory { throw .tooLarge(path: path, key: name, bytes: "\(bytes) bytes") }
  }
}

/// What is known of an array before its elements are read.
package struct HDF5Array: Sendable, Equatable {
  package enum ElementType: Sendable, Equatable {
    case float(bytes: Int)
    case integer(bytes: Int)
    /// Named values, such as h5py's truth values.
    case enumeration(bytes: Int)
    case text
    case other
  }

  package let shape: [Int]
  package let type: ElementType

  package var count: Int { shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue } }
}

extension HDF5Array.ElementType: CustomStringConvertible {
  init(_ type: hid_t) {
    let bytes = H5Tget_size(type)
    self =
      switch H5Tget_class(type) {
      case H5T_FLOAT: .float(bytes: bytes)
      case H5T_INTEGER: .integer(bytes: bytes)
      case H5T_ENUM: .enumeration(bytes: bytes)
      case H5T_STRING: .text
      default: .other
      }
  }

  package var description: String {
    switch self {
    case .float(let bytes): "float\(8 * bytes)"
    case .integer(let bytes): "int\(8 * bytes)"
    case .enumeration: "bool"
    case .text: "text"
    case .other: "records"
    }
  }
}
