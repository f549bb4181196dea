/// Words of one spelling and two sounds, told apart by the words beside them.
enum Homographs {
  /// Noun (or adjective) and verb.
  private static let pairs: [String: (noun: String, verb: String)] = [
    "record": ("R EH1 K ER0 D", "R AH0 K AO1 R D"), "object": ("AA1 B JH EH0 K T", "AH0 B JH EH1 K T"),
    "present": ("P R EH1 Z AH0 N T", "P R IY0 Z EH1 N T"), "content": ("K AA1 N T EH0 N T", "K AH0 N T EH1 N T"),
    "produce": ("P R OW1 D UW0 S", "P R AH0 D UW1 S"), "project": ("P R AA1 JH EH0 K T", "P R AH0 JH EH1 K T"),
    "subject": ("S AH1 B JH IH0 K T", "S AH0 B JH EH1 K T"), "permit": ("P ER1 M IH2 T", "P ER0 M IH1 T"),
    "conflict": ("K AA1 N F L IH0 K T", "K AH0 N F L IH1 K T"),
    "contract": ("K AA1 N T R AE2 K T", "K AH0 N T R AE1 K T"),
    "conduct": ("K AA1 N D AH0 K T", "K AH0 N D AH1 K T"), "contest": ("K AA1 N T EH0 S T", "K AH0 N T EH1 S T"),
    "convict": ("K AA1 N V IH0 K T", "K AH0 N V IH1 K T"), "desert": ("D EH1 Z ER0 T", "D IH0 Z ER1 T"),
    "export": ("EH1 K S P AO0 R T", "IH0 K S P AO1 R T"), "import": ("IH1 M P AO0 R T", "IH0 M P AO1 R T"),
    "increase": ("IH1 N K R IY2 S", "IH0 N K R IY1 S"), "insult": ("IH1 N S AH2 L T", "IH0 N S AH1 L T"),
    "perfect": ("P ER1 F IH2 K T", "P ER0 F EH1 K T"), "progress": ("P R AA1 G R EH2 S", "P R AH0 G R EH1 S"),
    "protest": ("P R OW1 T EH2 S T", "P R AH0 T EH1 S T"), "rebel": ("R EH1 B AH0 L", "R IH0 B EH1 L"),
    "refuse": ("R EH1 F Y UW2 Z", "R AH0 F Y UW1 Z"), "suspect": ("S AH1 S P EH2 K T", "S AH0 S P EH1 K T"),
    "use": ("Y UW1 S", "Y UW1 Z"), "abuse": ("AH0 B Y UW1 S", "AH0 B Y UW1 Z"),
    "excuse": ("IH0 K S K Y UW1 S", "IH0 K S K Y UW1 Z"),
    "house": ("HH AW1 S", "HH AW1 Z"), "close": ("K L OW1 S", "K L OW1 Z"),
    "separate": ("S EH1 P ER0 AH0 T", "S EH1 P ER0 EY2 T"),
    "estimate": ("EH1 S T AH0 M AH0 T", "EH1 S T AH0 M EY2 T"),
    "graduate": ("G R AE1 JH AH0 W AH0 T", "G R AE1 JH AH0 W EY2 T"),
    "live": ("L AY1 V", "L IH1 V"), "lead": ("L EH1 D", "L IY1 D"), "wind": ("W IH1 N D", "W AY1 N D"),
    "tear": ("T IH1 R", "T EH1 R"), "bow": ("B OW1", "B AW1"), "wound": ("W UW1 N D", "W AW1 N D"),
    "read": ("R EH1 D", "R IY1 D"),
  ]

  private static let beforeNouns: Set<String> = [
    "a", "an", "the", "this", "that", "these", "those", "my", "your", "his", "her", "its", "our", "their", "some",
    "any", "no",
    "each", "every", "another", "of", "in", "for", "with", "by", "new", "old", "first", "last", "next", "good", "bad",
    "great",
    "is", "was", "are", "were", "be", "very", "so", "too", "at", "from", "on", "under",
  ]
  private static let beforeVerbs: Set<String> = [
    "to", "will", "would", "can", "could", "shall", "should", "may", "might", "must", "not", "i", "you", "we", "they",
    "please", "don't", "doesn't", "didn't", "won't", "can't", "couldn't", "let's", "who", "do", "did", "does", "help",
    "never", "always",
  ]
  private static let objects: Set<String> = [
    "the", "a", "an", "this", "that", "my", "your", "his", "her", "its", "our", "their", "it", "them", "me", "us",
    "him", "up", "down", "off", "out",
  ]

  /// Phones of `word` between its neighbours (`""` at an end), or `nil` where it is no homograph.
  static func phones(_ word: String, before: String, beforeThat: String, after: String) -> [Phone]? {
    guard let pair = pairs[word] else { return nil }
    let isVerb: Bool =
      switch word {
      case "read":
        !(["have", "has", "had", "was", "were", "been", "is", "are", "be", "already", "he", "she", "it", "having"]
          .contains(before)
          || (["have", "has", "had"].contains(beforeThat) && !["to"].contains(before)))
      case "lead":
        !(["of", "with"].contains(before)
          || ["pipe", "pipes", "paint", "poisoning", "pencil", "bullet"].contains(after))
      case "live":
        !(["a", "the", "is", "are", "was", "broadcast", "go"].contains(before) && before != "" && after != "in")
          && ![
            "music", "show", "broadcast", "wire", "audience", "concert", "stream", "television", "coverage", "animals",
            "from",
          ].contains(after)
      case "wind": beforeVerbs.contains(before) && (objects.contains(after) || after == "") && after != "is"
      case "tear":
        !["gas", "drop", "drops", "duct"].contains(after)
          && (beforeVerbs.contains(before) || (objects.contains(after) && !beforeNouns.contains(before)))
      case "bow": (beforeVerbs.contains(before) || ["to", "down", "before"].contains(after)) && after != "and"
      case "wound": ["up", "down", "around"].contains(after) || ["he", "she", "it", "they"].contains(before)
      case "close":
        !(beforeNouns.contains(before) && before != "in")
          && !["to", "by", "friend", "friends", "call", "look"].contains(after) || beforeVerbs.contains(before)
      default: beforeVerbs.contains(before) || (!beforeNouns.contains(before) && objects.contains(after))
      }
    return [Phone](arpabet: isVerb ? pair.verb : pair.noun)
  }
}
