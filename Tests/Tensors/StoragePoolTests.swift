import Foundation
import OneStepTensors
import Testing

@Suite struct StoragePoolTests {
  @Test("a thread that only lets tensors go gives their memory back") func callersThread() throws {
    func resident() throws -> Int {
      let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
      return Int(text.split(separator: " ")[1])! * 4096
    }
    let before = try resident()
    for step in 0..<600 {
      let tensor = Compute.perform { Tensor(shape: [1 << 20]) { $0.initialize(repeating: Float(step)) } }
      #expect(tensor.floats[7] == Float(step))
    }
    // 600 tensors of 4 MiB; other tests run beside this one, and the pool keeps at most 768 MiB.
    #expect(try resident() - before < 1500 << 20)
  }
}
