import NIOCore
import SansIO

/// An SCTP association over one path (RFC 9260), with partial reliability (RFC 3758) and the resetting of streams
/// (RFC 6525), as data channels need it above DTLS.
///
/// Packets, time and randomness come in by the verbs, packets and events go out by `pollOutput`. After every verb the
/// caller polls until `nil`, and arms a timer for `deadline`. Both sides may call `connect`.
public struct SCTPAssociation: Sendable {
    public enum State: Hashable, Sendable {
        case closed
        case cookieWait
        case cookieEchoed
        case established
        case shutdownPending
        case shutdownSent
        case shutdownReceived
        case shutdownAckSent
        /// Over, in whatever way; it does not begin again.
        case ended
    }

    public enum Output: Sendable {
        /// A packet for the peer, to be sent at once.
        case transmit(ByteBuffer)
        case event(SCTPEvent)
    }

    public internal(set) var state = State.closed
    let options: SCTPOptions
    var random: RandomSource
    /// The time of the last verb.
    var now = Instant.zero

    var localTag: UInt32
    var localInitialTSN: TSN
    var peerTag: UInt32 = 0
    /// Largest message the peer takes, in bytes; 0 is without limit. It may become known after the handshake.
    public var maximumSendMessageBytes: Int
    /// How many of our streams the peer accepts; `nil` before it is known.
    var peerStreams: UInt16?
    var sender: SCTPSender
    var receiver: SCTPReceiver
    var cookies = CookieJar()
    var reconfiguration = StreamReconfiguration()
    var heartbeat: Heartbeat
    /// The cookie to echo.
    var peerCookie = ByteBuffer()

    /// T1 or T2, whichever the state has.
    var controlTimer: Instant?
    var controlAttempts = 0
    var heartbeatFailures = 0

    var events: CircularBuffer<SCTPEvent> = []
    /// Chunks that go into the next packets, before data.
    var control: CircularBuffer<Chunk> = []
    /// Packets that stand alone or carry another tag.
    var packets: CircularBuffer<ByteBuffer> = []
    /// The storage of the last packet, used again once nobody else holds it.
    var scratch = ByteBuffer()
    var counters = SCTPStatistics()

    public init(options: SCTPOptions = SCTPOptions(), random: RandomSource) {
        var random = random
        self.options = options
        maximumSendMessageBytes = options.maximumSendMessageBytes
        localTag = Self.makeTag(&random)
        localInitialTSN = TSN(rawValue: UInt32(truncatingIfNeeded: random.next()))
        sender = SCTPSender(initialTSN: localInitialTSN, options: options)
        receiver = SCTPReceiver(initialTSN: TSN(rawValue: 0), options: options)
        heartbeat = Heartbeat(interval: options.heartbeatInterval)
        self.random = random
    }

    static func makeTag(_ random: inout RandomSource) -> UInt32 {
        while true {
            let tag = UInt32(truncatingIfNeeded: random.next())
            if tag != 0 { return tag }
        }
    }

    // MARK: Verbs

    /// Begins the handshake. Nothing happens if the peer began it already.
    public mutating func connect(at now: Instant) {
        self.now = now
        guard state == .closed else { return }
        state = .cookieWait
        sendInit()
    }

    /// Hands a message in.
    ///
    /// Messages may be handed in before the association is up; they wait. What does not throw is delivered, given up as
    /// its `reliability` says, or lost with the association, which is reported.
    public mutating func send(_ message: SCTPMessage, at now: Instant) throws(SCTPSendError) {
        self.now = now
        switch state {
        case .closed, .cookieWait, .cookieEchoed, .established: break
        default: throw .closed
        }
        let bytes = message.payload.readableBytes
        guard bytes > 0 else { throw .empty }
        let limit = maximumSendMessageBytes
        guard limit == 0 || bytes <= limit else { throw .messageTooLarge(limit: limit) }
        guard message.stream < peerStreams ?? options.streams else { throw .noSuchStream }
        guard !reconfiguration.isResetting(message.stream) else { throw .streamResetting }
        // A message larger than the buffer passes alone, or it never could.
        let waiting = sender.queue.bufferedBytes
        guard waiting == 0 || waiting + bytes <= options.sendBufferBytes else { throw .bufferFull }
        sender.queue.enqueue(message, at: now)
    }

    /// Hands in a message of the layer above's own, which must not be refused for want of room.
    ///
    /// - Parameter isCounted: whether the message belongs to the buffered amount.
    mutating func sendControl(_ message: SCTPMessage, isCounted: Bool) {
        guard state != .ended else { return }
        sender.queue.enqueue(message, isCounted: isCounted, at: now)
    }

