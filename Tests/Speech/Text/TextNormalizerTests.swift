import Foundation
import OneStepSpeech
import Testing

@Suite struct TextNormalizerTests {
  private let normalizer = TextNormalizer()

  /// Lower case without punctuation; letters side by side are one word however they were spaced.
  static func comparable(_ text: String) -> String {
    let folded = text.folding(options: .diacriticInsensitive, locale: nil).lowercased().replacingOccurrences(
      of: "'", with: ""
    ).replacingOccurrences(of: "’", with: "")
    let words = folded.split { !$0.isLetter && !$0.isNumber }.map(String.init)
    var result: [String] = [], letters = ""
    for word in words {
      // "and" after hundred, thousand or million is a matter of taste.
      if word == "and", let last = result.last, letters.isEmpty, ["hundred", "thousand", "million"].contains(last) {
        continue
      }
      if word.count == 1 { letters += word; continue }
      if !letters.isEmpty { result.append(letters) }
      letters = ""
      result.append(word)
    }
    return (result + (letters.isEmpty ? [] : [letters])).joined(separator: " ")
  }

  /// Lines `written~spoken`; those that begin with `# ` are headings.
  private static func ownRows() throws -> [(written: String, spoken: String)] {
    let url = Bundle.module.url(forResource: "Fixtures/Text/normalisation", withExtension: "txt")!
    return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("# ") }
      .map { $0.split(separator: "~", maxSplits: 1).map(String.init) }.filter { $0.count == 2 }.map { ($0[0], $0[1]) }
  }

  @Test func ownTable() throws {
    let rows = try Self.ownRows()
    #expect(rows.count >= 600)
    for (written, spoken) in rows {
      let said = normalizer(written).flatMap(\.spoken).joined(separator: " ")
      #expect(Self.comparable(said) == Self.comparable(spoken), "\(written): \(said)")
    }
  }

  @Test func rulesAreNamedAndPlacesKept() {
    let tokens = normalizer("Pay $3.50 now.", first: 10)
    #expect(tokens.map(\.rule) == ["word", "money", "word", "pause"])
    #expect(tokens[1].written == "$3.50" && tokens[1].range == 14..<19)
    #expect(tokens[3].pause == .stop)
  }

  @Test func contextDecidesBetweenDoctorAndDrive() {
    #expect(
      normalizer.words("Dr. Smith lives at 12 Elm Dr. in town") == "doctor smith lives at twelve elm drive in town")
    #expect(normalizer.words("St. Mary is on Main St.") == "saint mary is on main street")
  }

  @Test func oddInputIsReadOrSkipped() {
    for text in [
      "", " ", "😀😀", "\u{0}\u{1}", "((((", "....", "-", "$", "'", "1e999", "٣", "日本",
      String(repeating: "9", count: 400),
    ] {
      _ = normalizer(text)
    }
    #expect(normalizer("😀").isEmpty)
    #expect(normalizer.words("٣ cats") == "three cats")
    #expect(normalizer.words("Привет").contains { $0.isLetter })
  }

  @Test func phonesInBrackets() {
    func phones(_ text: String) -> [String] {
      normalizer(text).filter { $0.rule == "phones" }.flatMap(\.spoken)
    }
    #expect(phones("Say {HH AH0 L OW1} now") == ["HH", "AH0", "L", "OW1"])
    #expect(phones("[ˈkæt, ˈdɑɡ] and /ʃi/") == ["ˈkæt", "ˈdɑɡ", "ʃi"])
    // Not phones: no stress, plain words, a bracket that never closes.
    for text in ["[A B]", "[see note]", "yes/no/maybe", "[ˈkæt", "/usr/bin/"] {
      #expect(phones(text).isEmpty, "\(text)")
    }
    let tokens = normalizer("a [ˈkæt ə] b")
    #expect(tokens.map(\.range) == [0..<1, 2..<7, 8..<10, 11..<12])
  }

  @Test func placesGrowAndStayWithinTheText() throws {
    for (written, _) in try Self.ownRows() {
      var end = 0
      for token in normalizer(written) {
        #expect(token.range.lowerBound >= end || token.rule == "pause", "\(written)")
        #expect(token.range.upperBound <= written.count, "\(written)")
        end = max(end, token.range.upperBound)
      }
    }
  }

  /// Tables of another project. The thirds that rules were written with and without are counted apart; no line of the
  /// latter is printed.
  @Test func tablesOfAnotherProject() throws {
    let folder = Bundle.module.url(forResource: "Fixtures/Text/tables", withExtension: nil)!
    var seen = Score(), heldOut = Score()
    for url in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    where url.lastPathComponent.hasPrefix("test_cases") {
      let rows = try Self.rows(url), name = url.deletingPathExtension().lastPathComponent.dropFirst(11)
      // Readings of the same written form anywhere in the table count.
      let readings = Dictionary(rows.map { ($0.written, Set($0.readings.map(Self.comparable))) }) { $0.union($1) }
      for row in rows {
        let said = Self.comparable(normalizer(row.written).flatMap(\.spoken).joined(separator: " "))
        let right = readings[row.written]!.contains(said)
        if row.line % 3 == 2 { heldOut.add(right, name) } else { seen.add(right, name) }
      }
    }
    #expect(seen.count == 380 && heldOut.count == 187)
    #expect(seen.share >= 0.94, "\(seen)")
    #expect(heldOut.share >= 0.80, "\(heldOut)")
  }

  /// Right answers of all, and the wrong ones by table.
  private struct Score: CustomStringConvertible {
    var right = 0, count = 0, wrong: [String: Int] = [:]
    var share: Double { Double(right) / Double(max(1, count)) }
    var description: String {
      "\(right) of \(count), wrong: "
        + wrong.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }
    mutating func add(_ isRight: Bool, _ table: some StringProtocol) {
      count += 1
      if isRight { right += 1 } else { wrong[String(table), default: 0] += 1 }
    }
  }

  private static func rows(_ url: URL) throws -> [(line: Int, written: String, readings: [String])] {
    let isAudio = url.lastPathComponent.contains("audio")
    var rows: [(line: Int, written: String, readings: [String])] = []
    for (i, line) in try String(contentsOf: url, encoding: .utf8).components(separatedBy: "\n").enumerated() {
      if isAudio {
        if line.hasPrefix("~") {
          rows.append((i, String(line.dropFirst()), []))
        } else if !rows.isEmpty, !line.isEmpty {
          rows[rows.count - 1].readings.append(line)
        }
        continue
      }
      let parts = line.split(separator: "~", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      if parts.count == 2 { rows.append((i, parts[0], [parts[1]])) }
    }
    return rows
  }
}
