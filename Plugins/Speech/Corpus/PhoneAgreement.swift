/// Symbols read from a text laid beside phones that were heard, so that the phones' times become the symbols'.
///
/// What was heard decides which symbols there are; the text says what a phone name cannot: which of three degrees of
/// stress a vowel has, and which mark a pause stands for.
package struct PhoneAgreement {
  /// One symbol for every phone that was heard.
  package let ids: [Int]

  /// - Parameters:
  ///   - names: ARPAbet, `pau` for pauses.
  ///   - read: ids of the text's symbols, without a silence before.
  /// - Returns: nil when a name is no phone.
  package init?(heard names: [String], read: [Int]) {
    var heard: [Phone?] = []
    for name in names {
      guard name != "pau" else {
        heard.append(nil)
        continue
      }
      guard let phone = Phone(name) else { return nil }
      heard.append(phone)
    }
    let partners = Self.partners(heard, read)
    ids = heard.indices.map { i in
      let own = partners[i].map { read[$0] }
      guard let phone = heard[i] else {
        if i == 0 { return PhoneSymbols.pad }
        return own ?? (i == heard.count - 1 ? PhoneSymbols.id(.stop) : PhoneSymbols.id(.short))
      }
      return own.flatMap { Self.phone($0)?.base == phone.base ? $0 : nil } ?? PhoneSymbols.id(phone)
    }
  }

  private static func phone(_ id: Int) -> Phone? {
    let first = PhoneSymbols.count - Phone.count
    return id >= first ? Phone(index: id - first) : nil
  }

  /// For every phone that was heard the place of the symbol it answers to, by least edits. Pauses answer to pauses,
  /// phones to phones; one vowel in the place of another is the smallest fault.
  private static func partners(_ heard: [Phone?], _ read: [Int]) -> [Int?] {
    let symbols = read.map(phone)
    func cost(_ a: Phone?, _ b: Phone?) -> Int {
      switch (a, b) {
      case (nil, nil): 0
      case (let a?, let b?): a.base == b.base ? 0 : a.isVowel == b.isVowel ? 2 : 4
      // Never better than leaving out both.
      default: 7
      }
    }
    let width = symbols.count + 1, gap = 3
    var total = [Int](repeating: 0, count: (heard.count + 1) * width)
    for j in 0..<width { total[j] = gap * j }
    for i in heard.indices {
      total[(i + 1) * width] = gap * (i + 1)
      for j in symbols.indices {
        total[(i + 1) * width + j + 1] = min(
          total[i * width + j] + cost(heard[i], symbols[j]), total[i * width + j + 1] + gap,
          total[(i + 1) * width + j] + gap)
      }
    }
    var partners = [Int?](repeating: nil, count: heard.count)
    var (i, j) = (heard.count, symbols.count)
    while i > 0 && j > 0 {
      let here = total[i * width + j]
      if here == total[(i - 1) * width + j - 1] + cost(heard[i - 1], symbols[j - 1]) {
        (i, j) = (i - 1, j - 1)
        partners[i] = j
      } else if here == total[(i - 1) * width + j] + gap {
        i -= 1
      } else {
        j -= 1
      }
    }
    return partners
  }
}
