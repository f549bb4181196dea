/// The masses that capsules had before MuJoCo 2.1.1, with which the D4RL data and reference returns were made.
///
/// There a capsule weighed as much as a cylinder of the same radius whose length is the straight part plus one radius.
/// Here every capsule of a robot loses its mass and gets such a cylinder beside it, which touches nothing. That is
/// exact: masses and inertias of the bodies are the old ones, contacts are those of the capsules.
enum CapsuleMasses {
  /// The same model with the old masses. Cylinders have the density of the model's defaults.
  static func restored(in xml: String, name: String) throws(EnvironmentError) -> String {
    var result = "", rest = Substring(xml)
    while let start = rest.firstIndex(of: "<") {
      result += rest[..<start]
      rest = rest[start...]
      let end = rest.hasPrefix("<!--") ? try closing("-->", of: rest, name) : try closing(">", of: rest, name)
      let tag = rest[..<end]
      rest = rest[end...]
      guard tag.hasPrefix("<geom "), tag.hasSuffix("/>"), case let values = attributes(of: tag),
        values["type"] == "capsule"
      else {
        result += tag
        continue
      }
      guard let cylinder = cylinder(beside: values) else {
        throw .model(file: name, reason: "a capsule's size cannot be read: \(tag)")
      }
      result += tag.dropLast(2) + " mass=\"0\"/>" + cylinder
    }
    return result + rest
  }

  private static func closing(
    _ mark: String, of text: Substring, _ name: String
  ) throws(EnvironmentError) -> String.Index {
    guard let range = text.firstRange(of: mark) else { throw .model(file: name, reason: "a tag that never ends") }
    return range.upperBound
  }

  private static func attributes(of tag: Substring) -> [Substring: Substring] {
    // name="value" pairs: the pieces between quotation marks alternate between names and values.
    let pieces = tag.split(separator: "\"", omittingEmptySubsequences: false)
    var values = [Substring: Substring]()
    for i in stride(from: 0, to: pieces.count - 1, by: 2) {
      let key = pieces[i].dropLast(pieces[i].hasSuffix("=") ? 1 : 0)
      values[key.split(separator: " ").last ?? ""] = pieces[i + 1]
    }
    return values
  }

  private static func cylinder(beside capsule: [Substring: Substring]) -> String? {
    let size = numbers(capsule["size"])
    guard let radius = size.first else { return nil }
    var values = [("type", "cylinder"), ("contype", "0"), ("conaffinity", "0"), ("group", "3")]
    if let ends = capsule["fromto"] {
      let ends = numbers(ends)
      guard ends.count == 6 else { return nil }
      let (from, to) = (SIMD3(ends[0], ends[1], ends[2]), SIMD3(ends[3], ends[4], ends[5]))
      let axis = to - from
      let half = axis * (radius / 2 / (axis * axis).sum().squareRoot())
      let longer = [from - half, to + half].flatMap { [$0.x, $0.y, $0.z] }
      values += [("fromto", longer.map(\.description).joined(separator: " ")), ("size", "\(radius)")]
    } else {
      guard size.count == 2 else { return nil }
      values.append(("size", "\(radius) \(size[1] + radius / 2)"))
    }
    for key in ["pos", "quat", "axisangle", "density"] {
      if let value = capsule[Substring(key)] { values.append((key, String(value))) }
    }
    return "<geom " + values.map { "\($0)=\"\($1)\"" }.joined(separator: " ") + "/>"
  }

  private static func numbers(_ text: Substring?) -> [Double] {
    (text ?? "").split(separator: " ").compactMap { Double($0) }
  }
}
