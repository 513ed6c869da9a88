import NIOCore

/// Which protocol a datagram on the shared port belongs to, by its first bytes (RFC 7983 §7, RFC 5761 §4).
@usableFromInline
enum PacketKind: Equatable {
    case stun
    case dtls
    case rtp
    case rtcp
    /// TURN channels, ZRTP and anything else that we do not speak.
    case other

    @inlinable
    @inline(__always)
    init(_ packet: borrowing ByteBuffer) {
        self = packet.withUnsafeReadableBytes { bytes in
            guard bytes.count >= 2 else { return .other }
            switch bytes[0] {
            case 0...3: return .stun
            case 20...63: return .dtls
            case 128...191: return (192...223).contains(bytes[1]) ? .rtcp : .rtp
            default: return .other
            }
        }
    }
}

extension Datagram {
    /// Whether it belongs to DTLS, over which data channels go.
    @inlinable
    public var isData: Bool { PacketKind(payload) == .dtls }

    /// Whether it is a report on media (RTCP).
    @inlinable
    public var isReport: Bool { PacketKind(payload) == .rtcp }

    /// Whether it is a packet of sound or pictures.
    @inlinable
    public var isMedia: Bool { PacketKind(payload) == .rtp }
}
