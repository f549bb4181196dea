import CFFTW
import Synchronization

/// How much detail an image has compared with a reference, in four bands of spatial frequency.
///
/// Protocol: unrounded luma, mean removed, a Hann window along both directions, power spectrum;
/// radius r = √(fx² + fy²) relative to the Nyquist frequency (1 is half a cycle per pixel); bands 0
/// ≤ r < ¼, ¼ ≤ r < ½, ½ ≤ r < ¾ and ¾ ≤ r ≤ 1, corners left out. After an enlargement by 4, only
/// the first band was in the input.
public enum BandEnergy {
  /// Energy of `image` divided by that of `reference` in each band, low to high; 1 is the same.
  ///
  /// Throws `sizesDiffer`, or `tooSmall` below 16 pixels a side. A band in which the reference is
  /// empty gives infinity, or NaN when both are.
  public static func ratios(_ image: Image, reference: Image) throws(MediaError) -> [Double] {
    let planes = try PlanePairs.luma(image, reference, border: 0).requiring(
      16, for: "band energies")
    let (a, b) = planes.pairs[0]
    return zip(energies(a), energies(b)).map { $0 / $1 }
  }

  private static let planning = Mutex(())  // FFTW's planner is not safe for several threads

  private static func energies(_ plane: Plane) -> [Double] {
    let (width, height) = (plane.width, plane.height)
    var values = windowed(plane)
    let half = width / 2 + 1
    var spectrum = [Double](repeating: 0, count: 2 * half * height)
    values.withUnsafeMutableBufferPointer { values in
      spectrum.withUnsafeMutableBytes { spectrum in
        let target = spectrum.assumingMemoryBound(to: fftw_complex.self).baseAddress
        let source = values.baseAddress
        nonisolated(unsafe) var plan: fftw_plan?
        planning.withLock { _ in
          plan = fftw_plan_dft_r2c_2d(Int32(height), Int32(width), source, target, FFTW_ESTIMATE)
        }
        fftw_execute(plan)
        planning.withLock { _ in fftw_destroy_plan(plan) }
      }
    }
    var bands = [0.0, 0, 0, 0]
    for row in 0..<height {
      let fy = Double(min(row, height - row)) / Double(height)
      for column in 0..<half {
        let fx = Double(column) / Double(width)
        let radius = 2 * (fx * fx + fy * fy).squareRoot()
        if radius > 1 { continue }
        let (re, im) = (
          spectrum[2 * (row * half + column)], spectrum[2 * (row * half + column) + 1]
        )
        let isMirrored = column > 0 && 2 * column != width  // stands for two frequencies
        bands[min(Int(radius * 4), 3)] += (re * re + im * im) * (isMirrored ? 2 : 1)
      }
    }
    return bands
  }

  private static func windowed(_ plane: Plane) -> [Double] {
    func hann(_ count: Int) -> [Double] {
      (0..<count).map { 0.5 - 0.5 * cosine(2 * .pi * (Double($0) + 0.5) / Double(count)) }
    }
    let across = hann(plane.width)
    let down = hann(plane.height)
    let mean = plane.values.reduce(0, +) / Double(plane.values.count)
    var result = plane.values
    for row in 0..<plane.height {
      for column in 0..<plane.width {
        let i = row * plane.width + column
        result[i] = (result[i] - mean) * down[row] * across[column]
      }
    }
    return result
  }
}
