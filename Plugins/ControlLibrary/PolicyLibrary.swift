import OneStepControl

// The functions of include/onestep_policy.h.

/// What a handle of C points to.
private final class Handle {
  var actor: PolicyActor
  init(_ actor: PolicyActor) { self.actor = actor }

  static func from(_ pointer: OpaquePointer) -> Handle {
    Unmanaged<Handle>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
  }
}

@_cdecl("onestep_policy_load")
public func loadPolicy(
  _ path: UnsafePointer<CChar>, _ candidates: Int32, _ seed: UInt64, _ error: UnsafeMutablePointer<CChar>?,
  _ capacity: Int
) -> OpaquePointer? {
  func fail(_ text: String) -> OpaquePointer? {
    guard let error, capacity > 0 else { return nil }
    let bytes = text.utf8.prefix(capacity - 1)
    for (k, byte) in bytes.enumerated() { error[k] = CChar(bitPattern: byte) }
    error[bytes.count] = 0
    return nil
  }
  guard (1...10_000).contains(candidates) else { return fail("candidates \(candidates) is outside 1...10000") }
  do {
    let policy = try Policy(contentsOf: String(cString: path))
    guard let actor = policy.makeActor(candidates: Int(candidates), seed: seed) else {
      return fail("\(String(cString: path)): acts by a chain of diffusion, which this library does not offer")
    }
    return OpaquePointer(Unmanaged.passRetained(Handle(actor)).toOpaque())
  } catch { return fail("\(error)") }
}

@_cdecl("onestep_policy_observation_size")
public func observationSize(_ policy: OpaquePointer) -> Int {
  Handle.from(policy).actor.policy.settings.sizes.observationSize
}

@_cdecl("onestep_policy_action_size")
public func actionSize(_ policy: OpaquePointer) -> Int { Handle.from(policy).actor.policy.settings.sizes.actionSize }

@_cdecl("onestep_policy_act")
public func act(
  _ policy: OpaquePointer, _ observation: UnsafePointer<Float>, _ observationSize: Int,
  _ action: UnsafeMutablePointer<Float>, _ actionSize: Int
) -> Int32 {
  let handle = Handle.from(policy)
  guard actionSize == handle.actor.policy.settings.sizes.actionSize else { return 1 }
  do throws(PolicyError) {
    let made = try handle.actor.act(Array(UnsafeBufferPointer(start: observation, count: observationSize)))
    action.update(from: made, count: actionSize)
    return 0
  } catch {
    if case .notFinite = error { return 2 }
    return 1
  }
}

@_cdecl("onestep_policy_free")
public func free(_ policy: OpaquePointer?) {
  guard let policy else { return }
  Unmanaged<Handle>.fromOpaque(UnsafeRawPointer(policy)).release()
}
