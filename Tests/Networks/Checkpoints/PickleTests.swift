import OneStepNetworks
import Testing

@Suite("Pickle interpreter") struct PickleTests {
  private func fault(_ pickle: Pickle) -> PickleFault? {
    guard case .pickle("file", let fault) = failure(decoding: pickle.file()) else { return nil }
    return fault
  }

  private func tensorFault(_ pickle: Pickle, elements: [Float] = [1, 2, 3, 4]) -> TensorFault? {
    guard
      case .tensor("file", "tensor", let fault) = failure(
        decoding: pickle.file(elements: elements))
    else { return nil }
    return fault
  }

  @Test(
    "objects that could act are refused by name, called or not",
    arguments: [
      ("posix", "system"), ("builtins", "eval"), ("torch", "load"), ("torch._utils", "_import"),
      ("torch.nn.modules.conv", "Conv2d"), ("numpy.core.multiarray", "_reconstruct"),
      ("torch.storage", "_load_from_bytes"), ("", ""),
    ])
  func forbidden(module: String, name: String) {
    let expected = PickleFault.forbiddenGlobal("\(module).\(name)")
    #expect(fault(Pickle().global(module, name)) == expected)
    #expect(fault(Pickle().global(module, name).text("touch x") + "R") == expected)
    #expect(fault(Pickle() + "(i\(module)\n\(name)\n") == expected)
    let stacked = Pickle().text(module).text(name)
    #expect(fault(Pickle(bytes: stacked.bytes + [0x93])) == expected)
  }

  @Test(
    "element types that are not read are named",
    arguments: ["ComplexFloatStorage", "float8_e4m3fn", "uint16", "QInt8Storage"])
  func elementTypes(name: String) {
    #expect(fault(Pickle().global("torch", name)) == .unsupportedElementType("torch.\(name)"))
  }

  @Test("a tensor may lie anywhere in its storage")
  func views() throws {
    let elements: [Float] = [1, 2, 3, 4, 5, 6]
    let cases: [(Pickle, [Float])] = [
      (Pickle().tensor(count: 6, shape: [2, 3], strides: [3, 1]), elements),
      (Pickle().tensor(count: 6, shape: [3, 2], strides: [1, 3]), [1, 4, 2, 5, 3, 6]),
      (Pickle().tensor(count: 6, offset: 4, shape: [2], strides: [1]), [5, 6]),
      (Pickle().tensor(count: 6, offset: 1, shape: [2, 2], strides: [0, 4]), [2, 6, 2, 6]),
      (Pickle().tensor(count: 6, offset: 5, shape: [], strides: []), [6]),
      (Pickle().tensor(count: 6, offset: 5, shape: [1, 1], strides: [99, 7]), [6]),
      (Pickle().tensor(count: 6, offset: 77, shape: [2, 0], strides: [1, 1]), []),
      (Pickle().tensor(count: 6, shape: [2], strides: [2], view: (3, 3)), [4, 6]),
    ]
    for (pickle, expected) in cases {
      let checkpoint = try Checkpoint(decoding: pickle.file(elements: elements), name: "file")
      #expect(checkpoint.tensors["tensor"]?.floats() == expected)
    }
  }

