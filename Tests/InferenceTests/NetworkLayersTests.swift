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
            for range in [0..<rows, first..<rows] {
                let input = Self.numbers(range.count, &random)
                func result(isWide: Bool, isRectified: Bool) -> [UInt32] {
                    var output = [Float](repeating: .nan, count: outputs)
                    layer.apply(input, rows: range, isRectified: isRectified, into: &output, isWide: isWide)
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
            let input = (0..<inputs).map { _ in SIMD4(Self.numbers(4, &random)) }
            func result(isWide: Bool) -> [UInt32] {
                var output = [Float](repeating: .nan, count: 4 * outputs)
                layer.apply(input, into: &output, isWide: isWide)
                return output.map(\.bitPattern)
            }
            #expect(result(isWide: true) == result(isWide: false), "\(seed)")
        }
    }
}
