/// Telephone numbers and numbers of the same kind.
extension Rules {
  /// Groups of digits in the usual patterns, said digit by digit with a pause between the groups.
  @Sendable static func telephone(_ a: Atoms, _ start: Int) -> TextNormalizer.Match? {
    guard a.isDigits(start) || a.isSign(start, "+") || a.isSign(start, "("),
      !a.isGlued(start) || "(\"':;,".contains(a.text(start - 1)) || a.lower(start - 1) == "tel"
    else { return nil }
    if let internet = address4(a, start, strict: true) { return internet }
    if let short = emergency(a, start) { return short }
    var (i, lead) = prefix(a, start)
    let free: Set = ["800", "833", "844", "855", "866", "877", "888", "900"]
    let hasLead = lead != nil || (free.contains(a.text(start)) && a.isSign(start + 1, "-"))
    let groups = Self.groups(a, &i, start, hasLead: hasLead)
    let numeric = groups.allSatisfy { $0.allSatisfy(\.isNumber) }
    let isInternational = a.isSign(start, "+") && groups.joined().count >= (groups.count == 1 ? 8 : 5) && numeric
    guard !a.goesOn(i) || extensionWords(a, i) != nil,
      isInternational || isKnown(a, start, groups, numeric: numeric, hasLead: hasLead)
    else { return nil }
    var words = lead.map { [$0] } ?? []
    words += groups.enumerated().map { index, group in
      guard group.first!.isNumber else { return group }
      return index == 0 && group.hasSuffix("00") && group.count == 3 && !group.hasPrefix("0")
        ? NumberWords.cardinal(group) : NumberWords.spelled(group)
    }
    if let more = extensionWords(a, i) { (i, words) = (i + more.count, words + [more.words]) }
    return .init(i - start, words.joined(separator: " , "))
  }

  /// The country's code, or the one before an area code.
  private static func prefix(_ a: Atoms, _ start: Int) -> (next: Int, words: String?) {
    if a.isSign(start, "("), a.isSign(start + 1, "+"), a.isDigits(start + 2), a.isSign(start + 3, ")") {
      return (start + 4, "plus " + NumberWords.spelled(a.text(start + 2)))
    }
    if a.isSign(start, "+"), a.isGlued(start + 1), a.isDigits(start + 1) {
      let code = a.text(start + 1)
      return code.count > 3 ? (start + 1, "plus") : (start + 2, "plus " + NumberWords.spelled(code))
    }
    let area = a.isSign(start + 1, "-") || a.isStop(start + 1) ? start + 2 : start + 1
    let open = a.isSign(area, "(") ? 1 : 0
    guard a.isSign(start, "1"), a.isDigits(area + open), a.text(area + open).count == 3, area + open > start + 1,
      open == 1 || (a.isGlued(start + 1) && "-.".contains(a.text(area + 1)) && a.isGlued(area + 1))
    else { return (start, nil) }
    return (start + 1, "one")
  }

  private static func groups(_ a: Atoms, _ i: inout Int, _ start: Int, hasLead: Bool) -> [String] {
    var groups: [String] = []
    while i < a.count, groups.count < 7 {
      var at = i
      let parted = (a.isSign(at, "-") && (a.isGlued(at) || a.isSign(at - 1, ")"))) || a.isStop(at)
      if parted, at > start { at += 1 }
      let open = a.isSign(at, "(") && a.isDigits(at + 1) && a.isSign(at + 2, ")") ? 1 : 0
      if parted, !a.isGlued(at) { break }
      let isWord =
        a.isLetters(at) && a.text(at) == a.text(at).uppercased() && hasLead && !groups.isEmpty
        && (parted || (a.isGlued(at) && groups.count > 1))
      guard a.isDigits(at + open) || isWord else { break }
      // After a blank only further digits of a number, never a year or a house.
      let spaced = !a.isGlued(at) && at > start && !parted
      if spaced, !groups.isEmpty, a.text(at + open).count < 2 || (a.text(at + open).count > 4 && !hasLead) { break }
      groups.append(a.text(at + open))
      i = at + 1 + 2 * open
    }
    return groups
  }

  private static func isKnown(_ a: Atoms, _ start: Int, _ groups: [String], numeric: Bool, hasLead: Bool) -> Bool {
    let shape = groups.map(\.count)
    guard numeric else {
      return hasLead && groups.count >= 2 && shape[0] == 3 && groups[0].first!.isNumber
        && groups[1...].joined().count >= 3
    }
    if [[3, 3, 4], [3, 2, 4], [3, 3, 4, 4], [4, 4, 4, 4]].contains(shape) { return true }
    let national = [
      [3, 4, 4], [4, 3, 4], [4, 3, 3], [5, 6], [4, 6], [5, 3, 3], [2, 4, 4], [2, 2, 2, 2, 2], [4, 7],
    ]
    if groups.first?.hasPrefix("0") == true, national.contains(shape) { return true }
    guard shape == [3, 4], let last = Int(groups[1]) else { return false }
    if a.isSign(start + 1, "-"), last % 50 != 0 { return true }
    if groups[0] == "555" || groups[1].hasPrefix("0") { return true }
    return follows(
      a, start, ["call", "phone", "at", "dial", "tel", "telephone", "number", "fax", "text", "mobile", "cell"])
  }

  /// Whether one of `words` comes before, with a sign between at most.
  private static func follows(_ a: Atoms, _ start: Int, _ words: Set<String>) -> Bool {
    words.contains(a.lower(start - 1)) || (":.".contains(a.text(start - 1)) && words.contains(a.lower(start - 2)))
  }

  /// `ext. 32`, `x204`, `extension 5`.
  private static func extensionWords(_ a: Atoms, _ i: Int) -> (count: Int, words: String)? {
    var at = i + (a.isSign(i, ",") ? 1 : 0)
    guard ["ext", "extension", "x"].contains(a.lower(at)) else { return nil }
    at += a.isStop(at + 1) ? 2 : 1
    guard a.isDigits(at) else { return nil }
    return (at + 1 - i, "extension " + NumberWords.spelled(a.text(at)))
  }

  /// `call 911`.
  private static func emergency(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    let known: Set = ["911", "411", "311", "211", "511", "999", "112", "988", "101", "111"]
    guard known.contains(a.text(i)), !a.goesOn(i + 1),
      follows(a, i, ["call", "called", "dial", "dialed", "phone", "ring", "calling"])
        || ["call", "calls", "operator", "dispatcher", "emergency"].contains(a.lower(i + 1))
    else { return nil }
    return .init(1, NumberWords.spelled(a.text(i)))
  }

  /// Four numbers with dots between them, each below 256.
  static func address4(_ a: Atoms, _ i: Int, strict: Bool) -> TextNormalizer.Match? {
    guard [0, 2, 4, 6].allSatisfy({ a.value(i + $0, in: 0...255, length: 1...3) != nil }),
      [1, 3, 5].allSatisfy({ a.isStop(i + $0) && a.isGlued(i + $0 + 1) }), !strict || !a.goesOn(i + 7)
    else { return nil }
    return .init(7, [0, 2, 4, 6].map { NumberWords.spelled(a.text(i + $0)) }.joined(separator: " dot "))
  }
}
