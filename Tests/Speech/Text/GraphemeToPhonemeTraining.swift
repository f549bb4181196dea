import Foundation
import OneStepSpeech
import OneStepTensors
import Testing

/// Makes the shipped letter-to-sound model. Runs only where `ONESTEP_CMUDICT` names `cmudict.dict` and
/// `ONESTEP_G2P` the model to write; `ONESTEP_G2P_STEPS` shortens it.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["ONESTEP_G2P"] != nil))
struct GraphemeToPhonemeTraining {
  @Test func trainsOnCMUdict() throws {
    let environment = ProcessInfo.processInfo.environment
    let text = try String(contentsOfFile: environment["ONESTEP_CMUDICT"] ?? "", encoding: .utf8)
    let words = try CMUDictionary.entries(of: text)
    let held = words.filter { GraphemeToPhoneme.isHeldOut($0.word) }
    var options = GraphemeToPhoneme.TrainingOptions()
    if let steps = environment["ONESTEP_G2P_STEPS"].flatMap(Int.init) { options.steps = steps }
    if environment["ONESTEP_G2P_F32"] != nil { options.mixedPrecision = false }
    let start = Date()
    var sum = 0.0
    let model = try GraphemeToPhoneme.train(
      on: words, options: options, data: "CMUdict 0.7 and later (BSD licence), every twentieth word held out"
    ) { step, loss in
      sum += loss
      if step % 100 == 0 {
        let line = String(format: "step %d loss %.4f after %.0f s\n", step, sum / 100, -start.timeIntervalSinceNow)
        FileHandle.standardError.write(Data(line.utf8))
        sum = 0
      }
      return true
    }
    let accuracy = model.accuracy(on: held)
    FileHandle.standardError.write(Data("\(accuracy)\n".utf8))
    try model.with(figures: "\(accuracy)").write(to: environment["ONESTEP_G2P"]!)
  }
}
