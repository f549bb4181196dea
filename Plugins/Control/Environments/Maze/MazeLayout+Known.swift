extension MazeLayout {
  public static let all = [umaze, medium, large, open, evalUMaze, evalMedium, evalLarge]

  public static let umaze = MazeLayout(
    "umaze",
    [
      "#####", "#Goo#", "###o#", "#ooo#", "#####",
    ], 300)

  public static let medium = MazeLayout(
    "medium",
    [
      "########", "#oo##oo#", "#oo#ooo#", "##ooo###", "#oo#ooo#", "#o#oo#o#", "#ooo#oG#", "########",
    ], 600)

  public static let large = MazeLayout(
    "large",
    [
      "############", "#oooo#ooooo#", "#o##o#o#o#o#", "#oooooo#ooo#", "#o####o###o#", "#oo#o#ooooo#", "##o#o#o#o###",
      "#oo#ooo#oGo#", "############",
    ],
    800)

  public static let open = MazeLayout(
    "open",
    [
      "#######", "#ooooo#", "#ooGoo#", "#ooooo#", "#######",
    ], 150)

  // D4RL's mirrored mazes, for policies that should not have learnt a maze by heart.

  public static let evalUMaze = MazeLayout(
    "eval-umaze",
    [
      "#####", "#ooG#", "#o###", "#ooo#", "#####",
    ], 300)

  public static let evalMedium = MazeLayout(
    "eval-medium",
    [
      "########", "#oooooG#", "#o#o##o#", "#oooo#o#", "###oo###", "#oooooo#", "#oo##oo#", "########",
    ], 600)

  public static let evalLarge = MazeLayout(
    "eval-large",
    [
      "############", "#oo#ooo#oGo#", "##o###o#o#o#", "#oo#o#ooooo#", "#o##o#oo##o#", "#oooooo#ooo#", "#o##o#o#o###",
      "#oooo#ooooo#", "############",
    ],
    800)

  /// The maze as MuJoCo's XML.
  var mujocoModel: String {
    let ball = RollingBall.self
    let boxes = cells.indices.flatMap { row in
      cells[row].indices.filter { cells[row][$0] == .wall }.map { column in
        "<geom type=\"box\" size=\".5 .5 .2\" pos=\"\(row + 1) \(column + 1) 0\"/>"
      }
    }
    let start = 1 + MazeWalls.offset
    return """
      <mujoco model="maze2d">
        <compiler inertiafromgeom="true" angle="radian" coordinate="local"/>
        <option timestep="\(ball.timestep)" gravity="0 0 0" iterations="20" integrator="Euler"/>
        <default>
          <joint damping="\(ball.damping)" limited="false"/>
          <geom friction=".5 .1 .1" density="1000" margin="0.002" condim="1" contype="2" conaffinity="1"/>
        </default>
        <worldbody>
          <body name="ball" pos="\(start) \(start) 0">
            <geom type="sphere" size="\(ball.radius)" contype="1"/>
            <joint name="x" type="slide" axis="1 0 0"/>
            <joint name="y" type="slide" axis="0 1 0"/>
          </body>
          \(boxes.joined(separator: "\n    "))
        </worldbody>
        <actuator>
          <motor joint="x" ctrlrange="-1 1" ctrllimited="true" gear="\(ball.gear)"/>
          <motor joint="y" ctrlrange="-1 1" ctrllimited="true" gear="\(ball.gear)"/>
        </actuator>
      </mujoco>
      """
  }
}

extension PointMaze {
  /// D4RL's references (v1; open: v0), where there are any.
  static func reference(_ layout: MazeLayout, _ reward: Reward) -> ReferenceReturns? {
    guard MazeLayout.all.contains(layout) else { return nil }
    return switch (layout.name, reward) {
    case ("umaze", .sparse): ReferenceReturns(random: 23.85, expert: 161.86)
    case ("medium", .sparse): ReferenceReturns(random: 13.13, expert: 277.39)
    case ("large", .sparse): ReferenceReturns(random: 6.7, expert: 273.99)
    case ("open", .sparse): ReferenceReturns(random: 0.01, expert: 20.66)
    case ("umaze", .dense): ReferenceReturns(random: 68.537689, expert: 193.662856)
    case ("medium", .dense): ReferenceReturns(random: 44.264742, expert: 297.455255)
    case ("large", .dense): ReferenceReturns(random: 30.569041, expert: 303.485738)
    default: nil
    }
  }
}
