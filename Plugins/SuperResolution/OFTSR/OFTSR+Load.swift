import OneStepFlow
import OneStepNetworks

extension OFTSR {
  public static let id = "oftsr"

  public static func detects(_ checkpoint: Checkpoint) -> Bool {
    ["head.weight", "tail.weight", "up.weight", "detail.head.weight", "detail.time2.weight"].allSatisfy {
      checkpoint.tensors[$0] != nil
    }
  }

  public static func load(_ checkpoint: Checkpoint) throws(ModelError) -> RestorationModel<OFTSR> {
    try loadOwn(checkpoint)
  }
}

extension OFTSR.Configuration: RestorationConfiguration {
  public var isSane: Bool {
    (1...1024).contains(width) && (0...256).contains(blocks) && (0...256).contains(detailBlocks)
      && (2...4096).contains(timeFeatures)
      && (1...4096).contains(timeHidden) && (1...8).contains(scale) && sigma > 0 && sigma < 1
  }
}
