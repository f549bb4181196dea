import Foundation

/// Small two-dimensional sets on which a method shows in seconds what it does, with exact teachers.
extension GaussianMixture {
  /// Eight equal modes on a circle of radius 2, deviation 0.15.
  public static let ring8 = GaussianMixture(
    modes: (0..<8).map {
      let angle = Double.pi * Double($0) / 4
      return [2 * cos(angle), 2 * sin(angle)]
    }, deviation: 0.15)

  /// Nine modes at {-1.5, 0, 1.5}², rows of equal y from the lowest, with weights that grow as 1, 2, ... 9; deviation 0.12.
  public static let grid9 = GaussianMixture(
    modes: [-1.5, 0, 1.5].flatMap { y in [-1.5, 0, 1.5].map { x in [x, y] } },
    weights: [1, 2, 3, 4, 5, 6, 7, 8, 9], deviation: 0.12)

  /// Two interlocking half circles of twenty modes each, deviation 0.1.
  public static let moons: GaussianMixture = {
    let angles = (0..<20).map { Double.pi * (Double($0) + 0.5) / 20 }
    let upper = angles.map { [1.5 * (cos($0) - 0.5), 1.5 * (sin($0) - 0.25)] }
    // The lower one is the upper turned by half a turn about the origin.
    return GaussianMixture(modes: upper + upper.map { [-$0[0], -$0[1]] }, deviation: 0.1)
  }()

  /// 32 modes along two turns of a spiral out to radius 2, deviation 0.1.
  public static let spiral = GaussianMixture(
    modes: (0..<32).map {
      let share = ((Double($0) + 0.5) / 32).squareRoot()
      return [2 * share * cos(4 * Double.pi * share), 2 * share * sin(4 * Double.pi * share)]
    }, deviation: 0.1)

  /// The sets above by name.
  public static let sets: [(name: String, mixture: GaussianMixture)] = [
    ("ring8", ring8), ("grid9", grid9), ("moons", moons), ("spiral", spiral),
  ]

  /// Modes of one deviation, of equal weight unless told.
  private init(modes: [[Double]], weights: [Double]? = nil, deviation: Double) {
    self.init(
      weights: weights ?? modes.map { _ in 1 }, means: modes, deviations: modes.map { _ in deviation })
  }
}