  @Test("tensors that reach beyond their storage are refused")
  func bounds() {
    #expect(
      tensorFault(Pickle().tensor(count: 4, offset: 1, shape: [4], strides: [1]))
        == .beyondStorage(needed: 5, available: 4))
    #expect(
      tensorFault(Pickle().tensor(count: 4, shape: [2, 2], strides: [3, 1]))
        == .beyondStorage(needed: 5, available: 4))
    #expect(
      tensorFault(
        Pickle().tensor(count: 4, shape: [3], strides: [1], view: (2, 2)))
        == .beyondStorage(needed: 3, available: 2))
    for (offset, shape, strides) in [
      (-1, [1], [1]), (0, [-1], [1]), (0, [2], [-1]), (0, [1 << 62], [1]),
      (0, [1 << 40, 1 << 40], [0, 0]), (0, [2], [Int.max]), (Int.max, [2], [1]),
      (Int.max, [1], [1]),
    ] {
      #expect(
        tensorFault(Pickle().tensor(count: 4, offset: offset, shape: shape, strides: strides))
          == .malformedShape, "\(offset) \(shape) \(strides)")
    }
    #expect(
      tensorFault(Pickle().tensor(count: 4, shape: [1 << 30], strides: [0])) == .tooLarge)
  }

  @Test("storages must be as long as the pickle says")
  func storages() {
    let pickle = Pickle().tensor(count: 4, shape: [4], strides: [1])
    #expect(
      failure(decoding: pickle.file(elements: [1, 2, 3], declaredCount: 4))
        .map { if case .pickle(_, .truncated) = $0 { true } else { false } } == true)
    #expect(
      failure(decoding: pickle.file(elements: [1, 2, 3]))
        == .pickle(file: "file", .badStorage(key: "0")))
    #expect(failure(decoding: pickle.file()) == .pickle(file: "file", .badStorage(key: "0")))
    for count in [-1, Int.max, 1 << 61] {
      #expect(
        failure(
          decoding: Pickle().tensor(count: count, shape: [1], strides: [1]).file(elements: [1]))
          != nil)
    }
    #expect(
      failure(
        decoding: Pickle().tensor(count: 4, shape: [1], strides: [1], view: (3, Int.max))
          .file(elements: [1, 2, 3, 4])) == .pickle(file: "file", .badStorage(key: "0")))
  }

  @Test("bombs hit limits instead of memory")
  func bombs() {
    // Nested marks, a stack without end, deep lists, lists that double at every level.
    #expect(fault(Pickle() + String(repeating: "(", count: 5000)) == .limitExceeded(.nesting))
    #expect(fault(Pickle() + String(repeating: "N", count: 1_100_000)) == .limitExceeded(.stack))
    let deep = String(repeating: "]", count: 1000) + String(repeating: "a", count: 999)
    #expect(fault(Pickle() + deep) == .limitExceeded(.nesting))
    var doubling = Pickle() + "]"
    for _ in 0..<40 { doubling.bytes += [0x32, 0x86] }
    #expect(fault(doubling) == .limitExceeded(.values))
    // OrderedDict over the same thousand pairs, again and again.
    var copies = Pickle().global("collections", "OrderedDict") + "q\u{1}0]("
    for _ in 0..<1000 { copies = copies + "(NNt" }
    copies = copies + "eq\u{2}0"
    for _ in 0..<1000 { copies.bytes += Array("h\u{1}h\u{2}".utf8) + [0x85] + Array("R0".utf8) }
    #expect(fault(copies + "N") == .limitExceeded(.values))
    // LONG4 and texts longer than the file.
    for code: [UInt8] in [
      [0x8B, 0xFF, 0xFF, 0xFF, 0x7F], [0x58, 0xFF, 0xFF, 0xFF, 0xFF],
      [0x8D] + [UInt8](repeating: 0xFF, count: 8), [0x95] + [UInt8](repeating: 0x7F, count: 8),
    ] {
      guard case .truncated = fault(Pickle(bytes: [0x80, 2] + code)) else {
        Issue.record("\(code)")
        continue
      }
    }
    guard case .malformed = fault(Pickle(bytes: [0x80, 2, 0x8B, 0, 0, 0, 0x80])) else {
      Issue.record("negative length")
      return
    }
    let rank = [Int](repeating: 1, count: 65)
    #expect(fault(Pickle().tensor(count: 1, shape: rank, strides: rank)) == .limitExceeded(.rank))
  }

  @Test("containers that hold themselves are refused")
  func cycles() {
    #expect(fault(Pickle() + "]q\u{1}h\u{1}a") == .cycle)
    #expect(fault(Pickle() + "}q\u{1}K\u{1}h\u{1}s") == .cycle)
  }

  @Test(
    "opcodes that find the wrong thing on the stack are malformed",
    arguments: [
      "", "0", "1", "2", "R", "Q", "a", "e", "s", "u", "t", "b", "q\u{1}", "h\u{1}", "NR", "NNR",
      "NNa", "NNNs", "}(Nu", "](", "NN", "(NR", "NQ", ")Q", "i", "(o", "K\u{1}R", "Ix\n", "Fx\n",
      "S'a\n", "Va\\u0041\n", "gx\n", "L12x\n",
    ])
  func malformed(code: String) {
    switch fault(Pickle() + code) {
    case .malformed, .truncated: break
    case let other: Issue.record("\(code): \(String(describing: other))")
    }
  }

  @Test("unknown opcodes and protocols are refused")
  func opcodes() {
    for code: UInt8 in [0x00, 0x50, 0x82, 0x83, 0x84, 0x97, 0x98, 0xFF] {
      guard case .unsupportedOpcode(code, _) = fault(Pickle(bytes: [0x80, 2, code])) else {
        Issue.record("\(code)")
        continue
      }
    }
    guard case .malformed = fault(Pickle(bytes: [0x80, 6])) else {
      Issue.record("protocol 6")
      return
    }
  }

  @Test("the text opcodes of protocol 0 are understood")
  func protocolZero() throws {
    let checkpoint = try Checkpoint(
      decoding: (Pickle() + "(S'a'\nI-5\nS\"b\"\nI01\nVc\nL77L\nS'd'\nF1.5\nd").file(), name: "f")
    #expect(checkpoint.metadata == ["a": "-5", "b": "true", "c": "77", "d": "1.5"])
  }

  @Test("pickles that torch.save did not write, and whole modules, are told apart")
  func origin() {
    #expect(
      failure(decoding: (Pickle() + "}.").bytes) == .pickle(file: "file", .notTorch))
    #expect(fault((Pickle() + "(").text("module") + "NNNtQ") == .wholeModule)
  }

  @Test("keys that cannot be part of a name, and names that collide, are refused")
  func names() {
    #expect(fault(Pickle() + "}N}s") == .unnamableKey(under: ""))
    let tensor = Pickle(bytes: []).tensor(count: 1, shape: [1], strides: [1])
    var pickle = (Pickle() + "}(").text("a.b")
    pickle.bytes += tensor.bytes
    pickle = (pickle.text("a") + "}").text("b")
    pickle.bytes += tensor.bytes
    pickle = pickle + "su"
    #expect(
      failure(decoding: pickle.file(elements: [1]))
        == .tensor(file: "file", name: "a.b", .duplicateName))
  }
}