    /// Starts one of our streams anew once what was handed in has been sent (RFC 6525 §5.1.2).
    ///
    /// Nothing more can be sent on it until `outgoingStreamReset`. A peer that does not know how answers at once.
    public mutating func resetStream(_ stream: UInt16, at now: Instant) {
        self.now = now
        if peerStreams != nil, !reconfiguration.isSupportedByPeer {
            refuseReset(of: stream)
        } else {
            reconfiguration.request(stream)
        }
    }

    mutating func refuseReset(of stream: UInt16) {
        sender.queue.clear(stream)
        events.append(.outgoingStreamReset(stream: stream, accepted: false))
    }

    /// Drops what waits on a stream and has not been begun.
    public mutating func clearBuffer(ofStream stream: UInt16) {
        sender.queue.clear(stream)
    }

    /// Closes in order: what was handed in is delivered first (RFC 9260 §9.2).
    public mutating func shutdown(at now: Instant) {
        self.now = now
        switch state {
        case .established:
            state = .shutdownPending
            continueShutdown()
        case .closed, .cookieWait, .cookieEchoed: end(.closed)
        default: break
        }
    }

    /// Ends the association at once and tells the peer why (RFC 9260 §9.1).
    public mutating func abort(reason: String, at now: Instant) {
        self.now = now
        guard state != .ended else { return }
        abort(ErrorCause(.userInitiatedAbort, text: reason), reporting: .closed)
    }

    /// The path works again: sends at once what was waiting for a timeout.
    public mutating func pathResumed(at now: Instant) {
        self.now = now
        controlAttempts = 0
        if controlTimer != nil { controlTimer = now }
        if reconfiguration.deadline != nil { reconfiguration.deadline = now }
        sender.resume(at: now)
        timeout(at: now)
        remindPeer(at: now)
    }

    /// Something may have been lost while nothing was heard, which the peer sends again only when a timer of its own runs
    /// out, a minute later at worst (RFC 9260 §6.3.1). An acknowledgement has it go on: where earlier ones were lost, by
    /// what it acknowledges; else by being heard at all, which this side and pion (RFC 8985 §7.2) take for a reason to try
    /// again.
    mutating func remindPeer(at now: Instant) {
        self.now = now
        switch state {
        case .established, .shutdownPending, .shutdownSent: receiver.remind(at: now)
        default: break
        }
    }

    // MARK: Figures

    /// Bytes handed in on a stream and not yet sent for the first time.
    public func bufferedAmount(_ stream: UInt16) -> Int { sender.queue.bufferedBytes(of: stream) }

    /// Bytes handed in on all streams and not yet sent for the first time.
    public var totalBufferedAmount: Int { sender.queue.bufferedBytes }

    /// When a stream's buffered amount falls to `bytes` from above, `bufferedAmountLow` is reported. 0 at first.
    public mutating func setBufferedAmountLowThreshold(_ bytes: Int, ofStream stream: UInt16) {
        sender.queue.setLowThreshold(bytes, of: stream)
    }

    /// The smoothed round-trip time; `nil` before the first measurement.
    public var roundTripTime: Duration? { sender.rto.smoothed }

    public var statistics: SCTPStatistics {
        var all = sender.statistics
        all.sentPackets = counters.sentPackets
        all.receivedPackets = counters.receivedPackets
        all.discardedPackets = counters.discardedPackets
        all.receivedChunks = counters.receivedChunks
        all.duplicateChunks = counters.duplicateChunks
        all.droppedChunks = counters.droppedChunks
        return all
    }

    // MARK: End

    func header(tag: UInt32) -> CommonHeader {
        CommonHeader(
            sourcePort: options.localPort, destinationPort: options.remotePort, verificationTag: tag)
    }

    /// Sends ABORT and ends.
    mutating func abort(_ cause: ErrorCause, reporting event: SCTPEvent) {
        if peerTag != 0 {
            let chunk = Chunk.abort(AbortChunk(causes: [cause]))
            packets.append(SCTPPacket(header: header(tag: peerTag), chunks: [chunk]).serialized())
        }
        end(event)
    }

    mutating func tellDeliveries() {
        while let message = sender.delivered.popFirst() { events.append(.delivered(message)) }
    }

    /// Drops everything that was to be sent; the counters go on.
    mutating func resetSender() {
        let statistics = sender.statistics
        sender = SCTPSender(initialTSN: localInitialTSN, options: options)
        sender.statistics = statistics
    }

    mutating func end(_ event: SCTPEvent) {
        guard state != .ended else { return }
        state = .ended
        controlTimer = nil
        heartbeat.stop()
        control.removeAll()
        tellDeliveries()
        resetSender()
        receiver = SCTPReceiver(initialTSN: TSN(rawValue: 0), options: options)
        reconfiguration = StreamReconfiguration()
        events.append(event)
    }
}
