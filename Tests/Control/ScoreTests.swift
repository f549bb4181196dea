import OneStepControl
import Testing

@Test func aReturnBetweenTheReferencesHasItsShareOfAHundredPoints() {
  let reference = ReferenceReturns(random: -20, expert: 180)
  #expect(reference.score(-20) == 0 && reference.score(180) == 100 && reference.score(80) == 50)
}
