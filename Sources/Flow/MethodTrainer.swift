import OneStepNetworks
import OneStepTensors

/// A network without its numbers.
public struct FlowNetwork<C> {
  public let specs: [ParameterSpec]
  let output: (Tensor, [Tensor], C, Parameters) throws -> Tensor

  /// - Parameter output: points `[N, ...]`, clocks `[N]`, condition, parameters -> like the points, or `[N]`.
  public init(
    _ specs: [ParameterSpec], _ output: @escaping (Tensor, [Tensor], C, Parameters) throws -> Tensor
  ) { (self.specs, self.output) = (specs, output) }

  public func bound(to parameters: Parameters) -> BoundNetwork<C> { { try output($0, $1, $2, parameters) } }
}

/// Trains a ``Method``: one ``Trainer`` a group, their turns, and a state that goes on with the same bits.
public struct MethodTrainer<C> {
  public let method: Method<C>
  public let material: Material<C>
  public let iterations: Int
  /// Rows of a draw.
  public let rows: Int
  /// Iterations made so far.
  public internal(set) var iteration = 0
  public internal(set) var trainers: [String: Trainer] = [:]
  private let networks: [String: FlowNetwork<C>]

  /// - Parameters:
  ///   - makeNetwork: a network that makes what a group needs.
  ///   - start: parameters of groups that do not start afresh.
  public init(
    _ method: Method<C>, on material: Material<C>, iterations: Int, rows: Int = 256, seed: UInt64 = 1,
    start: [String: Parameters] = [:], makeNetwork: (Method<C>.Group) -> FlowNetwork<C>
  ) {
    (self.method, self.material, self.iterations, self.rows) = (method, material, iterations, rows)
    var networks: [String: FlowNetwork<C>] = [:]
    for (index, group) in method.groups.enumerated() {
      let network = makeNetwork(group), own = seed &+ UInt64(index) << 40
      networks[group.name] = network
      let steps = max(1, method.plan.count(of: group.name, in: iterations))
      trainers[group.name] = Trainer(
        group.plan(steps: steps, seed: own), rule: .adam(beta1: group.beta1),
        from: start[group.name] ?? Parameters(specs: network.specs, seed: own))
    }
    self.networks = networks
  }

  public var isFinished: Bool { iteration >= iterations }

  /// The averaged student, ready to sample.
  public var student: Student<C> { student(trainers["student"]!.average.parameters) }

  private func student(_ parameters: Parameters) -> Student<C> {
    Student(method.form, networks["student"]!.bound(to: parameters))
  }

  /// Makes one iteration: the turns of all groups that have one. When a number is not finite, no group has changed, not
  /// even those before it, and an error names group, term and iteration.
  public mutating func advance() throws -> [String: Trainer.Report] {
    try Compute.perform { try takeTurns() }
  }

  private mutating func takeTurns() throws -> [String: Trainer.Report] {
    var reports: [String: Trainer.Report] = [:]
    // A later group sees the steps of the earlier ones; `trainers` sees all of them or none.
    var next = trainers
    for name in method.plan(iteration) {
      let now = next
      guard var trainer = now[name] else { preconditionFailure("\(method.name) has no group called \(name)") }
      do {
        reports[name] = try trainer.advance { leaves, random in
          var scene = scene(of: now, turn: name, leaves, random)
          defer { random = scene.random }
          return try method.losses(name, &scene)
        }
      } catch TrainingError.notFinite(let term, _) {
        throw TrainingError.notFinite(term: "\(name)'s \(term)", step: iteration)
      }
      next[name] = trainer
    }
    trainers = next
    iteration += 1
    return reports
  }

  /// What `turn` sees whose parameters are `leaves`.
  private func scene(
    of trainers: [String: Trainer], turn: String, _ leaves: Parameters, _ random: RandomSource
  ) -> Scene<C> {
    let student = trainers["student"]!
    func now(_ group: String) -> Parameters { group == turn ? leaves : trainers[group]!.parameters }
    func critics(_ parameters: (String) -> Parameters) -> [String: BoundNetwork<C>] {
      Dictionary(
        uniqueKeysWithValues: method.critics.map { ($0.name, networks[$0.name]!.bound(to: parameters($0.name))) })
    }
    return Scene(
      material: material, student: self.student(now("student")), frozen: self.student(student.parameters),
      average: self.student(student.average.parameters), critics: critics(now),
      averageCritics: critics { trainers[$0]!.average.parameters },
      rows: rows, progress: Double(iteration) / Double(iterations), random: random)
  }
}
