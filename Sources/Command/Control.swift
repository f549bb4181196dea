import ArgumentParser

struct Control: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Policies that act in one network call, learnt from recorded steps alone.",
    subcommands: [
      ControlTrain.self, ControlEval.self, ControlAct.self, ControlCollect.self, ControlSAC.self, ControlDoctor.self,
      ControlPlay.self,
      ControlEnvironments.self,
    ])
}
