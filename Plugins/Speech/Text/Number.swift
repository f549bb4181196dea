/// A written number: `1,234.50`, `1 000 000`, `1'250`.
struct Number {
  var integer: String
  var fraction: String?
  var isGrouped = false
  /// Atoms it takes.
  var count: Int

  init?(_ a: Atoms, _ start: Int) {
    if a.isSign(start, "."), a.isDigits(start + 1), a.isGlued(start + 1) {
      (integer, fraction, count) = ("", a.text(start + 1), 2)
      return
    }
    guard a.isDigits(start) else { return nil }
    integer = a.text(start)
    var i = start + 1
    if integer.count <= 3 {
      for mark in [",", "'", "_"] {
        while a.isSign(i, mark), a.isGlued(i), a.isGlued(i + 1), a.isDigits(i + 1), a.text(i + 1).count == 3 {
          integer += a.text(i + 1)
          isGrouped = true
          i += 2
        }
        if isGrouped { break }
      }
      // "1.000.000", as some languages write it.
      func dotted(_ i: Int) -> Bool { a.isStop(i) && a.isGlued(i + 1) && a.isDigits(i + 1) && a.text(i + 1).count == 3 }
      if !isGrouped, !integer.hasPrefix("0"), dotted(i), dotted(i + 2),
        !(a.isStop(i + 4) && a.goesOn(i + 5) && !dotted(i + 4))
      {
        while dotted(i) { (integer, isGrouped, i) = (integer + a.text(i + 1), true, i + 2) }
      }
      if !isGrouped { i = Self.spacedGroups(a, start, &integer, &isGrouped) }
    }
    if a.isStop(i), a.isGlued(i + 1), a.isDigits(i + 1),
      !(a.isStop(i + 2) && a.isGlued(i + 3) && a.isDigits(i + 3))
    {
      fraction = a.text(i + 1)
      i += 2
    }
    count = i - start
  }

  /// Blanks between groups of three, where nothing else has digits beside them.
  private static func spacedGroups(_ a: Atoms, _ start: Int, _ integer: inout String, _ isGrouped: inout Bool) -> Int {
    var i = start + 1
    while a.isDigits(i), a.isSpaced(i), a.text(i).count == 3, i - start <= 6 { i += 1 }
    guard i > start + 1, !integer.hasPrefix("0"), !a.isDigits(i), !a.isDigits(start - 1), !a.isGlued(start),
      !a.goesOn(i), !(a.isGlued(i) && "-/:'".contains(a.text(i)))
    else { return start + 1 }
    for k in (start + 1)..<i { integer += a.text(k) }
    isGrouped = true
    return i
  }

  var isOne: Bool { fraction == nil && integer == "1" }
  /// The usual reading.
  var words: String {
    let whole = integer.isEmpty ? "" : NumberWords.cardinal(integer)
    guard let fraction else { return whole }
    return (whole.isEmpty ? "" : whole + " ") + "point " + NumberWords.spelled(fraction)
  }
}
