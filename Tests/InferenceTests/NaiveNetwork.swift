import Foundation
import VoiceModelFixtures

/// The voice network straight from its definition, in double precision and without any of the production code's
/// shortcuts: a dense convolution with the basis, padding as zeros, gates one by one.
struct NaiveNetwork {
    let model: RandomModel
    private var hidden = [Double](repeating: 0, count: 128)
    private var cell = [Double](repeating: 0, count: 128)
    private var context = [Double](repeating: 0, count: 64)

    init(_ model: RandomModel) {
        self.model = model
    }

    mutating func process(_ chunk: [Float]) -> Double {
        var signal = context + chunk.map(Double.init)
        context = Array(signal.suffix(64))
        for offset in 0..<64 { signal.append(signal[574 - offset]) }
        var frames = magnitudes(signal)
        for (layer, stride) in [1, 2, 2, 1].enumerated() {
            frames = convolve(frames, "model.encoder.\(layer).reparam_conv", stride: stride)
        }
        return remember(frames[0])
    }

    /// [frame][bin]
    private func magnitudes(_ signal: [Double]) -> [[Double]] {
        let basis = model["model.stft.forward_basis_buffer"]
        return (0..<4).map { (frame: Int) -> [Double] in
            let part = signal[(frame * 128)..<(frame * 128 + 256)]
            let rows = (0..<258).map { (row: Int) -> Double in dot(basis[(row * 256)..<(row * 256 + 256)], part) }
            return (0..<129).map { (bin: Int) -> Double in hypot(rows[bin], rows[bin + 129]) }
        }
    }

    private func convolve(_ input: [[Double]], _ name: String, stride step: Int) -> [[Double]] {
        let (weight, bias) = (model[name + ".weight"], model[name + ".bias"])
        let channels = input[0].count
        return Swift.stride(from: 0, to: input.count, by: step).map { centre in
            bias.indices.map { output in
                var sum = Double(bias[output])
                for tap in 0..<3 where input.indices.contains(centre + tap - 1) {
                    let frame = input[centre + tap - 1]
                    for channel in 0..<channels {
                        sum += Double(weight[(output * channels + channel) * 3 + tap]) * frame[channel]
                    }
                }
                return max(0, sum)
            }
        }
    }

    private mutating func remember(_ input: [Double]) -> Double {
        let (wi, wh) = (model["model.decoder.rnn.weight_ih"], model["model.decoder.rnn.weight_hh"])
        let (bi, bh) = (model["model.decoder.rnn.bias_ih"], model["model.decoder.rnn.bias_hh"])
        let gates = (0..<512).map { (row: Int) -> Double in
            let range = (row * 128)..<((row + 1) * 128)
            let bias = Double(bi[row]) + Double(bh[row])
            return bias + dot(wi[range], input[...]) + dot(wh[range], hidden[...])
        }
        func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
        for index in 0..<128 {
            cell[index] =
                sigmoid(gates[128 + index]) * cell[index] + sigmoid(gates[index]) * tanh(gates[256 + index])
            hidden[index] = sigmoid(gates[384 + index]) * tanh(cell[index])
        }
        let weight = model["model.decoder.decoder.2.weight"]
        let bias = Double(model["model.decoder.decoder.2.bias"][0])
        return sigmoid(bias + dot(weight[...], hidden.map { max(0, $0) }[...]))
    }

    private func dot(_ weights: ArraySlice<Float>, _ numbers: ArraySlice<Double>) -> Double {
        var sum = 0.0
        for (weight, number) in zip(weights, numbers) { sum += Double(weight) * number }
        return sum
    }
}
