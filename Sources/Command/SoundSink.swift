import Foundation
import OneStepMedia

/// Where samples of one channel go.
protocol SoundSink {
  func append(_ samples: [Float]) throws
  func finish() throws
}

extension AudioWriter: SoundSink {}

/// Standard output, sample by sample.
struct RawOutput: SoundSink {
  let sampleRate: Int

  func append(_ samples: [Float]) throws {
    try Console.write(Audio(samples: samples, sampleRate: sampleRate).pcmBytes)
  }
  func finish() {}
}

/// Standard output as a WAV file, whose head tells the length: it is sent when all is there.
final class WAVOutput: SoundSink {
  private var audio: Audio

  init(sampleRate: Int, comment: String) { audio = Audio(samples: [], sampleRate: sampleRate, comment: comment) }
  func append(_ samples: [Float]) { audio.samples += samples }
  func finish() throws { try Console.write(audio.encoded(as: .wav)) }
}

/// A program that plays.
final class Player: SoundSink {
  private let process = Process(), pipe = Pipe()
  private let name: String, sampleRate: Int

  /// In order of preference, with what makes them play 16-bit samples from standard input.
  private static func programs(_ rate: Int) -> [(name: String, arguments: [String])] {
    [
      ("paplay", ["--raw", "--format=s16le", "--channels=1", "--rate=\(rate)"]),
      ("aplay", ["-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", "\(rate)"]),
      ("play", ["-q", "-t", "raw", "-e", "signed", "-b", "16", "-c", "1", "-r", "\(rate)", "-"]),
      ("ffplay", ["-loglevel", "error", "-nodisp", "-autoexit", "-f", "s16le", "-ar", "\(rate)", "-i", "-"]),
    ]
  }

  init(sampleRate: Int) throws {
    let found = Self.programs(sampleRate).lazy.compactMap { program in
      SpokenProgram.path(of: program.name).map { (program.name, $0, program.arguments) }
    }.first
    guard let (name, path, arguments) = found else {
      let names = Self.programs(sampleRate).map(\.name).joined(separator: ", ")
      throw CommandError.usage(
        "nothing here can play sound: none of \(names) is installed (Debian: pulseaudio-utils or alsa-utils)")
    }
    (self.name, self.sampleRate) = (name, sampleRate)
    signal(SIGPIPE, SIG_IGN)  // a player that gives up is reported, not followed
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardInput = pipe
    process.standardOutput = FileHandle.standardError
    do { try process.run() } catch { throw CommandError.programFailed(name, code: 127) }
  }

  func append(_ samples: [Float]) throws {
    let bytes = Audio(samples: samples, sampleRate: sampleRate).pcmBytes
    do { try pipe.fileHandleForWriting.write(contentsOf: Data(bytes)) } catch { try finish(failed: true) }
  }

  func finish() throws { try finish(failed: false) }

  private func finish(failed: Bool) throws {
    try? pipe.fileHandleForWriting.close()
    process.waitUntilExit()
    if failed || process.terminationStatus != 0 {
      throw CommandError.programFailed(name, code: process.terminationStatus)
    }
  }

  deinit { if process.isRunning { process.terminate() } }
}
