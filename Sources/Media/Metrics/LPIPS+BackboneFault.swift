extension LPIPS {
  /// Why a checkpoint cannot be LPIPS's backbone.
  public enum BackboneFault: Sendable, Equatable {
    /// `count` tensors of the network that comes closest, which has `of`, are not there.
    case missing(closest: Backbone, tensor: String, count: Int, of: Int)
    /// A tensor has another shape than in the network that comes closest.
    case misshapen(closest: Backbone, tensor: String, shape: [Int], expected: [Int])
    /// A tensor is neither part of the network's features nor of its head.
    case unexpected(closest: Backbone, tensor: String)
    /// A tensor holds infinities or NaN.
    case notFinite(tensor: String)
  }
}

extension LPIPS.BackboneFault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .missing(let closest, let tensor, let count, let all):
      Self.stranger(closest, "\(count) of its \(all) tensors are missing (first: \(tensor))")
    case .misshapen(let closest, let tensor, let shape, let expected):
      Self.stranger(closest, "\(tensor) has shape \(shape) for \(expected)")
    case .unexpected(let closest, let tensor): Self.stranger(closest, "\(tensor) is no part of it")
    case .notFinite(let tensor): "\(tensor) holds numbers that are not finite. Fetch the file again."
    }
  }

  private static func stranger(_ closest: LPIPS.Backbone, _ reason: String) -> String {
    "is neither torchvision's AlexNet nor its VGG16: \(closest.displayName) comes closest, but \(reason). "
      + "Save the state_dict of torchvision.models.alexnet or vgg16."
  }
}
