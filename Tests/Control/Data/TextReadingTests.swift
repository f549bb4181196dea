import OneStepControl
import Testing

@Suite struct TextReadingTests {
  private let header = "observation_0,observation_1,action_0,reward,terminal,timeout"

  @Test func rowsOfATableFollowTheRuleOfD4RL() throws {
    let scratch = try ScratchFolder()
    let path = try scratch.write(
      "\u{FEFF}\(header),comment\r\n1,2,0.5,1,0,0,a\r\n3, 4 ,-1,2,true,False,b\r\n\r\n5,6,1e-1,3,0,1,c\r\n7,8,0,4,0,0,d\r\n9,10,0,5,0,0,e",
      "steps.csv")
    let steps = try Transitions(contentsOf: path)
    #expect(steps.observations == [1, 2, 3, 4, 7, 8] && steps.nextObservations == [3, 4, 5, 6, 9, 10])
    #expect(steps.actions == [0.5, -1, 0] && steps.rewards == [1, 2, 4])
    #expect(steps.isTerminal == [false, true, false] && steps.episodeStarts == [0, 2])
  }

  @Test func columnsMayComeInAnyOrder() throws {
    let scratch = try ScratchFolder()
    let path = try scratch.write("terminal,action_1,reward,action_0,observation_0\n0,2,3,1,5\n0,0,0,0,6\n", "a.txt")
    let steps = try Transitions(contentsOf: path)
    #expect(steps.actions == [1, 2] && steps.rewards == [3] && steps.observations == [5])
  }

  @Test func linesOfJSONAreSteps() throws {
    let scratch = try ScratchFolder()
    let path = try scratch.write(
      """
      {"observation": [1, 2], "action": [0.5], "reward": 1, "terminal": false, "timeout": 0, "time": 3}
      {"observation": [3, 4], "action": [-1], "reward": 2, "terminal": 1, "timeout": false}

      {"observation": [5, 6], "action": [0], "reward": 3, "terminal": false, "timeout": true}
      {"observation": [7, 8], "action": [0], "reward": 4, "terminal": false, "timeout": false}
      """, "steps.jsonl")
    let steps = try Transitions(contentsOf: path)
    #expect(steps.observations == [1, 2, 3, 4] && steps.nextObservations == [3, 4, 5, 6])
    #expect(steps.rewards == [1, 2] && steps.isTerminal == [false, true] && !steps.lastEpisodeIsOpen)
  }

  @Test(arguments: [
    ("1,2,0,1,0", DatasetError.LineFault.columns(expected: 6, found: 5)),
    ("1,2,0,one,0,0", .number(column: "reward", text: "one")),
    ("1,nan,0,1,0,0", .number(column: "observation_1", text: "nan")),
    ("1,2,0,1e99,0,0", .number(column: "reward", text: "1e99")),
    ("1,2,0,,0,0", .number(column: "reward", text: "")),
    ("1,2,0,1,2,0", .flag(column: "terminal", text: "2")),
    ("1,2,0,1,0,perhaps", .flag(column: "timeout", text: "perhaps")),
  ])
  func aBadLineIsNamed(_ line: String, _ fault: DatasetError.LineFault) throws {
    let scratch = try ScratchFolder()
    let path = try scratch.write("\(header)\n1,2,0,1,0,0\n\n\(line)\n", "steps.csv")
    #expect(throws: DatasetError.line(path: path, number: 4, fault)) { try Transitions(contentsOf: path) }
  }

  @Test(arguments: [
    ("observation_0,action_0,terminal", DatasetError.LineFault.missingColumn("reward")),
    ("observation_0,observation_2,action_0,reward,terminal", .missingColumn("observation_1")),
    ("observation_0,action_0,reward,terminal,reward", .repeatedColumn("reward")),
    ("1,2,3", .missingColumn("observation_0")),
  ])
  func aBadHeaderIsNamed(_ header: String, _ fault: DatasetError.LineFault) throws {
    let scratch = try ScratchFolder()
    let path = try scratch.write("\(header)\n", "steps.csv")
    #expect(throws: DatasetError.line(path: path, number: 1, fault)) { try Transitions(contentsOf: path) }
  }

  @Test(arguments: [
    (
      #"{"observation": [3], "action": [0], "reward": 1, "terminal": 0}"#,
      DatasetError.LineFault.length(field: "observation", expected: 2, found: 1)
    ),
    (
      #"{"observation": [3, 4], "action": [], "reward": 1, "terminal": 0}"#,
      .length(field: "action", expected: 1, found: 0)
    ),
    (#"{"observation": [3, 4], "action": [0], "terminal": 0}"#, .notJSON("there is no reward")),
    (
      #"{"observation": [3, "x"], "action": [0], "reward": 1, "terminal": 0}"#, .notJSON("observation has another type")
    ),
    (#"{"observation": [3, 4], "action": [0], "reward": 1, "terminal": 7}"#, .notJSON("terminal has no usable value")),
    (
      #"{"observation": [3, 4], "action": [0], "reward": 1, "terminal": 0, "timeout": 0}"#,
      .notJSON("timeout must be in every line or in none")
    ),
    (#"{"observation": [3, 4], "action""#, .notJSON("the line is cut off or broken")),
  ])
  func aBadObjectIsNamed(_ line: String, _ fault: DatasetError.LineFault) throws {
    let scratch = try ScratchFolder()
    let first = #"{"observation": [1, 2], "action": [0], "reward": 1, "terminal": false}"#
    let path = try scratch.write("\(first)\n\(line)\n", "steps.jsonl")
    #expect(throws: DatasetError.line(path: path, number: 2, fault)) { try Transitions(contentsOf: path) }
  }
}
