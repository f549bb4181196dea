/// English names of numbers.
enum NumberWords {
  private static let small = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
  ]
  private static let tens = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
  private static let powers = ["", "thousand", "million", "billion", "trillion", "quadrillion", "quintillion"]
  private static let ordinals = [
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
  ]

  /// `1024` as "one thousand twenty four". Longer than 19 digits, or with a leading zero: digit by digit.
  static func cardinal(_ digits: String) -> String {
    guard digits.count <= 19, digits == "0" || !digits.hasPrefix("0"), let n = Int(digits) else {
      return spelled(digits)
    }
    return cardinal(n)
  }

  static func cardinal(_ n: Int) -> String {
    guard n >= 20 else { return small[max(0, n)] }
    if n < 100 { return tens[n / 10] + (n % 10 > 0 ? " " + small[n % 10] : "") }
    if n < 1000 { return small[n / 100] + " hundred" + (n % 100 > 0 ? " " + cardinal(n % 100) : "") }
    var parts: [String] = [], rest = n, power = 0
    while rest > 0 {
      if rest % 1000 > 0 {
        parts.insert(cardinal(rest % 1000) + (power > 0 ? " " + powers[power] : ""), at: 0)
      }
      (rest, power) = (rest / 1000, power + 1)
    }
    return parts.joined(separator: " ")
  }

  /// `21` as "twenty first".
  static func ordinal(_ digits: String) -> String { ordinal(words: cardinal(digits)) }

  static func ordinal(words: String) -> String {
    var list = words.split(separator: " ").map(String.init)
    guard let last = list.popLast() else { return words }
    let end = ordinals[last] ?? (last.hasSuffix("y") ? last.dropLast() + "ieth" : last + "th")
    return (list + [end]).joined(separator: " ")
  }

  /// One digit after the other.
  static func spelled(_ digits: some StringProtocol) -> String {
    digits.compactMap { $0.wholeNumberValue.map { small[$0] } }.joined(separator: " ")
  }

  /// `1905` as "nineteen oh five"; 2000 to 2009 as "two thousand nine".
  static func year(_ n: Int) -> String {
    let (high, low) = (n / 100, n % 100)
    guard (1001...9999).contains(n), high % 10 != 0 else {
      if (2010...2099).contains(n) { return "twenty " + cardinal(low) }
      return cardinal(n)
    }
    if low == 0 { return cardinal(high) + " hundred" }
    return cardinal(high) + (low < 10 ? " oh " : " ") + cardinal(low)
  }

  /// As house and road numbers are read: `1428` "fourteen twenty eight", `123` "one twenty three", `101` "one oh one".
  static func pairs(_ digits: String) -> String {
    guard let n = Int(digits), !digits.hasPrefix("0"), digits.count <= 4 else { return spelled(digits) }
    let (high, low) = (n / 100, n % 100)
    guard n > 100, high % 10 != 0 || low >= 10, low > 0 || high > 9 else { return cardinal(n) }
    if low == 0 { return cardinal(high) + " hundred" }
    return cardinal(high) + (low < 10 ? " oh " : " ") + cardinal(low)
  }

  /// The plural of the last word.
  static func plural(_ words: String) -> String {
    if words.hasSuffix("y"), !words.hasSuffix("ay") { return words.dropLast() + "ies" }
    return words.hasSuffix("x") || words.hasSuffix("ch") || words.hasSuffix("s") ? words + "es" : words + "s"
  }

  /// Value of a Roman numeral written in capitals, 1 to 3999, in its usual form only.
  static func roman(_ text: String) -> Int? {
    let values: [(String, Int)] = [
      ("M", 1000), ("CM", 900), ("D", 500), ("CD", 400), ("C", 100), ("XC", 90), ("L", 50), ("XL", 40), ("X", 10),
      ("IX", 9), ("V", 5), ("IV", 4), ("I", 1),
    ]
    var (rest, value) = (text[...], 0)
    for (letters, worth) in values {
      while rest.hasPrefix(letters) { (rest, value) = (rest.dropFirst(letters.count), value + worth) }
    }
    guard rest.isEmpty, (1...3999).contains(value) else { return nil }
    var (check, left) = ("", value)
    for (letters, worth) in values { while left >= worth { (check, left) = (check + letters, left - worth) } }
    return check == text ? value : nil
  }
}
