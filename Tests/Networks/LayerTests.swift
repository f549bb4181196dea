import Foundation
import OneStepNetworks
import OneStepTensors
import OneStepTestSupport
import Testing

/// Networks against PyTorch on the same random weights (Tests/Parity/bench_peers.py --export-reference).
@Suite struct LayerTests {
  static func fixture(_ name: String) throws -> Checkpoint {
    try Checkpoint(contentsOf: Bundle.module.path(forResource: "Fixtures/\(name)", ofType: "safetensors")!)
  }

  static func tensor(_ file: Checkpoint, _ name: String) throws -> Tensor {
    let stored = try #require(file.tensors[name], "\(name)")
    return stored.tensor()
  }

  /// PyTorch's OIHW filters in our layout.
  static func parameters(_ specs: [ParameterSpec], _ file: Checkpoint) throws -> Parameters {
    Parameters(
      specs: specs,
      tensors: try specs.map { spec in
        let t = try tensor(file, spec.name)
        return t.rank == 4 ? t.transposed(2, 3, 1, 0) : t
      })
  }

  static func tinyUNet() -> (UNet, ParameterScope) {
    var c = UNet.Configuration()
    (c.widths, c.groups) = ([4, 8, 16], 2)
    let scope = ParameterScope()
    return (UNet(scope, c), scope)
  }

  @Test("the U-Net, its gradients and one Adam step agree with PyTorch") func unet() throws {
    let file = try Self.fixture("unet"), gradientFile = try Self.fixture("unet-gradients")
    let (network, scope) = Self.tinyUNet()
    let start = try Self.parameters(scope.specs, file)
    let x = try Self.tensor(file, "example.input"), target = try Self.tensor(file, "example.target")
    let (output, loss, gradients) = Compute.perform {
      let tape = Tape()
      let p = start.watched(on: tape)
      let y = network(x, p)
      let loss = (y - target).squared().mean()
      let g = tape.gradients(of: loss, for: p.tensors)
      tape.reset()
      return (y.values, loss.item, g)
    }
    expectClose(output.floats, try Self.tensor(file, "example.output").floats.map(Double.init), relative: 1e-4, "output")
    #expect(abs(Double(loss) / Double(try Self.tensor(file, "example.loss").item) - 1) < 1e-4)
    let expected = try Self.parameters(scope.specs, gradientFile)
    for (index, spec) in scope.specs.enumerated() {
      expectClose(
        gradients[index].floats, expected.tensors[index].floats.map(Double.init), relative: 2e-4, absolute: 1e-6,
        spec.name)
    }
    var moved = start
    var optimizer = Optimizer(.adam(), for: start)
    optimizer.update(&moved, gradients: expected.tensors, rate: 1e-3)
    let after = try Self.parameters(scope.specs, Self.fixture("unet-adam"))
    for (index, spec) in scope.specs.enumerated() {
      expectClose(moved.tensors[index].floats, after.tensors[index].floats.map(Double.init), relative: 1e-5, spec.name)
    }
  }

  @Test("the tangent of a U-Net with attention is that of central differences") func tangent() {
    var c = UNet.Configuration()
    (c.widths, c.groups, c.heads, c.condition) = ([8, 16], 4, 2, 6)
    let scope = ParameterScope()
    let network = UNet(scope, c)
    // No parameter at zero, so that every path matters.
    let p = scope.makeParameters(seed: 2).mapped { spec, t in
      t + Tensor.normal(t.shape, seed: 9, stream: UInt64(spec.name.utf8.reduce(0) { $0 &* 31 &+ Int($1) } & 0xFFFF)) * 0.1
    }
    let x = Tensor.normal([1, 8, 8, 3], seed: 3), v = Tensor.normal([1, 8, 8, 3], seed: 4)
    let condition = Tensor.normal([1, 6], seed: 5), dc = Tensor.normal([1, 6], seed: 6)
    let moved = jvp({ network($0[0], condition: $0[1], p) }, at: [x, condition], along: [v, dc])
    let h: Float = 2e-3
    func at(_ s: Float) -> Tensor { network(x + v * s, condition: condition + dc * s, p) }
    let numeric = ((at(h) - at(-h)) * 8 - (at(2 * h) - at(-2 * h))) / (12 * h)
    expectClose(moved.tangent.floats, numeric.floats.map(Double.init), relative: 1e-3)
  }

