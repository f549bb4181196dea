import OneStepFlow

/// The methods of this plug-in by name, with how their policies act.
public struct ControlMethod: Sendable {
  /// Its name on the command line, such as "ofql".
  public let name: String
  /// Authors and year.
  public let paper: String
  /// Whether the weight of the value, eta, means anything to it.
  public let hasValueWeight: Bool
  /// Whether it learns critics that can choose among actions.
  public let hasCritics: Bool
  /// How its policies act, the usual way first.
  public let samplers: [ActionSampler]
  private let build: @Sendable (_ eta: Double, _ value: ValueLearning) -> Method<TransitionBatch>

  public func make(eta: Double, value: ValueLearning = ValueLearning()) -> Method<TransitionBatch> { build(eta, value) }

  public static let all: [ControlMethod] = [
    ControlMethod("ofql", "Nguyen and Yoo 2026", [.flow(steps: 1)]) { .ofql(eta: $0, value: $1) },
    ControlMethod("dql", "Wang et al. 2023", [.diffusion(steps: 5), .collapsed(steps: 5)]) { .dql(eta: $0, value: $1) },
    ControlMethod("fql", "Park et al. 2025", [.direct]) { .fql(eta: $0, value: $1) },
    ControlMethod("bfq", "BFQ 2026", [.flow(steps: 1)]) { .bfq(eta: $0, value: $1) },
    ControlMethod("meanflowql", "MeanFlowQL 2026", [.direct]) { .meanFlowQL(eta: $0, value: $1) },
    ControlMethod("idql", "Hansen-Estruch et al. 2023", [.diffusion(steps: 5)], weighs: false) { .idql(value: $1) },
    ControlMethod("td3bc", "Fujimoto and Gu 2021", [.deterministic]) { .td3bc(eta: $0, value: $1) },
    ControlMethod("rebrac", "Tarasov et al. 2023", [.deterministic]) { .rebrac(eta: $0, value: $1) },
    ControlMethod("flow-bc", "Lipman et al. 2023", [.flow(steps: 10), .flow(steps: 1)], weighs: false, critics: false) {
      .flowCloning(value: $1)
    },
    ControlMethod("bc", "Pomerleau 1989", [.deterministic], weighs: false, critics: false) {
      .regressionCloning(value: $1)
    },
  ]

  public static func named(_ name: String) -> ControlMethod? { all.first { $0.name == name } }

  private init(
    _ name: String, _ paper: String, _ samplers: [ActionSampler], weighs: Bool = true, critics: Bool = true,
    _ build: @escaping @Sendable (Double, ValueLearning) -> Method<TransitionBatch>
  ) {
    (self.name, self.paper, self.samplers, self.build) = (name, paper, samplers, build)
    (hasValueWeight, hasCritics) = (weighs, critics)
  }
}
