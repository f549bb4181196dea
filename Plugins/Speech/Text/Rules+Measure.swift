/// Numbers with units.
extension Rules {
  private typealias T = NormalizerTables

  /// `12kg`, `7.2 mm`, `60 km/h`, `20°C`, `5%`, `6'2"`, `100 million kg`, `10 m x 20 m`.
  @Sendable static func measure(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    let signs = isMinus(a, i) ? "minus " : isPlus(a, i) ? "plus " : "", sign = signs.isEmpty ? 0 : 1
    // Not the digits within a code.
    guard let n = Number(a, i + sign), !(a.isGlued(i) && a.isLetters(i - 1)) || a.lower(i - 1) == "x" else {
      return nil
    }
    var end = i + sign + n.count, words = signs + n.words, isOne = n.isOne
    if let m = millions(a, end) { return .init(end + 1 - i, words + " " + m) }
    if n.fraction != nil, a.text(end) == "s", a.isGlued(end), !a.goesOn(end + 1) {
      return .init(end + 1 - i, words + " seconds")
    }
    if let m = T.magnitudes[a.lower(end)] { (end, words, isOne) = (end + 1, words + " " + m, false) }
    if let d = degrees(a, end, isOne: isOne) { return .init(end + d.count - i, words + d.words) }
    if n.fraction == nil, let f = feet(a, end, isOne: isOne) { return .init(end + f.count - i, words + f.words) }
    if a.isSign(end, "\""), a.isGlued(end), !a.closing.contains(end) {
      return .init(end + 1 - i, words + (isOne ? " inch" : " inches"))
    }
    // "7.2-millimeter bullet"
    if a.isSign(end, "-"), a.isGlued(end), a.isGlued(end + 1), a.isLetters(end + 1), let unit = T.unit(a.text(end + 1)),
      a.text(end + 1).count > 1 || a.isSpaced(end + 2), !T.gluedUnits.contains(a.lower(end + 1)),
      !(a.isSign(end + 2, "-") && a.isGlued(end + 2))
    {
      return .init(end + 2 - i, words + " " + unit)
    }
    guard let unit = measureUnit(a, end, glued: a.isGlued(end)) else { return sides(a, i, n) }
    end += unit.count
    words += " " + (isOne ? unit.one : unit.many)
    // "6 ft 2 in": the smaller unit belongs to it.
    if ["foot", "pound", "hour", "degree"].contains(unit.one), let m = Number(a, end), m.fraction == nil,
      let small = measureUnit(a, end + m.count, glued: true), ["inch", "ounce", "minute"].contains(small.one)
    {
      words += " " + m.words + " " + (m.isOne ? small.one : small.many)
      end += m.count + small.count
    }
    return .init(end - i, words)
  }

  /// `5.4m copies`, `2M users`: many of something.
  private static func millions(_ a: Atoms, _ i: Int) -> String? {
    guard let word = ["m": "million", "M": "million", "bn": "billion", "B": "billion"][a.text(i)], a.isGlued(i),
      a.isSpaced(i + 1), a.isSmall(i + 1)
    else { return nil }
    let next = a.lower(i + 1)
    let isMany =
      next == "people" || (next.count > 3 && next.hasSuffix("s") && !next.hasSuffix("ss") && !next.hasSuffix("us"))
    return isMany && !["hurdles", "races", "sprints", "runs", "this", "does", "wins", "finals"].contains(next)
      ? word : nil
  }

  /// `8.5 x 11`, `8 x 10 in`: the sides of something.
  private static func sides(_ a: Atoms, _ i: Int, _ n: Number) -> TextNormalizer.Match? {
    let x = i + n.count
    guard a.text(x) == "x" || a.text(x) == "×", !a.isGlued(x), !a.isGlued(x + 1), let m = Number(a, x + 1),
      !isMinus(a, i)
    else { return nil }
    let end = x + 1 + m.count
    guard let unit = measureUnit(a, end, glued: true) else { return nil }
    return .init(end + unit.count - i, n.words + " by " + m.words + " " + unit.many)
  }

  /// Percent, per mille, degrees and their scales.
  static func degrees(_ a: Atoms, _ end: Int, isOne: Bool) -> (count: Int, words: String)? {
    if a.isSign(end, "%"), !a.goesOn(end + 1) { return (1, " percent") }
    if a.isSign(end, "‰") { return (1, " per mille") }
    guard a.isSign(end, "°") else { return nil }
    let scales = ["C": "celsius", "F": "fahrenheit", "K": "kelvin"], word = isOne ? " degree" : " degrees"
    if let scale = scales[a.text(end + 1).uppercased()], !a.goesOn(end + 2) { return (2, word + " " + scale) }
    if let side = T.directions[a.text(end + 1).lowercased()], a.isCapitalised(end + 1), a.text(end + 1).count == 1,
      !a.goesOn(end + 2)
    {
      return (2, word + " " + side)
    }
    return (1, word)
  }

