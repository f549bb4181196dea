import CHDF5

extension HDF5File {
  /// Writes one text; groups on its way are made.
  package func write(_ text: String, to name: String) throws(DatasetError) {
    let bytes = Array(text.utf8.prefix { $0 != 0 }), isPlain = bytes.allSatisfy { $0 < 0x80 }
    try HDF5Library.perform { () throws(DatasetError) in
      guard let type = HDF5Handle(os_h5_make_text(max(bytes.count, 1), isPlain ? 0 : 1), H5Tclose),
        let space = HDF5Handle(os_h5_scalar_space(), H5Sclose),
        let array = HDF5Handle(os_h5_create_array(id, name, type.id, space.id, nil, 0, 0), H5Dclose),
        H5Dwrite(array.id, type.id, 0, 0, 0, bytes.isEmpty ? [0] : bytes) >= 0
      else { throw unwritable(name) }
    }
  }

  /// Begins an array that grows by rows, deflated at level 4 as D4RL's are.
  /// - Parameter columns: numbers in a row; nil for an array of one axis.
  package func makeSeries(_ name: String, columns: Int?, of kind: HDF5Series.Kind) throws(DatasetError) -> HDF5Series {
    let width = columns ?? 1
    // A chunk of 256 KiB stays in the library's cache until it is full.
    let rows = max(1, (1 << 18) / (width * kind.byteCount))
    let shape = [0] + (columns.map { [hsize_t($0)] } ?? []), chunk = [hsize_t(rows)] + shape.dropFirst()
    let array = try HDF5Library.perform { () throws(DatasetError) in
      let rank = Int32(shape.count)
      guard let type = kind.makeType(), let space = HDF5Handle(os_h5_growing_space(rank, shape), H5Sclose) else {
        throw unwritable(name)
      }
      let array = os_h5_create_array(id, name, type.id, space.id, chunk, rank, 4)
      if array < 0 { throw unwritable(name) }
      return array
    }
    return HDF5Series(file: self, array: array, name: name, columns: columns, kind: kind)
  }

  /// Sends what was written to the disk.
  package func flush() throws(DatasetError) {
    try HDF5Library.perform { () throws(DatasetError) in
      if H5Fflush(id, H5F_SCOPE_LOCAL) < 0 { throw unwritable("") }
    }
  }

  func unwritable(_ name: String) -> DatasetError {
    .unwritable(path: path, reason: "\(name.isEmpty ? "" : "\(name): ")\(HDF5Library.lastError)")
  }
}

/// An array of an HDF5 file that rows are added to.
package final class HDF5Series {
  package enum Kind: Sendable {
    case float, flag

    var byteCount: Int { self == .float ? 4 : 1 }

    func makeType() -> HDF5Handle? {
      switch self {
      case .float: HDF5Handle(H5Tcopy(os_h5_float()), H5Tclose)
      case .flag: HDF5Handle(os_h5_make_bool(), H5Tclose)
      }
    }
  }

  package private(set) var rows = 0
  private let file: HDF5File
  private let array: hid_t
  private let name: String
  private let columns: Int?
  private let kind: Kind

  init(file: HDF5File, array: hid_t, name: String, columns: Int?, kind: HDF5Series.Kind) {
    (self.file, self.array, self.name, self.columns, self.kind) = (file, array, name, columns, kind)
  }

  deinit {
    let array = array
    HDF5Library.perform { _ = H5Dclose(array) }
  }

  /// Adds whole rows, row-major.
  package func append(_ values: [Float]) throws(DatasetError) {
    precondition(kind == .float, "numbers for \(name), an array of truth values")
    try append(values.count, values)
  }

  package func append(_ values: [Bool]) throws(DatasetError) {
    precondition(kind == .flag, "truth values for \(name), an array of numbers")
    try append(values.count, values.map { $0 ? UInt8(1) : 0 })
  }

  private func append<Element: BitwiseCopyable>(_ count: Int, _ values: [Element]) throws(DatasetError) {
    let width = columns ?? 1
    precondition(count % width == 0, "\(count) numbers do not fill rows of \(width) in \(name)")
    let added = count / width
    if added == 0 { return }
    let tail = columns.map { [hsize_t($0)] } ?? []
    let start = [hsize_t(rows)] + tail.map { _ in 0 }, block = [hsize_t(added)] + tail
    try HDF5Library.perform { () throws(DatasetError) in
      guard H5Dset_extent(array, [hsize_t(rows + added)] + tail) >= 0,
        let type = kind.makeType(), let there = HDF5Handle(H5Dget_space(array), H5Sclose),
        H5Sselect_hyperslab(there.id, H5S_SELECT_SET, start, nil, block, nil) >= 0,
        let here = HDF5Handle(H5Screate_simple(Int32(block.count), block, nil), H5Sclose),
        H5Dwrite(array, type.id, here.id, there.id, 0, values) >= 0
      else { throw file.unwritable(name) }
    }
    rows += added
  }
}
