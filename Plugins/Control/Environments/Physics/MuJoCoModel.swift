import CMuJoCo

/// A compiled MuJoCo model: bodies, joints, motors. It never changes, so simulations on several threads may share it.
public final class MuJoCoModel: @unchecked Sendable {
  /// What messages call it: the name it was given, or the last part of its path.
  public let name: String
  let pointer: UnsafeMutablePointer<mjModel>  // read only

  /// Compiles XML text (MJCF or URDF).
  /// - Throws: `model` with the reason when MuJoCo refuses it.
  public convenience init(xml: String, name: String = "model") throws(EnvironmentError) {
    guard let size = Int32(exactly: xml.utf8.count) else {
      throw .model(file: name, reason: "more than 2 GB of text")
    }
    var text = xml
    let (model, message) = Self.withMessage { message in
      text.withUTF8 { os_mujoco_load_xml($0.baseAddress, size, message) }
    }
    try self.init(model, name, message)
  }

  /// Compiles the file at `path`, with the files it includes.
  /// - Throws: `model` with the reason when MuJoCo refuses it.
  public convenience init(contentsOf path: String) throws(EnvironmentError) {
    let (model, message) = Self.withMessage { os_mujoco_load_file(path, $0) }
    try self.init(model, path.split(separator: "/").last.map(String.init) ?? path, message)
  }

  private init(
    _ model: UnsafeMutablePointer<mjModel>?, _ name: String, _ message: String
  ) throws(EnvironmentError) {
    guard let model else { throw .model(file: name, reason: message) }
    (self.name, pointer) = (name, model)
  }

  deinit { mj_deleteModel(pointer) }

  /// The version of the library, such as 222 for 2.2.2.
  public static var libraryVersion: Int { Int(mj_version()) }

  public var positionSize: Int { Int(pointer.pointee.nq) }
  public var velocitySize: Int { Int(pointer.pointee.nv) }
  public var controlSize: Int { Int(pointer.pointee.nu) }
  /// Seconds a physics step lasts.
  public var timestep: Double { pointer.pointee.opt.timestep }

  /// Names of the bodies, the world first; empty where a body has none. O(bodies).
  public var bodies: [String] {
    (0..<pointer.pointee.nbody).map { String(cString: os_mujoco_body_name(pointer, $0)) }
  }

  /// Masses of the bodies in kilograms, in the order of `bodies`.
  public var bodyMasses: [Double] {
    (0..<Int(pointer.pointee.nbody)).map { pointer.pointee.body_mass[$0] }
  }

  /// Calls a function of the shim with room for its message, which is made one line.
  static func withMessage<T>(_ body: (UnsafeMutablePointer<CChar>) -> T) -> (T, message: String) {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(OS_MUJOCO_MESSAGE)) { buffer in
      buffer.initialize(repeating: 0)
      let result = body(buffer.baseAddress!)
      guard buffer[0] != 0 else { return (result, "") }
      let text = String(cString: buffer.baseAddress!)
      return (result, text.split(whereSeparator: \.isNewline).joined(separator: "; "))
    }
  }
}