  @Test("a NAF network starts at zero, learns through every layer and is exact in tiles") func naf() {
    var c = NAFNet.Configuration()
    (c.width, c.encoder, c.middle, c.decoder, c.condition) = (4, [1], 1, [1], 3)
    let scope = ParameterScope()
    let network = NAFNet(scope, c)
    let x = Tensor.normal([1, 8, 12, 3], seed: 1), condition = Tensor.normal([1, 3], seed: 2)
    let fresh = scope.makeParameters(seed: 1)
    #expect(network(x, condition: condition, fresh).floats.allSatisfy { $0 == 0 })
    let p = fresh.mapped { _, t in t + 0.05 }
    Compute.perform {
      let tape = Tape()
      let leaves = p.watched(on: tape)
      let g = tape.gradients(of: network(x, condition: condition, leaves).squared().sum(), for: leaves.tensors)
      tape.reset()
      for (spec, gradient) in zip(scope.specs, g) where !spec.name.hasPrefix("input") {
        #expect(gradient.absolute().sum().item > 0, "\(spec.name)")
      }
    }
  }

  @Test("frozen parameters have no gradient, and their input still does") func frozen() {
    let scope = ParameterScope()
    let first = Linear(scope.nested("first"), inputs: 3, outputs: 3)
    let second = Linear(scope.nested("second"), inputs: 3, outputs: 1)
    let tape = Tape()
    let p = scope.makeParameters(seed: 1).watched(on: tape) { $0.name.hasPrefix("second") }
    let x = tape.watch(Tensor.ones([2, 3]))
    let y = second(first(x, p), p).sum()
    let g = tape.gradients(of: y, for: [x, p[first.weight]])
    #expect(g[0].absolute().sum().item > 0 && g[1].absolute().sum().item > 0)
  }

  @Test("low-rank adapters: B = 0 is the base, C = 1 is plain, and merging equals adding") func lowRank() {
    let scope = ParameterScope()
    let adapter = LowRankAdapter(scope, inputs: 5, outputs: 4, rank: 2, alpha: 8)
    let fresh = scope.makeParameters(seed: 1), x = Tensor.normal([2, 3, 5], seed: 2)
    #expect(adapter(x, fresh).floats.allSatisfy { $0 == 0 })
    let p = fresh.mapped { _, t in t + 0.3 }
    let plain = adapter(x, p)
    let identity = Tensor([1, 0, 0, 1, 1, 0, 0, 1], shape: [2, 2, 2])
    expectClose(adapter(x, modulation: identity, p).floats, plain.floats.map(Double.init), relative: 1e-6)
    let w = Tensor.normal([5, 4], seed: 3)
    expectClose(
      x.linear(adapter.merged(into: w, p)).floats, (x.linear(w) + plain).floats.map(Double.init), relative: 1e-5)
  }

  @Test("sinusoidal features begin with cosines; Fourier features repeat for a seed") func features() {
    let s = TimeFeatures.sinusoidal(width: 4, scale: 999)([0.5])
    let f = [1.0, exp(-log(10000.0) / 2)].map { 499.5 * $0 }
    expectClose(s.floats, f.map(cos) + f.map(sin), relative: 1e-5)
    let fourier = TimeFeatures.fourier(width: 8, scale: 2, seed: 3)
    #expect(fourier([0.1, 0.2]).floats == fourier([0.1, 0.2]).floats)
    #expect(fourier([0.1]).shape == [1, 8])
  }

  @Test("the moving average warms up") func average() {
    let scope = ParameterScope()
    _ = scope.declare("w", [1], .zeros)
    var p = scope.makeParameters(seed: 1)
    var average = MovingAverage(decay: 0.999, of: p)
    p["w"] = Tensor([1], shape: [1])
    average.update(with: p)
    #expect(abs(average.parameters["w"]!.item - Float(1 - 2.0 / 11)) < 1e-6)
  }
}

@Suite struct MappedTensorTests {
  @Test("tensors in a file's mapping outlive the checkpoint and equal the copied numbers") func mapped() throws {
    func load() throws -> (Tensor, [Float]) {
      let stored = try #require(LayerTests.fixture("unet").tensors["input.weight"])
      return (stored.tensor(), stored.floats())
    }
    let (tensor, copied) = try load()
    #expect(tensor.floats == copied && tensor.shape == [4, 3, 3, 3])
  }

  @Test("a blend is the weighted mean of two sets of parameters") func blend() {
    let scope = ParameterScope()
    _ = Linear(scope.nested("layer"), inputs: 3, outputs: 2)
    let a = scope.makeParameters(seed: 1), b = scope.makeParameters(seed: 2)
    let mixed = a.blended(with: b, share: 0.25)
    for ((x, y), m) in zip(zip(a.tensors, b.tensors), mixed.tensors) {
      expectClose(m.floats, zip(x.floats, y.floats).map { 0.75 * Double($0) + 0.25 * Double($1) }, relative: 1e-6)
    }
  }
}
