// The two passes. Every output value is a sum in the order of its taps, whatever part is asked for,
// so that parts and whole agree bit by bit.

extension Resampler {
  /// `values` holds the input pixels of `given`, which covers all that `region` depends on.
  func run(
    _ values: UnsafeBufferPointer<Float>, _ given: Region, channels: Int, _ region: Region,
    into result: UnsafeMutableBufferPointer<Float>
  ) {
    if region.count == 0 || channels == 0 { return }
    let lines = sourceRows(for: region.rows)
    let rowLength = region.columns.count * channels
    let middle = UnsafeMutableBufferPointer<Float>.allocate(capacity: lines.count * rowLength)
    let padded = given.columns.count * channels + 4
    let input = UnsafeMutableBufferPointer<Float>.allocate(capacity: padded)
    let output = UnsafeMutableBufferPointer<Float>.allocate(capacity: rowLength + 4)
    defer {
      middle.deallocate()
      input.deallocate()
      output.deallocate()
    }
    input.initialize(repeating: 0)
    let pass = HorizontalPass(horizontal, given.columns, region.columns, channels)
    for (index, line) in lines.enumerated() {
      let start = (line - given.rows.lowerBound) * given.columns.count * channels
      let row = middle.baseAddress! + index * rowLength
      if pass.isCopy {
        let offset = (region.columns.lowerBound - given.columns.lowerBound) * channels
        row.update(from: values.baseAddress! + start + offset, count: rowLength)
      } else {
        input.baseAddress!.update(from: values.baseAddress! + start, count: padded - 4)
        pass(input.baseAddress!, output.baseAddress!)
        row.update(from: output.baseAddress!, count: rowLength)
      }
    }
    for (index, row) in region.rows.enumerated() {
      let start = (vertical.start[row] - lines.lowerBound) * rowLength
      combine(
        UnsafePointer(middle.baseAddress! + start), rowLength,
        vertical.weights[vertical.first[row]..<vertical.first[row + 1]],
        into: result.baseAddress! + index * rowLength)
    }
  }

  /// `result` = sum of weights[k] × row k, rows lying `length` floats apart.
  private func combine(
    _ rows: UnsafePointer<Float>, _ length: Int, _ weights: ArraySlice<Float>,
    into result: UnsafeMutablePointer<Float>
  ) {
    let first = weights.startIndex
    if weights.count == 1 {  // the one weight is 1
      result.update(from: rows, count: length)
      return
    }
    var tap = 0
    while tap < weights.count {
      // Four rows at a time keep the result in registers; missing ones weigh 0 and repeat a row.
      let left = weights.count - tap
      let w0 = weights[first + tap]
      let w1 = left > 1 ? weights[first + tap + 1] : 0
      let w2 = left > 2 ? weights[first + tap + 2] : 0
      let w3 = left > 3 ? weights[first + tap + 3] : 0
      let r0 = rows + tap * length
      let r1 = rows + (tap + min(1, left - 1)) * length
      let r2 = rows + (tap + min(2, left - 1)) * length
      let r3 = rows + (tap + min(3, left - 1)) * length
      if tap == 0 {
        for i in 0..<length { result[i] = w0 * r0[i] + w1 * r1[i] + w2 * r2[i] + w3 * r3[i] }
      } else {
        for i in 0..<length {
          result[i] += w0 * r0[i] + w1 * r1[i] + w2 * r2[i] + w3 * r3[i]
        }
      }
      tap += 4
    }
  }
}

/// Resamples one row.
private struct HorizontalPass {
  let isCopy: Bool
  private let channels: Int
  private let outputs: Range<Int>
  private let shift: Int  // first input column that is at hand
  private let axis: ResamplingAxis

  init(_ axis: ResamplingAxis, _ inputs: Range<Int>, _ outputs: Range<Int>, _ channels: Int) {
    self.axis = axis
    self.outputs = outputs
    self.channels = channels
    shift = inputs.lowerBound
    isCopy = axis.isIdentity
  }

  /// Both rows have room for 4 floats beyond their end: three channels are handled as four lanes.
  func callAsFunction(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
    axis.start.withUnsafeBufferPointer { start in
      axis.first.withUnsafeBufferPointer { first in
        axis.weights.withUnsafeBufferPointer { weights in
          switch channels {
          case 2...4: lanes(input, output, start, first, weights)
          default: scalars(input, output, start, first, weights)
          }
        }
      }
    }
  }

  @inline(__always)
  private func lanes(
    _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
    _ start: UnsafeBufferPointer<Int>, _ first: UnsafeBufferPointer<Int>,
    _ weights: UnsafeBufferPointer<Float>
  ) {
    let source = UnsafeRawPointer(input)
    let target = UnsafeMutableRawPointer(output)
    let stride = channels * MemoryLayout<Float>.stride
    var place = 0
    for i in outputs {
      var at = (start[i] - shift) * stride
      var sum = SIMD4<Float>.zero
      for k in first[i]..<first[i + 1] {
        sum += weights[k] * source.loadUnaligned(fromByteOffset: at, as: SIMD4<Float>.self)
        at += stride
      }
      target.storeBytes(of: sum, toByteOffset: place, as: SIMD4<Float>.self)
      place += stride
    }
  }

  @inline(__always)
  private func scalars(
    _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
    _ start: UnsafeBufferPointer<Int>, _ first: UnsafeBufferPointer<Int>,
    _ weights: UnsafeBufferPointer<Float>
  ) {
    for (place, i) in outputs.enumerated() {
      let from = input + (start[i] - shift) * channels
      for channel in 0..<channels {
        var sum: Float = 0
        var at = channel
        for k in first[i]..<first[i + 1] {
          sum += weights[k] * from[at]
          at += channels
        }
        output[place * channels + channel] = sum
      }
    }
  }
}
