import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct ResizingTests {
  /// Numbers of torch.nn.functional.interpolate (2.x, float64) on ``picture``: elements 0, 1, n / 3, n / 2 and n - 1.
  static let published: [(Int, Int, Int, Int, String, Bool, [Double])] = [
    (5, 6, 9, 7, "nearest", false, [-0.4000000, -0.4000000, 0.0117647, 0.4823529, 0.5411764]),
    (5, 6, 9, 7, "bilinear", false, [-0.4000000, 0.2008403, 0.1163399, 0.0411765, 0.5411764]),
    (5, 6, 9, 7, "bilinear", true, [-0.4000000, 0.2008403, 0.1163399, 0.0411765, 0.5411764]),
    (5, 6, 9, 7, "bicubic", false, [-0.4806738, 0.2700639, 0.1521802, 0.0411765, 0.6454927]),
    (5, 6, 9, 7, "bicubic", true, [-0.4602796, 0.2639348, 0.1379368, 0.0411765, 0.6216440]),
    (5, 6, 9, 7, "area", false, [-0.4000000, -0.0176471, 0.1294118, 0.0411765, 0.5411764]),
    (6, 7, 12, 14, "nearest", false, [-0.4000000, -0.4000000, 0.2470588, 0.3058824, -0.2235294]),
    (6, 7, 12, 14, "bilinear", false, [-0.4000000, -0.2088235, 0.1882353, 0.2911765, -0.2235294]),
    (6, 7, 12, 14, "bilinear", true, [-0.4000000, -0.2088235, 0.1882353, 0.2911765, -0.2235294]),
    (6, 7, 12, 14, "bicubic", false, [-0.5332415, -0.2415698, 0.1877237, 0.3693141, -0.2836069]),
    (6, 7, 12, 14, "bicubic", true, [-0.5102178, -0.2719218, 0.1941555, 0.3559743, -0.2740586]),
    (6, 7, 12, 14, "area", false, [-0.4000000, -0.4000000, 0.2470588, 0.3058824, -0.2235294]),
    (8, 8, 3, 2, "nearest", false, [-0.4000000, -0.3411765, 0.2470588, -0.2823530, 0.4823529]),
    (8, 8, 3, 2, "bilinear", false, [-0.0225490, -0.2088235, -0.1794118, 0.1000000, 0.3401961]),
    (8, 8, 3, 2, "bilinear", true, [-0.0003428, -0.1090336, 0.0389756, 0.1013005, 0.0604157]),
    (8, 8, 3, 2, "bicubic", false, [-0.0681241, -0.2275378, -0.3601907, 0.0862132, 0.4958291]),
    (8, 8, 3, 2, "bicubic", true, [0.0043985, -0.1303287, 0.0375405, 0.1219112, 0.0533229]),
    (8, 8, 3, 2, "area", false, [0.0313726, -0.1205882, 0.0448529, 0.1367647, 0.0607843]),
    (9, 7, 4, 11, "nearest", false, [-0.4000000, -0.4000000, 0.3647059, 0.1882353, 0.3647059]),
    (9, 7, 4, 11, "bilinear", false, [-0.1426471, -0.0290107, -0.1065508, -0.0397059, -0.1352941]),
    (9, 7, 4, 11, "bilinear", true, [-0.0941176, 0.0342246, 0.0442416, 0.1021521, -0.0184874]),
    (9, 7, 4, 11, "bicubic", false, [-0.1824157, -0.0523710, -0.1711180, -0.1237936, -0.1957915]),
    (9, 7, 4, 11, "bicubic", true, [-0.1387920, 0.0257350, 0.0712345, 0.1123108, -0.0179703]),
    (9, 7, 4, 11, "area", false, [-0.0470588, 0.0901961, 0.0215686, 0.1686275, 0.0509804]),
    (16, 12, 4, 3, "nearest", false, [-0.4000000, -0.3411765, 0.0705882, -0.0470588, -0.0470588]),
    (16, 12, 4, 3, "bilinear", false, [0.1735294, -0.2088235, 0.2029412, 0.0264706, -0.1058824]),
    (16, 12, 4, 3, "bilinear", true, [0.0152161, -0.0176471, 0.0663373, 0.0606749, -0.0421819]),
    (16, 12, 4, 3, "bicubic", false, [0.2622817, -0.2694853, 0.2360294, 0.0214729, -0.1196691]),
    (16, 12, 4, 3, "bicubic", true, [0.0139129, -0.0366687, 0.0691758, 0.0609577, -0.0664596]),
    (16, 12, 4, 3, "area", false, [0.0227941, -0.0470588, 0.1147059, 0.1257353, -0.0691177]),
    (1, 3, 5, 2, "nearest", false, [-0.4000000, 0.3647059, 0.3647059, 0.3647059, 0.3647059]),
    (1, 3, 5, 2, "bilinear", false, [-0.2088235, 0.1882353, 0.1882353, 0.1882353, 0.1882353]),
    (1, 3, 5, 2, "bilinear", true, [-0.1132353, 0.2176471, 0.2176471, 0.2176471, 0.2176471]),
    (1, 3, 5, 2, "bicubic", false, [-0.2184743, 0.2096048, 0.2096048, 0.2096048, 0.2096048]),
    (1, 3, 5, 2, "bicubic", true, [-0.1229723, 0.2424323, 0.2424323, 0.2424323, 0.2424323]),
    (1, 3, 5, 2, "area", false, [-0.0176471, 0.2470588, 0.2470588, 0.2470588, 0.2470588]),
  ]

  /// A picture with one channel that both sides make by integer arithmetic.
  static func picture(_ h: Int, _ w: Int) -> Tensor {
    var values: [Float] = []
    for a in 0..<h {
      for b in 0..<w { values.append(Float((a * a * 7 + b * 13 + a * b * 3) % 17) / 17 - 0.4) }
    }
    return Tensor(values, shape: [1, h, w, 1])
  }

  static let modes: [(String, Interpolation)] = [
    ("nearest", .nearest), ("bilinear", .bilinear), ("bicubic", .bicubic), ("area", .area),
  ]

  @Test("values are PyTorch's", arguments: published.indices)
  func matchesPyTorch(_ index: Int) {
    let (h, w, oh, ow, name, antialias, expected) = Self.published[index]
    let mode = Self.modes.first { $0.0 == name }!.1
    let y = Self.picture(h, w).resized(height: oh, width: ow, mode, antialias: antialias).floats
    let picked = [0, 1, y.count / 3, y.count / 2, y.count - 1].map { y[$0] }
    expectClose(picked, expected, relative: 0, absolute: 1e-6, "\(name) \(h)x\(w) -> \(oh)x\(ow)")
  }

  /// One axis as a dense matrix, straight from the definitions.
  static func matrix(_ n: Int, _ m: Int, _ mode: Interpolation, _ antialias: Bool) -> [[Double]] {
    func cubic(_ x: Double, _ a: Double) -> Double {
      let x = abs(x)
      return x <= 1 ? (a + 2) * x * x * x - (a + 3) * x * x + 1 : x < 2 ? a * (x * x * x - 5 * x * x + 8 * x - 4) : 0
    }
    let step = Double(n) / Double(m)
    return (0..<m).map { i in
      var row = [Double](repeating: 0, count: n)
      let x = (Double(i) + 0.5) * step - 0.5
      func add(_ j: Int, _ w: Double) { row[min(max(j, 0), n - 1)] += w }
      switch mode {
      case .nearest: row[i * n / m] = 1
      case .area: for j in i * n / m..<((i + 1) * n + m - 1) / m { row[j] = 1 }
      case .bilinear where !antialias:
        for j in -1...n { add(j, max(0, 1 - abs(min(max(x, 0), Double(n - 1)) - Double(j)))) }
      case .bicubic(let a) where !antialias: for j in -3..<n + 3 { add(j, cubic(x - Double(j), a ?? -0.75)) }
      case .bilinear: for j in 0..<n { row[j] = max(0, 1 - abs(x - Double(j)) / max(1, step)) }
      case .bicubic(let a): for j in 0..<n { row[j] = cubic((x - Double(j)) / max(1, step), a ?? -0.5) }
      }
      let total = row.reduce(0, +)
      return row.map { $0 / total }
    }
  }

  static func resize(_ x: Reference, _ h: Int, _ w: Int, _ mode: Interpolation, _ antialias: Bool) -> Reference {
    let (rows, columns) = (matrix(x.shape[1], h, mode, antialias), matrix(x.shape[2], w, mode, antialias))
    var y = Reference.filled(0, [x.shape[0], h, w, x.shape[3]])
    for i in y.indices {
      var sum = 0.0
      for a in 0..<x.shape[1] where rows[i[1]][a] != 0 {
        for b in 0..<x.shape[2] { sum += rows[i[1]][a] * columns[i[2]][b] * x[i[0], a, b, i[3]] }
      }
      y.values[y.offset(i)] = sum
    }
    return y
  }

  @Test("values and both rules match dense matrices", arguments: 0..<4, [false, true])
  func dense(_ mode: Int, _ antialias: Bool) {
    let (name, interpolation) = Self.modes[mode]
    for (shape, h, w) in [([2, 4, 3, 3], 7, 6), ([1, 7, 9, 2], 3, 4), ([1, 5, 4, 1], 5, 9), ([1, 3, 3, 18], 6, 2)] {
      expectOperator(
        "\(name) \(shape)", [.random(shape)],
        engine: { $0[0].resized(height: h, width: w, interpolation, antialias: antialias) },
        reference: { Self.resize($0[0], h, w, interpolation, antialias) })
    }
  }

  @Test("bicubic takes any parameter") func parameter() {
    let x = Reference.random([1, 5, 5, 1])
    for antialias in [false, true] {
      expectClose(
        x.tensor.resized(height: 8, width: 3, .bicubic(a: -0.6), antialias: antialias),
        Self.resize(x.rounded, 8, 3, .bicubic(a: -0.6), antialias), absolute: 1e-6)
    }
  }

  @Test("a constant stays constant and the same size is the same image", arguments: 0..<4, [false, true])
  func invariants(_ mode: Int, _ antialias: Bool) {
    let interpolation = Self.modes[mode].1
    let flat = Tensor.filled(0.7, [1, 9, 5, 3]).resized(height: 31, width: 2, interpolation, antialias: antialias)
    #expect(flat.floats.allSatisfy { abs($0 - 0.7) < 3e-7 })
    let x = Reference.random([1, 6, 7, 3]).tensor
    #expect(x.resized(height: 6, width: 7, interpolation, antialias: antialias).floats == x.floats)
  }

  @Test("a part made from a crop has the bits of the whole", arguments: 0..<4, [false, true])
  func parts(_ mode: Int, _ antialias: Bool) {
    for (channels, target) in [(1, (97, 61)), (2, (200, 164)), (3, (200, 164)), (3, (17, 13)), (4, (31, 77)), (19, (80, 20))] {
      let x = Reference.random([2, 50, 41, channels], seed: UInt64(channels)).tensor
      for type in ElementType.allCases {
        let x = x.cast(to: type)
        let resizing = Resizing(from: (50, 41), to: target, Self.modes[mode].1, antialias: antialias)
        let whole = x.resized(resizing, rows: 0..<target.0, columns: 0..<target.1)
        for (rows, columns) in [
          (0..<target.0 / 2, 0..<target.1 / 3), (target.0 / 3..<target.0, target.1 / 4..<target.1 / 4 + 1),
          (target.0 / 2..<target.0 / 2 + 3, 1..<target.1 - 1),
        ] {
          let need = resizing.source(rows: rows, columns: columns)
          let crop = x.sliced(axis: 1, need.rows).sliced(axis: 2, need.columns)
          let part = crop.resized(
            resizing, rows: rows, columns: columns, origin: (need.rows.lowerBound, need.columns.lowerBound))
          #expect(part.floats == whole.sliced(axis: 1, rows).sliced(axis: 2, columns).floats)
        }
      }
    }
  }

  @Test("one thread gives the same bits as several") func threads() {
    let x = Tensor.normal([1, 64, 80, 3], seed: 1)
    let many = x.resized(height: 256, width: 320, .bicubic).floats
    let before = Compute.threads
    Compute.threads = 1
    let one = Compute.perform { x.resized(height: 256, width: 320, .bicubic) }.floats
    Compute.threads = before
    #expect(one == many)
  }

  @Test("bf16 images are computed in f32 and rounded once") func bf16() {
    let x = Reference.random([1, 12, 9, 3]).tensor.cast(to: .bf16)
    let y = x.resized(height: 20, width: 23, .bicubic, antialias: true)
    #expect(y.elementType == .bf16)
    #expect(y.floats == x.cast(to: .f32).resized(height: 20, width: 23, .bicubic, antialias: true).cast(to: .bf16).floats)
  }

  @Test("a stated scale replaces the quotient of the sizes") func scale() {
    // torch.nn.functional.interpolate(x, scale_factor=1.5, mode="bilinear") of 0, 1, 2, 3, 4: seven pixels, step 2 / 3.
    let x = Tensor.range(5).reshaped(1, 1, 5, 1)
    let y = x.resized(
      Resizing(from: (1, 5), to: (1, 7), .bilinear, scale: (1, 1.5)), rows: 0..<1, columns: 0..<7)
    expectClose(y.floats, (0..<7).map { max(0, (Double($0) + 0.5) / 1.5 - 0.5) }, relative: 1e-6)
  }
}
