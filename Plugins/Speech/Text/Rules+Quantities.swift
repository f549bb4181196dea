/// Money and measures.
extension Rules {
  private typealias T = NormalizerTables

  /// `$3.50`, `$5 million`, `US$2bn`, `3 EUR`, `$20/mo`, `$250-$300`.
  @Sendable static func money(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard let first = amount(a, i) else { return nil }
    let dash = i + first.count
    if a.isSign(dash, "-"), a.isGlued(dash), let second = amount(a, dash + 1) ?? nil {
      return .init(first.count + 1 + second.count, first.words + " to " + second.words)
    }
    let periods = [
      "mo": "month", "month": "month", "yr": "year", "year": "year", "d": "day", "day": "day", "hr": "hour",
      "h": "hour",
      "hour": "hour", "wk": "week", "week": "week", "lb": "pound", "kg": "kilogram", "gal": "gallon",
      "person": "person",
    ]
    if a.isSign(dash, "/"), a.isGlued(dash + 1), let period = periods[a.lower(dash + 1)] {
      return .init(first.count + 2, first.words + " per " + period)
    }
    return first
  }

  private static func amount(_ a: Atoms, _ start: Int) -> TextNormalizer.Match? {
    var i = start, minus = ""
    if a.isSign(i, "-"), !a.isGlued(i), a.isGlued(i + 1) { (i, minus) = (i + 1, "minus ") }
    var prefix = ""
    let nations = [
      "US": "U S", "A": "australian", "C": "canadian", "CA": "canadian", "AU": "australian", "NZ": "new zealand",
      "HK": "hong kong",
    ]
    if let nation = nations[a.text(i)], a.isSign(i + 1, "$"), a.isGlued(i + 1) { (i, prefix) = (i + 1, nation + " ") }
    if let currency = T.currencies[a.text(i)], a.text(i) != "¢", let n = Number(a, i + 1),
      !a.isSign(i + 1 + n.count, "@")
    {
      let end = i + 1 + n.count
      guard let m = magnitude(a, end) else {
        return .init(
          end - start, minus + said(n, prefix + currency.one, prefix + currency.many, currency.cent, currency.cents))
      }
      return .init(end + m.count - start, minus + n.words + " " + m.word + " " + prefix + currency.many)
    }
    guard let n = Number(a, i), prefix.isEmpty else { return nil }
    var end = i + n.count, words = n.words
    if let m = magnitude(a, end) { (end, words) = (end + m.count, words + " " + m.word) }
    if a.isSign(end, "¢") || a.isSign(end, "€") || a.isSign(end, "£"), let c = T.currencies[a.text(end)] {
      return .init(end + 1 - start, minus + words + " " + (n.isOne ? c.one : c.many))
    }
    if let code = T.currencyCodes[a.text(end)] {
      return .init(end + 1 - start, minus + words + " " + (n.isOne ? code.one : code.many))
    }
    return nil
  }

  private static func magnitude(_ a: Atoms, _ i: Int) -> (count: Int, word: String)? {
    if let word = T.magnitudes[a.lower(i)] { return (1, word) }
    guard let word = T.shortMagnitudes[a.lower(i)], a.isLetters(i),
      a.isGlued(i) || ["b", "bn", "mn"].contains(a.lower(i))
    else {
      return nil
    }
    return (1, word)
  }

  /// Whole units and hundredths; more decimals than two are read as a decimal.
  private static func said(_ n: Number, _ one: String, _ many: String, _ cent: String, _ cents: String) -> String {
    let whole = n.integer.isEmpty ? "0" : n.integer
    var fraction = n.fraction ?? ""
    while fraction.count > 2, fraction.hasSuffix("0") { fraction.removeLast() }
    if fraction.count == 1 { fraction += "0" }
    guard fraction.count <= 2 else { return n.words + " " + many }
    let hundredths = Int(fraction) ?? 0
    let major = NumberWords.cardinal(whole) + " " + (Int(whole) == 1 ? one : many)
    guard hundredths > 0 else { return major }
    let minor = NumberWords.cardinal(hundredths) + " " + (hundredths == 1 ? cent : cents)
    return Int(whole) == 0 ? minor : major + " " + minor
  }

