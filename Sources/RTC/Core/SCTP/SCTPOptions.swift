/// The settings of an SCTP association, with defaults for data channels over DTLS.
public struct SCTPOptions: Sendable {
    public var localPort: UInt16 = 5000
    public var remotePort: UInt16 = 5000

    /// Largest SCTP packet, in bytes.
    ///
    /// 1280 (the IPv6 minimum MTU) less 40 for IPv6, 8 for UDP, 37 for a DTLS 1.2 AEAD record, and 4 for a TURN channel
    /// header: 1191.
    public var maximumPacketBytes = 1191

    /// The receive window announced to the peer, in bytes.
    ///
    /// It bounds what incomplete and out-of-order messages may hold.
    public var receiveWindow = 1 << 20

    /// Largest message accepted, in bytes. A peer that goes beyond it has its association aborted.
    public var maximumReceiveMessageBytes = 262_144

    /// Largest message the peer takes, in bytes: `a=max-message-size` of its description; 0 is unlimited.
    public var maximumSendMessageBytes = 65_535

    /// Bytes that may wait to be sent for the first time, over all streams; one message alone may be larger.
    public var sendBufferBytes = 2_000_000

    /// The retransmission timeout before the first measurement.
    public var initialRTO: Duration = .milliseconds(500)
    /// Lower bound of the retransmission timeout; above the delayed acknowledgement of common peers (200 ms).
    public var minimumRTO: Duration = .milliseconds(400)
    /// Upper bound of the retransmission timeout as measured.
    public var maximumRTO: Duration = .seconds(60)
    /// Where exponential back-off ends, unless the measured timeout is longer already.
    ///
    /// RFC 9260 lets it grow to 60 s. Here it bounds how long a path may work again before it is noticed: a lone packet
    /// every 0.8 s costs nothing, and whether the path is dead is ICE's to decide.
    public var maximumBackoff: Duration = .milliseconds(800)

    /// How long an acknowledgement may wait for a second packet (RFC 9260 §6.2: at most 500 ms).
    public var delayedAck: Duration = .milliseconds(200)

    /// Time between heartbeats while nothing else is sent; `nil` sends none.
    public var heartbeatInterval: Duration? = .seconds(30)

    /// How often INIT and COOKIE ECHO are each sent again before the association fails; `nil` is without limit.
    public var maximumInitRetransmissions: Int?
    /// Timeouts in a row, of data, heartbeats or shutdown, after which the association fails; `nil` is without limit.
    public var maximumRetransmissions: Int?

    /// The congestion window at the start, in packets.
    public var initialWindowPackets = 10

    /// How long a state cookie that was handed out stays good.
    public var cookieLifetime: Duration = .seconds(60)

    /// Streams announced in each direction.
    public var streams: UInt16 = 65_535

    public init() {}
}
