/// Who of several workers goes first with something: all of them come to the same answer, and when one of them goes, what
/// was not its own stays with whom it was.
struct Turn: Sendable, Hashable {
    private let own: UInt64
    private let others: [UInt64]

    /// - Parameter all: the instances among which things are shared; whoever is not among them goes never first.
    init(of instance: String, among all: [String]) {
        own = all.contains(instance) ? Self.hash(instance) : 0
        others = all.filter { $0 != instance }.map(Self.hash)
    }

    func isMine(_ text: String) -> Bool {
        guard own != 0, !others.isEmpty else { return own != 0 }
        let hash = Self.hash(text)
        let weight = Self.mixed(own ^ hash)
        return others.allSatisfy { Self.mixed($0 ^ hash) < weight }
    }

    /// FNV-1a: the same in every process.
    private static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }

    /// SplitMix64's last step.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