  /// `12kg`, `7.2 mm`, `60 km/h`, `20°C`, `5%`, `6'2"`, `100 million kg`.
  @Sendable static func measure(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    let sign = isMinus(a, i) ? 1 : 0
    guard let n = Number(a, i + sign) else { return nil }
    var end = i + sign + n.count, words = (sign == 1 ? "minus " : "") + n.words, isOne = n.isOne
    if let m = T.magnitudes[a.lower(end)] { (end, words, isOne) = (end + 1, words + " " + m, false) }
    if a.isSign(end, "%"), !a.goesOn(end + 1) { return .init(end + 1 - i, words + " percent") }
    if a.isSign(end, "°") {
      let scales = ["C": "celsius", "F": "fahrenheit", "K": "kelvin"]
      let word = isOne ? " degree" : " degrees"
      if let scale = scales[a.text(end + 1).uppercased()], !a.goesOn(end + 2) {
        return .init(end + 2 - i, words + word + " " + scale)
      }
      return .init(end + 1 - i, words + word)
    }
    // Feet and inches, where the quotation mark closes nothing.
    if n.fraction == nil, a.isSign(end, "'"), a.isGlued(end), let inches = a.value(end + 1, in: 0...11),
      a.isGlued(end + 1)
    {
      let quote = a.isSign(end + 2, "\"") ? 1 : 0
      return .init(
        end + 2 + quote - i,
        words + (isOne ? " foot " : " feet ") + NumberWords.cardinal(inches)
          + (quote == 0 ? "" : inches == 1 ? " inch" : " inches"))
    }
    if a.isSign(end, "\""), a.isGlued(end), !(0..<i).contains(where: { a.isSign($0, "\"") }) {
      return .init(end + 1 - i, words + (isOne ? " inch" : " inches"))
    }
    // "7.2-millimeter bullet"
    if a.isSign(end, "-"), a.isGlued(end), a.isLetters(end + 1), let unit = T.units[a.lower(end + 1)],
      !T.gluedUnits.contains(a.lower(end + 1))
    {
      return .init(end + 2 - i, words + " " + unit)
    }
    guard let unit = measureUnit(a, end, glued: a.isGlued(end)) else { return nil }
    return .init(end + unit.count - i, words + " " + (isOne ? unit.one : unit.many))
  }

  /// A unit at atom `i`, with its power and what it is divided by.
  static func measureUnit(_ a: Atoms, _ i: Int, glued: Bool) -> (count: Int, one: String, many: String)? {
    guard a.isLetters(i) else { return nil }
    let key = a.lower(i)
    let powered = ["²", "³", "2", "3"].contains(a.text(i + 1)) && a.isGlued(i + 1) && !a.goesOn(i + 2)
    guard let name = T.units[key] ?? nil else { return nil }
    let divided = a.isSign(i + 1, "/") && a.isGlued(i + 1) && a.isGlued(i + 2)
    // Capitals: "5 M" is no length. One letter alone may be a word.
    guard
      (glued && !(key.count == 1 && a.text(i) != key)) || !T.gluedUnits.contains(key) || powered
        || (divided && T.units[a.lower(i + 2)] != nil) || (["m", "g", "l", "W", "V"].contains(a.text(i)))
    else { return nil }
    // "80 s" is a letter, "80s" a decade; both are rules of their own.
    if key == "s", !divided { return nil }
    var (one, many, count) = (name, pluralUnit(name), 1)
    if powered {
      let power = ["²", "2"].contains(a.text(i + 1)) ? "square " : "cubic "
      (one, many, count) = (power + one, power + many, 2)
    } else if key == "sq", let area = T.units[a.lower(i + 1)] {
      (one, many, count) = ("square " + area, "square " + pluralUnit(area), 2)
    }
    if a.isSign(i + count, "/"), a.isGlued(i + count), a.isGlued(i + count + 1) {
      let lower = a.lower(i + count + 1)
      guard let per = T.units[lower] else { return nil }
      (one, many, count) = (one + " per " + per, many + " per " + per, count + 2)
    }
    guard !a.goesOn(i + count) else { return nil }
    return (count, one, many)
  }

  private static func pluralUnit(_ name: String) -> String {
    let irregular = [
      "foot": "feet", "inch": "inches", "hertz": "hertz", "kilohertz": "kilohertz", "megahertz": "megahertz",
      "gigahertz": "gigahertz", "C C": "C C", "square": "square",
    ]
    if let known = irregular[name] { return known }
    guard let per = name.range(ofText: " per ") else { return NumberWords.plural(name) }
    return NumberWords.plural(String(name[..<per])) + name[per...]
  }
}

extension String {
  /// Where `text` begins.
  func range(ofText text: String) -> Index? {
    indices.first { self[$0...].hasPrefix(text) }
  }
}
