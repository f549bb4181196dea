/// Why a pickle was refused. Nothing in a pickle is ever executed.
public enum PickleFault: Error, Equatable, Sendable {
  case truncated(offset: Int)
  /// The pickle wants this Python object, which is not on the short list of harmless ones.
  case forbiddenGlobal(String)
  /// The pickle has tensors of a type, such as float8 or complex, that is not read.
  case unsupportedElementType(String)
  case unsupportedOpcode(UInt8, offset: Int)
  /// The stack does not hold what the opcode at `offset` needs.
  case malformed(offset: Int)
  /// A list of arguments that the named global does not take.
  case malformedCall(String, offset: Int)
  case invalidText(offset: Int)
  /// Deeper nesting or more values than any checkpoint has.
  case limitExceeded(Limit)
  /// A container holds itself, directly or not.
  case cycle
  /// A dictionary key that cannot become part of a tensor's name.
  case unnamableKey(under: String)
  /// Pickled by something other than `torch.save`.
  case notTorch
  case bigEndian
  /// A whole `nn.Module` was pickled, not its `state_dict()`.
  case wholeModule
  /// The storage has no data in the file, or is described in contradictory ways.
  case badStorage(key: String)

  public enum Limit: String, Sendable { case stack, memo, values, nesting, rank }
}

extension PickleFault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .truncated(let offset): "is cut short at byte \(offset) of its pickle. Fetch it again."
    case .forbiddenGlobal(let name):
      "wants the Python object \"\(name)\", which is never loaded. "
        + "Save only the state_dict() in Python and read that."
    case .unsupportedElementType(let name):
      "has tensors of type \(name), which is not supported. Convert them to float32 and save again."
    case .unsupportedOpcode(let code, let offset):
      "has the unsupported pickle opcode \(code) at byte \(offset). Save it again with torch.save."
    case .malformed(let offset):
      "has a malformed pickle at byte \(offset). Fetch or save it again."
    case .malformedCall(let name, let offset):
      "passes unusable arguments to \(name) at byte \(offset) of its pickle. Save it again."
    case .invalidText(let offset):
      "has text that is not UTF-8 at byte \(offset) of its pickle. Save it again."
    case .limitExceeded(let limit):
      "has a pickle beyond the limit on \(limit.rawValue): not an honest checkpoint."
    case .cycle: "has a container that holds itself. Save only the state_dict()."
    case .unnamableKey(let under):
      "has tensors under a key that is neither text nor number"
        + (under.isEmpty ? "" : " in \"\(under)\"") + ". Save only the state_dict()."
    case .notTorch: "is a pickle that torch.save did not write. Save the weights with torch.save."
    case .bigEndian: "was saved on a big-endian machine. Save it again on a little-endian one."
    case .wholeModule: "holds a whole pickled module. Save its state_dict() instead."
    case .badStorage(let key):
      "has no usable data for storage \"\(key)\". Fetch or save it again."
    }
  }
}
