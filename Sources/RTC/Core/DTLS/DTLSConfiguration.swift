import NIOCore

extension DTLSTransport {
    /// Which end of the handshake this side is (RFC 5763 §5): the client speaks first.
    public enum Role: Hashable, Sendable { case client, server }

    /// What can be set per association.
    public struct Configuration: Sendable {
        /// SRTP profiles to offer or accept, in order of preference. None: no SRTP.
        public var srtpProfiles: [SRTPProfile] = [.aeadAES256GCM, .aeadAES128GCM, .aes128CMSHA1_80]
        /// The largest datagram of the handshake, in bytes without IP and UDP headers; at least 208.
        public var mtu = 1200
        /// The wait before a flight is first sent again; it doubles with every further time. Below RFC 6347's 1 s, as
        /// media peers do: the path's round trip is known to be short once ICE has connected.
        public var firstRetransmission = Duration.milliseconds(80)
        /// The ceiling of that wait.
        public var maximumRetransmission = Duration.seconds(4)
        /// How long the handshake may take from `start`.
        public var handshakeTimeout = Duration.seconds(30)
        /// How many messages may be sent before the handshake is over; they leave when it is.
        public var maximumQueuedMessages = 64

        public init() {}
    }

    /// What the association has to tell.
    public enum Event: Sendable {
        /// The handshake is over and the peer is who the signalling said. Without keys if no SRTP profile was agreed on.
        case connected(SRTPKeyingMaterial?)
        /// The content of one record.
        case applicationData(ByteBuffer)
        /// The peer closed in order.
        case closed
        /// Nothing more will be received or sent.
        case failed(DTLSError)
    }

    public enum Output: Sendable {
        /// A datagram to send to the peer.
        case transmit(ByteBuffer)
        case event(Event)
    }

    public enum State: Hashable, Sendable { case new, handshaking, connected, closed, failed }
}
