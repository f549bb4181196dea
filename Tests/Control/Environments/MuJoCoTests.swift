import Foundation
import OneStepControl
import Testing

@Suite struct MuJoCoTests {
  private static func pendulum(_ inside: String = "") -> String {
    """
    <mujoco><option timestep="0.01"/>\(inside)
    <worldbody><body name="arm" pos="0 0 1"><joint name="pivot" type="hinge" axis="0 1 0"/>
    <geom type="capsule" fromto="0 0 0 0 0 -.5" size=".05" mass="2"/></body></worldbody>
    <actuator><motor joint="pivot"/></actuator></mujoco>
    """
  }

  @Test("a model tells its sizes, bodies and masses") func model() throws {
    let model = try MuJoCoModel(xml: Self.pendulum(), name: "pendulum")
    #expect(model.positionSize == 1 && model.velocitySize == 1 && model.controlSize == 1)
    #expect(model.bodies == ["world", "arm"] && model.bodyMasses == [0, 2] && model.timestep == 0.01)
    #expect(MuJoCoModel.libraryVersion / 100 >= 2)
  }

  @Test("a copy goes on by itself from the same state") func copies() throws {
    let simulation = try MuJoCoSimulation(MuJoCoModel(xml: Self.pendulum()))
    try simulation.reset(positions: [0.5], velocities: [0])
    try simulation.step([0.1], count: 10)
    let copy = try simulation.copy()
    #expect(copy.positions == simulation.positions && copy.time == simulation.time)
    try copy.step([0.3], count: 5)
    let apart = copy.positions
    try simulation.step([0.3], count: 5)
    #expect(simulation.positions == apart)
    try simulation.step([0.3])
    #expect(copy.positions == apart && simulation.positions != apart)
  }

  @Test("limbs are where the joints put them") func limbs() throws {
    let simulation = try MuJoCoSimulation(MuJoCoModel(xml: Self.pendulum()))
    try simulation.reset(positions: [.pi / 2], velocities: [0])
    let limb = try #require(simulation.limbs.first)
    #expect(simulation.limbs.count == 1 && limb.radius == 0.05)
    // A quarter turn about y takes the lower end from -z to -x.
    let ends = [limb.from, limb.to].sorted { $0.x < $1.x }
    #expect(abs(ends[0].x + 0.5) < 1e-12 && abs(ends[0].z - 1) < 1e-12 && abs(ends[1].x) < 1e-12)
    #expect(simulation.position(ofBody: 1) == [0, 0, 1])
  }

  @Test(
    "XML that is none, or hostile, is an error with a reason",
    arguments: [
      "", "hello", "<mujoco", "<mujoco><worldbody>", "<html></html>",
      "<mujoco><worldbody><body><freejoint/></body></worldbody></mujoco>",
      "<mujoco><worldbody><geom type=\"blob\"/></worldbody></mujoco>",
      "<mujoco><worldbody><geom type=\"sphere\" size=\"-1\"/></worldbody></mujoco>",
      "<mujoco><include file=\"nothing.xml\"/></mujoco>",
      "<mujoco><worldbody><geom type=\"mesh\" mesh=\"none\"/></worldbody></mujoco>",
      "\u{0}\u{0}\u{0}", pendulum("<size nuser_geom=\"-5\"/>"),
      pendulum("<size njmax=\"x\"/>"),
    ])
  func hostile(xml: String) { expectRefusal(of: xml) }

  @Test("tags within tags without end are an error too") func depth() {
    expectRefusal(of: String(repeating: "<a>", count: 20_000))
    expectRefusal(of: "<mujoco><worldbody>" + String(repeating: "<body>", count: 20_000))
  }

  private func expectRefusal(of xml: String) {
    #expect {
      _ = try MuJoCoModel(xml: xml, name: "robot.xml")
    } throws: { error in
      guard case .model(let file, let reason) = error as? EnvironmentError else { return false }
      return file == "robot.xml" && !reason.isEmpty && !reason.contains("\n")
    }
  }

  @Test("a file that is missing is an error") func missing() {
    #expect(throws: EnvironmentError.self) { try MuJoCoModel(contentsOf: "/nowhere/robot.xml") }
  }

  @Test("an error within a step is thrown, and the simulation can be used again") func errorInStep() throws {
    // Contacts need more of the solver's stack than the model allows.
    let balls = (0..<20).map { "<body pos=\"0 0 \(Double($0) * 0.01)\"><freejoint/><geom size=\".1\"/></body>" }
    let xml = """
      <mujoco><size nstack="8000" nconmax="200" njmax="1000"/>
      <worldbody><geom type="plane" size="9 9 1"/>\(balls.joined())</worldbody></mujoco>
      """
    let thrown = #expect(throws: EnvironmentError.self) {
      let simulation = try MuJoCoSimulation(MuJoCoModel(xml: xml, name: "balls"))
      try simulation.step([Float](), count: 10)
    }
    guard case .model("balls", let reason) = try #require(thrown) else {
      Issue.record("\(String(describing: thrown))")
      return
    }
    #expect(reason.lowercased().contains("stack"))
    #expect(throws: Never.self) { try MuJoCoSimulation(MuJoCoModel(xml: Self.pendulum())).step([0]) }
  }

  @Test("a state that diverges is an error until the reset, and no log is written") func divergence() throws {
    let simulation = try MuJoCoSimulation(MuJoCoModel(xml: Self.pendulum(), name: "pendulum"))
    #expect(throws: EnvironmentError.diverged(environment: "pendulum")) {
      try simulation.reset(positions: [.nan], velocities: [0])
      try simulation.step([0])
    }
    #expect(throws: EnvironmentError.diverged(environment: "pendulum")) {
      try simulation.reset(positions: [0], velocities: [1e30])
      try simulation.step([0])
    }
    try simulation.reset(positions: [0.1], velocities: [0])
    try simulation.step([0])
    #expect(!FileManager.default.fileExists(atPath: "MUJOCO_LOG.TXT"))
  }

  @Test("states and controls of another size are refused") func sizes() throws {
    let simulation = try MuJoCoSimulation(MuJoCoModel(xml: Self.pendulum(), name: "pendulum"))
    #expect(throws: EnvironmentError.stateSize(model: "pendulum", expected: 2, found: 3)) {
      try simulation.reset(positions: [0, 0], velocities: [0])
    }
    #expect(throws: EnvironmentError.stateSize(model: "pendulum", expected: 2, found: 2)) {
      try simulation.reset(positions: [0, 0], velocities: [])
    }
    #expect(throws: EnvironmentError.actionSize(environment: "pendulum", expected: 1, found: 2)) {
      try simulation.step([0, 0])
    }
  }
}
