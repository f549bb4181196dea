import Foundation
import OneStepControl
import OneStepFlow
import OneStepTensors
import Testing

@Suite struct BehaviourTrainingTests {
  struct Interruption: Error {}

  private func train(
    _ folder: String, _ options: BehaviourTraining.Options, bonus: Double = 0, stopAt: Int? = nil
  ) throws -> BehaviourTraining {
    let training = try BehaviourTraining(in: { PointEnvironment(bonus: bonus) }, options: options, folder: folder)
    try training.run(savingEvery: 0) { if $0.step == stopAt { throw Interruption() } }
    return training
  }

  private func numbers(_ training: BehaviourTraining) -> [[Float]] {
    let learner = training.learner
    return [learner.policy, learner.critics, learner.temperature].flatMap {
      $0.parameters.tensors.map(\.floats) + $0.average.parameters.tensors.map(\.floats)
    }
  }

  @Test("a point learns to go to 0 in a few hundred updates") func learning() throws {
    let scratch = try ScratchFolder()
    var progress: [BehaviourTraining.Progress] = []
    let training = try BehaviourTraining(
      in: { PointEnvironment() }, options: .tiny(steps: 800), folder: scratch.file("run"))
    try training.run { progress.append($0) }
    #expect(training.isFinished && training.step >= 800 && training.step < 820)
    let first = try #require(training.evaluations.first), last = try #require(training.evaluations.last)
    // From a start in -1...1 at most four pushes reach 0. These ten starts can have about -0.13 on average.
    #expect(last.meanReturn > -0.6 && first.meanReturn < -3 && last.returns.count == 10)
    #expect(last.step == training.step && last.lengths.allSatisfy { $0 == 20 })

    #expect(progress.map(\.step) == Array(1...training.step))
    #expect(progress.compactMap(\.episodeReturn).count == training.episodes)
    #expect(
      progress.prefix(200).allSatisfy { $0.learning == nil }
        && progress.dropFirst(200).allSatisfy { $0.learning != nil })
    #expect(progress.compactMap(\.evaluation) == training.evaluations)
    #expect(training.learner.updates == training.step - 200)
  }

  @Test("a run that is broken off goes on with the same bits, also when the buffer has wrapped")
  func resumption() throws {
    let scratch = try ScratchFolder(), options = BehaviourTraining.Options.tiny(steps: 600, capacity: 150)
    let whole = try train(scratch.file("whole"), options)
    for stop in [130, 431, 597] {
      #expect(throws: Interruption.self) { try train(scratch.file("broken"), options, stopAt: stop) }
      // What a process that was killed may leave behind.
      let log = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch.file("broken/steps.f32")))
      try log.seekToEnd()
      try log.write(contentsOf: Data([1, 2, 3, 4, 5]))
    }
    let broken = try train(scratch.file("broken"), options)
    #expect(broken.step == whole.step && broken.episodes == whole.episodes)
    #expect(broken.evaluations == whole.evaluations)
    #expect(numbers(broken) == numbers(whole))
    for file in ["steps.f32", "state.json", "policies/\(whole.step).safetensors", "policies/400.safetensors"] {
      let same = FileManager.default.contentsEqual(
        atPath: scratch.file("whole/\(file)"), andPath: scratch.file("broken/\(file)"))
      #expect(same, "\(file)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.file("broken")).count == 4)
  }

  @Test("a finished run can be made longer, as if it had been so from the start") func lengthening() throws {
    let scratch = try ScratchFolder()
    let whole = try train(scratch.file("whole"), .tiny(steps: 500))
    #expect(try train(scratch.file("short"), .tiny(steps: 300)).isFinished)
    let longer = try train(scratch.file("short"), .tiny(steps: 500))
    #expect(numbers(longer) == numbers(whole) && longer.step == whole.step)
    let again = try train(scratch.file("short"), .tiny(steps: 500))
    #expect(again.isFinished && numbers(again) == numbers(whole) && again.evaluations == longer.evaluations)
  }

  @Test("runs follow from their seed") func seeds() throws {
    let scratch = try ScratchFolder()
    let one = try train(scratch.file("1"), .tiny(steps: 220)), same = try train(scratch.file("2"), .tiny(steps: 220))
    let other = try train(scratch.file("3"), .tiny(steps: 220, seed: 2))
    #expect(numbers(one) == numbers(same) && numbers(one) != numbers(other))
  }

  @Test("a simulation that diverges ends the episode and not the run") func divergence() throws {
    let scratch = try ScratchFolder()
    var made = 0
    let training = try BehaviourTraining(
      in: {
        made += 1
        return PointEnvironment(divergence: made == 1 ? 30 : nil)
      }, options: .tiny(steps: 60), folder: scratch.file("run"))
    var ends: [Int] = []
    try training.run { if $0.episodeReturn != nil { ends.append($0.step) } }
    #expect(ends.contains(30) && training.isFinished)
  }

  @Test("folders of other runs are refused") func otherRuns() throws {
    let scratch = try ScratchFolder(), folder = scratch.file("run")
    _ = try train(folder, .tiny(steps: 60))
    func refusal(_ options: BehaviourTraining.Options, name: String = "point", stepLimit: Int = 20) -> String {
      do {
        _ = try BehaviourTraining(
          in: { PointEnvironment(stepLimit: stepLimit, name: name) }, options: options, folder: folder)
        return "none"
      } catch { return "\(error)" }
    }
    #expect(refusal(.tiny(steps: 90)) == "none")
    #expect(
      refusal(.tiny(steps: 60, seed: 2)).hasPrefix("\(folder)/state.json: belongs to another run: its options are"))
    #expect(refusal(.tiny(steps: 60), name: "other").contains("it learns in point as it was then, not in other"))
    #expect(refusal(.tiny(steps: 60), stepLimit: 10).contains("belongs to another run"))
    #expect(refusal(.tiny(steps: 0)).contains("steps, interval and episodes must be positive"))
    #expect(refusal(.tiny(steps: 1, capacity: 0)).contains("capacity must be positive"))
  }

  @Test("damaged states are errors that name the file") func damage() throws {
    let scratch = try ScratchFolder(), folder = scratch.file("run")
    let training = try train(folder, .tiny(steps: 230))
    let state = "\(folder)/state.json", networks = "\(folder)/networks-\(training.step)"
    func refusal(_ file: String, _ change: (inout Data) -> Void) throws -> String {
      let url = URL(fileURLWithPath: file), before = try Data(contentsOf: url)
      var data = before
      change(&data)
      try data.write(to: url)
      defer { try? before.write(to: url) }
      do { _ = try train(folder, .tiny(steps: 230)) } catch { return "\(error)" }
      return "none"
    }
    func edited(_ old: String, _ new: String) throws -> String {
      try refusal(state) {
        let text = String(decoding: $0, as: UTF8.self)
        #expect(text.contains(old), "\(text)")
        $0 = Data(text.replacingOccurrences(of: old, with: new).utf8)
      }
    }
    #expect(try refusal(state) { $0 = Data() }.contains("state.json: is damaged: it is no state"))
    #expect(try refusal(state) { $0.removeLast(9) }.contains("it is no state"))
    let step = training.step
    for wrong in [-1, Int.max, Int.min, step + 1, step - 20] {
      #expect(try edited("\"step\":\(step)}", "\"step\":\(wrong)}") != "none", "\(wrong)")
    }
    #expect(try edited("\"episodes\":\(training.episodes)", "\"episodes\":-4").contains("is damaged"))
    #expect(try edited("\"step\":100}", "\"step\":100000}").contains("out of order"))
    #expect(try edited("\"observationSize\":2", "\"observationSize\":-2").contains("its sizes cannot be"))
    #expect(try edited("\"positions\":0", "\"positions\":9223372036854775807").contains("its sizes cannot be"))
    #expect(try edited("\"batch\":64", "\"batch\":0").contains("a batch 1 to 65536 steps"))

    let log = "\(folder)/steps.f32"
    #expect(try refusal(log) { $0.removeLast(2) }.contains("it has \(step - 1) steps, not \(step)"))
    #expect(try refusal(log) { $0.replaceSubrange(0..<4, with: [0, 0, 0xC0, 0x7F]) }.contains("step 0 is no step"))
    // Observation, action and reward are four numbers; the end follows.
    #expect(try refusal(log) { $0.replaceSubrange(16..<20, with: [0, 0, 0, 0x41]) }.contains("step 0 is no step"))
    for part in ["policy", "critics", "temperature"] {
      let file = "\(networks)/\(part).safetensors"
      #expect(try refusal(file) { $0.removeLast(40) } != "none")
      #expect(try refusal(file) { $0 = Data("{}".utf8) } != "none")
    }
    let critics = try Data(contentsOf: URL(fileURLWithPath: "\(networks)/critics.safetensors"))
    #expect(try refusal("\(networks)/policy.safetensors") { $0 = critics } != "none")
    #expect(try refusal(state) { _ in } == "none")
  }

  @Test(
    "trains as ONESTEP_SAC_RUN=<environment>:<steps>:<folder> says; goes on where it stopped",
    .enabled(if: ProcessInfo.processInfo.environment["ONESTEP_SAC_RUN"] != nil))
  func longRun() throws {
    let order = try #require(ProcessInfo.processInfo.environment["ONESTEP_SAC_RUN"]).split(separator: ":").map(
      String.init)
    try #require(order.count == 3)
    let steps = try #require(Int(order[1])), folder = order[2]
    let training = try BehaviourTraining(
      in: { try Environments.make(order[0]) }, options: .init(steps: steps), folder: folder)
    let csv = URL(fileURLWithPath: "\(folder)/evaluations.csv")
    if training.step == 0 {
      try Data("step,mean_return,score,mean_length,steps_per_second,entropy,temperature,value,td\n".utf8).write(to: csv)
    }
    let log = try FileHandle(forWritingTo: csv)
    try log.seekToEnd()
    var (begin, first) = (ContinuousClock.now, training.step)
    try training.run { progress in
      guard let result = progress.evaluation else { return }
      let rate = Double(progress.step - first) / ((ContinuousClock.now - begin) / .seconds(1))
      let learning = [
        progress.learning?.entropy, progress.learning?.temperature, progress.learning?.value,
        progress.learning?.criticLoss,
      ].map { String(format: "%.4g", $0 ?? .nan) }
      let score = training.spec.reference?.score(result.meanReturn) ?? .nan
      let line =
        String(
          format: "%d,%.1f,%.2f,%.0f,%.1f,", result.step, result.meanReturn, score, result.meanLength, rate)
        + learning.joined(separator: ",") + "\n"
      try log.write(contentsOf: Data(line.utf8))
      (begin, first) = (.now, progress.step)
    }
    #expect(training.isFinished)
  }
}
