import OneStepFlow
import OneStepTensors

extension Method<TransitionBatch> {
  /// Behaviour cloning by flow matching (Lipman et al. 2023): no reward is looked at.
  public static func flowCloning(value: ValueLearning = ValueLearning()) -> Method {
    cloning("flow-bc", "Lipman et al. 2023", .velocity(.linear), value) { scene in
      let draw = try scene.draw()
      return try FlowMatching(path: .linear, times: .uniform(0...1)).losses(scene.student.velocity, draw, &scene.random)
    }
  }

  /// Behaviour cloning by least squares: the mean action.
  public static func regressionCloning(value: ValueLearning = ValueLearning()) -> Method {
    cloning("bc", "Pomerleau 1989", .raw(clocks: 0), value) { scene in
      let draw = try scene.draw()
      var losses = Losses()
      losses.add("cloning", Distance.l2(try scene.student.deterministic(draw.condition), draw.data).mean())
      return losses
    }
  }

  private static func cloning(
    _ name: String, _ paper: String, _ form: StudentForm, _ value: ValueLearning,
    _ losses: @escaping (inout Scene<TransitionBatch>) throws -> Losses
  ) -> Method {
    var method = Method(name, paper, form) { _, scene in try losses(&scene) }
    method.studentGroup = Group("student", .points(clocks: form.clocks), rate: value.policyRate).steady(
      ValueLearning.policyAverage)
    return method
  }
}

extension Student<TransitionBatch> {
  /// The action of a policy without noise, `[B, A]`, not clipped.
  func deterministic(_ batch: TransitionBatch) throws -> Tensor { try network(.zeros(batch.actions.shape), [], batch) }
}
