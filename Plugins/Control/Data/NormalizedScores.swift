/// Returns of the random policy and the expert that D4RL publishes (Fu et al. 2020): one pair for each family of tasks,
/// whichever data set and version.
///
/// Hopper's lower value is published with a sign that a uniform random policy does not reach here (it returns +20); it
/// is kept so that scores compare, and shifts them by at most 1.2 points.
public enum NormalizedScores {
  /// The words that a task's name begins with, separated by hyphens; longer ones come before those they begin with.
  private static let table: [(family: String, reference: ReferenceReturns)] = [
    ("halfcheetah", ReferenceReturns(random: -280.178953, expert: 12135.0)),
    ("hopper", ReferenceReturns(random: -20.272305, expert: 3234.3)),
    ("walker2d", ReferenceReturns(random: 1.629008, expert: 4592.3)),
    ("ant", ReferenceReturns(random: -325.6, expert: 3879.7)),
    ("maze2d-umaze-dense", ReferenceReturns(random: 68.537689, expert: 193.662856)),
    ("maze2d-medium-dense", ReferenceReturns(random: 44.264742, expert: 297.455255)),
    ("maze2d-large-dense", ReferenceReturns(random: 30.569041, expert: 303.485738)),
    ("maze2d-open-dense", ReferenceReturns(random: 11.17817, expert: 27.166539)),
    ("maze2d-umaze", ReferenceReturns(random: 23.85, expert: 161.86)),
    ("maze2d-medium", ReferenceReturns(random: 13.13, expert: 277.39)),
    ("maze2d-large", ReferenceReturns(random: 6.7, expert: 273.99)),
    ("maze2d-open", ReferenceReturns(random: 0.01, expert: 20.66)),
    ("antmaze", ReferenceReturns(random: 0, expert: 1)),
    ("kitchen", ReferenceReturns(random: 0, expert: 4)),
    ("pen", ReferenceReturns(random: 96.262799, expert: 3076.833102)),
    ("hammer", ReferenceReturns(random: -274.856578, expert: 12794.134825)),
    ("door", ReferenceReturns(random: -56.512833, expert: 2880.569309)),
    ("relocate", ReferenceReturns(random: -6.425911, expert: 4233.877798)),
  ]

  /// The families of tasks with published references.
  public static var families: [String] { table.map(\.family) }

  /// The references of a task or data set, such as "hopper-medium-replay-v2".
  public static func reference(for task: String) throws(DatasetError) -> ReferenceReturns {
    let words = task.lowercased().split(separator: "-")
    guard let found = table.first(where: { words.starts(with: $0.family.split(separator: "-")) }) else {
      throw .unknownTask(name: task, closest: closest(to: task.lowercased()))
    }
    return found.reference
  }

  /// Points of an episode's return: 0 for the random policy, 100 for the expert.
  public static func score(_ episodeReturn: Double, task: String) throws(DatasetError) -> Double {
    try reference(for: task).score(episodeReturn)
  }

  private static func closest(to task: String) -> [String] {
    let ranked = families.map { family in
      // The family alone, or the task cut to its length: data set and version do not count.
      (min(editDistance(task, family), editDistance(String(task.prefix(family.count)), family)), family)
    }
    let best = ranked.map(\.0).min() ?? 0
    return ranked.filter { $0.0 == best }.map(\.1)
  }
}
