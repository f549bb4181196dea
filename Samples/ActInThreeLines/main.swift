// Acts once where all numbers of the observation are 0.5: ActInThreeLines POLICY
import OneStepControl

let arguments = CommandLine.arguments
precondition(arguments.count == 2, "usage: ActInThreeLines POLICY")

let policy = try Policy(contentsOf: arguments[1])
guard var actor = policy.makeActor(seed: 1) else { preconditionFailure("a policy by a chain of diffusion") }
let action = try actor.act([Float](repeating: 0.5, count: policy.settings.sizes.observationSize))
print(action.map { "\($0)" }.joined(separator: " "))
