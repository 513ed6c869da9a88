import CFloats
import SansIO
import Testing

@testable import Inference

/// The processor's wide instructions beside single numbers.
@Suite(.enabled(if: hasWideFloats, "this processor has no AVX2"))
struct NetworkLayersTests {
    private static func numbers(_ count: Int, _ random: inout SplitMix64) -> [Float] {
        (0..<count).map { _ in Float.random(in: -2...2, using: &random) }
    }

    @Test(
        "a dense layer gives the same bits with wide instructions, over all rows and over some",
        arguments: [8, 40, 512])
    func dense(outputs: Int) {
        for seed in UInt64(1)...20 {
            var random = SplitMix64(seed: seed)
            let rows = 4 * Int.random(in: 1...64, using: &random)
            let weights = Self.numbers(rows * outputs, &random)
            let layer = DenseLayer(rows: rows, outputs: outputs, bias: Self.numbers(outputs, &random)) {
                weights[$0 * outputs + $1]
            }
            let first = 4 * Int.random(in: 0..<(rows / 4), using: &random)
            for (range, count) in [(0..<rows, 1), (first..<rows, 3)] {
                let inputs = Self.numbers(count * range.count, &random)
                func result(isWide: Bool, isRectified: Bool) -> [UInt32] {
                    var output = [Float](repeating: .nan, count: count * outputs)
                    inputs.withUnsafeBufferPointer { inputs in
                        output.withUnsafeMutableBufferPointer { output in
                            guard let from = inputs.baseAddress, let into = output.baseAddress else { return }
                            let batch = jask_floats_batch(
                                from, into: into, count: count, steps: (range.count, outputs))
                            layer.apply(batch, rows: range, isRectified: isRectified, isWide: isWide)
                        }
                    }
                    return output.map(\.bitPattern)
                }
                #expect(
                    result(isWide: true, isRectified: false) == result(isWide: false, isRectified: false), "\(seed)")
                let rectified = result(isWide: true, isRectified: true)
                #expect(rectified == result(isWide: false, isRectified: true), "\(seed)")
                #expect(rectified.allSatisfy { !(Float(bitPattern: $0) < 0) })
            }
        }
    }

    @Test("a convolution over four frames gives the same bits with wide instructions", arguments: [8, 24, 128])
    func convolution(outputs: Int) {
        for seed in UInt64(1)...20 {
            var random = SplitMix64(seed: seed)
            let inputs = Int.random(in: 1...129, using: &random)
            let layer = FrameConvolution(
                weight: Self.numbers(outputs * inputs * 3, &random), bias: Self.numbers(outputs, &random),
                inputs: inputs,
                outputs: outputs)
            let numbers = Self.numbers(2 * 4 * inputs, &random)
            func result(isWide: Bool) -> [UInt32] {
                var output = [Float](repeating: .nan, count: 2 * 4 * outputs)
                numbers.withUnsafeBufferPointer { numbers in
                    output.withUnsafeMutableBufferPointer { output in
                        guard let from = numbers.baseAddress, let into = output.baseAddress else { return }
                        let batch = jask_floats_batch(from, into: into, count: 2, steps: (4 * inputs, 4 * outputs))
                        layer.apply(batch, isWide: isWide)
                    }
                }
                return output.map(\.bitPattern)
            }
            #expect(result(isWide: true) == result(isWide: false), "\(seed)")
        }
    }
}