  /// Feet and inches.
  private static func feet(_ a: Atoms, _ end: Int, isOne: Bool) -> (count: Int, words: String)? {
    if a.isSign(end, "'"), a.isGlued(end),
      ["x", "×", "tall", "long", "wide", "high", "deep", "by"].contains(a.lower(end + 1))
    {
      return (1, isOne ? " foot" : " feet")
    }
    guard a.isSign(end, "'"), a.isGlued(end), let inches = a.value(end + 1, in: 0...11), a.isGlued(end + 1) else {
      return nil
    }
    let quote = a.isSign(end + 2, "\"") ? 1 : 0
    return (
      2 + quote,
      (isOne ? " foot " : " feet ") + NumberWords.cardinal(inches)
        + (quote == 0 ? "" : inches == 1 ? " inch" : " inches")
    )
  }

  /// A plus sign before a number that stands alone.
  static func isPlus(_ a: Atoms, _ i: Int) -> Bool {
    a.isSign(i, "+") && a.isGlued(i + 1) && (a.isDigits(i + 1) || a.isSign(i + 1, "."))
      && (!a.isGlued(i) || a.isSign(i - 1, "("))
      && !a.isDigits(i - 1)
  }

  /// A unit at atom `i`, with its power and what it is divided by.
  static func measureUnit(_ a: Atoms, _ i: Int, glued: Bool) -> (count: Int, one: String, many: String)? {
    if let compound = spelledPower(a, i) { return compound }
    // "12A" is a room or a seat.
    guard a.isLetters(i), let name = T.unit(a.text(i)), !(a.isGlued(i) && a.lower(i) == "a") else { return nil }
    let key = a.lower(i), power = Self.power(a, i + 1)
    let divided = a.isSign(i + 1, "/") && a.isGlued(i + 1) && a.isGlued(i + 2)
    guard power != nil || (divided && T.unit(a.text(i + 2)) != nil) || isClear(a, i, glued: glued) else { return nil }
    // "80 s" is a letter, "80s" a decade; both are rules of their own.
    if key == "s", !divided { return nil }
    var (one, many, count) = (name, T.several(name), 1)
    if let power { (one, many, count) = (power + " " + one, power + " " + many, 2) }
    if a.isSign(i + count, "/"), a.isGlued(i + count), a.isGlued(i + count + 1) {
      guard let per = T.unit(a.text(i + count + 1)) else { return nil }
      let below = Self.power(a, i + count + 2)
      let said = below.map { per == "second" ? per + " " + $0 + "d" : $0 + " " + per } ?? per
      (one, many, count) = (one + " per " + said, many + " per " + said, count + (below == nil ? 2 : 3))
    }
    guard !a.goesOn(i + count) else { return nil }
    // The stop of a shortened word within a sentence.
    let next = i + count + 1
    if a.isStop(i + count), name != a.text(i), count == 1,
      a.isSmall(next) || a.endsClause(next) || (a.isDigits(next) && T.unit(a.text(next + 1)) != nil)
    {
      count += 1
    }
    return (count, one, many)
  }

  /// Whether letters that may also be a word or a name stand for a unit.
  private static func isClear(_ a: Atoms, _ i: Int, glued: Bool) -> Bool {
    let (text, key) = (a.text(i), a.lower(i))
    let clear: Set = ["m", "g", "l", "L", "W", "V", "J", "h", "mi", "ms", "mA", "Pa", "Ah", "atm"]
    if !T.gluedUnits.contains(key) || clear.contains(text) { return true }
    if text == "A" { return !a.isLetters(i + 1) }
    // "5 M" is no length.
    if glued { return key.count > 1 || text == key }
    return key == "in" && endsLength(a, i)
  }

  private static func power(_ a: Atoms, _ i: Int) -> String? {
    guard a.isGlued(i) else { return nil }
    guard !a.goesOn(i + 1) else { return nil }
    return ["²": "square", "2": "square", "³": "cubic", "3": "cubic"][a.text(i)]
  }

  /// `sq ft`, `cu. in`, `fl oz`.
  private static func spelledPower(_ a: Atoms, _ i: Int) -> (count: Int, one: String, many: String)? {
    guard let word = ["sq": "square", "cu": "cubic", "fl": "fluid"][a.lower(i)] else { return nil }
    let at = a.isStop(i + 1) ? i + 2 : i + 1
    guard let name = T.unit(a.text(at)), a.isLetters(at), !a.goesOn(at + 1) else { return nil }
    let stop = a.isStop(at + 1) && a.isSmall(at + 2) ? 1 : 0
    return (at + 1 + stop - i, word + " " + name, word + " " + T.several(name))
  }

  /// Whether "in" means inches: nothing follows that a preposition would have.
  private static func endsLength(_ a: Atoms, _ i: Int) -> Bool {
    i + 1 >= a.count || a.isStop(i + 1) || [")", ",", ";", "x", "×"].contains(a.text(i + 1))
      || ["by", "long", "wide", "tall"].contains(a.lower(i + 1))
  }
}
