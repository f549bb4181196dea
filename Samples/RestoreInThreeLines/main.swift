// Restores a photograph: RestoreInThreeLines MODEL IN OUT
import OneStepMedia
import OneStepSuperResolution

let arguments = CommandLine.arguments
precondition(arguments.count == 4, "usage: RestoreInThreeLines MODEL IN OUT")

let restorer = try Restorer(contentsOf: arguments[1])
let sharp = try restorer(Image(contentsOf: arguments[2]), seed: 7)
try sharp.write(to: arguments[3])
