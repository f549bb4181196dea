/// Money.
extension Rules {
  private typealias T = NormalizerTables
  private typealias Currency = (one: String, many: String, cent: String, cents: String)

  /// `$3.50`, `$5 million`, `US$2bn`, `3 EUR`, `USD 5`, `$20/mo`, `$250-$300`, `$5-10`.
  @Sendable static func money(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard let first = amount(a, i) else { return nil }
    let dash = i + first.count
    if a.isSign(dash, "-"), a.isGlued(dash), let second = amount(a, dash + 1) {
      return .init(first.count + 1 + second.count, first.words + " to " + second.words)
    }
    if a.isSign(dash, "/"), a.isGlued(dash + 1), let period = T.periods[a.lower(dash + 1)] ?? T.unit(a.text(dash + 1)) {
      return .init(first.count + 2, first.words + " per " + period)
    }
    if a.isSign(dash, "+"), a.isGlued(dash), !a.goesOn(dash + 1) {
      return .init(first.count + 1, first.words + " plus")
    }
    // "a twenty dollar bill"
    if ["a", "an"].contains(a.lower(i - 1)), a.isSmall(dash), !a.isGlued(dash), first.words.hasSuffix("dollars"),
      !["in", "of", "and", "or", "to", "for", "per", "a", "each", "on", "at", "is", "was"].contains(a.lower(dash))
    {
      return .init(first.count, String(first.words.dropLast()))
    }
    return first
  }

  private static func amount(_ a: Atoms, _ start: Int) -> TextNormalizer.Match? {
    var i = start, sign = ""
    if a.isGlued(i + 1), !a.isGlued(i) || "(".contains(a.text(i - 1)) || i == 0 {
      if a.isSign(i, "-") { (i, sign) = (i + 1, "minus ") } else if a.isSign(i, "+") { (i, sign) = (i + 1, "plus ") }
    }
    if let code = T.currencyCodes[a.text(i)], a.isLetters(i), !a.isGlued(i) || i == 0 {
      let stop = a.isStop(i + 1) ? 1 : 0
      guard code.many == "rupees" || stop == 0, let n = Number(a, i + 1 + stop),
        !a.goesOn(i + 1 + stop + n.count) || magnitude(a, i + 1 + stop + n.count) != nil
      else { return nil }
      let cents = T.currencies.values.first { $0.one == code.one }
      let c = (code.one, code.many, cents?.cent ?? "cent", cents?.cents ?? "cents")
      return prefixed(a, start, i + 1 + stop, n, c, sign)
    }
    var nation = ""
    if let name = T.dollarNations[a.text(i)], a.isSign(i + 1, "$"), a.isGlued(i + 1) {
      (i, nation) = (i + 1, name + " ")
    }
    let isReal = a.isSign(i, "R") && a.isSign(i + 1, "$") && a.isGlued(i + 1)
    if isReal { i += 1 }
    if let sign0 = T.currencies[a.text(i)], a.text(i) != "¢" {
      if a.isSign(i + 1, "-"), a.isGlued(i + 1), a.isGlued(i + 2), a.isDigits(i + 2) { (i, sign) = (i + 1, "minus ") }
      guard let n = Number(a, i + 1), !a.isSign(i + 1 + n.count, "@") else { return nil }
      let c =
        isReal
        ? ("brazilian real", "brazilian reais", "centavo", "centavos")
        : (nation + sign0.one, nation + sign0.many, sign0.cent, sign0.cents)
      return prefixed(a, start, i + 1, n, c, sign)
    }
    guard let n = Number(a, i), nation.isEmpty, !isReal else { return nil }
    var end = i + n.count, words = n.words
    if let m = magnitude(a, end) { (end, words) = (end + m.count, words + " " + m.word) }
    if ["¢", "€", "£", "₽", "₹", "₺", "₴", "₫", "₪"].contains(a.text(end)), let c = T.currencies[a.text(end)],
      !a.isDigits(end + 1) || !a.isGlued(end + 1)
    {
      let spoken = n.fraction?.count == 2 && end == i + n.count ? said(n, c) : words + " " + (n.isOne ? c.one : c.many)
      return .init(end + 1 - start, sign + spoken)
    }
    if let code = T.currencyCodes[a.text(end)], !a.goesOn(end + 1) {
      return .init(end + 1 - start, sign + words + " " + (n.isOne ? code.one : code.many))
    }
    return nil
  }

  /// What comes after a currency: a number, a range of numbers, a number of millions.
  private static func prefixed(
    _ a: Atoms, _ start: Int, _ at: Int, _ n: Number, _ c: Currency, _ sign: String
  ) -> TextNormalizer.Match {
    let end = at + n.count
    if let m = magnitude(a, end, isMoney: true) {
      return .init(end + m.count - start, sign + n.words + " " + m.word + " " + c.many)
    }
    if a.isSign(end, "-"), a.isGlued(end), a.isGlued(end + 1), let high = Number(a, end + 1),
      !a.goesOn(end + 1 + high.count) || magnitude(a, end + 1 + high.count) != nil, !a.isSign(end + 1 + high.count, "-")
    {
      let last = end + 1 + high.count
      if n.fraction != nil || high.fraction != nil, magnitude(a, last) == nil {
        return .init(last - start, sign + said(n, c) + " to " + said(high, c))
      }
      let m = magnitude(a, last)
      let words = n.words + " to " + high.words + (m.map { " " + $0.word } ?? "") + " " + c.many
      return .init(last + (m?.count ?? 0) - start, sign + words)
    }
    return .init(end - start, sign + said(n, c))
  }

  private static func magnitude(_ a: Atoms, _ i: Int, isMoney: Bool = false) -> (count: Int, word: String)? {
    if let word = T.magnitudes[a.lower(i)] { return (1, word) }
    guard let word = T.shortMagnitudes[a.lower(i)], a.isLetters(i), !a.goesOn(i + 1),
      a.isGlued(i) || ["b", "bn", "mn", "mil", "tn", "mio"].contains(a.lower(i))
        || (isMoney && ["M", "K", "T"].contains(a.text(i)))
    else { return nil }
    return (1, word)
  }

  /// Whole units and hundredths; more decimals than two are read as a decimal.
  private static func said(_ n: Number, _ c: Currency) -> String {
    let whole = n.integer.isEmpty ? "0" : n.integer
    var fraction = n.fraction ?? ""
    while fraction.count > 2, fraction.hasSuffix("0") { fraction.removeLast() }
    if fraction.count == 1 { fraction += "0" }
    guard fraction.count <= 2 else { return n.words + " " + c.many }
    let hundredths = Int(fraction) ?? 0
    let major = NumberWords.cardinal(whole) + " " + (whole == "1" ? c.one : c.many)
    guard hundredths > 0 else { return major }
    let minor = NumberWords.cardinal(hundredths) + " " + (hundredths == 1 ? c.cent : c.cents)
    return whole.allSatisfy { $0 == "0" } ? minor : major + " " + minor
  }
}
