import OneStepTensors

/// The bandit with four corners of Diffusion Q-Learning (Wang et al. 2023): good actions are in four separate places,
/// one of which is worth most. A policy that is neither stuck between them nor beyond them has learnt the lesson.
public enum CornerBandit {
  /// A heap of actions.
  public struct Corner: Sendable, Equatable {
    public let centre: SIMD2<Float>
    /// Mean of its rewards, whose standard deviation is 0.5.
    public let reward: Float
  }

  public static let corners = [
    Corner(centre: [-0.8, 0.8], reward: 3), Corner(centre: [-0.8, -0.8], reward: 0),
    Corner(centre: [0.8, 0.8], reward: 1.5), Corner(centre: [0.8, -0.8], reward: 5),
  ]
  public static let actionSpread: Float = 0.05
  public static let rewardSpread: Float = 0.5

  /// `count` actions, as many of each corner as can be, in random order; each is an episode whose one state is 0.
  public static func transitions(count: Int = 10_000, random: inout RandomSource) -> Transitions {
    precondition(count >= 0, "\(count) actions")
    var data = Transitions(observationSize: 1, actionSize: 2)
    let order = random.permutation(count), noise = random.normal(count: 3 * count)
    for i in 0..<count {
      let corner = corners[order[i] % corners.count]
      let action = (0..<2).map { min(max(corner.centre[$0] + actionSpread * noise[3 * i + $0], -1), 1) }
      data.append(
        observation: [0], action: action, reward: corner.reward + rewardSpread * noise[3 * i + 2], next: [0],
        isTerminal: true)
    }
    return data
  }

  /// Shares of actions `[N, 2]` within `distance` of each corner, in the order of `corners`; what is left lies between.
  public static func shares(of actions: [Float], within distance: Float = 0.25) -> [Double] {
    var counts = [Int](repeating: 0, count: corners.count)
    for i in stride(from: 0, to: actions.count - 1, by: 2) {
      let action = SIMD2(actions[i], actions[i + 1])
      for (k, corner) in corners.enumerated() {
        let away = action - corner.centre
        if (away * away).sum() <= distance * distance { counts[k] += 1 }
      }
    }
    return counts.map { Double($0) / Double(max(actions.count / 2, 1)) }
  }
}
