import OneStepMedia
import OneStepTensors

/// A speech to look at: its waveform, its log-mel, and below them its words and phones.
public struct SpeechPicture {
  /// Pixels.
  static let waveHeight = 96, band = 3, strip = 16, frame = 4
  /// Seconds beyond which a speech is not drawn.
  public static let longest = 20.0

  private let width: Int, height: Int
  private var pixels: [Float]

  /// - Parameter features: those of the voice.
  public init(_ speech: Speech, features: MelSpectrogram) throws(AudioError) {
    let rate = speech.audio.sampleRate, most = Int(Self.longest * Double(rate))
    let sound = Audio(samples: Array(speech.audio.mono().samples.prefix(most)), sampleRate: rate)
    let mel = try features(sound), bands = mel.shape[2]
    width = mel.shape[1] * Self.frame
    height = Self.waveHeight + bands * Self.band + 2 * Self.strip
    pixels = [Float](repeating: 1, count: width * height * 3)
    let samplesAPixel = Double(features.spectrogram.hop) / Double(Self.frame) * Double(rate) / Double(features.sampleRate)
    draw(wave: sound.samples, samplesAPixel)
    draw(mel: mel.floats, bands: bands)
    let top = Self.waveHeight + bands * Self.band
    func place(_ samples: Range<Int>) -> Range<Int> {
      let start = min(width, Int(Double(samples.lowerBound) / samplesAPixel))
      return start..<min(width, max(start, Int(Double(samples.upperBound) / samplesAPixel)))
    }
    for (index, word) in speech.timeline.words.enumerated() {
      draw(label: word.written, place(word.samples), top: top, isEven: index.isMultiple(of: 2))
    }
    for (index, phone) in speech.timeline.phones.enumerated() {
      let name = phone.name.filter { $0.isLetter }
      draw(label: name, place(phone.samples), top: top + Self.strip, isEven: index.isMultiple(of: 2))
    }
  }

  public func image() throws(MediaError) -> Image {
    try Image(floats: pixels, width: width, height: height, channels: 3)
  }

  private typealias Colour = (Float, Float, Float)

  private mutating func set(_ x: Int, _ y: Int, _ colour: Colour) {
    guard (0..<width).contains(x), (0..<height).contains(y) else { return }
    let at = (y * width + x) * 3
    (pixels[at], pixels[at + 1], pixels[at + 2]) = colour
  }

  // MARK: Parts

  private mutating func draw(wave samples: [Float], _ samplesAPixel: Double) {
    let middle = Float(Self.waveHeight - 1) / 2
    for x in 0..<width {
      let from = Int(Double(x) * samplesAPixel)
      let part = samples[min(from, samples.count)..<min(samples.count, from + max(1, Int(samplesAPixel)))]
      let high = min(1, part.max() ?? 0), low = max(-1, part.min() ?? 0)
      for y in Int(middle - high * middle)...max(Int(middle - high * middle), Int(middle - low * middle)) {
        set(x, y, (0.15, 0.32, 0.62))
      }
    }
  }

  private mutating func draw(mel: [Float], bands: Int) {
    // From the floor of silence to loud speech, nats.
    let low: Float = -9, high: Float = 1
    for x in 0..<width {
      for band in 0..<bands {
        let colour = Self.colour((mel[x / Self.frame * bands + band] - low) / (high - low))
        for row in 0..<Self.band {
          set(x, Self.waveHeight + (bands - 1 - band) * Self.band + row, colour)
        }
      }
    }
  }

  /// Black, violet, red, yellow, white for 0...1.
  private static func colour(_ value: Float) -> Colour {
    let anchors: [Colour] = [(0, 0, 0.02), (0.30, 0.07, 0.48), (0.72, 0.21, 0.33), (0.98, 0.60, 0.15), (0.99, 1, 0.75)]
    let place = min(max(value, 0), 1) * Float(anchors.count - 1), i = min(Int(place), anchors.count - 2)
    let (a, b, share) = (anchors[i], anchors[i + 1], place - Float(i))
    return (a.0 + (b.0 - a.0) * share, a.1 + (b.1 - a.1) * share, a.2 + (b.2 - a.2) * share)
  }

  private mutating func draw(label: String, _ columns: Range<Int>, top: Int, isEven: Bool) {
    for x in columns {
      for y in top..<top + Self.strip { set(x, y, isEven ? (0.89, 0.92, 0.96) : (0.78, 0.84, 0.92)) }
    }
    // As many letters as there is room for.
    for (index, letter) in label.uppercased().prefix(columns.count / Glyph.advance).enumerated() {
      for (x, y) in Glyph.dots(letter) {
        set(columns.lowerBound + 2 + index * Glyph.advance + x, top + 3 + y, (0.1, 0.1, 0.15))
      }
    }
  }
}

/// Letters of 3 by 5 dots, doubled: enough to name phones in a picture without a font.
private enum Glyph {
  static let advance = 8
  /// A row of three dots is an octal digit, the topmost first.
  private static let rows: [Character: Int] = [
    "A": 0o25755, "B": 0o65656, "C": 0o34443, "D": 0o65556, "E": 0o74647, "F": 0o74644, "G": 0o34553, "H": 0o55755,
    "I": 0o72227, "J": 0o11152, "K": 0o55655, "L": 0o44447, "M": 0o57755, "N": 0o65555, "O": 0o25552, "P": 0o65644,
    "Q": 0o25563, "R": 0o65655, "S": 0o34216, "T": 0o72222, "U": 0o55557, "V": 0o55552, "W": 0o55775, "X": 0o55255,
    "Y": 0o55222, "Z": 0o71247, "0": 0o75557, "1": 0o26227, "2": 0o61247, "3": 0o61216, "4": 0o55711, "5": 0o74616,
    "6": 0o34652, "7": 0o71222, "8": 0o25252, "9": 0o25316, "'": 0o22000,
  ]

  static func dots(_ letter: Character) -> [(x: Int, y: Int)] {
    guard let bits = rows[letter] else { return [] }
    return (0..<15).filter { bits >> (14 - $0) & 1 == 1 }.flatMap { dot in
      let (x, y) = (dot % 3 * 2, dot / 3 * 2)
      return [(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)]
    }
  }
}
