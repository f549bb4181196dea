// Speaks into a file of 16-bit samples as they are made: SpeakInThreeLines TEXT OUT.pcm
import Foundation
import OneStepMedia
import OneStepSpeech

let arguments = CommandLine.arguments
precondition(arguments.count == 3, "usage: SpeakInThreeLines TEXT OUT.pcm")
precondition(FileManager.default.createFile(atPath: arguments[2], contents: nil), "\(arguments[2]) cannot be written")
let file = try FileHandle(forWritingTo: URL(fileURLWithPath: arguments[2]))

let voice = try Voice.standard()
for try await chunk in try voice.stream(arguments[1]) {
  try file.write(contentsOf: Audio(samples: chunk.samples, sampleRate: voice.sampleRate).pcmBytes)
}
