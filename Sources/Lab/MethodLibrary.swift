import OneStepFlow
import OneStepNetworks

/// A method as the lab runs it.
public struct LabMethod: Sendable {
  public let name: String
  /// Iterations that are enough for points of the plane.
  public let iterations: Int
  /// The method, without what it records before its training.
  public let make: @Sendable (Material<Void>) -> Method<Void>
  /// For methods whose training is prepared by another one: the method, and where its groups start.
  private let prepare: (@Sendable (Experiment, Material<Void>) throws -> (Method<Void>, [String: Parameters]))?

  public init(_ name: String, iterations: Int, _ make: @escaping @Sendable (Material<Void>) -> Method<Void>) {
    (self.name, self.iterations, self.make, prepare) = (name, iterations, make, nil)
  }

  private init(
    _ name: String, iterations: Int,
    preparing prepare: @escaping @Sendable (Experiment, Material<Void>) throws -> (Method<Void>, [String: Parameters]),
    _ make: @escaping @Sendable (Material<Void>) -> Method<Void>
  ) {
    (self.name, self.iterations, self.make, self.prepare) = (name, iterations, make, prepare)
  }

  /// Prepares what the method needs and trains it; see ``Experiment/train(_:on:start:progress:)``.
  public func train(
    _ experiment: Experiment, on material: Material<Void>, progress: (Int, Int) -> Bool = { _, _ in true }
  ) throws -> MethodTrainer<Void> {
    let (method, start) = try prepare?(experiment, material) ?? (make(material), [:])
    return try experiment.train(method, on: material, start: start, progress: progress)
  }

  public static func named(_ name: String) -> LabMethod? { all.first { $0.name == name } }

  /// Every method that makes points, by family.
  public static let all: [LabMethod] = regression + selfConsistency + distributionMatching

  private static let regression = [
    LabMethod("flow-matching", iterations: 4000) { _ in .flowMatching() },
    LabMethod("reflow", iterations: 4000) { _ in .reflow() },
    LabMethod("instaflow", iterations: 3000) { _ in .instaFlow() },
    LabMethod("annealing-reflow", iterations: 8000) { _ in .annealingReflow() },
    LabMethod("slimflow", iterations: 3000) { _ in .slimFlow() },
    LabMethod("oftsr", iterations: 8500) { _ in .oftsr() },
  ]

  private static let selfConsistency = [
    LabMethod("consistency-distillation", iterations: 6000) { .consistencyDistillation($0) },
    LabMethod("consistency-training", iterations: 16000) { .consistencyTraining($0) },
    LabMethod("ict", iterations: 16000) { .improvedConsistency($0) },
    LabMethod("ect", iterations: 16000) { .easyConsistency($0) },
    LabMethod("scott", iterations: 10000) { .stochasticConsistency($0) },
    LabMethod("multistep-consistency", iterations: 5000) { .multistepConsistency($0) },
    LabMethod("ctm", iterations: 4400) { .consistencyTrajectory($0) },
    LabMethod("meanflow", iterations: 12000) { _ in .meanFlow() },
    LabMethod("meanflow-distillation", iterations: 5000) { _ in .meanFlow(fromTeacher: true) },
    LabMethod("scm", iterations: 6000) { .continuousConsistency($0) },
  ]

  private static let distributionMatching =
    [
      LabMethod("diff-instruct", iterations: 5000) { _ in .diffInstruct() },
      LabMethod("swiftbrush", iterations: 6000) { _ in .swiftBrush() },
      LabMethod("dmd", iterations: 3000) { _ in .dmd() },
      LabMethod("dmd2", iterations: 5000) { _ in .dmd2() },
    ]
    + Divergence.allCases.map { divergence in
      LabMethod("f-distill-\(divergence.rawValue)", iterations: 6000) { _ in .fDistill(divergence) }
    } + [
      LabMethod("sim", iterations: 5000) { _ in .sim() },
      LabMethod("sid", iterations: 6200) { _ in .sid() },
      LabMethod("instarevive", iterations: 5000) { _ in .instaRevive() },
      LabMethod("tdm", iterations: 6500) { .tdm($0) },
      LabMethod(
        "disback", iterations: 6000,
        preparing: { experiment, material in
          let recorded = try experiment.degradation(of: .disBack(nodes: []), on: material, nodes: 3, steps: 60)
          return (.disBack(nodes: recorded.nodes), ["fake": recorded.fake])
        }
      ) { _ in .disBack(nodes: []) },
      LabMethod("echo", iterations: 2700) { _ in .echo() },
      LabMethod("tad-sr", iterations: 4000) { _ in .timeAware() },
    ]
}
