/// The symbols that this package's voices are trained on: padding, four pauses, 69 phones.
public enum PhoneSymbols {
  /// Also the silence that every utterance begins with.
  public static let pad = 0
  public static let count = 1 + Pause.allCases.count + Phone.count

  public static func id(_ pause: Pause) -> Int { 1 + pause.rawValue }
  public static func id(_ phone: Phone) -> Int { 1 + Pause.allCases.count + phone.index }

  /// `_`, `,`, `.`, `?`, `!`, then the phones' names.
  public static let names = ["_", ",", ".", "?", "!"] + Phone.names
}
