import Foundation
import OneStepControl
import OneStepTensors
import Testing

@Suite struct ExternalEnvironmentTests {
  private static let greeting =
    #"echo '{"name": "toy", "observation_size": 2, "action_size": 1, "step_limit": 5}'"#

  /// A shell program that greets and then runs `body`.
  private func make(_ body: String, greeting: String = greeting, timeout: Double = 20) throws -> ExternalEnvironment {
    try ExternalEnvironment(command: ["sh", "-c", greeting + "\n" + body], timeout: timeout)
  }

  /// Counts its steps and ends at the third.
  private static let counter = """
    while read -r line; do
      case "$line" in
        *reset*) n=0; echo '{"observation": [0, 0.5]}' ;;
        *) n=$((n + 1)); end=false; [ $n -ge 3 ] && end=true
           echo "{\\"observation\\": [$n, 0.5], \\"reward\\": -$n.25, \\"terminal\\": $end, \\"more\\": {}}" ;;
      esac
    done
    """

  private func reason(_ body: () throws -> Void) -> String {
    do { try body() } catch EnvironmentError.program(_, let reason) { return reason } catch { return "\(error)" }
    return "no error"
  }

  @Test("a program is an environment") func program() throws {
    let environment = try make(Self.counter)
    #expect(environment.spec == EnvironmentSpec(name: "toy", observationSize: 2, actionSize: 1, stepLimit: 5))
    var random = RandomSource(seed: 1)
    for _ in 0..<2 {
      #expect(try environment.reset(&random) == [0, 0.5])
      #expect(
        try environment.step([0.5]) == EnvironmentStep(observation: [1, 0.5], reward: -1.25, isTerminal: false))
      #expect(try !environment.step([9]).isTerminal)
      #expect(try environment.step([-1]) == EnvironmentStep(observation: [3, 0.5], reward: -3.25, isTerminal: true))
    }
  }

  @Test("a seed and clipped actions reach the program") func requests() throws {
    // The number in the request comes back as the reward.
    let echo = """
      while read -r line; do
        x=$(echo "$line" | tr -dc '0-9.-')
        echo "{\\"observation\\": [0, 0], \\"reward\\": $x, \\"terminal\\": false}"
      done
      """
    let environment = try make(echo)
    var random = RandomSource(seed: 1)
    _ = try environment.reset(&random)
    #expect(try environment.step([0.5]).reward == 0.5 && environment.step([-7]).reward == -1)
    #expect(throws: EnvironmentError.actionValue(environment: "toy", index: 0)) { try environment.step([.nan]) }
    #expect(try environment.step([1]).reward == 1)
  }

  @Test("what is no greeting is refused") func greetings() {
    for (line, words) in [
      ("echo hello", "not as agreed: hello"), ("echo '{}'", "not as agreed"), ("exit 3", "ended with code 3"),
      ("kill -9 $$", "closed its output"), ("kill -15 $$", "ended by signal 15"),
      (#"echo '{"name": "a", "observation_size": 0, "action_size": 1, "step_limit": 5}'"#, "out of range"),
      (#"echo '{"name": "a", "observation_size": 9999999999, "action_size": 1, "step_limit": 5}'"#, "out of range"),
      ("head -c 3000000 /dev/zero 2>/dev/null", "more than a megabyte"),
    ] {
      let text = reason { _ = try make("sleep 100", greeting: line) }
      #expect(text.contains(words), "\(line): \(text)")
    }
    #expect(reason { _ = try ExternalEnvironment(command: ["/nowhere/program"]) }.contains("cannot be started"))
    #expect(reason { _ = try ExternalEnvironment(command: []) }.contains("no program"))
  }

  @Test("answers that are not as agreed are errors, and so is every later call") func answers() throws {
    for (answer, words) in [
      ("nonsense", "not as agreed: nonsense"), (#"{"observation": [1]}"#, "1 numbers, not 2"),
      (#"{"observation": [1, 1e300]}"#, "not finite"), (#"{"observation": [1, null]}"#, "not as agreed"),
      ("", "not as"),
    ] {
      let environment = try make("read -r line; echo '\(answer)'; sleep 100")
      var random = RandomSource(seed: 1)
      let first = reason { _ = try environment.reset(&random) }
      #expect(first.contains(words), "\(answer): \(first)")
      #expect(reason { _ = try environment.step([0]) } == first)
    }
  }

  @Test("a program that says too much, ends or hangs is an error") func misbehaviour() throws {
    var random = RandomSource(seed: 1)
    let talker = try make("while read -r line; do echo '{\"observation\": [1, 2]}'; echo more; sleep 0.1; done")
    _ = reason { _ = try talker.reset(&random) }
    Thread.sleep(forTimeInterval: 0.3)
    #expect(reason { _ = try talker.reset(&random) }.contains("more than it was asked"))
    let ended = try make("exit 7")
    Thread.sleep(forTimeInterval: 0.2)
    #expect(reason { _ = try ended.reset(&random) }.contains("ended with code 7"))
    let silent = try make("sleep 100", timeout: 0.3)
    #expect(reason { _ = try silent.reset(&random) }.contains("no answer within 0.3 s"))
  }

  @Test("a program ends with its environment and leaves no zombie") func ending() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("pids-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    // It ignores the end of its input, and has a child of its own.
    do {
      let environment = try make(
        """
        sleep 100 & echo $! >> '\(file.path)'; echo $$ >> '\(file.path)'
        read -r line; echo '{"observation": [1, 2]}'; wait
        """
      )
      var random = RandomSource(seed: 1)
      _ = try environment.reset(&random)
    }
    let numbers = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { Int32($0) }
    #expect(numbers.count == 2)
    // The program is reaped; its orphan belongs to init, which may take a moment.
    #expect(kill(numbers[1], 0) != 0)
    func isAlive() -> Bool {
      let status = try? String(contentsOfFile: "/proc/\(numbers[0])/stat", encoding: .utf8)
      return status.map { !$0.contains(") Z") } ?? false
    }
    for _ in 0..<200 where isAlive() { Thread.sleep(forTimeInterval: 0.01) }
    #expect(!isAlive())
  }
}
