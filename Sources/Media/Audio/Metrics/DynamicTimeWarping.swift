/// The cheapest monotone way through a table of costs (Sakoe and Chiba 1978, symmetric without slope weights).
public enum DynamicTimeWarping {
  /// Pairs (row, column) from (0, 0) to the last of both, each step (1, 1), (1, 0) or (0, 1); the diagonal is taken where
  /// steps cost the same. Empty when there are no rows or no columns.
  public static func path(rows: Int, columns: Int, cost: (Int, Int) -> Double) -> [(row: Int, column: Int)] {
    guard rows > 0 && columns > 0 else { return [] }
    var previous = [Double](repeating: .infinity, count: columns), current = previous
    var steps = [UInt8](repeating: 0, count: rows * columns)  // 0 diagonal, 1 from the row above, 2 from the left
    for i in 0..<rows {
      for j in 0..<columns {
        var best = i > 0 && j > 0 ? previous[j - 1] : (i == 0 && j == 0 ? 0 : Double.infinity)
        var step: UInt8 = 0
        if i > 0 && previous[j] < best { (best, step) = (previous[j], 1) }
        if j > 0 && current[j - 1] < best { (best, step) = (current[j - 1], 2) }
        current[j] = best + cost(i, j)
        steps[i * columns + j] = step
      }
      swap(&previous, &current)
    }
    var (i, j) = (rows - 1, columns - 1)
    var result = [(row: i, column: j)]
    while i > 0 || j > 0 {
      let step = steps[i * columns + j]
      if step != 2 { i -= 1 }
      if step != 1 { j -= 1 }
      result.append((i, j))
    }
    return result.reversed()
  }
}
