/// The International Phonetic Alphabet, as far as it has American phones of CMUdict.
enum IPA {
  private static let table: [(String, String)] = [
    ("tʃ", "CH"), ("dʒ", "JH"), ("aɪ", "AY"), ("aʊ", "AW"), ("ɔɪ", "OY"), ("eɪ", "EY"), ("oʊ", "OW"), ("əʊ", "OW"),
    ("ɝ", "ER"),
    ("ɚ", "ER"), ("ɜ", "ER"), ("i", "IY"), ("ɪ", "IH"), ("ɛ", "EH"), ("e", "EH"), ("æ", "AE"), ("ɑ", "AA"), ("ɒ", "AA"),
    ("a", "AA"),
    ("ɔ", "AO"), ("ʌ", "AH"), ("ə", "AH"), ("ʊ", "UH"), ("u", "UW"), ("θ", "TH"), ("ð", "DH"), ("ʃ", "SH"), ("ʒ", "ZH"),
    ("ŋ", "NG"),
    ("ɹ", "R"), ("r", "R"), ("ɡ", "G"), ("g", "G"), ("j", "Y"), ("b", "B"), ("d", "D"), ("f", "F"), ("h", "HH"),
    ("k", "K"), ("l", "L"),
    ("ɫ", "L"), ("m", "M"), ("n", "N"), ("p", "P"), ("s", "S"), ("t", "T"), ("ɾ", "D"), ("v", "V"), ("w", "W"),
    ("z", "Z"),
    // Signs of narrower or foreign transcriptions, to the nearest phone.
    ("ɐ", "AH"), ("ɘ", "AH"), ("ɨ", "IH"), ("ᵻ", "IH"), ("ɤ", "AH"), ("ɯ", "UW"), ("o", "OW"), ("y", "UW"), ("ø", "ER"),
    ("œ", "ER"), ("ɻ", "R"), ("ʁ", "R"), ("ʍ", "W"), ("ʋ", "V"), ("β", "V"), ("ɸ", "F"), ("x", "K"), ("χ", "K"),
    ("c", "K"),
    ("q", "K"), ("ɲ", "N"), ("ɱ", "M"), ("ʎ", "L"), ("ɭ", "L"), ("ç", "HH"), ("ɦ", "HH"), ("ʧ", "CH"), ("ʤ", "JH"),
  ]

  /// `nil` where a sign has no phone here.
  static func phones(_ text: String) -> [Phone]? {
    // Ties, nasal and syllabic marks are not told apart.
    let plain = text.unicodeScalars.filter { !(0x300...0x36F).contains($0.value) }
    var rest = String(String.UnicodeScalarView(plain))[...], stress = 0, result: [Phone] = []
    while let c = rest.first {
      if c == "ˈ" || c == "ˌ" {
        stress = c == "ˈ" ? 1 : 2
        rest = rest.dropFirst()
      } else if "ː.ˑ /[]ʔ'ʰʲʷ".contains(c) {
        rest = rest.dropFirst()
      } else if let (sign, name) = table.first(where: { rest.hasPrefix($0.0) }) {
        let isVowel = Phone.vowels.contains(name)
        guard let phone = Phone(isVowel ? name + String(stress) : name) else { return nil }
        if isVowel { stress = 0 }
        result.append(phone)
        rest = rest.dropFirst(sign.count)
      } else {
        return nil
      }
    }
    return result
  }
}
