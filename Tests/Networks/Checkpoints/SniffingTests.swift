import Foundation
import OneStepNetworks
import Testing

@Suite("Content sniffing") struct SniffingTests {
  @Test(
    "files that are something else get their own answer",
    arguments: [
      ("", ForeignContent.empty), ("PK", .tooShort), ("hello world", .unknown),
      ("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n", .lfsPointer),
      ("\n <!DOCTYPE HTML><html>", .html), ("<html lang=en>", .html), ("<?xml version='1'?>", .xml),
      ("{\"error\": \"not found\"}", .json), ("GGUF\u{3}\0\0\0\0\0", .gguf),
      ("RIFF1234WAVEfmt ", .riff), (String(repeating: "\0", count: 600), .zeros),
    ])
  func text(content: String, expected: ForeignContent) {
    #expect(failure(decoding: Array(content.utf8)) == .foreign(file: "file", expected))
  }

  @Test(
    "binary signatures are told apart",
    arguments: [
      ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0], ForeignContent.png),
      ([0xFF, 0xD8, 0xFF, 0xE0, 0, 0x10], .jpeg), ([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], .gzip),
      ([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0], .numpy),
      ([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], .hdf5),
    ] as [([UInt8], ForeignContent)])
  func signatures(bytes: [UInt8], expected: ForeignContent) {
    #expect(failure(decoding: bytes) == .foreign(file: "file", expected))
  }

  @Test("tar archives, which PyTorch 0.1 wrote, are named")
  func tar() {
    var bytes = [UInt8](repeating: 0, count: 1024)
    bytes.replaceSubrange(0..<4, with: Array("sys_".utf8))
    bytes.replaceSubrange(257..<262, with: Array("ustar".utf8))
    #expect(failure(decoding: bytes) == .foreign(file: "file", .tar))
  }

  @Test(
    "a header length that looks like a pickle or gzip is still safetensors",
    arguments: [
      0x0280, 0x8B1F,
    ])
  func ambiguous(length: Int) throws {
    let header = "{}" + String(repeating: " ", count: length - 2)
    #expect(try Checkpoint(decoding: safetensors(header), name: "file").format == .safetensors)
  }

  @Test("the extension does not matter, the content does")
  func extensions() throws {
    try Fixtures.withTemporaryFolder { folder in
      let path = folder + "/model.safetensors"
      try FileManager.default.copyItem(atPath: Fixtures.path("types.zip.pth"), toPath: path)
      #expect(try Checkpoint(contentsOf: path).format == .pytorchZip)
    }
  }

  @Test("missing files and folders are system errors")
  func unreadable() throws {
    #expect(throws: CheckpointError.unreadable(file: "none.pth", code: ENOENT)) {
      try Checkpoint(contentsOf: "/nonexistent/none.pth")
    }
    try Fixtures.withTemporaryFolder { folder in
      #expect(throws: CheckpointError.self) { try Checkpoint(contentsOf: folder) }
      _ = FileManager.default.createFile(atPath: folder + "/empty", contents: nil)
      #expect(throws: CheckpointError.foreign(file: "empty", .empty)) {
        try Checkpoint(contentsOf: folder + "/empty")
      }
    }
  }

  @Test("every message is one line that starts with the file and ends as a sentence")
  func messages() {
    let errors: [CheckpointError] = [
      .unreadable(file: "w.pth", code: ENOENT), .unwritable(file: "w.pth", code: ENOSPC),
      .foreign(file: "w.pth", .lfsPointer), .safetensors(file: "w.pth", .trailingBytes(count: 3)),
      .archive(file: "w.pth", .noPickle), .pickle(file: "w.pth", .forbiddenGlobal("posix.system")),
      .tensor(file: "w.pth", name: "a", .malformedShape), .digestMissing(file: "w.pth"),
      .digestMismatch(file: "w.pth", recorded: "00", computed: "11"),
    ]
    for error in errors {
      let text = error.description
      #expect(text.hasPrefix("w.pth: ") && !text.contains("\n"), "\(text)")
      #expect(text.hasSuffix(".") || text.hasSuffix("?"), "\(text)")
    }
    #expect(errors[5].description.contains("posix.system"))
  }
}
