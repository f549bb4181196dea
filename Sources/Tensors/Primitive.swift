import CDNN

/// A oneDNN primitive, made once per shape and kept. Used on the compute thread only.
final class Primitive: @unchecked Sendable {
  let handle: OpaquePointer

  private init(_ handle: OpaquePointer) { self.handle = handle }
  deinit { os_dnn_destroy(handle) }

  /// oneDNN's name of the implementation it chose.
  var implementation: String { String(cString: os_dnn_implementation(handle)) }

  static func convolution(_ description: OSConvolution) -> Primitive {
    let d = description
    let key: [Int32] = [
      d.kind, d.type, d.weights_type, d.n, d.h, d.w, d.ic, d.oc, d.kh, d.kw, d.oh, d.ow, d.stride_h, d.stride_w,
      d.dilation_h, d.dilation_w, d.pad_top, d.pad_left, d.pad_bottom, d.pad_right, d.groups, d.has_bias, d.post,
      d.accumulate,
    ]
    return cached(key) {
      var handle: OpaquePointer?
      var d = description
      let status = os_dnn_convolution(&d, &handle)
      return (handle, status, "convolution \(d)")
    }
  }

  static func matmul(_ description: OSMatmul) -> Primitive {
    let d = description
    let key: [Int32] = [
      d.type, d.batch, d.m, d.n, d.k, d.transpose_a, d.transpose_b, d.broadcast_a, d.broadcast_b,
    ]
    return cached(key) {
      var handle: OpaquePointer?
      var d = description
      let status = os_dnn_matmul(&d, &handle)
      return (handle, status, "matrix product \(d)")
    }
  }

  /// The filter in the layout this primitive wants, packed once per filter and layout.
  func packed(_ filter: Tensor) -> UnsafeRawPointer {
    let bytes = os_dnn_packed_bytes(handle)
    guard bytes > 0 else { return UnsafeRawPointer(filter.pointer) }
    return filter.packed(key: os_dnn_packed_key(handle), byteCount: bytes) { target in
      let status = os_dnn_pack(handle, filter.pointer, target)
      precondition(status == 0, "oneDNN cannot pack a filter of shape \(filter.shape) (status \(status))")
    }
  }

  func execute(
    _ source: UnsafeRawPointer, _ weights: UnsafeRawPointer, _ bias: UnsafeRawPointer?, _ target: UnsafeRawPointer
  ) {
    let status = os_dnn_execute(handle, source, weights, bias, target)
    precondition(status == 0, "oneDNN failed with status \(status) in \(implementation)")
  }

  // MARK: Cache

  private nonisolated(unsafe) static var cache: [[Int32]: Primitive] = [:]
  private static let limit = 2048

  private static func cached(_ key: [Int32], _ make: () -> (OpaquePointer?, Int32, String)) -> Primitive {
    if let primitive = cache[key] { return primitive }
    let (handle, status, description) = make()
    guard let handle else { preconditionFailure("oneDNN refuses \(description) (status \(status))") }
    if cache.count >= limit { cache.removeAll() }
    let primitive = Primitive(handle)
    cache[key] = primitive
    return primitive
  }
}

extension Tensor {
  /// Memory beside this filter's storage that holds it in another layout.
  func packed(key: UInt64, byteCount: Int, _ pack: (UnsafeMutableRawPointer) -> Void) -> UnsafeRawPointer {
    let key = key &+ UInt64(offset) &* 0x9E37_79B9_7F4A_7C15
    if let ready = storage.packed[key] { return UnsafeRawPointer(ready.pointer) }
    let fresh = Storage(byteCount: byteCount)
    pack(fresh.pointer)
    storage.packed[key] = fresh
    return UnsafeRawPointer(fresh.pointer)
  }
}

extension Compute {
  /// Whether bf16 products run at twice the f32 rate here (AVX-512 BF16).
  public static let hasFastBF16 = os_dnn_has_bf16() != 0
  /// The implementation behind a convolution with "same" padding, as `bench engine` reports it.
  package static func convolutionImplementation(
    input: [Int], filter: [Int], stride: Int, groups: Int, _ type: ElementType
  ) -> String {
    perform {
      ConvolutionGeometry(
        input: input, filter: filter, stride: (stride, stride), padding: nil, dilation: (1, 1), groups: groups
      ).implementation(type)
    }
  }

  /// oneDNN's name for a product of `[m, k]` and `[k, n]`.
  package static func productImplementation(_ m: Int, _ n: Int, _ k: Int, _ type: ElementType) -> String {
    perform { Primitive.matmul(OSMatmul(type, m: m, n: n, k: k)).implementation }
  }
}

extension OSMatmul {
  init(
    _ type: ElementType, batch: Int = 1, m: Int, n: Int, k: Int, transposeA: Bool = false, transposeB: Bool = false,
    sharedA: Bool = false, sharedB: Bool = false
  ) {
    self.init(
      type: type.rawValue, batch: Int32(batch), m: Int32(m), n: Int32(n), k: Int32(k), transpose_a: transposeA ? 1 : 0,
      transpose_b: transposeB ? 1 : 0, broadcast_a: sharedA ? 1 : 0, broadcast_b: sharedB ? 1 : 0)
  }
}
