/// Postal addresses and roads.
extension Rules {
  private typealias T = NormalizerTables

  /// House numbers, compass letters, streets, parts of a building, roads, states and postal codes.
  @Sendable static func address(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    if a.isDigits(i) { return houseOrRoad(a, i) ?? postalCode(a, i) }
    guard a.isLetters(i) else { return nil }
    return compass(a, i) ?? room(a, i) ?? state(a, i) ?? street(a, i) ?? road(a, i)
  }

  private static func houseOrRoad(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    let digits = a.text(i), before = a.lower(i - 1)
    // "221B Baker St"
    if (3...4).contains(digits.count), a.isGlued(i + 1), a.text(i + 1).count == 1, a.isCapitalised(i + 1),
      a.isSpaced(i + 2),
      leadsToStreet(a, i + 2)
    {
      return .init(1, NumberWords.pairs(digits))
    }
    guard digits.count <= 5, !a.goesOn(i + 1) else { return nil }
    if !a.isGlued(i), !a.isGlued(i + 1), a.isLetters(i + 1), leadsToStreet(a, i + 1) || isHouse(a, i) {
      // 2000 to 2009 are read like years.
      return .init(1, NumberWords.pairs(digits))
    }
    guard digits.count <= 4, !a.isGlued(i + 1) || !".-/".contains(a.text(i + 1)) || !a.isDigits(i + 2) else {
      return nil
    }
    let box = before == "box" && ["po", "o", ".", "office"].contains(a.lower(i - 2))
    let opened = a.isSign(i - 1, "#") || a.isStop(i - 1) ? a.lower(i - 2) : before
    let inside = T.rooms[opened] != nil && digits.count >= 3 && a.isCapitalised(i - (opened == before ? 1 : 2))
    let named = ["hwy", "highway", "route", "rte", "interstate", "freeway"].contains(before)
    let coded =
      a.isSign(i - 1, "-") && a.isGlued(i) && a.isGlued(i - 1) && ["I", "US", "SR"].contains(a.text(i - 2))
    return box || inside || named || coded ? .init(1, NumberWords.pairs(digits)) : nil
  }

  /// `1026 North Beckley`: three digits or four and a compass word before a name.
  private static func isHouse(_ a: Atoms, _ i: Int) -> Bool {
    a.text(i).count >= 3 && T.directions.values.contains(a.lower(i + 1)) && a.isCapitalised(i + 1)
      && a.isCapitalised(i + 2)
      && a.isSpaced(i + 2)
  }

  /// Five digits after a state, with four more after a hyphen.
  private static func postalCode(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard a.text(i).count == 5, T.states[a.text(a.isSign(i - 1, ",") ? i - 2 : i - 1)] != nil || isCapital(a, i) else {
      return nil
    }
    let words = NumberWords.spelled(a.text(i))
    if a.isSign(i + 1, "-"), a.isGlued(i + 1), a.isGlued(i + 2), a.isDigits(i + 2), a.text(i + 2).count == 4 {
      return .init(3, words + " , " + NumberWords.spelled(a.text(i + 2)))
    }
    return a.goesOn(i + 1) ? nil : .init(1, words)
  }

  private static func isCapital(_ a: Atoms, _ i: Int) -> Bool { a.isSign(i - 1, "DC") || a.isSign(i - 2, "DC") }

  /// Whether one to four words with a capital, or an ordinal, end in a street.
  private static func leadsToStreet(_ a: Atoms, _ start: Int) -> Bool {
    var i = start
    for k in 0..<6 {
      let isCode = a.text(i).count == 2 && a.text(i) == a.text(i).uppercased()
      if k > 0, T.streets[a.lower(i)] != nil, !isCode { return true }
      if k > 0, a.isCapitalised(i) || (k > 1 && a.isCapitalised(i - 1)), T.streetNames.contains(a.lower(i)) {
        return true
      }
      let ending = ["st", "nd", "rd", "th"].contains(a.lower(i)) && a.isGlued(i) && a.isDigits(i - 1)
      let isInitialStop = a.isStop(i) && a.isLetters(i - 1) && a.text(i - 1).count <= 2
      guard isInitialStop || a.isDigits(i) || a.isCapitalised(i) || ending else { return false }
      i += 1
    }
    return false
  }

