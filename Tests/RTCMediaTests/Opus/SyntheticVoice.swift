import Foundation

/// A made-up voice: harmonics of a gliding pitch under moving formants, in syllables.
enum SyntheticVoice {
    static func samples(rate: Int, seconds: Double, start: Double = 0) -> [Int16] {
        let count = Int(Double(rate) * seconds)
        var phase = 0.0
        return (0..<count).map { index in
            let time = start + Double(index) / Double(rate)
            let pitch = 140 + 30 * sin(2 * .pi * 0.7 * time)
            phase += 2 * .pi * pitch / Double(rate)
            let formant = 700 + 300 * sin(2 * .pi * 1.3 * time)
            let loudness = 0.55 + 0.45 * sin(2 * .pi * 4 * time)
            var sum = 0.0
            for harmonic in 1...20 {
                let frequency = pitch * Double(harmonic)
                let distance = (frequency - formant) / 400
                sum += exp(-distance * distance / 2) * sin(phase * Double(harmonic))
            }
            return Int16(max(-30_000, min(30_000, 4000 * loudness * sum)))
        }
    }

    /// Root mean square.
    static func level(_ samples: some Collection<Int16>) -> Double {
        guard !samples.isEmpty else { return 0 }
        return (Double(samples.reduce(0) { $0 + Int($1) * Int($1) }) / Double(samples.count)).squareRoot()
    }

    /// The normalised correlation of two stretches of sound, -1...1.
    static func likeness(_ left: ArraySlice<Int16>, _ right: ArraySlice<Int16>) -> Double {
        let (product, energies) = left.withUnsafeBufferPointer { left in
            right.withUnsafeBufferPointer { right in
                var (product, energies) = (0, (0, 0))
                var index = 0
                while index < min(left.count, right.count) {
                    let (a, b) = (Int(left[index]), Int(right[index]))
                    product += a * b
                    energies.0 += a * a
                    energies.1 += b * b
                    index += 1
                }
                return (product, energies)
            }
        }
        guard energies.0 > 0, energies.1 > 0 else { return 0 }
        return Double(product) / (Double(energies.0) * Double(energies.1)).squareRoot()
    }
}
