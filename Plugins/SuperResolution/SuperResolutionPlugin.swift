import OneStepFlow

/// Super-resolution and restoration of photographs.
public enum SuperResolutionPlugin: Plugin {
  public static let name = "super-resolution"
  public static let architectures: [any Architecture.Type] = [OFTSR.self]
}
