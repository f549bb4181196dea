/// A phone of CMUdict: one of 24 consonants, or one of 15 vowels with its stress.
public struct Phone: Hashable, Sendable, CustomStringConvertible {
  /// 0 ..< 69, in alphabetical order of the names.
  public let index: Int

  public enum Stress: Int, Sendable { case none, primary, secondary }

  static let vowels = [
    "AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW",
  ]
  static let consonants = [
    "B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T", "TH", "V", "W", "Y",
    "Z", "ZH",
  ]
  /// All names: `AA0`, `AA1`, `AA2`, `AE0`, ... `ZH`.
  public static let names = (vowels.flatMap { v in (0...2).map { v + String($0) } } + consonants).sorted()
  public static let count = 69
  private static let indices = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })

  public init(index: Int) {
    precondition((0..<Self.count).contains(index), "phone \(index) outside 0..<69")
    self.index = index
  }

  /// A phone by its ARPAbet name, in either case; a vowel without a digit has no stress.
  public init?(_ name: some StringProtocol) {
    let name = name.uppercased()
    guard let index = Self.indices[name] ?? Self.indices[name + "0"] else { return nil }
    self.index = index
  }

  public var description: String { Self.names[index] }
  /// The name without a stress digit.
  public var base: String { isVowel ? String(description.dropLast()) : description }
  public var isVowel: Bool { Self.names[index].last!.isNumber }
  /// `nil` for consonants.
  public var stress: Stress? { isVowel ? Stress(rawValue: Self.names[index].last!.wholeNumberValue!) : nil }

  /// The same vowel with another stress; consonants stay what they are.
  public func with(_ stress: Stress) -> Phone { isVowel ? Phone(base + String(stress.rawValue))! : self }
}

extension Array where Element == Phone {
  /// Phones from names separated by blanks; `nil` where one is unknown.
  public init?(arpabet text: String) {
    self = []
    for name in text.split(whereSeparator: \.isWhitespace) {
      guard let phone = Phone(name) else { return nil }
      append(phone)
    }
  }

  /// Names separated by blanks.
  public var arpabet: String { map(\.description).joined(separator: " ") }
}
