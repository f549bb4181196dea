/// Lines of a text file with their numbers from 1; empty ones are passed over.
struct TextLines {
  private let file: MappedFile
  private var place = 0
  private(set) var number = 0

  init(_ path: String) throws(DatasetError) {
    file = try MappedFile(path)
    if file.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
  }

  /// The next line without its end; valid while this value lives.
  mutating func next() -> UnsafeRawBufferPointer? {
    while place < file.bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: file.bytes[place...])
      var length = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.count
      place += length + 1
      number += 1
      if length > 0 && rest[length - 1] == UInt8(ascii: "\r") { length -= 1 }
      if rest[..<length].contains(where: { $0 > 0x20 }) { return UnsafeRawBufferPointer(rebasing: rest[..<length]) }
    }
    return nil
  }
}

/// What is wrong with the line that was read last.
struct LineFailure: Error {
  let fault: DatasetError.LineFault
  init(_ fault: DatasetError.LineFault) { self.fault = fault }
}
