import RTCCore
import SansIO

/// Seeded bytes for fuzz loops.
struct STUNRandomBytes {
    private var generator: SplitMix64

    init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    mutating func next() -> UInt64 { generator.next() }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next() >> 8) }
    }
}

func iceAddress(_ ip: String, _ port: UInt16) -> TransportAddress {
    guard let parsed = IPAddress(ip) else { preconditionFailure("\(ip) is no address") }
    return TransportAddress(ip: parsed, port: port)
}
