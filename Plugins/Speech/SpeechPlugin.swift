import OneStepFlow

/// Speech from text: CoMoSpeech's acoustic model, vocoders, and the letter-to-sound network.
public enum SpeechPlugin: Plugin {
  public static let name = "speech"
  public static let architectures: [any Architecture.Type] = [
    CoMoSpeech.self, GradTTS.self, ISTFTVocoder.self, HiFiGAN.self,
    GraphemeToPhoneme.self,
  ]
}
