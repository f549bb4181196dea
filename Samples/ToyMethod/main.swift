// A one-step method of your own: half MeanFlow on data, half regression to what the teacher made of the same noise.
import OneStepFlow
import OneStepLab

let toy = Method<Void>("toy", "this file", .average(.linear)) { _, scene in
  let draw = try scene.draw()
  var losses = Losses()
  // Both terms have one optimum, the flow's own map; the pairs find it fast, MeanFlow teaches all times in between.
  losses.add(
    try MeanFlow().losses(scene.student.average, draw, &scene.random), weight: 0.5)
  losses.add(try PairRegression(path: .linear).losses(scene.student.map, scene.pairs()), weight: 0.5)
  return losses
}

let experiment = Experiment(.ring8, iterations: 500)
let trainer = try experiment.train(toy, on: experiment.material())
for result in try experiment.measure(trainer) {
  print("\(toy.name): sliced Wasserstein distance \(result.metrics.slicedWasserstein) in \(result.calls) call")
}
