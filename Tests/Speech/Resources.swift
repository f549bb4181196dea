import Foundation

/// What the package ships for speech.
enum Resources {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Plugins/Speech/Resources").path
}
