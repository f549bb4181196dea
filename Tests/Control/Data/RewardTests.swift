import OneStepControl
import Testing

@Suite struct RewardTests {
  /// Episodes with returns 1, 5 and an unfinished one of 100.
  private var steps: Transitions {
    var steps = Transitions(observationSize: 2, actionSize: 1)
    for (reward, isTerminal) in [(0.5, false), (0.5, true), (2, false), (3, false), (100, false)] {
      if reward == 100 { steps.cutEpisode() }
      let x = Float(steps.count)
      steps.append(
        observation: [x, 7], action: [0], reward: Float(reward), next: [x + 1, 7], isTerminal: isTerminal)
    }
    return steps
  }

  @Test func episodesEndWhereTheyEndOrAreCut() {
    #expect(steps.episodeStarts == [0, 2, 4] && steps.lastEpisodeIsOpen && steps.episodeReturns == [1, 5, 100])
  }

  @Test(arguments: [
    (RewardRule.none, Float(1), Float(1)), (.iqlAntMaze, 1, 0), (.cqlAntMaze, 1, 2), (.cqlAntMaze, 0, -2),
    (.antMaze, 1, 1.5), (.antMaze, 0, -0.5), (.iqlLocomotion, 2, 500),
  ])
  func rulesAreThoseOfThePapers(_ rule: RewardRule, _ reward: Float, _ expected: Float) throws {
    #expect(try rule.scaling(for: steps)(reward) == expected)
  }

  @Test func standardRewardsHaveMeanNoughtAndDeviationOne() throws {
    let scaled = try steps.rescaled(by: RewardRule.standardise.scaling(for: steps)).rewards
    // Mean 21.2, sample deviation 44.06330
    #expect(abs(scaled.reduce(0, +)) < 1e-5 && abs(scaled[4] - 78.8 / 44.0633) < 1e-5)
    #expect(abs(scaled.reduce(0) { $0 + $1 * $1 } - 4) < 1e-5, "divided by N - 1, as torch does")
  }

  @Test func rulesWithoutGroundsAreRefused() throws {
    var flat = Transitions(observationSize: 1, actionSize: 1)
    for _ in 0..<3 { flat.append(observation: [0], action: [0], reward: 1, next: [0], isTerminal: true) }
    for rule in [RewardRule.iqlLocomotion, .standardise] {
      #expect(throws: DatasetError.self) { try rule.scaling(for: flat) }
    }
  }

  @Test func observationsAreStandardised() throws {
    let standard = Standardization(of: steps)
    #expect(standard.mean == [2, 7] && standard.deviation == [Float(2.0.squareRoot()) + 1e-3, 1e-3])
    let scaled = steps.standardized(by: standard)
    #expect(scaled.observations[0] == -2 / standard.deviation[0] && scaled.observations[1] == 0)
    #expect(scaled.nextObservations[8] == 3 / standard.deviation[0] && scaled.rewards == steps.rewards)
    #expect(Standardization(identity: 2)([1, 2, 3, 4]) == [1, 2, 3, 4])
  }
}

@Suite struct NormalizedScoreTests {
  @Test func aTaskHasTheReferencesOfItsFamily() throws {
    #expect(try NormalizedScores.reference(for: "hopper-medium-replay-v2").expert == 3234.3)
    #expect(try NormalizedScores.reference(for: "HalfCheetah").random == -280.178953)
    #expect(try NormalizedScores.reference(for: "maze2d-umaze-v1").random == 23.85)
    #expect(try NormalizedScores.reference(for: "maze2d-umaze-dense-v1").random == 68.537689)
    #expect(try NormalizedScores.reference(for: "ant-medium-v2").expert == 3879.7)
    #expect(try NormalizedScores.score(0.5, task: "antmaze-large-play-v2") == 50)
    #expect(try NormalizedScores.score(4, task: "kitchen-mixed-v0") == 100)
  }

  @Test func anUnknownTaskIsAnsweredWithTheClosest() {
    #expect(throws: DatasetError.unknownTask(name: "hoper-medium-v2", closest: ["hopper"])) {
      try NormalizedScores.reference(for: "hoper-medium-v2")
    }
    #expect(throws: DatasetError.unknownTask(name: "maze2d-larg-v1", closest: ["maze2d-large"])) {
      try NormalizedScores.reference(for: "maze2d-larg-v1")
    }
    #expect(throws: DatasetError.self) { try NormalizedScores.reference(for: "") }
  }
}
