/// What tells in sealed data which key opens it: four bytes that follow from the key, and say nothing else of it.
public struct KeyTag: Hashable, Sendable {
    static let count = 4
    private let number: UInt32

    /// - Parameter bytes: the first four count.
    init(_ bytes: some Sequence<UInt8>) { number = bytes.prefix(Self.count).reduce(0) { $0 << 8 | UInt32($1) } }

    var bytes: [UInt8] { (0..<Self.count).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
}

extension KeyTag: CustomStringConvertible {
    /// Eight digits of hexadecimal.
    public var description: String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
