/// An IPv4 or IPv6 address without a zone, as 16 bytes in network order (IPv4 in the IPv4-mapped form, RFC 4291 §2.5.5.2).
public struct IPAddress: Hashable, Sendable {
    /// The upper and lower 64 bits of the address, most significant first.
    public let high: UInt64
    public let low: UInt64

    private static let mappedPrefix: UInt64 = 0x0000_FFFF_0000_0000

    /// An IPv4 address from its 32 bits, most significant first.
    public init(v4: UInt32) {
        high = 0
        low = Self.mappedPrefix | UInt64(v4)
    }

    /// An IPv6 address from its two halves. An IPv4-mapped one becomes IPv4.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// True for IPv4, IPv4-mapped IPv6 included.
    public var isV4: Bool { high == 0 && low & 0xFFFF_FFFF_0000_0000 == Self.mappedPrefix }

    /// The 32 bits of an IPv4 address; meaningless for IPv6.
    public var v4: UInt32 { UInt32(truncatingIfNeeded: low) }

    /// True for 127.0.0.0/8 and ::1.
    public var isLoopback: Bool { isV4 ? v4 >> 24 == 127 : high == 0 && low == 1 }

    /// True for 169.254.0.0/16 and fe80::/10.
    public var isLinkLocal: Bool { isV4 ? v4 >> 16 == 0xA9FE : high >> 54 == 0x3FA }

    /// 127.0.0.1.
    public static let loopback = IPAddress(v4: 0x7F00_0001)

    /// Parses dotted-quad IPv4 or RFC 4291 IPv6 text. `nil` for anything else, host names and zones included.
    public init?(_ text: some StringProtocol) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard let (high, low) = Self.parseV6(text) else { return nil }
            self.init(high: high, low: low)
        } else {
            guard let v4 = Self.parseV4(text) else { return nil }
            self.init(v4: v4)
        }
    }

    private static func parseV4(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            // A leading zero means octal to some readers, so such an address means two things.
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (48...57).contains($0) }),
                part.utf8.count == 1 || part.utf8.first != 48, let octet = UInt8(part)
            else { return nil }
            value = value << 8 | UInt32(octet)
        }
        return value
    }

    private static func parseV6(_ text: some StringProtocol) -> (UInt64, UInt64)? {
        let halves = splitAtDoubleColon(String(text))
        guard let halves else { return nil }
        guard let rightText = halves.right else {
            guard let all = groups(halves.left, mayEndInV4: true) else { return nil }
            return all.count == 8 ? join(all) : nil
        }
        guard let left = groups(halves.left, mayEndInV4: false), let right = groups(rightText, mayEndInV4: true),
            left.count + right.count <= 7
        else { return nil }
        let gap = [UInt16](repeating: 0, count: 8 - left.count - right.count)
        return join(left + gap + right)
    }

    private static func splitAtDoubleColon(_ text: String) -> (left: String, right: String?)? {
        let bytes = Array(text.utf8)
        guard bytes.count <= 45 else { return nil }
        guard let at = bytes.indices.dropLast().first(where: { bytes[$0] == 58 && bytes[$0 + 1] == 58 }) else {
            return (text, nil)
        }
        return (String(decoding: bytes[..<at], as: UTF8.self), String(decoding: bytes[(at + 2)...], as: UTF8.self))
    }

    private static func groups(_ text: String, mayEndInV4: Bool) -> [UInt16]? {
        if text.isEmpty { return [] }
        var result: [UInt16] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if mayEndInV4, index == parts.count - 1, part.utf8.contains(UInt8(ascii: ".")) {
                guard let v4 = parseV4(part) else { return nil }
                result += [UInt16(v4 >> 16), UInt16(truncatingIfNeeded: v4)]
            } else {
                // The standard library's parser also takes a sign.
                guard (1...4).contains(part.utf8.count), part.utf8.first != UInt8(ascii: "+"),
                    part.utf8.first != UInt8(ascii: "-"), let group = UInt16(part, radix: 16)
                else { return nil }
                result.append(group)
            }
        }
        return result.count <= 8 ? result : nil
    }

    private static func join(_ groups: [UInt16]) -> (UInt64, UInt64) {
        let high = groups.prefix(4).reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        let low = groups.dropFirst(4).reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        return (high, low)
    }
}

extension IPAddress: CustomStringConvertible {
    public var description: String {
        if isV4 {
            return [24, 16, 8, 0].map { String(v4 >> $0 & 0xFF) }.joined(separator: ".")
        }
        let groups = [high, low].flatMap { half in
            [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: half >> $0) }
        }
        return Self.compress(groups)
    }

    /// RFC 5952: the first longest run of two or more zero groups becomes `::`.
    private static func compress(_ groups: [UInt16]) -> String {
        var best = 0..<0
        var start = 0
        for index in 0...groups.count where index == groups.count || groups[index] != 0 {
            if index - start > max(best.count, 1) { best = start..<index }
            start = index + 1
        }
        let text = { (part: ArraySlice<UInt16>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
        if best.isEmpty { return text(groups[...]) }
        return text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
    }
}