  /// `N. Main St`, `45 NW 23rd Ave`, `Main St NW`.
  private static func compass(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard let word = T.directions[a.lower(i)], a.text(i) == a.text(i).uppercased() else { return nil }
    let stop = a.isStop(i + 1) ? 1 : 0
    let afterStreet =
      T.streets[a.lower(i - 1)] != nil || (a.isStop(i - 1) && T.streets[a.lower(i - 2)] != nil)
      || T.streetNames.contains(a.lower(i - 1))
    if afterStreet, !a.isGlued(i), !a.isCapitalised(i + 1 + stop) {
      let ends = stop == 1 && i + 2 >= a.count
      return .init(1 + stop, word, pause: ends ? .stop : nil)
    }
    // "N. Korea"
    if stop == 1, parted.contains(a.lower(i + 2)), a.isCapitalised(i + 2) { return .init(2, word) }
    guard leadsToStreet(a, i + 1 + stop) else { return nil }
    let opens = i == 0 || !a.isLetters(i - 1) || ["and", "on", "of", "at", "to", "from"].contains(a.lower(i - 1))
    return a.isDigits(i - 1) || (opens && (a.isDigits(i + 1) || stop == 1 || a.text(i).count == 2))
      ? .init(1 + stop, word) : nil
  }

  /// Countries and states that are named after their side.
  private static let parted: Set<String> = [
    "korea", "carolina", "dakota", "america", "africa", "ireland", "vietnam", "sudan", "virginia", "germany", "asia",
  ]

  /// `Apt 4B`, `Ste. 210`: the short word alone; its number follows.
  private static func room(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard let word = T.rooms[a.lower(i)], word != a.lower(i), word != "department", !a.isGlued(i) || i == 0 else {
      return nil
    }
    let stop = a.isStop(i + 1) ? 1 : 0, next = i + 1 + stop
    let hash = a.isSign(next, "#") ? 1 : 0
    guard a.isDigits(next + hash) || (a.text(next).count == 1 && a.isCapitalised(next)),
      a.isCapitalised(i) || a.isSign(i - 1, ",")
    else { return nil }
    return .init(1 + stop + hash, word)
  }

  /// A state's two letters after a city.
  private static func state(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard let state = T.states[a.text(i)], i > 0, !a.goesOn(i + 1) else { return nil }
    let isPlace = a.isDigits(i + 1) && a.text(i + 1).count == 5
    if a.isSign(i - 1, ",") {
      // "OK" and "HI" are more often words.
      let isWord = ["OK", "HI", "OH", "ME", "IN", "OR"].contains(a.text(i))
      if isPlace || a.isSign(i + 1, ",") || i + 1 == a.count || a.isDigits(i + 1) { return .init(1, state) }
      return !isWord && a.isCapitalised(i - 2) && !a.isGlued(i) ? .init(1, state) : nil
    }
    return isPlace && a.isCapitalised(i - 1) ? .init(1, state) : nil
  }

  private static func street(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard let street = T.streets[a.lower(i)], i > 0, !a.isGlued(i), streetStarts(a, i) else { return nil }
    let stop = a.isStop(i + 1)
    guard stop || a.lower(i) != "dr" || a.isSign(i + 1, ",") || i + 1 == a.count || !a.isCapitalised(i + 1) else {
      return nil
    }
    // The stop also ends a sentence where a capital or nothing follows.
    let ends = stop && (i + 2 >= a.count || (a.isCapitalised(i + 2) && T.directions[a.lower(i + 2)] == nil))
    return .init(stop ? 2 : 1, street, pause: ends ? .stop : nil)
  }

  /// Whether what comes before a street's short name is a name, or an ordinal after a number.
  private static func streetStarts(_ a: Atoms, _ i: Int) -> Bool {
    if ["st", "nd", "rd", "th"].contains(a.lower(i - 1)) && a.isGlued(i - 1) && a.isDigits(i - 2) { return true }
    guard a.isCapitalised(i - 1), a.text(i - 1).count > 1, !["the", "on", "in", "at", "and"].contains(a.lower(i - 1))
    else { return false }
    let numbered = (max(0, i - 5)..<i).contains { a.isDigits($0) }
    switch a.lower(i) {
    case "ave", "rd", "blvd", "hwy", "expy", "pkwy", "ln", "fwy", "tpke": return true
    case "st", "dr":
      guard a.isCapitalised(i) else { return true }
      // "Dr. Smith" and "St. Paul" after a sentence's first word.
      let named = a.isCapitalised(a.isSign(i + 1, ".") ? i + 2 : i + 1) && !a.isSign(i + 1, ",")
      return (numbered || !named) && (a.isSign(i + 1, ".") || numbered) && a.text(i) != a.text(i).uppercased()
    default: return numbered
    }
  }

  /// `Rte. 66`, `Hwy 61`.
  private static func road(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard ["rte", "rt", "hwy"].contains(a.lower(i)), a.isCapitalised(i) else { return nil }
    let stop = a.isStop(i + 1) ? 1 : 0
    return a.isDigits(i + 1 + stop) ? .init(1 + stop, a.lower(i) == "hwy" ? "highway" : "route") : nil
  }
}
