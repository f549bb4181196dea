/// What is to be said, in order.
public struct Script: Sendable {
  /// What is said in one go.
  public struct Line: Sendable, Equatable {
    public let utterance: FrontEnd.Utterance
    /// As it stands in the text, its punctuation included.
    public let text: String
    /// Characters of the script's text.
    public let range: Range<Int>
    public let style: SSML.Style
  }

  public enum Gap: Sendable, Equatable {
    /// As long as the delivery says.
    case sentence, paragraph
    case seconds(Double)
  }

  public enum Item: Sendable, Equatable {
    case line(Line)
    case gap(Gap)
    case mark(String)
  }

  /// Bytes of text beyond which it is refused; of markup ``SSML/largest``.
  public static let largest = 10 << 20

  public let items: [Item]
  /// The text that ranges count in: what was given or, of markup, what is between the tags.
  public let text: String

  /// Reads plain text or SSML, in linear time.
  /// - Throws: ``SpeakingError/nothingToSay`` where nothing would be heard and no silence is asked for, ``SSMLError``.
  public init(_ text: String, frontEnd: FrontEnd) throws {
    guard text.utf8.count <= Self.largest else {
      throw SpeakingError.tooLong(bytes: text.utf8.count, limit: Self.largest)
    }
    var builder = ScriptBuilder(frontEnd)
    if SSML.isMarkup(text) {
      for span in try SSML.spans(of: text).joined { try builder.append(span) }
    } else {
      try builder.append(text, SSML.Style())
    }
    guard builder.items.contains(where: { if case .mark = $0 { false } else { true } }) else {
      throw SpeakingError.nothingToSay
    }
    (items, self.text) = (builder.items, builder.text)
  }

  public var lines: [Line] { items.compactMap { if case .line(let line) = $0 { line } else { nil } } }
  /// Names of the voices that markup asks for, in order.
  public var voiceNames: [String] { Set(lines.compactMap(\.style.voice)).sorted() }
}

/// Puts spans in order, with the silences between them.
private struct ScriptBuilder {
  private let frontEnd: FrontEnd
  private(set) var items: [Script.Item] = []
  private(set) var text = ""
  /// Characters of `text`.
  private var count = 0
  /// The silence that the last line asks for, unless markup asks for another.
  private var owed: Script.Gap?

  init(_ frontEnd: FrontEnd) { self.frontEnd = frontEnd }

  mutating func append(_ span: SSML.Span) throws {
    switch span.content {
    case .pause(let seconds):
      items.append(.gap(.seconds(seconds)))
      owed = nil
    case .mark(let name): items.append(.mark(name))
    case .text(let text):
      separate()
      try append(text, span.style)
      // A span may end within a sentence, and its last sign may be all there is of it.
      let last = text.last { !$0.isWhitespace && !"\"'”’)]".contains($0) }
      let ends = last.map { ".?!…。？！".contains($0) } ?? false
      if !ends { goOn() }
      owed = ends && items.contains { if case .line = $0 { true } else { false } } ? .sentence : nil
    case .phones(let phones, let written):
      separate()
      append([frontEnd(phones: phones, written: written).moved(by: count)], of: written, span.style)
      owed = nil
    }
  }

  /// Lets the last line end as one that another follows.
  private mutating func goOn() {
    guard case .line(let line)? = items.last, line.utterance.symbols.last == PhoneSymbols.id(.stop) else { return }
    var utterance = line.utterance
    utterance.symbols[utterance.symbols.count - 1] = PhoneSymbols.id(.short)
    items[items.count - 1] = .line(
      Script.Line(utterance: utterance, text: line.text, range: line.range, style: line.style))
  }

  /// A blank between the texts of two spans.
  private mutating func separate() {
    guard count > 0 else { return }
    text += " "
    count += 1
  }

  mutating func append(_ piece: String, _ style: SSML.Style) throws {
    append(try frontEnd.utterances(piece, first: count), of: piece, style)
  }

  private mutating func append(_ utterances: [FrontEnd.Utterance], of piece: String, _ style: SSML.Style) {
    let groups = utterances.map { $0.words.first!.range.lowerBound..<$0.words.last!.range.upperBound }
    let (parts, end) = piece.parts(around: groups, first: count)
    for (utterance, part) in zip(utterances, parts) {
      if let owed { items.append(.gap(owed)) }
      items.append(.line(Script.Line(utterance: utterance, text: String(part.text), range: part.range, style: style)))
      let wasCut = utterance.symbols.last == PhoneSymbols.id(.short)
      owed = utterance.endsParagraph ? .paragraph : wasCut ? nil : .sentence
    }
    text += piece
    count = end
  }
}

extension [SSML.Span] {
  /// Texts that follow each other in one style as one, so that a tag within a sentence does not break it.
  fileprivate var joined: [SSML.Span] {
    reduce(into: []) { result, span in
      guard case .text(let text) = span.content, let last = result.last, last.style == span.style,
        case .text(let before) = last.content
      else { return result.append(span) }
      result[result.count - 1] = SSML.Span(content: .text(before + " " + text), style: span.style)
    }
  }
}

extension FrontEnd.Utterance {
  /// The same, its words at other characters.
  fileprivate func moved(by characters: Int) -> FrontEnd.Utterance {
    var result = self
    result.words = words.map {
      FrontEnd.Word(
        written: $0.written, spoken: $0.spoken, rule: $0.rule, phones: $0.phones, source: $0.source,
        range: $0.range.lowerBound + characters..<$0.range.upperBound + characters)
    }
    return result
  }
}

extension String {
  /// The text cut between groups of characters, at the last blank between two of them, so that closing signs stay with
  /// what they close and opening ones go with what they open; blanks around a part are left out.
  ///
  /// - Parameters:
  ///   - groups: ascending ranges of characters.
  ///   - first: the place of the first character.
  /// - Returns: a part a group, and the place after the last character. Takes one pass.
  func parts(
    around groups: [Range<Int>], first: Int
  ) -> (parts: [(text: Substring, range: Range<Int>)], end: Int) {
    var parts: [(text: Substring, range: Range<Int>)] = []
    var at = startIndex, place = first, start = startIndex, startPlace = first
    func move(_ target: Int, _ visit: (Character) -> Void = { _ in }) {
      while place < target, at < endIndex {
        visit(self[at])
        at = index(after: at)
        place += 1
      }
    }
    func close(_ end: Index, _ endPlace: Int) {
      let piece = self[start..<end], body = piece.trimmed(\.isWhitespace)
      let lead = piece.prefix { $0.isWhitespace }.count
      let from = min(startPlace + lead, endPlace)
      parts.append((body, from..<from + body.count))
      (start, startPlace) = (end, endPlace)
    }
    for (group, next) in zip(groups, groups.dropFirst()) {
      move(group.upperBound)
      var cut: (index: Index, place: Int)?
      move(next.lowerBound) { if $0.isWhitespace { cut = (index(after: at), place + 1) } }
      close(cut?.index ?? at, cut?.place ?? place)
    }
    move(.max)
    if !groups.isEmpty { close(endIndex, place) }
    return (parts, place)
  }
}
