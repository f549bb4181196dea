import Foundation

/// The files that come with control: the robots' models.
public enum ControlResources {
  /// Where they are looked for: beside the executable, and `../share/onestep`.
  public static var folders: [String] {
    let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let folder = URL(fileURLWithPath: executable).deletingLastPathComponent()
    return [
      folder.appendingPathComponent("OneStep_OneStepControl.resources/Resources").path,
      folder.deletingLastPathComponent().appendingPathComponent("share/onestep").path,
    ]
  }

  /// The path of a file in the first of the folders that has it.
  public static func path(of file: String, in folders: [String] = folders) throws(EnvironmentError) -> String {
    guard let folder = folders.first(where: { FileManager.default.fileExists(atPath: $0 + "/" + file) }) else {
      throw .model(
        file: file,
        reason: "not found in \(folders.joined(separator: " or ")); is the package's resource folder there?")
    }
    return folder + "/" + file
  }

  /// The text of a file.
  public static func text(of file: String, in folders: [String] = folders) throws(EnvironmentError) -> String {
    let path = try path(of: file, in: folders)
    guard let bytes = FileManager.default.contents(atPath: path), let text = String(validating: bytes, as: UTF8.self)
    else { throw .model(file: file, reason: "cannot be read as text") }
    return text
  }
}
