import CMuJoCo

/// The state of one simulated world. An instance is used by one thread at a time.
public final class MuJoCoSimulation {
  public let model: MuJoCoModel
  private let data: UnsafeMutablePointer<mjData>

  /// A simulation in the model's initial state.
  public init(_ model: MuJoCoModel) throws(EnvironmentError) {
    let (data, message) = MuJoCoModel.withMessage { os_mujoco_make_data(model.pointer, $0) }
    guard let data else { throw .model(file: model.name, reason: message) }
    (self.model, self.data) = (model, data)
  }

  private init(_ model: MuJoCoModel, owning data: UnsafeMutablePointer<mjData>) {
    (self.model, self.data) = (model, data)
  }

  deinit { mj_deleteData(data) }

  /// An independent simulation that goes on from the same state.
  public func copy() throws(EnvironmentError) -> MuJoCoSimulation {
    let (copy, message) = MuJoCoModel.withMessage { os_mujoco_copy_data(model.pointer, data, $0) }
    guard let copy else { throw .model(file: model.name, reason: message) }
    return MuJoCoSimulation(model, owning: copy)
  }

  // MARK: State

  /// Joint positions, in metres and radians; a quaternion for a free joint.
  public var positions: [Double] { Array(qpos) }
  /// Joint velocities, a second.
  public var velocities: [Double] { Array(qvel) }
  /// Seconds since the last reset.
  public var time: Double { data.pointee.time }

  // Views of the state without a copy, alive as long as the simulation.
  var qpos: UnsafeMutableBufferPointer<Double> { .init(start: data.pointee.qpos, count: model.positionSize) }
  var qvel: UnsafeMutableBufferPointer<Double> { .init(start: data.pointee.qvel, count: model.velocitySize) }
  private var ctrl: UnsafeMutableBufferPointer<Double> { .init(start: data.pointee.ctrl, count: model.controlSize) }

  /// The place of a body's frame in the world, in metres. MuJoCo computes it before it moves the joints, so after a
  /// step it lags behind `positions` by about one physics step.
  public func position(ofBody body: Int) -> SIMD3<Double> {
    precondition((0..<Int(model.pointer.pointee.nbody)).contains(body), "body \(body) of \(model.name)")
    let place = data.pointee.xpos + 3 * body
    return SIMD3(place[0], place[1], place[2])
  }

  // MARK: Time

  /// Back to the model's initial state.
  public func reset() { mj_resetData(model.pointer, data) }

  /// Resets, then sets joint positions and velocities, with everything that follows from them.
  public func reset(positions: [Double], velocities: [Double]) throws(EnvironmentError) {
    guard positions.count + velocities.count == model.positionSize + model.velocitySize,
      positions.count == model.positionSize
    else {
      throw .stateSize(
        model: model.name, expected: model.positionSize + model.velocitySize,
        found: positions.count + velocities.count)
    }
    reset()
    _ = qpos.update(from: positions)
    _ = qvel.update(from: velocities)
    try perform { os_mujoco_forward($0, $1, $2) }
  }

  /// Holds the motors at `control`, one number each, for `count` physics steps.
  /// - Throws: `diverged` when the state is no longer finite; a reset makes the simulation usable again.
  public func step(_ control: some Collection<Float>, count: Int = 1) throws(EnvironmentError) {
    guard control.count == model.controlSize else {
      throw .actionSize(environment: model.name, expected: model.controlSize, found: control.count)
    }
    for (target, value) in zip(ctrl.indices, control) { ctrl[target] = Double(value) }
    try perform { os_mujoco_step($0, $1, Int32(count), $2) }
  }

  private func perform(
    _ body: (UnsafePointer<mjModel>, UnsafeMutablePointer<mjData>, UnsafeMutablePointer<CChar>) -> Int32
  ) throws(EnvironmentError) {
    let (code, message) = MuJoCoModel.withMessage { body(UnsafePointer(model.pointer), data, $0) }
    if code != 0 { throw .model(file: model.name, reason: message) }
    // MuJoCo notices a bad state by itself, but then quietly begins anew.
    if os_mujoco_divergences(data) > 0 { throw .diverged(environment: model.name) }
  }

  // MARK: Shape

  /// The robot as thick lines: its capsules and spheres where they are now, in metres.
  public var limbs: [Limb] {
    (0..<model.pointer.pointee.ngeom).compactMap { geom in
      var (from, to) = (SIMD4<Double>(), SIMD4<Double>())  // four lanes leave room for three numbers
      var radius = 0.0
      let isLine = withUnsafeMutableBytes(of: &from) { from in
        withUnsafeMutableBytes(of: &to) { to in
          os_mujoco_segment(
            model.pointer, data, geom, from.assumingMemoryBound(to: Double.self).baseAddress,
            to.assumingMemoryBound(to: Double.self).baseAddress, &radius)
        }
      }
      guard isLine != 0 else { return nil }
      return Limb(from: SIMD3(from.x, from.y, from.z), to: SIMD3(to.x, to.y, to.z), radius: radius)
    }
  }
}

/// A capsule in space, in metres; a sphere where both ends are one point.
public struct Limb: Sendable, Equatable {
  public var from: SIMD3<Double>
  public var to: SIMD3<Double>
  public var radius: Double

  public init(from: SIMD3<Double>, to: SIMD3<Double>, radius: Double) {
    (self.from, self.to, self.radius) = (from, to, radius)
  }
}
