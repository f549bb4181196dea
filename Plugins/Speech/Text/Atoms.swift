import Foundation

/// A run of digits, a run of letters, one sign, or a word in phonetic letters.
struct Atom: Sendable {
  enum Kind: Sendable { case digits, letters, sign, phones }
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
  /// Quotation marks that close a quotation, the others open one or stand for inches.
  private(set) var closing: Set<Int> = []

  private static let kept = Set("£€¥₹₽₩₺₿₪฿₫₱₦₴°²³×÷±√¢©®™§≤≥≠≈→∞π★‰")
  private static let replaced: [Character: String] = [
    "‘": "'", "’": "'", "‛": "'", "“": "\"", "”": "\"", "„": "\"", "«": "\"", "»": "\"", "–": "-", "—": ";", "―": ";",
    "‐": "-", "‑": "-", "−": "-", "…": "...", "⁄": "/", "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE",
    "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "þ": "th", "Þ": "Th", "ð": "d", "ı": "i",
    "·": " ", "•": ";", "¿": "", "¡": "", "‚": ",", "。": ".", "、": ",", "？": "?", "！": "!", "，": ",",
    "′": "'", "″": "\"", "º": "°", "Ω": "ohm", "№": "No. ", "☆": "★", "⇒": "→", "∗": "*", "∶": ":",
    "\u{AD}": "", "\u{200B}": "", "\u{FEFF}": "", "½": " 1/2 ", "¼": " 1/4 ", "¾": " 3/4 ", "⅓": " 1/3 ", "⅔": " 2/3 ",
    "⅕": " 1/5 ", "⅖": " 2/5 ", "⅗": " 3/5 ", "⅘": " 4/5 ", "⅙": " 1/6 ", "⅚": " 5/6 ", "⅛": " 1/8 ", "⅜": " 3/8 ",
    "⅝": " 5/8 ", "⅞": " 7/8 ",
  ]
  private static let raised: [Character: Character] = [
    "⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9", "⁻": "-",
    "⁺": "+",
  ]

  /// - Parameter first: the place of the first character in the whole input.
  init(_ text: some StringProtocol, first: Int = 0) {
    let characters = Array(text)
    var run = "", kind = Atom.Kind.sign, start = first, spaced = true, place = 0
    func classified(_ c: Character) -> Atom.Kind {
      c == "µ" ? .letters : c.isASCII ? (c.isNumber ? .digits : c.isLetter ? .letters : .sign) : .sign
    }
    func flush(_ list: inout [Atom], upTo end: Int) {
      guard !run.isEmpty else { return }
      list.append(Atom(kind: kind, text: run, lower: run.lowercased(), isSpaced: spaced, range: start..<end))
      (run, spaced) = ("", false)
    }
    while place < characters.count {
      if let words = PhoneticText.words(characters, place) {
        flush(&list, upTo: first + place)
        for word in words {
          let range = first + word.range.lowerBound..<first + word.range.upperBound
          list.append(Atom(kind: .phones, text: word.text, lower: word.text, isSpaced: true, range: range))
        }
        place = words.last!.range.upperBound
        spaced = true
        continue
      }
      for c in Self.ascii(characters, place) {
        let next = classified(c)
        // An apostrophe between letters belongs to the word.
        let joins = c == "'" && kind == .letters && !run.isEmpty
        if c.isWhitespace {
          flush(&list, upTo: first + place)
          spaced = true
        } else if !run.isEmpty && ((next == kind && kind != .sign) || joins) {
          run.append(c)
        } else {
          flush(&list, upTo: first + place)
          (run, kind, start) = (String(c), next, first + place)
        }
      }
      place += 1
    }
    flush(&list, upTo: first + place)
    splitApostrophes()
    var isOpen = false
    for (i, atom) in list.enumerated() where atom.text == "\"" {
      if isOpen { closing.insert(i) }
      isOpen.toggle()
    }
  }

  /// Several raised digits in a row, or other ones than a square or a cube, are an exponent.
  private static func ascii(_ all: [Character], _ i: Int) -> String {
    func isRaised(_ k: Int) -> Bool { all.indices.contains(k) && raised[all[k]] != nil }
    guard let digit = raised[all[i]] else { return ascii(all[i]) }
    if isRaised(i - 1) { return String(digit) }
    return !isRaised(i + 1) && "²³".contains(all[i]) ? String(all[i]) : "^" + String(digit)
  }

  private static func ascii(_ c: Character) -> String {
    if c.isASCII { return c.unicodeScalars.first!.value < 32 || c == "\u{7F}" || c.isWhitespace ? " " : String(c) }
    if kept.contains(c) { return String(c) }
    if c == "\u{B5}" || c == "\u{3BC}" { return "µ" }
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
  func isPhones(_ i: Int) -> Bool { list.indices.contains(i) && list[i].kind == .phones }
  func isSpaced(_ i: Int) -> Bool { list.indices.contains(i) && list[i].isSpaced }
  /// Whether atom `i` is a word that begins with a capital.
  func isCapitalised(_ i: Int) -> Bool { isLetters(i) && text(i).first!.isUppercase }
  /// Whether atom `i` is a word in small letters.
  func isSmall(_ i: Int) -> Bool { isLetters(i) && text(i).first!.isLowercase }
  /// Whether atom `i` is a sign that closes a clause, right after what comes before.
  func endsClause(_ i: Int) -> Bool { isGlued(i) && [",", ";", ":", ")"].contains(text(i)) }
  /// A full stop right after atom `i - 1`.
  func isStop(_ i: Int) -> Bool { isSign(i, ".") && isGlued(i) }
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
