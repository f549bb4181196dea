import OneStepFlow
import OneStepNetworks
import OneStepTensors

extension Method<TransitionBatch> {
  /// Implicit diffusion Q-learning (Hansen-Estruch et al. 2023): the critics never see an action that data do not have, and the
  /// policy clones; only the choice among its candidates follows the value.
  ///
  ///     V: |tau - 1(Q < V)| (Q - V)²,   Q: (r + gamma V(s') - Q)²
  ///
  /// - Parameter expectile: tau; 0.7, on AntMaze 0.9.
  public static func idql(expectile: Double = 0.7, steps: Int = 5, value: ValueLearning = ValueLearning()) -> Method {
    let diffusion = ActionDiffusion(steps: steps)
    let state = Group("value", .scores(1), rate: value.rate).steady(ValueLearning.criticAverage)
    return valueMethod(
      "idql", "Hansen-Estruch et al. 2023", .raw(clocks: 1), value, further: [state],
      plan: .all("value", "critic", "student")
    ) { group, scene in
      let draw = try scene.draw(), batch = draw.condition, n = batch.rewards.count
      guard let critic = scene.critics["critic"], let slow = scene.averageCritics["critic"],
        let worth = scene.critics["value"]
      else { preconditionFailure("no critics") }
      // The value of a situation is a critic that is always asked about the same action.
      func situation(_ batch: TransitionBatch) throws -> Tensor { try worth(.zeros(batch.actions.shape), [], batch) }
      var losses = Losses()
      switch group {
      case "value":
        let gap = try slow(batch.actions, [], batch).minimum([1], keepingAxes: true) - situation(batch)
        let isBelow = gap.values.sign().affine(-0.5, 0.5)
        let weight = (isBelow - Float(expectile)).absolute()
        losses.add("expectile", (weight * gap.squared()).mean())
      case "critic":
        let next = try situation(batch.next).values.reshaped(n)
        let target = batch.rewards + batch.continues * next * Float(value.discount)
        losses.add("td", (try critic(batch.actions, [], batch) - target.reshaped(n, 1)).squared().mean([0]).sum())
      default:
        losses.add(try diffusion.cloning(scene.student.network, draw, &scene.random))
      }
      return losses
    }
  }
}
