import OneStepFlow
import OneStepNetworks
import OneStepTensors

extension Method<TransitionBatch> {
  /// TD3+BC (Fujimoto and Gu 2021): a deterministic policy climbs the value and stays near data's actions. The policy learns
  /// at every second step, and the next action is blurred.
  ///
  /// - Parameter eta: weight of the value against the cloning error; the paper's alpha, 2.5 there.
  public static func td3bc(eta: Double, value: ValueLearning = ValueLearning()) -> Method {
    regularized("td3bc", "Fujimoto and Gu 2021", value, eta: eta, criticPenalty: 0)
  }

  /// ReBRAC (Tarasov et al. 2023): TD3+BC whose critics, too, count the distance between the policy's next action and the one that data took.
  ///
  /// - Parameter criticPenalty: weight of that distance in the critics' targets.
  public static func rebrac(
    eta: Double, criticPenalty: Double = 0.01, value: ValueLearning = ValueLearning()
  ) -> Method {
    regularized("rebrac", "Tarasov et al. 2023", value, eta: eta, criticPenalty: criticPenalty)
  }

  private static func regularized(
    _ name: String, _ paper: String, _ value: ValueLearning, eta: Double, criticPenalty: Double
  ) -> Method {
    var method = valueMethod(
      name, paper, .raw(clocks: 0), value, plan: .critics(["critic"], studentEvery: 2)
    ) { group, scene in
      let draw = try scene.draw()
      guard group == "student" else {
        let slow = scene.average
        return try value.losses(&scene, draw.condition, penalty: criticPenalty) { batch, random in
          let blur = (random.normal(batch.actions.shape) * 0.2).clamped(to: -0.5...0.5)
          return (try slow.deterministic(batch).clamped(to: -1...1) + blur).clamped(to: -1...1)
        }
      }
      let raw = try scene.student.deterministic(draw.condition)
      var losses = Losses()
      losses.add("cloning", Distance.l2(raw, draw.data).mean())
      guard eta > 0 else { return losses }
      losses.add("value", weight: eta, try value.pull(&scene, raw.clamped(to: -1...1), draw.condition))
      return losses
    }
    method.studentGroup.average = ValueLearning.criticAverage
    return method
  }
}
