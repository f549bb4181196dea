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

  @Test func ownTable() throws {
    let url = Bundle.module.url(forResource: "Fixtures/Text/normalisation", withExtension: "txt")!
    let rows = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").filter {
      !$0.hasPrefix("#") || $0.contains("~")
    }
    .map { $0.split(separator: "~", maxSplits: 1).map(String.init) }.filter { $0.count == 2 && !$0[0].hasPrefix("# ") }
    #expect(rows.count >= 150)
    for row in rows {
      let said = normalizer(row[0]).flatMap(\.spoken).joined(separator: " ")
      #expect(Self.comparable(said) == Self.comparable(row[1]), "\(row[0])")
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

  /// Tables of other projects (`written~spoken`, several readings below a line without one) in a folder that
  /// `ONESTEP_NORMALISATION` names. Every third line counts apart and is never printed.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["ONESTEP_NORMALISATION"] != nil))
  func sharedTables() throws {
    let environment = ProcessInfo.processInfo.environment, folder = environment["ONESTEP_NORMALISATION"]!
    let showsHeldOut = environment["ONESTEP_HELD_OUT"] != nil
    var report = "", all = [0, 0, 0, 0]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() where name.hasPrefix("test_cases")
    {
      let lines = try String(contentsOfFile: folder + "/" + name, encoding: .utf8).components(separatedBy: "\n")
      var rows: [(line: Int, written: String, readings: [String])] = []
      for (i, line) in lines.enumerated() {
        if line.hasPrefix("~"), name.contains("audio") { rows.append((i, String(line.dropFirst()), [])); continue }
        if name.contains("audio") {
          if !rows.isEmpty, !line.isEmpty { rows[rows.count - 1].readings.append(line) }; continue
        }
        let parts = line.split(separator: "~", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if parts.count == 2 { rows.append((i, parts[0], [parts[1]])) }
      }
      // Readings of the same written form anywhere in the table count.
      let readings = Dictionary(rows.map { ($0.written, Set($0.readings.map(Self.comparable))) }) { $0.union($1) }
      var counts = [0, 0, 0, 0]
      for row in rows {
        let said = Self.comparable(normalizer(row.written).flatMap(\.spoken).joined(separator: " "))
        let right = readings[row.written]!.contains(said), isHeldOut = row.line % 3 == 2
        counts[isHeldOut ? 2 : 0] += right ? 1 : 0
        counts[isHeldOut ? 3 : 1] += 1
        if !right, !isHeldOut, !name.contains("audio") {
          report += "  \(row.written) ~ \(row.readings.first ?? "") : \(said)\n"
        }
      }
      for k in 0..<4 { all[k] += counts[k] }
      report +=
        "\(name): seen \(counts[0])/\(counts[1])" + (showsHeldOut ? ", held out \(counts[2])/\(counts[3])" : "") + "\n"
    }
    report += "all: seen \(all[0])/\(all[1])" + (showsHeldOut ? ", held out \(all[2])/\(all[3])" : "") + "\n"
    FileHandle.standardError.write(Data(report.utf8))
  }
}
