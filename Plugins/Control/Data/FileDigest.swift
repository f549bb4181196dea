import CCrypto

/// SHA-256 in lower-case hexadecimal.
enum FileDigest {
  /// Of a file's content. O(bytes).
  static func sha256(ofFile path: String) throws(DatasetError) -> String {
    let file = try MappedFile(path)
    return withExtendedLifetime(file) { sha256(of: file.bytes) }
  }

  static func sha256(of bytes: UnsafeRawBufferPointer) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    let done = EVP_Digest(bytes.baseAddress, bytes.count, &digest, nil, EVP_sha256(), nil)
    precondition(done == 1, "SHA-256: libcrypto gave no digest (out of memory?)")
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
