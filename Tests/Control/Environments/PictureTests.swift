import Foundation
import OneStepControl
import OneStepTensors
import Testing

@Suite struct PictureTests {
  @Test("a maze is drawn with its walls, and a path on top") func maze() throws {
    var picture = MazePicture(.umaze, scale: 20)
    let bare = try picture.image().rgbFloats()
    #expect(picture.width == 100 && picture.height == 100)
    func pixel(_ floats: [Float], _ row: Int, _ column: Int) -> [Float] {
      Array(floats[3 * (row * 100 + column)..<3 * (row * 100 + column) + 3])
    }
    #expect(pixel(bare, 5, 5)[0] < 0.3 && pixel(bare, 70, 70)[0] > 0.9)
    picture.draw([[3, 1], [3, 2], [3, 3]])
    let drawn = try picture.image().rgbFloats()
    // The middle of the path, at observed (3, 2): row (3 + 0.7) * 20.
    let colour = pixel(drawn, 74, 54)
    #expect(colour != pixel(bare, 74, 54) && colour[1] < 0.5)
    #expect(pixel(drawn, 5, 5) == pixel(bare, 5, 5))
    picture.draw([[.nan, 0], [1e9, 1e9], [-4, 2]])
    picture.draw([])
    #expect(throws: Never.self) { try picture.image() }
  }

  @Test("an animation has a line for each limb and a value for each frame") func animation() throws {
    let environment = try #require(Environments.make("halfcheetah-v4") as? LocomotionEnvironment)
    var random = RandomSource(seed: 1)
    _ = try environment.reset(&random)
    var animation = RobotAnimation(interval: 0.05)
    for _ in 0..<40 {
      animation.record(environment.simulation.limbs)
      _ = try environment.step(random.uniform(count: 6).map { 2 * $0 - 1 })
    }
    let svg = animation.svg(title: "a <cheetah> & co")
    #expect(svg.contains("<title>a &lt;cheetah&gt; &amp; co</title>") && svg.utf8.count < 60_000)
    let lines = svg.split(separator: "\n").filter { $0.contains("stroke-width=") && $0.contains("<animate ") }
    #expect(lines.count == 8)  // torso, head, and three limbs a leg
    for line in lines {
      let values = line.components(separatedBy: "values=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
      #expect(values.allSatisfy { $0.split(separator: ";").count == 40 })
    }
    #expect(svg.contains("dur=\"1.95s\"") && !svg.contains("nan"))
    #expect(XMLish.isBalanced(svg))
  }

  @Test("the d4rl robot looks as the other: its weights are not drawn") func hiddenWeights() throws {
    let robots = try ["hopper-v4", "hopper-d4rl"].map { try #require(Environments.make($0) as? LocomotionEnvironment) }
    #expect(robots[0].simulation.limbs.count == 4 && robots[1].simulation.limbs.count == 4)
  }

  @Test("an animation without frames or with wild ones is still a picture") func extremes() {
    var animation = RobotAnimation(interval: 0.1)
    #expect(XMLish.isBalanced(animation.svg(title: "")))
    animation.record([Limb(from: [.nan, 0, 0], to: [1e300, 0, .infinity], radius: 0.1)])
    let svg = animation.svg(title: "")
    #expect(XMLish.isBalanced(svg) && !svg.lowercased().contains("nan") && !svg.contains("inf"))
  }
}

private enum XMLish {
  /// Whether every tag that opens also closes, in order.
  static func isBalanced(_ text: String) -> Bool {
    var open = [Substring]()
    for part in text.split(separator: "<").dropFirst(text.hasPrefix("<") ? 0 : 1) {
      guard let end = part.firstIndex(of: ">") else { return false }
      let tag = part[..<end]
      if tag.hasPrefix("/") {
        guard open.popLast() == tag.dropFirst() else { return false }
      } else if !tag.hasSuffix("/") {
        open.append(tag.prefix { $0 != " " })
      }
    }
    return open.isEmpty
  }
}
