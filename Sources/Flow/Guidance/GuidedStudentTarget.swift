import OneStepTensors

/// Classifier-free guidance inside a student, so that one call is enough at inference (Geng et al. 2025, MeanFlow): the
/// velocity it regresses is mixed with its own conditional and unconditional predictions,
///
///     v_g = omega v + (1 - omega - kappa) v_uncond + kappa v_cond
///
/// whose fixed point is guidance `v_u + s (v_c - v_u)` of the true velocities at scale `s = omega / (1 - kappa)`. A kappa
/// above 0 reaches the same scale with a smaller omega, hence a target with less noise.
public struct GuidedStudentTarget: Sendable, Equatable {
  public var omega: Double
  /// Below 1.
  public var kappa: Double

  public init(omega: Double, kappa: Double = 0) {
    precondition(kappa < 1, "kappa = \(kappa) leaves nothing of the data; it must be below 1")
    (self.omega, self.kappa) = (omega, kappa)
  }

  /// The guidance scale of the student at the fixed point.
  public var scale: Double { omega / (1 - kappa) }

  /// The mixed target, all tensors alike. No gradient passes through it.
  public func callAsFunction(_ velocity: Tensor, conditional: Tensor, unconditional: Tensor) -> Tensor {
    velocity.values * Float(omega) + unconditional.values * Float(1 - omega - kappa) + conditional.values * Float(kappa)
  }

  /// The mixed target at points `x`, `[N, ...]`, with the student's own predictions of the instantaneous velocity. Rows whose
  /// condition is dropped for training should regress `velocity` itself.
  public func callAsFunction<C>(
    _ velocity: Tensor, student: VelocityField<C>, _ x: Tensor, at times: [Double], _ condition: C, without: C
  ) throws -> Tensor {
    let conditional = kappa == 0 ? velocity : try student(x, times, condition)
    return self(velocity, conditional: conditional, unconditional: try student(x, times, without))
  }
}
