import Foundation
import OneStepFlow
import OneStepLab
import OneStepTensors
import Testing

@Suite struct Try {
  @Test func go() throws {
    let names = (ProcessInfo.processInfo.environment["M"] ?? "").split(separator: ",").map(String.init)
    let steps = Int(ProcessInfo.processInfo.environment["N"] ?? "2000")!
    let set: GaussianMixture = ["grid9": .grid9, "moons": .moons][ProcessInfo.processInfo.environment["S"] ?? ""] ?? .ring8
    let e = Experiment(set, iterations: steps)
    let t0 = Date()
    let m = try e.material()
    print("material", Date().timeIntervalSince(t0))
    let all: [Method<Void>] = [.flowMatching(), .reflow(), .instaFlow(), .annealingReflow(), .slimFlow(), .oftsr(), .consistencyDistillation(m), .consistencyTraining(m), .improvedConsistency(m), .easyConsistency(m), .stochasticConsistency(m), .multistepConsistency(m), .consistencyTrajectory(m), .meanFlow(), .meanFlow(fromTeacher: true), .continuousConsistency(m), .diffInstruct(), .swiftBrush(), .dmd(), .dmd2(), .fDistill(), .fDistill(.forward), .fDistill(.reverse), .fDistill(.jeffreys), .fDistill(.squaredHellinger), .sim(), .sid(), .instaRevive(), .tdm(m)]
    for method in all where names.isEmpty || names.contains(method.name) {
      let t = Date()
      do {
        let trainer = try e.train(method, on: m)
        let d = Date().timeIntervalSince(t)
        let r = try e.measure(trainer)
        print(String(format: "%-28@ %.1fs", method.name as NSString, d), r.map { String(format: "%d: SW %.3f in %.3f modes %d", $0.calls, $0.metrics.slicedWasserstein, $0.metrics.shareInMode, $0.metrics.modes) })
      } catch { print(method.name, error) }
    }
  }
}
