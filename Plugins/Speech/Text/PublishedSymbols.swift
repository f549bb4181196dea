import Foundation

/// The symbols and text pipeline of the published Grad-TTS and CoMoSpeech checkpoints.
///
/// 148 symbols and a blank between all. With `isCompatible`, as those checkpoints were trained: a word with punctuation
/// on it is not found in the dictionary and is spelled with letters, and plain text before a `{...}` block of phones is
/// spelled too. Otherwise both are looked up.
public struct PublishedSymbols: Sendable {
  public static let names: [String] = {
    let phones = Set(Phone.names + Phone.vowels)
    return ["_", "-", "!", "'", "(", ")", ",", ".", ":", ";", "?", " "]
      + (0..<26).map { String(UnicodeScalar(UInt8(65 + $0))) } + (0..<26).map { String(UnicodeScalar(UInt8(97 + $0))) }
      + phones.sorted().map { "@" + $0 }
  }()
  public static let blank = 148
  private static let ids = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })

  public var isCompatible: Bool
  private let lexicon: Lexicon

  public init(_ lexicon: Lexicon, isCompatible: Bool = true) {
    (self.lexicon, self.isCompatible) = (lexicon, isCompatible)
  }

  /// Ids of a text with blanks between them: `2 n + 1` of them.
  public func callAsFunction(_ text: String) -> [Int] {
    var ids: [Int] = [], rest = text[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      ids += words(Self.cleaned(String(rest[..<open])), spelled: isCompatible)
      ids += rest[rest.index(after: open)..<close].split(separator: " ").compactMap { Self.ids["@" + $0.uppercased()] }
      rest = rest[rest.index(after: close)...]
    }
    ids += words(Self.cleaned(String(rest)), spelled: false)
    return [Self.blank] + ids.flatMap { [$0, Self.blank] }
  }

  private func words(_ text: String, spelled: Bool) -> [Int] {
    guard !text.isEmpty else { return [] }
    guard !spelled else { return text.compactMap { Self.ids[String($0)] }.filter { $0 != 0 } }
    var result: [Int] = []
    for piece in text.split(separator: " ", omittingEmptySubsequences: false) {
      let core = isCompatible ? piece : piece.trimmed { !$0.isLetter && $0 != "'" }
      let (head, tail) = (piece[..<core.startIndex], piece[core.endIndex...])
      if let phones = lexicon[core] {
        result += head.compactMap { Self.ids[String($0)] } + phones.compactMap { Self.ids["@" + $0.description] }
        result += tail.compactMap { Self.ids[String($0)] }
      } else {
        result += piece.compactMap { $0 == "_" ? nil : Self.ids[String($0)] }
      }
      result.append(Self.ids[" "]!)
    }
    if result.last == Self.ids[" "]! { result.removeLast() }
    return result
  }

  /// ASCII, lower case, numbers and abbreviations written out, single blanks.
  static func cleaned(_ text: String) -> String {
    var result = String(
      String.UnicodeScalarView(text.decomposedStringWithCompatibilityMapping.unicodeScalars.filter(\.isASCII))
    )
    .lowercased()
    guard !result.isEmpty else { return "" }
    let (leading, trailing) = (result.first!.isWhitespace ? " " : "", result.last!.isWhitespace ? " " : "")
    result = leading + PublishedNumbers.expanded(result) + trailing
    let short = [
      "mrs": "misess", "mr": "mister", "dr": "doctor", "st": "saint", "co": "company", "jr": "junior", "maj": "major",
      "gen": "general", "drs": "doctors", "rev": "reverend", "lt": "lieutenant", "hon": "honorable", "sgt": "sergeant",
      "capt": "captain", "esq": "esquire", "ltd": "limited", "col": "colonel", "ft": "fort",
    ]
    var words: [String] = [], word = ""
    for c in result + "\n" {
      if c.isLetter || c.isNumber || c == "_" { word.append(c); continue }
      if c == ".", let full = short[word] {
        words.append(full)
      } else {
        words.append(word + (c == "\n" ? "" : String(c)))
      }
      word = ""
    }
    return words.joined().split(omittingEmptySubsequences: false, whereSeparator: \.isWhitespace).reduce(into: "") {
      out, w in
      if w.isEmpty {
        if !out.hasSuffix(" ") { out += " " }
      } else {
        out += (out.isEmpty || out.hasSuffix(" ") ? "" : " ") + w
      }
    }
  }
}

/// Numbers as the published pipeline reads them.
enum PublishedNumbers {
  static func expanded(_ text: String) -> String {
    let atoms = Atoms(text)
    var result = "", i = 0
    while i < atoms.count {
      if atoms.list[i].isSpaced, !result.isEmpty { result += " " }
      let pounds = atoms.isSign(i, "£"), dollars = atoms.isSign(i, "$")
      if pounds || dollars, let n = Number(atoms, i + 1) {
        result += pounds ? words(n) + " pounds" : self.dollars(n)
        i += 1 + n.count
      } else if let n = Number(atoms, i) {
        i += n.count
        if n.fraction == nil, ["st", "nd", "rd", "th"].contains(atoms.lower(i)), atoms.isGlued(i) {
          result += NumberWords.ordinal(n.integer)
          i += 1
        } else {
          result += words(n)
        }
      } else {
        result += atoms.text(i)
        i += 1
      }
    }
    return result
  }

  private static func dollars(_ n: Number) -> String {
    guard (n.fraction?.count ?? 0) <= 2 else { return words(n) + " dollars" }
    let whole = Int(n.integer) ?? 0, cents = Int(n.fraction ?? "") ?? 0
    let major = "\(integer(whole)) dollar" + (whole == 1 ? "" : "s"),
      minor = "\(integer(cents)) cent" + (cents == 1 ? "" : "s")
    if whole > 0, cents > 0 { return major + ", " + minor }
    return whole > 0 ? major : cents > 0 ? minor : "zero dollars"
  }

  private static func words(_ n: Number) -> String {
    let whole = Int(n.integer).map(integer) ?? NumberWords.spelled(n.integer)
    return n.fraction.map { whole + " point " + (Int($0).map(integer) ?? "") } ?? whole
  }

  private static func integer(_ n: Int) -> String {
    guard n > 1000, n < 3000 else { return NumberWords.cardinal(n) }
    if n == 2000 { return "two thousand" }
    if (2001...2009).contains(n) { return "two thousand " + NumberWords.cardinal(n % 100) }
    if n % 100 == 0 { return NumberWords.cardinal(n / 100) + " hundred" }
    return NumberWords.cardinal(n / 100) + (n % 100 < 10 ? " oh " : " ") + NumberWords.cardinal(n % 100)
  }
}

extension Substring {
  /// Without the characters at both ends that `isDropped` names.
  func trimmed(_ isDropped: (Character) -> Bool) -> Substring {
    guard let first = firstIndex(where: { !isDropped($0) }), let last = lastIndex(where: { !isDropped($0) }) else {
      return self[startIndex..<startIndex]
    }
    return self[first...last]
  }
}
