import Foundation

/// A recording and what is said in it.
public struct SpeechClip: Equatable, Sendable {
  public let id: String
  public let path: String
  /// As written.
  public let text: String
  /// As spoken: numbers and abbreviations written out, where the table says so.
  public let spokenText: String
  /// Known phone times, where the corpus has them.
  public let phones: [TimedPhone]?

  /// Whether this clip belongs to the `share` (0...1) that is kept for validation: a matter of its name alone.
  public func isValidation(share: Double) -> Bool {
    Double(StableHash.of(id) >> 11) < share * Double(1 << 53)
  }
}

/// A folder in the layout of LJSpeech (Ito and Johnson 2017): `metadata.csv` with lines `id|text` or
/// `id|text|spoken text`, recordings `id.wav` or `id.flac` in `wavs/`, `flac/` or beside it, and optionally `phones.tsv`
/// with lines `id<TAB>phone:end_seconds ...`.
public struct SpeechCorpus: Sendable {
  public let folder: String
  /// In the order of the table.
  public let clips: [SpeechClip]

  /// Reads the tables and finds the recordings; sound is read later, by ``SpeechFeatures``.
  /// - Parameters:
  ///   - leavingOut: names that must not be used, such as those of a test set.
  ///   - keepingOnly: names that alone are used, such as those of a test set.
  public init(
    contentsOf folder: String, leavingOut: Set<String> = [], keepingOnly: Set<String>? = nil
  ) throws(CorpusError) {
    self.folder = folder
    var rows = try Self.metadata("\(folder)/metadata.csv")
    let phones = try Self.phones("\(folder)/phones.tsv", known: Set(rows.map(\.id)))
    rows.removeAll { leavingOut.contains($0.id) || !(keepingOnly?.contains($0.id) ?? true) }
    var found: [SpeechClip] = [], missing: [String] = []
    for row in rows {
      guard let path = Self.recording(row.id, folder) else {
        missing.append(row.id)
        continue
      }
      found.append(
        SpeechClip(id: row.id, path: path, text: row.text, spokenText: row.spoken, phones: phones[row.id]))
    }
    if let first = missing.first {
      throw .missingRecordings(folder: folder, count: missing.count, first: first)
    }
    guard !found.isEmpty else { throw .noClips(folder: folder, rejected: 0) }
    clips = found
  }

  private static func metadata(_ path: String) throws(CorpusError) -> [(id: String, text: String, spoken: String)] {
    var rows: [(id: String, text: String, spoken: String)] = []
    var seen: Set<Substring> = []
    for (number, line) in try lines(path) {
      let columns = line.split(separator: "|", omittingEmptySubsequences: false)
      guard (2...3).contains(columns.count) else {
        throw .line(path: path, number: number, fault: .columns(columns.count))
      }
      let id = columns[0], text = columns[1], spoken = columns.last!
      guard !id.isEmpty && !id.contains("/") && !id.hasPrefix(".") && !id.contains("\0") else {
        throw .line(path: path, number: number, fault: .unusableName(String(id)))
      }
      guard seen.insert(id).inserted else {
        throw .line(path: path, number: number, fault: .repeatedName(String(id)))
      }
      let best = spoken.allSatisfy(\.isWhitespace) ? text : spoken
      guard !best.allSatisfy(\.isWhitespace) else { throw .line(path: path, number: number, fault: .emptyText) }
      rows.append((String(id), String(text), String(best)))
    }
    return rows
  }

  private static func phones(_ path: String, known: Set<String>) throws(CorpusError) -> [String: [TimedPhone]] {
    guard FileManager.default.fileExists(atPath: path) else { return [:] }
    var result: [String: [TimedPhone]] = [:]
    for (number, line) in try lines(path) {
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard columns.count == 2 else { throw .line(path: path, number: number, fault: .phone(String(line.prefix(40)))) }
      let id = String(columns[0])
      guard known.contains(id) else { throw .line(path: path, number: number, fault: .unknownName(id)) }
      do throws(LineFailure) {
        guard result.updateValue(try TimedPhone.list(columns[1]), forKey: id) == nil else {
          throw LineFailure(.repeatedName(id))
        }
      } catch { throw .line(path: path, number: number, fault: error.fault) }
    }
    return result
  }

  /// Lines that are not empty, numbered from 1.
  private static func lines(_ path: String) throws(CorpusError) -> [(Int, Substring)] {
    guard let bytes = FileManager.default.contents(atPath: path) else {
      let code = access(path, R_OK) == 0 ? EISDIR : errno
      throw .unreadable(path: path, code: code)
    }
    guard var text = String(validating: bytes, as: UTF8.self) else { throw .notText(path: path) }
    if text.hasPrefix("\u{FEFF}") { text.removeFirst() }
    return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
      .map { ($0.offset + 1, $0.element) }
      .filter { !$0.1.allSatisfy(\.isWhitespace) }
  }

  private static func recording(_ id: String, _ folder: String) -> String? {
    for place in ["wavs/", "flac/", ""] {
      for type in ["wav", "flac"] {
        let path = "\(folder)/\(place)\(id).\(type)"
        if access(path, F_OK) == 0 { return path }
      }
    }
    return nil
  }
}
