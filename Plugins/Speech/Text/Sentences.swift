/// Splits long text where a speaker would breathe, in one pass.
public enum Sentences {
  /// Characters beyond which a sentence is cut at a clause, or else at a blank: about 300 phones.
  public static let limit = 360

  public struct Sentence: Sendable, Equatable {
    public let text: Substring
    /// The place of its first character in the whole text.
    public let first: Int
    /// Whether an empty line or the end follows: a longer pause.
    public fileprivate(set) var endsParagraph: Bool
  }

  /// Titles and the like: a stop after them ends nothing.
  private static let titles: Set<String> = [
    "mr", "mrs", "ms", "dr", "prof", "rev", "gen", "col", "capt", "lt", "sgt", "maj", "gov", "sen", "rep", "pres",
    "hon",
    "st", "mt", "ft", "vs", "no", "vol", "fig", "approx", "messrs", "cmdr", "adm", "supt", "e.g", "i.e", "cf", "jan",
    "feb",
    "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "p", "pp",
  ]

  /// The sentences of a text; those with nothing but blanks are left out.
  public static func split(_ text: String) -> [Sentence] {
    var result: [Sentence] = []
    var start = text.startIndex, first = 0, place = 0, i = text.startIndex
    var clause: (index: String.Index, place: Int)?, blank: (index: String.Index, place: Int)?
    func close(_ end: String.Index, _ next: Int, paragraph: Bool = false) {
      let piece = text[start..<end], dropped = piece.prefix { $0.isWhitespace }.count
      let body = piece.trimmed(\.isWhitespace)
      if !body.isEmpty {
        result.append(Sentence(text: body, first: first + dropped, endsParagraph: paragraph))
      } else if paragraph, !result.isEmpty {
        // Its stop has closed the last sentence already.
        result[result.count - 1].endsParagraph = true
      }
      (start, first, clause, blank) = (end, next, nil, nil)
    }
    while i < text.endIndex {
      let c = text[i], next = text.index(after: i)
      place += 1
      if c.isNewline, let after = text[next...].first(where: { !($0 == " " || $0 == "\t") }), after.isNewline {
        close(next, place, paragraph: true)
      } else if ".?!。？！…".contains(c), ends(text, i, from: start) {
        // Closing quotes and brackets, and further stops, belong to the sentence.
        var end = next
        while end < text.endIndex, ".?!\"'”’)]…".contains(text[end]) {
          end = text.index(after: end)
          place += 1
        }
        close(end, place)
        i = end
        continue
      } else if c.isWhitespace {
        blank = (next, place)
        if i > text.startIndex, ",;:—–-".contains(text[text.index(before: i)]) { clause = (next, place) }
      }
      if place - first >= limit {
        let cut = clause.flatMap { $0.place - first >= limit / 3 ? $0 : nil } ?? blank ?? (next, place)
        close(cut.index, cut.place)
        // Blanks seen after the cut are forgotten; the next ones serve.
      }
      i = next
    }
    close(text.endIndex, place, paragraph: true)
    return result
  }

  /// Whether the sign at `i` ends a sentence.
  private static func ends(_ text: String, _ i: String.Index, from start: String.Index) -> Bool {
    let after = text.index(after: i)
    let tail = text[after...].prefix(6).drop { ".?!\"'”’)]…".contains($0) }
    guard let follower = tail.first else { return true }
    guard follower.isWhitespace || "。？！".contains(text[i]) else { return false }
    guard text[i] == "." || text[i] == "…" else { return true }
    let next = text[after...].prefix(24).drop { $0.isWhitespace || "\"'“‘([.".contains($0) }.first
    // A small letter goes on, as after "e.g." or an ellipsis.
    if let next, next.isLowercase { return false }
    let word = text[start..<i].suffix(12).reversed().prefix { !$0.isWhitespace && !"(\"'“".contains($0) }.reversed()
    let name = String(word).lowercased()
    if titles.contains(name) {
      return name == "st" || name == "no" ? !(next.map { $0.isUppercase || $0.isNumber } ?? false) : next == nil
    }
    // Initials: "J. Smith"; letters with stops end a sentence only before a usual first word.
    if word.count == 1, word.first!.isUppercase, name != "i" { return false }
    if word.contains("."), word.filter({ $0 != "." }).allSatisfy({ $0.isLetter }), word.count <= 6 {
      let following = text[after...].prefix(16).drop { $0.isWhitespace }.prefix { $0.isLetter }.lowercased()
      return [
        "the", "it", "he", "she", "they", "we", "this", "that", "in", "but", "and", "a", "i", "there", "you", "when",
      ].contains(following)
    }
    return true
  }
}
