import CZip

/// A zip archive in memory, read through libzip, which checks every entry's CRC-32.
struct ZipArchive: ~Copyable {
  private let handle: OpaquePointer
  private let bytes: ByteSlice
  /// Bytes that entries may still unpack to: deflated or overlapping entries could claim anything.
  private var budget: Int

  init(_ bytes: ByteSlice) throws(ArchiveFault) {
    var error = zip_error_t()
    zip_error_init(&error)
    defer { zip_error_fini(&error) }
    // The pointer outlives the closure because `self` keeps the bytes until the handle is closed.
    let start = bytes.withUnsafeBytes { $0.baseAddress }
    guard let source = zip_source_buffer_create(start, UInt64(bytes.count), 0, &error) else {
      throw .damaged(code: zip_error_code_zip(&error))
    }
    guard let handle = zip_open_from_source(source, ZIP_RDONLY, &error) else {
      zip_source_free(source)
      throw .damaged(code: zip_error_code_zip(&error))
    }
    self.handle = handle
    self.bytes = bytes
    budget = 8 * bytes.count + 1 << 20
  }

  deinit { zip_discard(handle) }

  /// Names of all entries, in archive order; those that are not UTF-8 are left out.
  var names: [String] {
    (0..<max(0, zip_get_num_entries(handle, 0))).compactMap { index in
      zip_get_name(handle, UInt64(index), UInt32(ZIP_FL_ENC_RAW)).flatMap {
        String(validatingCString: $0)
      }
    }
  }

  /// The content of an entry, or nil if there is none of this name.
  mutating func read(_ name: String) throws(ArchiveFault) -> ByteSlice? {
    let index = zip_name_locate(handle, name, UInt32(ZIP_FL_ENC_RAW))
    guard index >= 0 else { return nil }
    var status = zip_stat_t()
    zip_stat_init(&status)
    guard zip_stat_index(handle, UInt64(index), 0, &status) == 0,
      status.valid & UInt64(ZIP_STAT_SIZE) != 0
    else { throw failure(name) }
    guard status.size <= budget else { throw .tooLarge }
    budget -= Int(status.size)
    guard let file = zip_fopen_index(handle, UInt64(index), 0) else { throw failure(name) }
    defer { zip_fclose(file) }
    let store = try ByteStore(count: Int(status.size)) { (target) throws(ArchiveFault) in
      var filled = 0
      while filled < target.count {
        let count = zip_fread(file, target.baseAddress! + filled, UInt64(target.count - filled))
        guard count > 0 else { throw .damagedEntry(name: name, code: Self.code(of: file)) }
        filled += Int(count)
      }
      // The checksum is compared when the end is met.
      var extra: UInt8 = 0
      guard zip_fread(file, &extra, 1) == 0 else {
        throw .damagedEntry(name: name, code: Self.code(of: file))
      }
    }
    return ByteSlice(store)
  }

  private static func code(of file: OpaquePointer) -> Int32 {
    zip_error_code_zip(zip_file_get_error(file))
  }

  private func failure(_ name: String) -> ArchiveFault {
    .damagedEntry(name: name, code: zip_error_code_zip(zip_get_error(handle)))
  }
}
