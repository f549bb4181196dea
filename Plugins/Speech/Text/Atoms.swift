import Foundation

/// A run of digits, a run of letters, or one sign.
struct Atom: Sendable {
  enum Kind: Sendable { case digits, letters, sign }
  let kind: Kind
  let text: String
  let lower: String
  /// Whether a blank comes before it.
  let isSpaced: Bool
  /// Characters of the input it was written with.
  let range: Range<Int>
}

/// Text cut into atoms, everything turned to ASCII but a few signs that have names.
struct Atoms: Sendable {
  private(set) var list: [Atom] = []
  var count: Int { list.count }

  private static let kept = Set("£€¥₹°²³µ½¼¾×÷±√¢©®™§")
  private static let replaced: [Character: String] = [
    "‘": "'", "’": "'", "‛": "'", "“": "\"", "”": "\"", "„": "\"", "«": "\"", "»": "\"", "–": "-", "—": ";", "―": ";",
    "‐": "-", "‑": "-", "−": "-", "…": "...", "⁄": "/", "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE",
    "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "þ": "th", "Þ": "Th", "ð": "d", "ı": "i", "μ": "µ",
    "·": " ", "•": ";", "¿": "", "¡": "", "‚": ",", "。": ".", "、": ",", "？": "?", "！": "!", "，": ",",
  ]

  /// - Parameter first: the place of the first character in the whole input.
  init(_ text: some StringProtocol, first: Int = 0) {
    var run = "", kind = Atom.Kind.sign, start = first, spaced = true, place = first
    func classified(_ c: Character) -> Atom.Kind {
      c.isASCII ? (c.isNumber ? .digits : c.isLetter ? .letters : .sign) : .sign
    }
    func flush(_ list: inout [Atom], upTo end: Int) {
      guard !run.isEmpty else { return }
      list.append(Atom(kind: kind, text: run, lower: run.lowercased(), isSpaced: spaced, range: start..<end))
      (run, spaced) = ("", false)
    }
    for character in text {
      for c in Self.ascii(character) {
        let next = classified(c)
        // An apostrophe between letters belongs to the word.
        let joins = c == "'" && kind == .letters && !run.isEmpty
        if c.isWhitespace {
          flush(&list, upTo: place)
          spaced = true
        } else if !run.isEmpty && ((next == kind && kind != .sign) || joins) {
          run.append(c)
        } else {
          flush(&list, upTo: place)
          (run, kind, start) = (String(c), next, place)
        }
      }
      place += 1
    }
    flush(&list, upTo: place)
    splitApostrophes()
  }

  private static func ascii(_ c: Character) -> String {
    if c.isASCII { return c.unicodeScalars.first!.value < 32 || c == "\u{7F}" || c.isWhitespace ? " " : String(c) }
    if kept.contains(c) { return String(c) }
    if let text = replaced[c] { return text }
    if c.isWhitespace { return " " }
    if let digit = c.wholeNumberValue, digit < 10, c.isNumber { return String(digit) }
    let plain = String(c).decomposedStringWithCompatibilityMapping.unicodeScalars.filter { $0.isASCII }
    if !plain.isEmpty, !c.unicodeScalars.contains(where: \.properties.isEmojiPresentation) {
      return String(String.UnicodeScalarView(plain))
    }
    guard c.isLetter, let latin = String(c).applyingTransform(.toLatin, reverse: false) else { return " " }
    return String(
      latin.decomposedStringWithCompatibilityMapping.unicodeScalars.filter { $0.isASCII }.map(Character.init))
  }

  /// An apostrophe at the end of a word that is no possessive closes a quotation.
  private mutating func splitApostrophes() {
    for i in list.indices where list[i].kind == .letters && list[i].text.hasSuffix("'") {
      let a = list[i], text = String(a.text.prefix { $0 != "'" })
      guard a.text.dropLast() == text[...] else { continue }
      list[i] = Atom(kind: .letters, text: text, lower: text.lowercased(), isSpaced: a.isSpaced, range: a.range)
    }
  }

  /// "" outside.
  func text(_ i: Int) -> String { list.indices.contains(i) ? list[i].text : "" }
  func lower(_ i: Int) -> String { list.indices.contains(i) ? list[i].lower : "" }
  func isDigits(_ i: Int) -> Bool { list.indices.contains(i) && list[i].kind == .digits }
  func isLetters(_ i: Int) -> Bool { list.indices.contains(i) && list[i].kind == .letters }
  /// Whether atom `i` is there and nothing parts it from the one before.
  func isGlued(_ i: Int) -> Bool { list.indices.contains(i) && i > 0 && !list[i].isSpaced }
  func isSign(_ i: Int, _ sign: String) -> Bool { text(i) == sign }
  /// Digits of value within `range`, of at most `length` characters.
  func value(_ i: Int, in range: ClosedRange<Int>, length: ClosedRange<Int> = 1...4) -> Int? {
    guard isDigits(i), length.contains(text(i).count), let n = Int(text(i)), range.contains(n) else { return nil }
    return n
  }
  /// Whether a word or digits go on after atom `i - 1` without a blank.
  func goesOn(_ i: Int) -> Bool { isGlued(i) && (isDigits(i) || isLetters(i)) }
}

/// A written number: `1,234.50`.
struct Number {
  var integer: String
  var fraction: String?
  var isGrouped = false
  /// Atoms it takes.
  var count: Int

  init?(_ a: Atoms, _ start: Int) {
    var i = start
    if a.isSign(i, "."), a.isDigits(i + 1), a.isGlued(i + 1) {
      (integer, fraction, count) = ("", a.text(i + 1), 2)
      return
    }
    guard a.isDigits(i) else { return nil }
    integer = a.text(i)
    i += 1
    if integer.count <= 3 {
      while a.isSign(i, ","), a.isGlued(i), a.isGlued(i + 1), a.isDigits(i + 1), a.text(i + 1).count == 3 {
        integer += a.text(i + 1)
        isGrouped = true
        i += 2
      }
    }
    if a.isSign(i, "."), a.isGlued(i), a.isGlued(i + 1), a.isDigits(i + 1),
      !(a.isSign(i + 2, ".") && a.isGlued(i + 2) && a.isGlued(i + 3) && a.isDigits(i + 3))
    {
      fraction = a.text(i + 1)
      i += 2
    }
    count = i - start
  }

  var isOne: Bool { fraction == nil && integer == "1" }
  /// The usual reading.
  var words: String {
    let whole = integer.isEmpty ? "" : NumberWords.cardinal(integer)
    guard let fraction else { return whole }
    return (whole.isEmpty ? "" : whole + " ") + "point " + NumberWords.spelled(fraction)
  }
}
