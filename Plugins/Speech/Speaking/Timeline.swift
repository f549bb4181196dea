/// What is heard when in a sound. All times are in samples; phones, the silences among them, add up to the whole.
public struct Timeline: Sendable, Equatable {
  /// What was said in one go: a sentence, or a part of a very long one.
  public struct Sentence: Sendable, Equatable {
    public let text: String
    /// Characters of the script's text.
    public let range: Range<Int>
    public let samples: Range<Int>

    public init(text: String, range: Range<Int>, samples: Range<Int>) {
      (self.text, self.range, self.samples) = (text, range, samples)
    }
  }

  public struct Word: Sendable, Equatable {
    /// As it stands in the text.
    public let written: String
    /// Characters of the script's text.
    public let range: Range<Int>
    public let samples: Range<Int>
    /// The index of its sentence.
    public let sentence: Int
    public let phones: [Phone]

    public init(written: String, range: Range<Int>, samples: Range<Int>, sentence: Int, phones: [Phone]) {
      (self.written, self.range, self.samples) = (written, range, samples)
      (self.sentence, self.phones) = (sentence, phones)
    }
  }

  public struct Symbol: Sendable, Equatable {
    /// A name of ``PhoneSymbols``: ARPAbet, a pause, or `_` for silence.
    public let name: String
    public let samples: Range<Int>

    public init(name: String, samples: Range<Int>) { (self.name, self.samples) = (name, samples) }
  }

  /// A place the author marked.
  public struct Mark: Sendable, Equatable {
    public let name: String
    public let sample: Int

    public init(name: String, sample: Int) { (self.name, self.sample) = (name, sample) }
  }

  /// Hz.
  public let sampleRate: Int
  public var sentences: [Sentence] = []
  public var words: [Word] = []
  public var phones: [Symbol] = []
  public var marks: [Mark] = []

  public init(sampleRate: Int) { self.sampleRate = sampleRate }

  /// Adds what comes later in the same sound.
  public mutating func append(_ later: Timeline) {
    sentences += later.sentences
    words += later.words
    phones += later.phones
    marks += later.marks
  }

  var isEmpty: Bool { sentences.isEmpty && words.isEmpty && phones.isEmpty && marks.isEmpty }

  /// Takes out what begins before a sample.
  mutating func taken(before sample: Int) -> Timeline {
    func take<Event>(_ events: inout [Event], _ begin: (Event) -> Int) -> [Event] {
      let taken = events.prefix { begin($0) < sample }
      events.removeFirst(taken.count)
      return Array(taken)
    }
    var result = Timeline(sampleRate: sampleRate)
    result.sentences = take(&sentences) { $0.samples.lowerBound }
    result.words = take(&words) { $0.samples.lowerBound }
    result.phones = take(&phones) { $0.samples.lowerBound }
    result.marks = take(&marks, \.sample)
    return result
  }
}
