/// The text form of CMU's pronouncing dictionary, old (`WORD  PH PH`, `;;;` comments) and new (`word PH PH # note`).
public enum CMUDictionary {
  /// First pronunciations, in file order; variants (`word(2)`) are dropped.
  public static func entries(of text: String) throws(LexiconError) -> [(word: String, phones: [Phone])] {
    var result: [(word: String, phones: [Phone])] = []
    var number = 0
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      number += 1
      guard !line.hasPrefix(";;;") else { continue }
      let fields = (line.firstIndex(of: "#").map { line[..<$0] } ?? line).split(whereSeparator: \.isWhitespace)
      guard let word = fields.first, !word.hasSuffix(")") else { continue }
      var phones: [Phone] = []
      for name in fields.dropFirst() {
        guard let phone = Phone(name) else { throw .phone(String(name), line: number) }
        phones.append(phone)
      }
      guard !phones.isEmpty else { throw .noPhones(word: String(word), line: number) }
      result.append((word.lowercased(), phones))
    }
    return result
  }
}
