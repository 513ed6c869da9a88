import CFloats
import SansIO
import Testing

@testable import Inference

/// What a layer makes of so many inputs that stand one after the other.
private func outputsOf(
    _ inputs: [Float], _ count: Int, each outputs: Int, _ apply: (jask_floats_batch) -> Void
) -> [Float] {
    var found = [Float](repeating: .nan, count: count * outputs)
    inputs.withUnsafeBufferPointer { inputs in
        found.withUnsafeMutableBufferPointer { found in
            guard let from = inputs.baseAddress, let into = found.baseAddress else { return }
            apply(jask_floats_batch(from, into: into, count: count, steps: (inputs.count / count, outputs)))
        }
    }
    return found
}

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
                    outputsOf(inputs, count, each: outputs) {
                        layer.apply($0, rows: range, isRectified: isRectified, isWide: isWide)
                    }.map(\.bitPattern)
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
                outputsOf(numbers, 2, each: 4 * outputs) { layer.apply($0, isWide: isWide) }.map(\.bitPattern)
            }
            #expect(result(isWide: true) == result(isWide: false), "\(seed)")
        }
    }
}

/// Layers beside their definition: whatever order their weights stand in.
@Suite struct LayerDefinitionTests {
    private static let ways = hasWideFloats ? [false, true] : [false]

    private static func numbers(_ count: Int, _ random: inout SplitMix64) -> [Float] {
        (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
    }

    private static func areNear(_ found: [Float], _ expected: [Double]) -> Bool {
        found.count == expected.count && zip(found, expected).allSatisfy { abs(Double($0) - $1) < 1e-4 }
    }

    @Test("a dense layer gives what its definition gives, for several inputs", arguments: [8, 24, 32, 40, 128])
    func dense(outputs: Int) {
        var random = SplitMix64(seed: UInt64(outputs))
        let (rows, count) = (12, 2)
        let (weights, bias) = (Self.numbers(rows * outputs, &random), Self.numbers(outputs, &random))
        let inputs = Self.numbers(count * rows, &random)
        let layer = DenseLayer(rows: rows, outputs: outputs, bias: bias) { weights[$0 * outputs + $1] }
        let expected = (0..<count).flatMap { index in
            (0..<outputs).map { output in
                (0..<rows).reduce(Double(bias[output])) {
                    $0 + Double(weights[$1 * outputs + output]) * Double(inputs[index * rows + $1])
                }
            }
        }
        for isWide in Self.ways {
            let found = outputsOf(inputs, count, each: outputs) {
                layer.apply($0, rows: 0..<rows, isRectified: false, isWide: isWide)
            }
            #expect(Self.areNear(found, expected), "wide: \(isWide)")
        }
    }

    @Test("a convolution gives what its definition gives, for several inputs", arguments: [8, 16, 24, 40])
    func convolution(outputs: Int) {
        var random = SplitMix64(seed: UInt64(outputs))
        let (channels, count) = (5, 2)
        let (weights, bias) = (Self.numbers(outputs * channels * 3, &random), Self.numbers(outputs, &random))
        let inputs = Self.numbers(count * channels * 4, &random)
        let layer = FrameConvolution(weight: weights, bias: bias, inputs: channels, outputs: outputs)
        var expected: [Double] = []
        for index in 0..<count {
            for frame in 0..<4 {
                for output in 0..<outputs {
                    var sum = Double(bias[output])
                    for channel in 0..<channels {
                        for tap in 0..<3 where (0..<4).contains(frame + tap - 1) {
                            let weight = weights[(output * channels + channel) * 3 + tap]
                            sum += Double(weight) * Double(inputs[(index * channels + channel) * 4 + frame + tap - 1])
                        }
                    }
                    expected.append(max(sum, 0))
                }
            }
        }
        for isWide in Self.ways {
            let found = outputsOf(inputs, count, each: 4 * outputs) { layer.apply($0, isWide: isWide) }
            #expect(Self.areNear(found, expected), "wide: \(isWide)")
        }
    }
}
