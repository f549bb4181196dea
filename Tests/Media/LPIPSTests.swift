import Foundation
import OneStepMedia
import OneStepNetworks
import OneStepTensors
import OneStepTestSupport
import Testing

// Fixtures/lpips.json is written by Tests/Parity/reference_lpips.py with the authors' own package.
@Suite struct LPIPSTests {
  let photo: Image
  let rough: Image

  init() throws {
    photo = try Fixture.image("photo.png")
    rough = try Fixture.image("photo-rough.png")
  }

  typealias Entries = [(name: String, tensor: Tensor)]

  /// A checkpoint in memory, named "file".
  func checkpoint(_ entries: Entries) throws -> Checkpoint {
    let tensors = entries.map { name, tensor in
      (name: name, elementType: StoredType.f32, shape: tensor.shape, bytes: StoredType.f32.encoded(tensor.floats))
    }
    return try Checkpoint(decoding: SafetensorsWriter.encode(tensors: tensors), name: "file")
  }

  func expectFault(
    _ fault: LPIPS.BackboneFault, _ entries: Entries, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let checkpoint = try checkpoint(entries)
    #expect(throws: MediaError.unfitBackbone(file: "file", fault), sourceLocation: sourceLocation) {
      try LPIPS(backbone: checkpoint)
    }
  }

  @Test("The distance agrees with the authors' package", arguments: LPIPS.Backbone.allCases)
  func reference(backbone: LPIPS.Backbone) throws {
    let stored = try JSONDecoder().decode([String: [String: Double]].self, from: Data(Fixture.bytes("lpips.json")))
    let metric = try LPIPS(
      backbone: checkpoint(backbone == .alex ? RandomBackbone.alexNet : RandomBackbone.vgg16))
    #expect(metric.backbone == backbone)
    for (name, rows, columns) in [("square", 0..<64, 0..<64), ("odd", 100..<147, 80..<141)] {
      let distance = try metric.distance(
        rough.cropped(rows: rows, columns: columns), photo.cropped(rows: rows, columns: columns))
      let expected = try #require(stored[backbone.rawValue]?[name])
      #expect(abs(distance - expected) < 1e-5 * expected, "\(backbone) \(name): \(distance) for \(expected)")
    }
  }

  @Test("Equal images are 0 apart, the order does not matter, and the rougher of two is further away")
  func properties() throws {
    let metric = try LPIPS(backbone: checkpoint(RandomBackbone.alexNet))
    let half = photo.resized(to: PixelSize(width: 96, height: 96)).resized(to: photo.size)
    #expect(try metric.distance(photo, photo) == 0)
    #expect(try metric.distance(photo, rough) == metric.distance(rough, photo))
    #expect(try metric.distance(half, photo) < metric.distance(rough, photo))
  }

  @Test("A grey image counts as RGB, and sizes that differ or are too small are refused")
  func images() throws {
    let metric = try LPIPS(backbone: checkpoint(RandomBackbone.alexNet))
    let grey = try Image(
      width: 40, height: 31, channels: 1, samples: .u8((0..<1240).map { UInt8($0 * 37 % 251) }))
    #expect(try metric.distance(grey, grey.expandedToRGB()) == 0)
    #expect(throws: MediaError.sizesDiffer(grey.size, photo.size)) { try metric.distance(grey, photo) }
    let small = grey.cropped(rows: 0..<30, columns: 0..<40)
    #expect(throws: MediaError.tooSmall(small.size, minimum: 31, purpose: "LPIPS with AlexNet")) {
      try metric.distance(small, small)
    }
  }

  @Test("The head of the classifier may be there, anything else that does not fit is refused")
  func strictness() throws {
    let whole = RandomBackbone.alexNet
    let head = (name: "classifier.1.weight", tensor: Tensor.zeros([4, 9216]))
    #expect(try LPIPS(backbone: checkpoint(whole + [head])).backbone == .alex)
    try expectFault(
      .missing(closest: .alex, tensor: "features.6.bias", count: 1, of: 10),
      whole.filter { $0.name != "features.6.bias" })
    let norm = (name: "bn.weight", tensor: Tensor.ones([4]))
    try expectFault(.unexpected(closest: .alex, tensor: "bn.weight"), whole + [norm])
    var changed = whole
    changed[2].tensor = Tensor.zeros([192, 64, 3, 3])
    try expectFault(
      .misshapen(closest: .alex, tensor: "features.3.weight", shape: [192, 64, 3, 3], expected: [192, 64, 5, 5]),
      changed)
    changed[2].tensor = whole[2].tensor + Float.nan
    try expectFault(.notFinite(tensor: "features.3.weight"), changed)
  }

  @Test("A wrong network is answered with the one that comes closest")
  func closest() throws {
    try expectFault(
      .missing(closest: .vgg, tensor: "features.7.weight", count: 20, of: 26), Array(RandomBackbone.vgg16.prefix(6)))
    let stranger = [(name: "conv1.weight", tensor: Tensor.zeros([64, 3, 7, 7]))]
    let fault = LPIPS.BackboneFault.missing(closest: .alex, tensor: "features.0.weight", count: 10, of: 10)
    try expectFault(fault, stranger)
    let text = "\(MediaError.unfitBackbone(file: "file", fault))"
    #expect(text.contains("file: ") && text.contains("AlexNet comes closest") && text.contains("features.0.weight"))
  }
}
