import Foundation
#if canImport(FoundationXML)
  import FoundationXML
#endif

/// A subset of the Speech Synthesis Markup Language 1.1 (W3C 2010): speak, p, s, break, prosody, say-as, sub, phoneme,
/// mark, voice; emphasis is read through.
public enum SSML {
  /// A piece of speech with everything that holds for it.
  public struct Span: Sendable, Equatable {
    public enum Content: Sendable, Equatable {
      case text(String)
      /// Phones given by the author, and what they stand for.
      case phones([Phone], written: String)
      /// Seconds of silence.
      case pause(Double)
      case mark(String)
    }
    public let content: Content
    public let style: Style
  }

  /// What prosody and voice ask for.
  public struct Style: Sendable, Equatable {
    /// Factor on the speed, 0.25...4.
    public var rate = 1.0
    /// Semitones, -24...24.
    public var pitch = 0.0
    /// dB; minus infinity is silence.
    public var volume = 0.0
    public var voice: String?
    public init() {}
  }

  public static let largest = 4 << 20, deepest = 64

  /// Whether a text is meant as markup.
  public static func isMarkup(_ text: String) -> Bool {
    let start = text.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    return start.hasPrefix("<speak") || start.hasPrefix("<?xml")
  }

  /// Spans in order. Document types are refused: entities of one's own can grow without bound.
  public static func spans(of text: String) throws(SSMLError) -> [Span] {
    guard text.utf8.count <= largest else { throw .tooLarge(bytes: text.utf8.count) }
    if let at = text.range(of: "<!DOCTYPE", options: .caseInsensitive)
      ?? text.range(of: "<!ENTITY", options: .caseInsensitive)
    {
      let lines = text[..<at.lowerBound].split(separator: "\n", omittingEmptySubsequences: false)
      throw .documentType(line: lines.count, column: (lines.last?.count ?? 0) + 1)
    }
    let reader = SSMLReader()
    let parser = XMLParser(data: Data(text.utf8))
    parser.shouldResolveExternalEntities = false
    parser.delegate = reader
    let done = parser.parse()
    if let error = reader.error { throw error }
    guard done, parser.parserError == nil, reader.isComplete else {
      throw .malformed(
        reason: SSMLReader.reason(parser.parserError), line: parser.lineNumber, column: parser.columnNumber)
    }
    return reader.spans
  }
}

/// What can be wrong with markup; places count from 1.
public enum SSMLError: Error, Equatable, CustomStringConvertible {
  case tooLarge(bytes: Int)
  case documentType(line: Int, column: Int)
  case malformed(reason: String, line: Int, column: Int)
  case tooDeep(line: Int, column: Int)
  case element(String, line: Int, column: Int)
  case attribute(element: String, name: String, value: String, line: Int, column: Int)

  public var description: String {
    switch self {
    case .tooLarge(let bytes): "\(bytes) bytes of SSML; at most \(SSML.largest) are read. Split the document"
    case .documentType(let line, let column):
      "line \(line), column \(column): document types and entities of one's own are refused; write the text out"
    case .malformed(let reason, let line, let column): "line \(line), column \(column): \(reason)"
    case .tooDeep(let line, let column):
      "line \(line), column \(column): more than \(SSML.deepest) elements inside each other"
    case .element(let name, let line, let column):
      "line \(line), column \(column): unknown element <\(name)>; "
        + "known are speak p s break prosody say-as sub phoneme mark voice emphasis"
    case .attribute(let element, let name, let value, let line, let column):
      "line \(line), column \(column): <\(element)> cannot have \(name)=\"\(value)\""
    }
  }
}
