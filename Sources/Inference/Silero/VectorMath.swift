/// The exponential and its kin over eight lanes, in plain arithmetic so that every machine gives the same probabilities.
enum VectorMath {
    typealias Lanes = SIMD8<Float>

    /// e to the power of each lane, to about 1e-7 relative; the argument is held to ±87, where `Float` still has it.
    @inline(__always)
    static func exponential(_ argument: Lanes) -> Lanes {
        var x = argument.replacing(with: Lanes(repeating: 87), where: argument .> 87)
        x = x.replacing(with: Lanes(repeating: -87), where: x .< -87)
        // Adding 1.5 · 2^23 leaves the nearest whole number in the low bits.
        let shifted = x * 1.442_695_04 + 12_582_912
        let whole = shifted - 12_582_912
        let rest = x - whole * 0.693_359_375 + whole * 2.121_944_4e-4
        var sum = rest * 1.987_569_15e-4 + 1.398_199_95e-3
        sum = sum * rest + 8.333_451_9e-3
        sum = sum * rest + 4.166_579_6e-2
        sum = sum * rest + 1.666_666_55e-1
        sum = sum * rest + 5.000_000_1e-1
        sum = sum * (rest * rest) + rest + 1
        let bits = unsafeBitCast(shifted, to: SIMD8<Int32>.self)
        let power = (bits &<< 23) &+ SIMD8<Int32>(repeating: 0x3F80_0000)
        return sum * unsafeBitCast(power, to: Lanes.self)
    }

    /// 1 / (1 + e^-x)
    @inline(__always)
    static func sigmoid(_ x: Lanes) -> Lanes {
        Lanes(repeating: 1) / (exponential(Lanes(repeating: 0) - x) + 1)
    }

    @inline(__always)
    static func tanh(_ x: Lanes) -> Lanes {
        sigmoid(x + x) * 2 - 1
    }

    @inline(__always)
    static func rectified(_ x: Lanes) -> Lanes {
        x.replacing(with: Lanes(repeating: 0), where: x .< 0)
    }
}

extension VectorMath {
    /// Reads eight numbers from memory that is aligned for a vector.
    @inline(__always)
    static func load(_ source: UnsafePointer<Float>) -> Lanes {
        UnsafeRawPointer(source).load(as: Lanes.self)
    }

    /// Writes eight numbers to memory that is aligned for a vector.
    @inline(__always)
    static func store(_ vector: Lanes, _ target: UnsafeMutablePointer<Float>) {
        UnsafeMutableRawPointer(target).storeBytes(of: vector, as: Lanes.self)
    }

    /// Numbers in vectors of eight; their count is a multiple of eight.
    static func packed(_ numbers: [Float]) -> [Lanes] {
        stride(from: 0, to: numbers.count, by: 8).map { Lanes(numbers[$0..<($0 + 8)]) }
    }
}
