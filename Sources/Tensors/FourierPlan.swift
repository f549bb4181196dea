import CFFTW
import Kernels
import Synchronization

/// An FFTW plan for one row of one length, made once and kept. Rows are transformed one by one in aligned scratch memory,
/// so a row's result does not depend on the batch around it.
final class FourierPlan: @unchecked Sendable {
  enum Kind: Hashable {
    case realToComplex, complexToReal, forward, backward
  }
  private struct Key: Hashable {
    let kind: Kind
    let length: Int
  }
  private typealias Complex = UnsafeMutablePointer<fftwf_complex>

  private let plan: OpaquePointer
  private let kind: Kind
  /// Floats of an input and of an output row.
  private let input: Int, output: Int

  private init(_ key: Key) {
    let n = key.length
    kind = key.kind
    input = key.kind == .realToComplex ? n : key.kind == .complexToReal ? 2 * (n / 2 + 1) : 2 * n
    output = key.kind == .complexToReal ? n : key.kind == .realToComplex ? 2 * (n / 2 + 1) : 2 * n
    let (x, y) = (fftwf_alloc_real(input)!, fftwf_alloc_real(output)!)
    defer {
      fftwf_free(x)
      fftwf_free(y)
    }
    let (cx, cy) = (Self.complex(x), Self.complex(y))
    // Estimated, not measured: measuring would choose differently from run to run, and so would the last bits.
    let flags = FFTW_ESTIMATE
    let made =
      switch key.kind {
      case .realToComplex: fftwf_plan_dft_r2c_1d(Int32(n), x, cy, flags)
      case .complexToReal: fftwf_plan_dft_c2r_1d(Int32(n), cx, y, flags)
      case .forward: fftwf_plan_dft_1d(Int32(n), cx, cy, -1, flags)
      case .backward: fftwf_plan_dft_1d(Int32(n), cx, cy, 1, flags)
      }
    guard let made else { preconditionFailure("FFTW has no plan of length \(n)") }
    plan = made
  }

  // Planning is not thread-safe, nor is destroying.
  private static let cache = Mutex<[Key: FourierPlan]>([:])
  private static let planner = Mutex<Void>(())

  deinit { Self.planner.withLock { _ in fftwf_destroy_plan(plan) } }

  static func plan(_ kind: Kind, _ length: Int) -> FourierPlan {
    precondition(length > 0, "a Fourier transform of length \(length)")
    return cache.withLock { cache in
      let key = Key(kind: kind, length: length)
      if let plan = cache[key] { return plan }
      if cache.count >= 256 { cache.removeAll() }
      let plan = planner.withLock { _ in FourierPlan(key) }
      cache[key] = plan
      return plan
    }
  }

  private static func complex(_ x: UnsafeMutablePointer<Float>) -> Complex {
    UnsafeMutableRawPointer(x).assumingMemoryBound(to: fftwf_complex.self)
  }

  private struct Job {
    let plan: FourierPlan
    let x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>
    let rows: Int, step: Int
  }

  /// Transforms `rows` rows, not normalised.
  func execute(rows: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    let step = max(1, 16384 / max(input, output))
    var job = Job(plan: self, x: x, y: y, rows: rows, step: step)
    withUnsafeMutablePointer(to: &job) {
      os_parallel(
        Int64((rows + step - 1) / step),
        { context, chunk in
          let job = context!.assumingMemoryBound(to: Job.self).pointee
          job.plan.transform(job, Int(chunk) * job.step..<min(job.rows, (Int(chunk) + 1) * job.step))
        }, $0)
    }
  }

  private func transform(_ job: Job, _ rows: Range<Int>) {
    let (x, y) = (fftwf_alloc_real(input)!, fftwf_alloc_real(output)!)
    for row in rows {
      x.update(from: job.x + row * input, count: input)
      switch kind {
      case .realToComplex: fftwf_execute_dft_r2c(plan, x, Self.complex(y))
      case .complexToReal: fftwf_execute_dft_c2r(plan, Self.complex(x), y)
      case .forward, .backward: fftwf_execute_dft(plan, Self.complex(x), Self.complex(y))
      }
      (job.y + row * output).update(from: y, count: output)
    }
    fftwf_free(x)
    fftwf_free(y)
  }
}
