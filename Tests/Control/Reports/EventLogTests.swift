import Foundation
import OneStepControl
import Testing

@Suite struct EventLogTests {
  private func names(_ scratch: ScratchFolder) -> [String] {
    scratch.names.filter { $0.hasPrefix("events.out.tfevents.") }
  }

  private func bytes(_ path: String) -> [UInt8] { FileManager.default.contents(atPath: path).map(Array.init) ?? [] }

  @Test("the checksum is CRC-32C") func checksum() {
    // RFC 3720, appendix B.4.
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.checksum((0..<32).map { UInt8($0) }) == 0x46DD_794E)
    #expect(CRC32C.checksum((0..<32).reversed().map { UInt8($0) }) == 0x113F_DB5C)
    #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
    #expect(CRC32C.checksum([]) == 0)
  }

  @Test("records are those that TensorBoard writes") func golden() throws {
    // From tensorboard 2.21.0: an Event with these fields through its RecordWriter.
    let expected =
      "2a00000000000000ae8d91f50900005040fc54d94110ac022a1c0a100a096c6f73732f666c6f77150000003e0a080a017115b08305ccd3ddca26"
    let scratch = try ScratchFolder()
    let log = try EventLog(folder: scratch.path)
    try log.add(["q": -3.5e7, "loss/flow": 0.125], step: 300, at: 1_700_000_001.25)
    let hex = bytes(log.path).map { String(format: "%02x", $0) }.joined()
    #expect(hex.hasSuffix(expected) && hex.hasPrefix("1800000000000000a37f4b2209"))
    #expect(hex.contains("1a0d627261696e2e4576656e743a32"))  // field 3, "brain.Event:2"
    #expect(hex.count == expected.count + 2 * 40)
    #expect(names(scratch).count == 1 && scratch.names.count == 1)
  }

  @Test("a resumed log goes on after the step, whatever was cut off") func resuming() throws {
    let scratch = try ScratchFolder()
    let whole: [UInt8]
    do {
      let log = try EventLog(folder: scratch.path)
      for step in 1...5 { try log.add(["x": Double(step)], step: step, at: 1e9 + Double(step)) }
      whole = bytes(log.path)
      try Data(whole.dropLast(3)).write(to: URL(fileURLWithPath: log.path))
    }
    let record = (whole.count - 40) / 5
    for step in [9, 4, 2] {
      let log = try EventLog(folder: scratch.path, resumingAfter: step)
      #expect(bytes(log.path) == Array(whole[..<(40 + min(step, 4) * record)]), "\(step)")
    }
    let log = try EventLog(folder: scratch.path, resumingAfter: 2)
    for step in 3...5 { try log.add(["x": Double(step)], step: step, at: 1e9 + Double(step)) }
    #expect(bytes(log.path) == whole && scratch.names.count == 1)
  }

  @Test("a damaged log loses what comes after the damage and is never a trap") func damage() throws {
    let scratch = try ScratchFolder()
    let name = scratch.file("events.out.tfevents.1.onestep")
    do {
      let log = try EventLog(folder: scratch.path)
      for step in 1...3 { try log.add(["x": 1], step: step, at: 1e9) }
      try FileManager.default.moveItem(atPath: log.path, toPath: name)
    }
    let whole = bytes(name)
    for place in whole.indices {
      var spoilt = whole
      spoilt[place] ^= 0x81
      try Data(spoilt).write(to: URL(fileURLWithPath: name))
      let log = try EventLog(folder: scratch.path, resumingAfter: 10)
      #expect(bytes(log.path).count <= whole.count && bytes(log.path).count >= 40)
    }
    try Data([UInt8](repeating: 0xFF, count: 100)).write(to: URL(fileURLWithPath: name))
    #expect(try bytes(EventLog(folder: scratch.path, resumingAfter: 10).path).count == 40)
  }

  @Test("a folder that is not there is an error that names the file") func unwritable() throws {
    let scratch = try ScratchFolder()
    let error = #expect(throws: ReportError.self) { try EventLog(folder: scratch.file("none")) }
    #expect("\(try #require(error))".contains("none/events.out.tfevents."))
    #expect(throws: ReportError.self) { try EventLog(folder: scratch.file("none"), resumingAfter: 3) }
  }
}
