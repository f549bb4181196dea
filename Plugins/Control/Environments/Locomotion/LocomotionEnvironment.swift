import OneStepTensors

/// A robot that learns to run, in MuJoCo.
public final class LocomotionEnvironment: Environment {
  /// Which rule gives capsules their mass.
  public enum Masses: String, Sendable, CaseIterable {
    /// That of the installed library, as in Gymnasium's v4 tasks.
    case v4
    /// That of MuJoCo before 2.1.1, with which D4RL's data was recorded.
    case d4rl
  }

  public let robot: Robot
  public let masses: Masses
  public let spec: EnvironmentSpec
  /// The physics beneath, for drawing and for checks.
  public let simulation: MuJoCoSimulation
  private let initialPositions: [Double]
  private let torso: Int

  /// Builds the robot from its model among the package's resources.
  public convenience init(
    _ robot: Robot, masses: Masses, folders: [String] = ControlResources.folders
  ) throws(EnvironmentError) {
    try self.init(robot, masses: masses, model: Self.model(of: robot, masses: masses, in: folders))
  }

  /// Builds on a model that others may share.
  public init(_ robot: Robot, masses: Masses, model: MuJoCoModel) throws(EnvironmentError) {
    (self.robot, self.masses) = (robot, masses)
    simulation = try MuJoCoSimulation(model)
    initialPositions = simulation.positions
    torso = model.bodies.firstIndex(of: "torso") ?? 0
    spec = EnvironmentSpec(
      name: "\(robot.name)-\(masses)",
      observationSize: model.positionSize - robot.hiddenPositions + model.velocitySize,
      actionSize: model.controlSize, stepLimit: 1000,
      reference: masses == .d4rl ? robot.reference : nil)
  }

  /// The robot's model with the masses asked for.
  public static func model(
    of robot: Robot, masses: Masses, in folders: [String] = ControlResources.folders
  ) throws(EnvironmentError) -> MuJoCoModel {
    let xml = try ControlResources.text(of: robot.file, in: folders)
    switch masses {
    case .v4: return try MuJoCoModel(xml: xml, name: robot.file)
    case .d4rl:
      let old = try CapsuleMasses.restored(in: xml, name: robot.file)
      return try MuJoCoModel(xml: old, name: robot.file)
    }
  }

  public func reset(_ random: inout RandomSource) throws(EnvironmentError) -> [Float] {
    let (positionSize, velocitySize) = (initialPositions.count, simulation.model.velocitySize)
    let scale = robot.noiseScale
    let noise = random.uniform(count: positionSize + velocitySize).map { scale * (2 * Double($0) - 1) }
    let positions = zip(initialPositions, noise).map { $0 + $1 }
    switch robot.velocityNoise {
    case .uniform:
      return try reset(positions: positions, velocities: Array(noise[positionSize...]))
    case .normal:
      return try reset(
        positions: positions, velocities: random.normal(count: velocitySize).map { scale * Double($0) })
    }
  }

  /// Begins an episode in a state of the caller's choice: joint positions and velocities in the model's order.
  public func reset(positions: [Double], velocities: [Double]) throws(EnvironmentError) -> [Float] {
    try simulation.reset(positions: positions, velocities: velocities)
    return observation
  }

  public func step(_ action: [Float]) throws(EnvironmentError) -> EnvironmentStep {
    try check(action)
    let action = action.map { min(max($0, -1), 1) }
    let before = distance
    do throws(EnvironmentError) { try simulation.step(action, count: robot.frameSkip) } catch {
      if case .diverged = error { throw .diverged(environment: spec.name) }
      throw error
    }
    let seconds = simulation.model.timestep * Double(robot.frameSkip)
    let effort = action.reduce(0) { $0 + Double($1) * Double($1) }
    return EnvironmentStep(
      observation: observation,
      reward: (distance - before) / seconds + robot.aliveReward - robot.effortCost * effort,
      isTerminal: !robot.isHealthy(simulation.qpos, simulation.qvel))
  }

  private var distance: Double {
    robot.isMeasuredAtTorso ? simulation.position(ofBody: torso).x : simulation.qpos[0]
  }

  private var observation: [Float] {
    let limit = robot.velocityLimit
    return simulation.qpos.dropFirst(robot.hiddenPositions).map { Float($0) }
      + simulation.qvel.map { Float(min(max($0, -limit), limit)) }
  }
}
