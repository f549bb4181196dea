import OneStepTensors

/// Flow matching: regress the velocity of the conditional path (objective R of the core).
public struct FlowMatching: Sendable {
  public var path: Path
  public var times: TimeLaw
  public var distance: Distance

  public init(path: Path, times: TimeLaw, distance: Distance = .l2) {
    (self.path, self.times, self.distance) = (path, times, distance)
  }

  public func losses<C>(
    _ field: VelocityField<C>, _ draw: Draw<C>, _ random: inout RandomSource
  ) throws -> Losses {
    let t = times(draw.rows, &random)
    let x = path.point(draw.data, anchor: draw.anchor, noise: draw.noise, at: t)
    let target = path.velocity(draw.data, anchor: draw.anchor, noise: draw.noise, at: t)
    var losses = Losses()
    losses.add("flow", distance(try field(x, t, draw.condition), target).mean())
    return losses
  }
}
