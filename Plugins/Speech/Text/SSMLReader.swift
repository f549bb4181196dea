import Foundation
#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Follows an XML parser and collects spans.
final class SSMLReader: NSObject, XMLParserDelegate {
  private(set) var spans: [SSML.Span] = []
  private(set) var error: SSMLError?
  private var styles = [SSML.Style()]
  private var elements: [(name: String, attributes: [String: String])] = []
  private var text = ""
  private var hasRoot = false
  /// Whether one whole element was read.
  var isComplete: Bool { hasRoot && elements.isEmpty }

  static func reason(_ error: (any Error)?) -> String {
    let code = (error as NSError?)?.code
    return code == 76 || code == 77 ? "a tag is not closed, or closed in the wrong order" : "this is no well-formed XML"
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    flush(parser)
    let (line, column) = (parser.lineNumber, parser.columnNumber)
    guard elements.count < SSML.deepest else { return fail(.tooDeep(line: line, column: column), parser) }
    elements.append((name, attributes))
    hasRoot = true
    var style = styles.last!
    func refuse(_ attribute: String) {
      fail(
        .attribute(element: name, name: attribute, value: attributes[attribute] ?? "", line: line, column: column),
        parser)
    }
    switch name {
    case "speak", "emphasis", "say-as", "sub", "phoneme", "w", "token", "lang": break
    case "p", "s": if !spans.isEmpty { add(.pause(name == "p" ? 0.6 : 0.3)) }
    case "break":
      guard let seconds = Self.pause(attributes) else { return refuse(attributes["time"] != nil ? "time" : "strength") }
      if seconds > 0 { add(.pause(seconds)) }
    case "mark":
      guard let mark = attributes["name"], !mark.isEmpty else { return refuse("name") }
      add(.mark(mark))
    case "voice": style.voice = attributes["name"] ?? style.voice
    case "prosody":
      if let rate = attributes["rate"] {
        guard let factor = Self.rate(rate) else { return refuse("rate") }
        style.rate = min(4, max(0.25, style.rate * factor))
      }
      if let pitch = attributes["pitch"] {
        guard let semitones = Self.pitch(pitch) else { return refuse("pitch") }
        style.pitch = min(24, max(-24, style.pitch + semitones))
      }
      if let volume = attributes["volume"] {
        guard let decibels = Self.volume(volume) else { return refuse("volume") }
        style.volume = min(24, style.volume + decibels)
      }
    default: return fail(.element(name, line: line, column: column), parser)
    }
    styles.append(style)
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    flush(parser)
    guard error == nil, !elements.isEmpty else { return }
    elements.removeLast()
    styles.removeLast()
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
  func parser(_ parser: XMLParser, foundCDATA block: Data) { text += String(decoding: block, as: UTF8.self) }

  private func add(_ content: SSML.Span.Content) { spans.append(SSML.Span(content: content, style: styles.last!)) }

  private func fail(_ error: SSMLError, _ parser: XMLParser) {
    if self.error == nil { self.error = error }
    parser.abortParsing()
  }

  private func flush(_ parser: XMLParser) {
    defer { text = "" }
    guard error == nil, let (name, attributes) = elements.last else { return }
    let body = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !body.isEmpty else { return }
    switch name {
    case "sub": add(.text(attributes["alias"] ?? body))
    case "phoneme":
      let alphabet = attributes["alphabet"] ?? "x-arpabet", ph = attributes["ph"] ?? ""
      let phones =
        alphabet == "ipa"
        ? IPA.phones(ph) : ["x-arpabet", "cmu", "x-cmu", "arpabet"].contains(alphabet) ? [Phone](arpabet: ph) : nil
      guard let phones, !phones.isEmpty else {
        let bad = ["ipa", "x-arpabet", "cmu", "x-cmu", "arpabet"].contains(alphabet) ? "ph" : "alphabet"
        return fail(
          .attribute(
            element: name, name: bad, value: attributes[bad] ?? "", line: parser.lineNumber, column: parser.columnNumber
          ), parser)
      }
      add(.phones(phones, written: body))
    case "say-as": add(.text(Self.said(body, as: attributes["interpret-as"] ?? "", format: attributes["format"])))
    default: add(.text(body))
    }
  }

  /// The text written so that the normaliser reads it as asked.
  private static func said(_ text: String, as kind: String, format: String?) -> String {
    let digits = text.filter(\.isNumber)
    switch kind {
    case "characters", "spell-out", "verbatim":
      return text.compactMap { c -> String? in
        if c.isNumber { return NumberWords.spelled(String(c)) }
        return c.isLetter ? c.uppercased() : c.isWhitespace ? nil : NormalizerTables.signs[String(c)] ?? nil
      }.joined(separator: " ")
    case "cardinal", "number":
      return (text.hasPrefix("-") ? "minus " : "") + (text.contains(".") ? text : NumberWords.cardinal(digits))
    case "ordinal": return NumberWords.ordinal(digits)
    case "digits": return NumberWords.spelled(digits)
    case "telephone":
      let groups = text.split { !$0.isNumber }.map { NumberWords.spelled($0) }
      return (text.contains("+") ? "plus " : "") + groups.joined(separator: ", ")
    case "date":
      let parts = text.split { "/.-".contains($0) }.map(String.init)
      guard parts.count == 3, let format, format.count == 3 else { return text }
      let by = Dictionary(zip(format.map { String($0) }, parts)) { first, _ in first }
      guard let y = by["y"], let m = by["m"], let d = by["d"] else { return text }
      return "\(y.count == 2 ? "20" + y : y)-\(m.count == 1 ? "0" + m : m)-\(d.count == 1 ? "0" + d : d)"
    default: return text
    }
  }

  private static func pause(_ attributes: [String: String]) -> Double? {
    let strengths = ["none": 0, "x-weak": 0.1, "weak": 0.2, "medium": 0.4, "strong": 0.7, "x-strong": 1.2]
    guard let time = attributes["time"] else { return strengths[attributes["strength"] ?? "medium"] }
    let seconds =
      time.hasSuffix("ms")
      ? Double(time.dropLast(2)).map { $0 / 1000 } : time.hasSuffix("s") ? Double(time.dropLast()) : nil
    return seconds.flatMap { (0...60).contains($0) ? $0 : nil }
  }

  /// A factor: a name, `120%`, `+20%` or a number.
  private static func rate(_ text: String) -> Double? {
    let names = ["x-slow": 0.5, "slow": 0.75, "medium": 1, "default": 1, "fast": 1.3, "x-fast": 1.75]
    if let known = names[text] { return known }
    guard text.hasSuffix("%") else { return Double(text).flatMap { $0 > 0 && $0.isFinite ? $0 : nil } }
    return Double(text.dropLast()).flatMap { n in
      let factor = text.hasPrefix("+") || text.hasPrefix("-") ? 1 + n / 100 : n / 100
      return factor > 0 && factor.isFinite ? factor : nil
    }
  }

  /// Semitones: a name, `+2st`, `-10%`.
  private static func pitch(_ text: String) -> Double? {
    let names = ["x-low": -6.0, "low": -3, "medium": 0, "default": 0, "high": 3, "x-high": 6]
    if let known = names[text] { return known }
    if text.hasSuffix("st") { return Double(text.dropLast(2)).flatMap { $0.isFinite ? $0 : nil } }
    guard text.hasSuffix("%"), let n = Double(text.dropLast()), n > -100, n.isFinite else { return nil }
    return 12 * log2(1 + n / 100)
  }

  private static func volume(_ text: String) -> Double? {
    let names = [
      "silent": -Double.infinity, "x-soft": -12, "soft": -6, "medium": 0, "default": 0, "loud": 6, "x-loud": 12,
    ]
    if let known = names[text] { return known }
    return text.lowercased().hasSuffix("db") ? Double(text.dropLast(2)).flatMap { $0.isFinite ? $0 : nil } : nil
  }
}
