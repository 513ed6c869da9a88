/// What an RTP media section carries.
public enum MediaKind: String, Hashable, Sendable, CaseIterable {
    case audio
    case video
}

/// Which way media flows in a section, from the point of view of the side that wrote it (RFC 8866 §6.7).
public enum MediaDirection: String, Hashable, Sendable, CaseIterable {
    case sendrecv
    case sendonly
    case recvonly
    case inactive

    public init(sends: Bool, receives: Bool) {
        self = sends ? (receives ? .sendrecv : .sendonly) : (receives ? .recvonly : .inactive)
    }

    /// Whether the writer sends.
    public var sends: Bool { self == .sendrecv || self == .sendonly }

    /// Whether the writer is ready to receive.
    public var receives: Bool { self == .sendrecv || self == .recvonly }

    /// The same flow as the other side sees it.
    public var mirrored: MediaDirection { MediaDirection(sends: receives, receives: sends) }

    /// The directions that both allow, both seen from the same side.
    public func intersection(_ other: MediaDirection) -> MediaDirection {
        MediaDirection(sends: sends && other.sends, receives: receives && other.receives)
    }
}

/// Who opens the DTLS connection (RFC 4145 §4, RFC 8842 §5).
public enum DTLSSetup: String, Hashable, Sendable, CaseIterable {
    /// An offer: either role will do.
    case actpass
    /// The writer is the DTLS client.
    case active
    /// The writer is the DTLS server.
    case passive
    case holdconn
}
