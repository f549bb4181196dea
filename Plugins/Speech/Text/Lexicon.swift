import Foundation

/// A pronouncing dictionary in one mapped file: opening it reads nothing, looking a word up reads a few pages.
///
/// Words are sorted by their bytes and stored in blocks of 16, a word as the bytes it does not share with the one
/// before; a table holds where each block begins.
public struct Lexicon: Sendable {
  public let wordCount: Int
  private let data: Data
  private let blockCount: Int
  private static let magic = Array("OSLEX001".utf8)
  private static let block = 16, header = 16

  /// - Throws: `unreadable`, or `damaged` where the file is not what ``compiled(from:)`` makes.
  public init(contentsOf path: String) throws(LexiconError) {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped) else {
      throw .unreadable(file: name)
    }
    try self.init(data, name: name)
  }

  package init(_ data: Data, name: String) throws(LexiconError) {
    guard data.count >= Self.header, data.prefix(8).elementsEqual(Self.magic) else { throw .damaged(file: name) }
    self.data = data
    (wordCount, blockCount) = data.withUnsafeBytes { (Self.integer($0, 8), Self.integer($0, 12)) }
    guard blockCount == (wordCount + Self.block - 1) / Self.block, data.count >= Self.header + 4 * blockCount else {
      throw .damaged(file: name)
    }
  }

  /// The phones of a word in any case, or `nil`. Takes microseconds and allocates nothing but its result.
  public subscript(word: some StringProtocol) -> [Phone]? {
    let wanted = Array(word.lowercased().utf8)
    guard !wanted.isEmpty, blockCount > 0 else { return nil }
    return data.withUnsafeBytes { bytes in
      // The last block whose first word is not after the wanted one.
      var (low, high) = (0, blockCount)
      while high - low > 1 {
        let middle = (low + high) / 2
        guard let first = Entry(bytes, Self.integer(bytes, Self.header + 4 * middle), after: []) else { return nil }
        if wanted.lexicographicallyPrecedes(first.word) { high = middle } else { low = middle }
      }
      var at = Self.integer(bytes, Self.header + 4 * low), word: [UInt8] = []
      for _ in 0..<min(Self.block, wordCount - low * Self.block) {
        guard let entry = Entry(bytes, at, after: word) else { return nil }
        if entry.word == wanted { return entry.phones(bytes) }
        (word, at) = (entry.word, entry.end)
      }
      return nil
    }
  }

  /// The binary form of entries; of two with one word the first counts. Words longer than 255 bytes are left out.
  public static func compiled(from entries: [(word: String, phones: [Phone])]) -> Data {
    var seen = Set<String>()
    let sorted = entries.map { (word: Array($0.word.lowercased().utf8), phones: $0.phones) }
      .filter {
        $0.word.count < 256 && $0.phones.count < 256 && seen.insert(String(decoding: $0.word, as: UTF8.self)).inserted
      }
      .sorted { $0.word.lexicographicallyPrecedes($1.word) }
    var body: [UInt8] = [], offsets: [Int] = []
    let blocks = (sorted.count + block - 1) / block, start = header + 4 * blocks
    for (i, entry) in sorted.enumerated() {
      let isFirst = i % block == 0
      if isFirst { offsets.append(start + body.count) }
      let shared = isFirst ? 0 : zip(entry.word, sorted[i - 1].word).prefix { $0 == $1 }.count
      body += [UInt8(shared), UInt8(entry.word.count - shared)] + entry.word[shared...]
      body += [UInt8(entry.phones.count)] + entry.phones.map { UInt8($0.index) }
    }
    func bytes(_ n: Int) -> [UInt8] { withUnsafeBytes(of: UInt32(n).littleEndian, Array.init) }
    return Data(magic + bytes(sorted.count) + bytes(blocks) + offsets.flatMap(bytes) + body)
  }

  private static func integer(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> Int {
    guard at >= 0, at + 4 <= bytes.count else { return 0 }
    return Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
  }

  /// One word of a block; `nil` where the file breaks off.
  private struct Entry {
    let word: [UInt8]
    let phonesAt: Int, end: Int

    init?(_ bytes: UnsafeRawBufferPointer, _ at: Int, after last: [UInt8]) {
      guard at >= header, at + 2 <= bytes.count else { return nil }
      let (shared, own) = (Int(bytes[at]), Int(bytes[at + 1]))
      guard shared <= last.count, at + 3 + own <= bytes.count else { return nil }
      word = Array(last.prefix(shared)) + bytes[at + 2..<at + 2 + own]
      phonesAt = at + 2 + own
      end = phonesAt + 1 + Int(bytes[phonesAt])
      guard end <= bytes.count else { return nil }
    }

    func phones(_ bytes: UnsafeRawBufferPointer) -> [Phone]? {
      let indices = bytes[phonesAt + 1..<end]
      return indices.allSatisfy { $0 < Phone.count } ? indices.map { Phone(index: Int($0)) } : nil
    }
  }
}

/// A user's own pronunciations: lines of `WORD  PH1 PH2 ...`; `#` begins a comment, empty lines are skipped.
public struct UserLexicon: Sendable {
  private let words: [String: [Phone]]
  public var count: Int { words.count }

  /// - Throws: the line number with the phone that is none, or the word without phones.
  public init(_ text: String) throws(LexiconError) {
    var words: [String: [Phone]] = [:]
    var number = 0
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      number += 1
      let fields = (line.firstIndex(of: "#").map { line[..<$0] } ?? line).split(whereSeparator: \.isWhitespace)
      guard let word = fields.first else { continue }
      guard fields.count > 1 else { throw .noPhones(word: String(word), line: number) }
      var phones: [Phone] = []
      for name in fields.dropFirst() {
        guard let phone = Phone(name) else { throw .phone(String(name), line: number) }
        phones.append(phone)
      }
      words[word.lowercased()] = phones
    }
    self.words = words
  }

  public init(contentsOf path: String) throws(LexiconError) {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw .unreadable(file: path.split(separator: "/").last.map(String.init) ?? path)
    }
    try self.init(text)
  }

  public subscript(word: some StringProtocol) -> [Phone]? { words[word.lowercased()] }
}
