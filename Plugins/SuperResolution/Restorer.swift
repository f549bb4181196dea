import Foundation
import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepTensors

/// Makes photographs larger and sharper, in one network call.
///
/// ```swift
/// let restorer = try Restorer(contentsOf: "photo.safetensors")
/// let sharp = try restorer(Image(contentsOf: "in.png"), seed: 7)
/// ```
/// Grey, alpha and 16 bits stay what they are. The noise of a pixel depends on its place in the whole image only. Of the
/// small network, which has no global operation, any tile size gives the same bytes. ``GuidedUNet`` normalises and attends
/// over all it is given: an image that fits in one tile (128 pixels a side at most) is computed whole, as published; the
/// tiles of a larger one agree approximately where they meet.
public struct Restorer: Sendable {
  /// Arithmetic of the network.
  public enum Precision: String, Sendable, CaseIterable {
    /// bf16 where the processor has it, else f32.
    case auto
    case f32, bf16
  }

  /// How to restore.
  public struct Options: Sendable, Equatable {
    /// 0 is fidelity (the mean of what the input could have been), 1 realism (one sharp possibility).
    public var realism = 0.3
    public var seed: UInt64 = 0
    /// Enlargement of the result, 1 to `modelScale`. The network always makes `modelScale`; others are that, resized.
    public var scale: Int?
    /// Low-resolution pixels a side of a tile, at most the network's own limit; memory grows with its square.
    public var tile = 384

    public init() {}
  }

  public let card: ModelCard
  /// The precision in use.
  public let precision: ElementType
  /// The enlargement the network was trained for.
  public let modelScale: Int
  private let network: any RestorationNetwork
  private let parameters: Parameters

  public init(contentsOf path: String, precision: Precision = .auto) throws {
    let checkpoint: Checkpoint
    do throws(CheckpointError) { checkpoint = try Checkpoint(contentsOf: path) } catch {
      throw ModelError.unreadable(error)
    }
    func load<N: RestorationNetwork>(_ network: N.Type) throws(ModelError) -> Restorer {
      Restorer(try N.load(checkpoint), precision: precision)
    }
    // Where no network recognises the file, the small one's loader says best what is wrong with it.
    let known = SuperResolutionPlugin.networks.first { $0.detects(checkpoint) }
    if let known { self = try load(known) } else { self = try load(OFTSR.self) }
  }

  public init<N: RestorationNetwork>(_ model: RestorationModel<N>, precision: Precision = .auto) {
    (network, parameters, card) = (model.network, model.parameters, model.card)
    modelScale = model.network.configuration.scale
    switch precision {
    case .auto: self.precision = Compute.hasFastBF16 ? .bf16 : .f32
    case .f32: self.precision = .f32
    case .bf16: self.precision = .bf16
    }
  }

  /// Restores an image.
  ///
  /// - Parameter progress: called after every tile with (done, all); `false` stops with ``RestorationError/cancelled``.
  public func callAsFunction(
    _ image: Image, _ options: Options = Options(), progress: (Int, Int) -> Bool = { _, _ in true }
  ) throws -> Image {
    guard (0...1).contains(options.realism) else { throw RestorationError.realism(options.realism) }
    let wanted = options.scale ?? modelScale
    guard (1...modelScale).contains(wanted) else { throw RestorationError.scale(wanted, most: modelScale) }
    guard options.tile >= 16 else { throw RestorationError.tile(options.tile) }
    let full = PixelSize(width: image.width * modelScale, height: image.height * modelScale)
    guard full.width * full.height <= Image.pixelLimit else { throw RestorationError.tooLarge(image.size) }
    let large = try enlarge(image, full, options, progress)
    guard wanted != modelScale else { return large }
    return large.resized(
      by: .antialiased(
        from: full, to: PixelSize(width: image.width * wanted, height: image.height * wanted)))
  }

  /// The same with the seed as the only option.
  public func callAsFunction(_ image: Image, seed: UInt64) throws -> Image {
    var options = Options()
    options.seed = seed
    return try self(image, options)
  }

  private func enlarge(
    _ image: Image, _ full: PixelSize, _ options: Options, _ progress: (Int, Int) -> Bool
  ) throws -> Image {
    var canvas = Canvas(image, full)
    let resampler = Resampler(from: image.size, to: full, kernel: network.enlargement)
    let plan = TilePlan(
      width: image.width, height: image.height, tile: min(options.tile, network.largestTile), halo: network.reach,
      alignment: network.alignment)
    let restoration = Compute.perform {
      network.restoration(parameters, realism: options.realism, type: precision)
    }
    for (index, tile) in plan.tiles.enumerated() {
      let pixels = Compute.perform { restore(tile, of: image, full, resampler, restoration, options.seed) }
      // What the pool keeps is of no use to the next tile's input, made elsewhere, nor to who writes the file.
      if plan.tiles.count > 1 { Compute.perform { StoragePool.trim() } }
      canvas.store(pixels, tile.core.scaled(by: modelScale))
      guard progress(index + 1, plan.tiles.count) else { throw RestorationError.cancelled }
    }
    if image.hasAlpha { canvas.storeAlpha(image, resampler) }
    return try canvas.image()
  }

  /// RGB of the tile's core in 0...1 -> core rows x columns x 3 at the large size.
  private func restore(
    _ tile: TilePlan.Tile, of image: Image, _ full: PixelSize, _ resampler: Resampler, _ restoration: Restoration,
    _ seed: UInt64
  ) -> [Float] {
    let read = tile.read, wide = read.scaled(by: modelScale)
    let low = Tensor(
      image.rgbFloats(rows: read.rows, columns: read.columns), shape: [1, read.rows.count, read.columns.count, 3]
    ).affine(2, -1)
    let shape = [1, wide.rows.count, wide.columns.count, 3]
    let up = Tensor(upsampled(image, resampler, wide), shape: shape).affine(2, -1)
    let result = restoration(OFTSR.Condition(low: low, upsampled: up)) {
      // eps of a pixel is indexed by its place in the whole image.
      Tensor.normalWindow(
        rows: wide.rows, columns: wide.columns.lowerBound * 3..<wide.columns.upperBound * 3, width: full.width * 3, seed: seed
      ).reshaped(shape)
    }
    let inner = tile.core.offset(inside: read).scaled(by: modelScale)
    return result.sliced(axis: 1, inner.rows).sliced(axis: 2, inner.columns).affine(0.5, 0.5).floats
  }

  private func upsampled(_ image: Image, _ resampler: Resampler, _ region: TilePlan.Region) -> [Float] {
    let colour = resampler(
      image, channels: 0..<image.colourChannels, rows: region.rows, columns: region.columns)
    return image.colourChannels == 3 ? colour : colour.flatMap { [$0, $0, $0] }
  }
}

/// Why an image was not restored.
public enum RestorationError: Error, Equatable, CustomStringConvertible {
  case realism(Double)
  case scale(Int, most: Int)
  case tile(Int)
  case tooLarge(PixelSize)
  case cancelled

  public var description: String {
    switch self {
    case .realism(let value): "realism \(value) is outside 0...1"
    case .scale(let value, let most): "scale \(value) is outside 1...\(most), what this model can make"
    case .tile(let value): "tiles of \(value) pixels are too small; use 16 or more"
    case .tooLarge(let size):
      "\(size.width)x\(size.height) pixels would become an image of more than \(Image.pixelLimit) pixels; crop it first"
    case .cancelled: "interrupted"
    }
  }
}
