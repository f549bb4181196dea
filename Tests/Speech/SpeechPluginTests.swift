import OneStepFlow
import OneStepSpeech
import Testing

@Suite struct SpeechPluginTests {
  @Test func itsArchitecturesHaveNamesOfTheirOwn() throws {
    let ids = try Registry([SpeechPlugin.self]).architectures.map { $0.id }
    #expect(Set(ids).count == ids.count)
  }
}
