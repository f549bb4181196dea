extension FrontEnd.Utterance {
  /// A pause; of several in a row the strongest stays, and none comes first.
  mutating func append(_ pause: Pause) {
    guard let last = symbols.last else { return }
    let id = PhoneSymbols.id(pause)
    if wordOfSymbol.last! == nil {
      symbols[symbols.count - 1] = max(last, id)
    } else {
      symbols.append(id)
      wordOfSymbol.append(nil)
    }
  }

  /// - Parameter joining: whether these phones belong to the word before, as the second of two spoken for one written.
  mutating func append(_ phones: [Phone], of word: FrontEnd.Word, joining: Bool) {
    guard !phones.isEmpty else { return }
    if joining, let last = words.last, last.range == word.range {
      words[words.count - 1].phones += phones
    } else {
      words.append(word)
    }
    symbols += phones.map(PhoneSymbols.id)
    wordOfSymbol += phones.map { _ in words.count - 1 }
  }

  /// Ends the utterance with a pause and moves it to `list`; one without words is dropped.
  mutating func close(_ list: inout [FrontEnd.Utterance], cut: Bool) {
    if !words.isEmpty {
      if wordOfSymbol.last! != nil { append(cut ? .short : .stop) }
      list.append(self)
    }
    self = FrontEnd.Utterance()
  }
}

extension Array where Element == FrontEnd.Utterance {
  /// Every stage for people to read: written form, rule, spoken form, phones and where they come from.
  public var trace: String {
    enumerated().map { index, utterance in
      let lines = utterance.words.map { word in
        let said = word.spoken == word.written.lowercased() ? "" : " [\(word.rule)] \(word.spoken)"
        return "  \(word.written)\(said)  ->  \(word.phones.arpabet)  (\(word.source.rawValue))"
      }
      let symbols = utterance.symbols.map { PhoneSymbols.names[$0] }.joined(separator: " ")
      return (["utterance \(index + 1)"] + lines + ["  symbols: \(symbols)"]).joined(separator: "\n")
    }.joined(separator: "\n")
  }
}
