import NIOCore

/// Lookup of RTP header extension elements (RFC 8285 §4), directly in the packet's bytes.
enum RTPExtensionScanner {
    static let oneByteProfile: UInt16 = 0xBEDE

    static func isTwoByte(_ profile: UInt16) -> Bool { profile & 0xFFF0 == 0x1000 }

    /// Calls `body` with the id and the byte range (from the start of `bytes`) of each element until it returns false.
    /// An element that reaches beyond the extension ends the scan, as RFC 8285 §4.1.1 asks.
    @inline(__always)
    static func forEach(
        in bytes: UnsafeRawBufferPointer, range: Range<Int>, profile: UInt16, _ body: (UInt8, Range<Int>) -> Bool
    ) {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return }
        let isTwoByte = isTwoByte(profile)
        guard isTwoByte || profile == oneByteProfile else { return }
        var at = range.lowerBound
        while at < range.upperBound {
            let head = bytes[at]
            at += 1
            if head == 0 { continue }  // padding
            let id: UInt8
            let length: Int
            if isTwoByte {
                guard at < range.upperBound else { return }
                id = head
                length = Int(bytes[at])
                at += 1
            } else {
                id = head >> 4
                // 15 is reserved: nothing after it may be read.
                guard id != 15 else { return }
                length = Int(head & 0x0F) + 1
                // Id 0 with a length is invalid padding; its data is passed over.
            }
            guard at + length <= range.upperBound else { return }
            if id != 0, !body(id, at..<at + length) { return }
            at += length
        }
    }
}

/// One element of an RTP header extension for writing.
public struct RTPExtensionElement: Hashable, Sendable {
    /// 1–14 for the one-byte form, up to 255 otherwise.
    public var id: UInt8
    /// At most 255 bytes; 1–16 for the one-byte form.
    public var data: [UInt8]

    public init(id: UInt8, data: [UInt8]) {
        self.id = id
        self.data = data
    }

    /// The section's `mid` (RFC 9143 §15), cut to 16 bytes.
    public static func mid(_ mid: String, id: UInt8) -> RTPExtensionElement {
        RTPExtensionElement(id: id, data: Array(mid.utf8.prefix(16)))
    }

    /// The simulcast layer's name (RFC 8852 §3.1), cut to 16 bytes.
    public static func streamID(_ name: String, id: UInt8) -> RTPExtensionElement {
        RTPExtensionElement(id: id, data: Array(name.utf8.prefix(16)))
    }

    /// Loudness as dBov below full scale, 0–127, and whether it is voice (RFC 6464 §3).
    public static func audioLevel(_ level: UInt8, isVoice: Bool, id: UInt8) -> RTPExtensionElement {
        RTPExtensionElement(id: id, data: [(isVoice ? 0x80 : 0) | min(level, 127)])
    }

    /// The low 24 bits of the send time in units of 2^-18 s.
    public static func absoluteSendTime(_ time: UInt32, id: UInt8) -> RTPExtensionElement {
        RTPExtensionElement(
            id: id,
            data: [
                UInt8(truncatingIfNeeded: time >> 16), UInt8(truncatingIfNeeded: time >> 8),
                UInt8(truncatingIfNeeded: time),
            ])
    }

    /// Whether it fits the one-byte form.
    var fitsOneByte: Bool { (1...14).contains(id) && (1...16).contains(data.count) }
}

/// Elements laid out as an extension block.
struct RTPExtensionBlock {
    var profile: UInt16
    /// The elements with padding to a multiple of 4.
    var bytes: [UInt8]

    /// One-byte form where all elements fit it, else two-byte. `nil` for none. Elements with id 0 or more than 255 bytes
    /// are left out.
    init?(_ elements: [RTPExtensionElement]) {
        let elements = elements.filter { $0.id != 0 && $0.data.count <= 255 }
        guard !elements.isEmpty else { return nil }
        let oneByte = elements.allSatisfy(\.fitsOneByte)
        profile = oneByte ? RTPExtensionScanner.oneByteProfile : 0x1000
        bytes = []
        for element in elements {
            if oneByte {
                bytes.append(element.id << 4 | UInt8(truncatingIfNeeded: element.data.count - 1))
            } else {
                bytes.append(element.id)
                bytes.append(UInt8(truncatingIfNeeded: element.data.count))
            }
            bytes += element.data
        }
        while bytes.count % 4 != 0 { bytes.append(0) }
    }
}
