/// Why a tensor described by a pickle cannot be built.
public enum TensorFault: Error, Equatable, Sendable {
  /// A size, stride or offset is negative or their product overflows.
  case malformedShape
  /// The strides reach element `needed` of a storage that has `available`.
  case beyondStorage(needed: Int, available: Int)
  /// Strided tensors would together need far more memory than the file's size allows.
  case tooLarge
  case duplicateName
}

extension TensorFault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .malformedShape: "its shape, strides or offset make no sense. Save the file again."
    case .beyondStorage(let needed, let available):
      "needs \(needed) elements of a storage that has \(available). Save the file again."
    case .tooLarge:
      "repeats its storage too often to unfold. Save it with .contiguous(), or drop it."
    case .duplicateName: "two tensors flatten to this name. Rename one and save again."
    }
  }
}
