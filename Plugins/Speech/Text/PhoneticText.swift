/// Phonetic letters within running text: `[ˈkæt]`, `/həˈloʊ/`.
enum PhoneticText {
  /// Characters beyond which a bracket holds no phones.
  private static let longest = 200
  /// Letters that tell the International Phonetic Alphabet from plain text.
  private static let telling = Set("ˈˌəɪʊɛæɑɒɔʌʃʒθðŋɹɫɡɜɚɝːɾ")

  /// The words of a bracket that opens at `i`, where all of them are phones; each with its place.
  static func words(_ all: [Character], _ i: Int) -> [(text: String, range: Range<Int>)]? {
    guard all[i] == "[" || all[i] == "/", i == 0 || all[i - 1].isWhitespace || "(,\"“".contains(all[i - 1]) else {
      return nil
    }
    let close: Character = all[i] == "[" ? "]" : "/"
    guard let end = all[(i + 1)..<min(all.count, i + longest)].firstIndex(of: close),
      all[i..<end].contains(where: telling.contains)
    else { return nil }
    var result: [(text: String, range: Range<Int>)] = [], start = i + 1
    for k in (i + 1)...end where k == end || all[k].isWhitespace {
      let word = String(all[start..<k].filter { !".,;:!?-–—…".contains($0) })
      if !word.isEmpty {
        guard let phones = IPA.phones(word), !phones.isEmpty else { return nil }
        result.append((word, start..<k))
      }
      start = k + 1
    }
    guard !result.isEmpty else { return nil }
    result[0].range = i..<result[0].range.upperBound
    result[result.count - 1].range = result.last!.range.lowerBound..<(end + 1)
    return result
  }
}
