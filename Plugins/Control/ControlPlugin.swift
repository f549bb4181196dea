import OneStepFlow

/// Control: policies that act in one network call, learnt from data alone.
public enum ControlPlugin: Plugin {
  public static let name = "control"
  public static let architectures: [any Architecture.Type] = [PolicyFile.self, BehaviourPolicyFile.self]
}
