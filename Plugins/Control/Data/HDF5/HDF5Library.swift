import CHDF5
import Synchronization

/// The one door to libhdf5: one caller at a time, and silent.
enum HDF5Library {
  private static let lock = Mutex(())

  static func perform<Result: Sendable, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try lock.withLock { _ throws(Failure) in
      os_h5_begin()  // holds for one thread only
      return try body()
    }
  }

  /// The library's reason for its last refusal.
  static var lastError: String {
    let reason = String(cString: os_h5_last_error())
    return reason.isEmpty ? "no reason is given" : reason
  }
}

/// An identifier of the library, released with its owner. It must end inside ``HDF5Library/perform(_:)``.
struct HDF5Handle: ~Copyable {
  let id: hid_t
  private let release: (hid_t) -> herr_t

  /// - Returns: nil where `id` says that the call failed.
  init?(_ id: hid_t, _ release: @escaping (hid_t) -> herr_t) {
    guard id >= 0 else { return nil }
    (self.id, self.release) = (id, release)
  }

  deinit { _ = release(id) }
}
