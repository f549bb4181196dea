import OneStepFlow

/// Super-resolution and restoration of photographs.
public enum SuperResolutionPlugin: Plugin {
  public static let name = "super-resolution"
  /// What ``Restorer`` can run.
  public static let networks: [any RestorationNetwork.Type] = [OFTSR.self, GuidedUNet.self]
  public static let architectures: [any Architecture.Type] = networks.map { $0 as any Architecture.Type }
}
