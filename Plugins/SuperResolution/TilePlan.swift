/// Cuts an image into tiles that are computed one by one.
///
/// A tile is computed over its core and a halo as wide as the network's reach, so the core's pixels are those of the
/// whole image. At the image's own borders there is no halo: the network sees the same zeros as it would untiled. What
/// a tile reads starts at a multiple of `alignment`, where the convolutions' own blocks start in the whole image.
struct TilePlan: Sendable {
  struct Region: Sendable, Equatable {
    var rows: Range<Int>, columns: Range<Int>

    func scaled(by n: Int) -> Region {
      Region(
        rows: rows.lowerBound * n..<rows.upperBound * n, columns: columns.lowerBound * n..<columns.upperBound * n)
    }
    /// The same region in the coordinates of `outer`.
    func offset(inside outer: Region) -> Region {
      func move(_ range: Range<Int>, _ by: Int) -> Range<Int> { range.lowerBound - by..<range.upperBound - by }
      return Region(rows: move(rows, outer.rows.lowerBound), columns: move(columns, outer.columns.lowerBound))
    }
  }
  struct Tile: Sendable, Equatable {
    /// Pixels this tile is responsible for.
    var core: Region
    /// Pixels it reads.
    var read: Region
  }

  let tiles: [Tile]

  /// Cores of nearly equal size, none larger than `tile` a side.
  init(width: Int, height: Int, tile: Int, halo: Int, alignment: Int) {
    func cut(_ length: Int) -> [Range<Int>] {
      let parts = max(1, (length + tile - 1) / tile)
      return (0..<parts).map { $0 * length / parts..<($0 + 1) * length / parts }
    }
    func widen(_ range: Range<Int>, _ length: Int) -> Range<Int> {
      max(0, range.lowerBound - halo) / alignment * alignment..<min(length, range.upperBound + halo)
    }
    tiles = cut(height).flatMap { rows in
      cut(width).map { columns in
        Tile(
          core: Region(rows: rows, columns: columns),
          read: Region(rows: widen(rows, height), columns: widen(columns, width)))
      }
    }
  }
}
