#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The magnitudes of four overlapping frames of 256 samples, 128 apart: the first layer of the voice network.
///
/// The released network holds this layer as a dense convolution with a windowed Fourier basis of 258 rows; a real
/// Fourier transform over half as many complex points gives the same numbers at a fortieth of the cost. The four frames
/// are the four lanes of a vector.
struct ShortTimeSpectrum: Sendable {
    typealias Frames = SIMD4<Float>

    static let frameLength = 256
    static let hop = 128
    static let signalLength = 640
    static let bins = 129
    private static let points = 128

    private let window: [Float]
    /// e^(-2πik/128) for the butterflies and e^(-2πik/256) for the split of even and odd samples: real, imaginary.
    private let butterflyFactors: [SIMD2<Float>]
    private let splitFactors: [SIMD2<Float>]
    private let reversed: [Int]

    /// - Parameter basis: 258 rows of 256: window × cosine for 129 bins, then window × -sine.
    /// - Throws: `notFourierBasis` where a row is anything else.
    init(basis: [Float]) throws(SileroModelError) {
        let length = Self.frameLength
        guard basis.count == 2 * Self.bins * length else {
            throw SileroModelError(.notFourierBasis(row: basis.count / length, column: 0))
        }
        window = Array(basis[..<length])
        let turns = (0..<length).map { Double($0) / Double(length) * 2 * Double.pi }
        let cosines = turns.map { cos($0) }
        let sines = turns.map { sin($0) }
        for row in 0..<(2 * Self.bins) {
            for column in 0..<length {
                let phase = (row % Self.bins) * column % length
                let wave = row < Self.bins ? cosines[phase] : -sines[phase]
                guard abs(Double(basis[row * length + column]) - Double(window[column]) * wave) < 1e-5 else {
                    throw SileroModelError(.notFourierBasis(row: row, column: column))
                }
            }
        }
        butterflyFactors = (0..<(Self.points / 2)).map { SIMD2(Float(cosines[2 * $0]), Float(-sines[2 * $0])) }
        splitFactors = (0..<Self.bins).map { SIMD2(Float(cosines[$0]), Float(-sines[$0])) }
        reversed = (0..<Self.points).map { index in
            (0..<7).reduce(0) { $0 | (index >> $1 & 1) << (6 - $1) }
        }
    }

    /// - Parameters:
    ///   - signal: 640 samples.
    ///   - real, imaginary: room for 128 vectors each.
    ///   - magnitudes: 129 vectors, one a frequency, lane = frame.
    @inline(__always)
    func magnitudes(
        of signal: UnsafePointer<Float>, real: UnsafeMutablePointer<Frames>, imaginary: UnsafeMutablePointer<Frames>,
        into magnitudes: UnsafeMutablePointer<Frames>
    ) {
        load(signal, real, imaginary)
        transform(real, imaginary)
        split(real, imaginary, magnitudes)
    }

    @inline(__always)
    private func load(
        _ signal: UnsafePointer<Float>, _ real: UnsafeMutablePointer<Frames>,
        _ imaginary: UnsafeMutablePointer<Frames>
    ) {
        window.withUnsafeBufferPointer { window in
            reversed.withUnsafeBufferPointer { reversed in
                for point in 0..<Self.points {
                    let even = 2 &* point
                    let odd = even &+ 1
                    let target = reversed[point]
                    real[target] = Self.gather(signal, even) * window[even]
                    imaginary[target] = Self.gather(signal, odd) * window[odd]
                }
            }
        }
    }

    @inline(__always)
    private static func gather(_ signal: UnsafePointer<Float>, _ at: Int) -> Frames {
        Frames(signal[at], signal[at &+ hop], signal[at &+ 2 &* hop], signal[at &+ 3 &* hop])
    }

    /// Radix-2 decimation in time over input in bit-reversed order, in place.
    @inline(__always)
    private func transform(_ real: UnsafeMutablePointer<Frames>, _ imaginary: UnsafeMutablePointer<Frames>) {
        butterflyFactors.withUnsafeBufferPointer { factors in
            var half = 1
            while half < Self.points {
                let step = Self.points / 2 / half
                for offset in 0..<half {
                    let factor = factors[offset &* step]
                    var upper = offset
                    while upper < Self.points {
                        let lower = upper &+ half
                        let (re, im) = (real[lower], imaginary[lower])
                        let turnedReal = re * factor.x - im * factor.y
                        let turnedImaginary = re * factor.y + im * factor.x
                        real[lower] = real[upper] - turnedReal
                        imaginary[lower] = imaginary[upper] - turnedImaginary
                        real[upper] += turnedReal
                        imaginary[upper] += turnedImaginary
                        upper &+= 2 &* half
                    }
                }
                half &*= 2
            }
        }
    }

    /// Parts the transform of even + i·odd samples into the spectrum of the real frame, and takes its magnitude.
    @inline(__always)
    private func split(
        _ real: UnsafeMutablePointer<Frames>, _ imaginary: UnsafeMutablePointer<Frames>,
        _ magnitudes: UnsafeMutablePointer<Frames>
    ) {
        splitFactors.withUnsafeBufferPointer { factors in
            for bin in 0..<Self.bins {
                let here = bin & (Self.points - 1)
                let mirrored = (Self.points &- bin) & (Self.points - 1)
                let evenReal = (real[here] + real[mirrored]) * 0.5
                let evenImaginary = (imaginary[here] - imaginary[mirrored]) * 0.5
                let oddReal = (imaginary[here] + imaginary[mirrored]) * 0.5
                let oddImaginary = (real[mirrored] - real[here]) * 0.5
                let factor = factors[bin]
                let re = evenReal + oddReal * factor.x - oddImaginary * factor.y
                let im = evenImaginary + oddReal * factor.y + oddImaginary * factor.x
                magnitudes[bin] = (re * re + im * im).squareRoot()
            }
        }
    }
}
