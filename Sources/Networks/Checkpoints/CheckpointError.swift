import Glibc

/// Why a checkpoint could not be read, checked or written.
///
/// `file` is the last component of the path. Each description is one line: what, where, what to do.
public enum CheckpointError: Error, Equatable, Sendable {
  /// The system refused to open or map the file; `code` is its `errno`.
  case unreadable(file: String, code: Int32)
  /// The system refused to write the file; `code` is its `errno`.
  case unwritable(file: String, code: Int32)
  /// The file is something else altogether.
  case foreign(file: String, ForeignContent)
  case safetensors(file: String, SafetensorsFault)
  case archive(file: String, ArchiveFault)
  case pickle(file: String, PickleFault)
  /// A tensor in a PyTorch file does not fit its storage or the limits.
  case tensor(file: String, name: String, TensorFault)
  /// `verify()` found no recorded digest.
  case digestMissing(file: String)
  /// The tensor data is not what was written: both digests are SHA-256 in hexadecimal.
  case digestMismatch(file: String, recorded: String, computed: String)
}

extension CheckpointError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let file, ESPIPE):
      "\(file): is not a regular file. Save it to disk first."
    case .unreadable(let file, let code):
      "\(file): cannot be read: \(Self.reason(code)). Check the path and its permissions."
    case .unwritable(let file, let code):
      "\(file): cannot be written: \(Self.reason(code)). Check the folder and the free space."
    case .foreign(let file, let content): "\(file): \(content.sentence)"
    case .safetensors(let file, let fault): "\(file): \(fault)"
    case .archive(let file, let fault): "\(file): \(fault)"
    case .pickle(let file, let fault): "\(file): \(fault)"
    case .tensor(let file, let name, let fault): "\(file): tensor \"\(name)\": \(fault)"
    case .digestMissing(let file):
      "\(file): holds no sha256 of its tensors. Write it again with this program to add one."
    case .digestMismatch(let file, let recorded, let computed):
      "\(file): the tensors are damaged: sha256 is \(computed.prefix(12))..., recorded "
        + "\(recorded.prefix(12)).... Fetch or write the file again."
    }
  }

  private static func reason(_ code: Int32) -> String {
    switch code {
    case ENOENT: "no such file or folder"
    case EACCES, EPERM: "permission denied"
    case EISDIR: "it is a folder"
    case ENOTDIR: "part of the path is not a folder"
    case ENOSPC: "the disk is full"
    case EROFS: "the file system is read-only"
    case ENOMEM: "out of memory"
    default: "system error \(code)"
    }
  }
}

extension ForeignContent {
  fileprivate var sentence: String {
    switch self {
    case .empty: "is empty: zero bytes. The download or copy did not finish; fetch it again."
    case .tooShort: "is too short to be a checkpoint. Fetch it again."
    case .zeros: "starts with nothing but zeros: an unfinished download. Fetch it again."
    case .lfsPointer: "is a Git LFS pointer, not the weights. Run `git lfs pull` at its source."
    case .html: "is a web page, not a checkpoint. Use the direct download link."
    case .xml: "is an XML document, often a server's error reply. Look inside and fetch it again."
    case .json: "is a JSON file: perhaps an index or a configuration. Pass the weights beside it."
    case .tar: "is a tar archive: unpack it, or, if PyTorch before 0.2 wrote it, save it again."
    case .gzip: "is gzip-compressed. Unpack it first."
    case .png, .jpeg: "is an image, not a checkpoint. Swap the arguments?"
    case .riff: "is a WAV, WebP or AVI file, not a checkpoint. Swap the arguments?"
    case .numpy: "is a NumPy array. Save the weights as safetensors instead."
    case .hdf5: "is an HDF5 file (Keras weights?). Convert it to safetensors."
    case .gguf: "is a GGUF file, which is not supported. Look for the safetensors version."
    case .unknown: "is neither safetensors nor a PyTorch checkpoint. Is it the right file?"
    }
  }
}
