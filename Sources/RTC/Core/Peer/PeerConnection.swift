import NIOCore
import SansIO

/// A WebRTC peer connection as a state machine: ICE, DTLS, SRTP, RTP, SCTP and the descriptions that set them up.
///
/// Everything is bundled on one transport with RTCP multiplexed. Datagrams, commands and the time go in; datagrams and
/// events come out of `pollOutput`, which is to be called until `nil` after every other call. `deadline` says when
/// `timeout` is due. Nothing here reads a clock, opens a socket or starts a task. It cannot be copied: DTLS and SRTP keep
/// state that two copies would share.
public struct PeerConnection: ~Copyable {
    public struct Configuration: Sendable {
        /// The certificate shown to the other side.
        public var identity: DTLSIdentity
        public var ice = ICEAgent.Configuration()
        public var dtls = DTLSTransport.Configuration()
        public var srtpEngine = SRTPEngineKind.openSSL
        /// What we offer and accept.
        public var audio = MediaCapabilities.audio
        public var video = MediaCapabilities.video
        /// Whether simulcast that the other side offers is taken, with all its layers (RFC 8853). Each is a source of
        /// its own; `streamID(ofSource:)` says which.
        public var acceptsSimulcast = false
        /// The largest data-channel message that we take, in bytes.
        public var maximumMessageSize: UInt64 = 65_535
        /// SRTP packets kept that come before the keys.
        public var heldPackets = 64
        /// How often reports are sent about sources that are active.
        public var reportInterval: Duration = .seconds(1)
        /// Sources whose reception is tracked at the same time; the longest idle gives way.
        public var maximumSources = 64
        /// A canonical name for RTCP and descriptions (RFC 7022); drawn at random if empty.
        public var cname = ""

        public init(identity: DTLSIdentity) { self.identity = identity }
    }

    public let configuration: Configuration
    public internal(set) var state = State.new
    /// DTLS, SRTP or SCTP failed, or the other side ended them: no ICE restart brings that back.
    public internal(set) var isBroken = false

    var ice: ICEAgent
    var dtls: DTLSTransport?
    var inbound: SRTPContext?
    var outbound: SRTPContext?
    var held: [ByteBuffer] = []
    var sources: SourceGenerator
    let cname: String

    // Descriptions.
    let sessionID: UInt64
    var version: UInt64 = 0
    var transceivers: [Transceiver] = []
    var sections: [Section] = []
    /// The sections that the last description rejected: they may be used again for something else (RFC 8829 §5.2.2).
    var rejectedSections: Set<Int> = []
    var pendingOffer: PendingOffer?
    var remoteOffer: SessionDescription?
    var remoteFingerprints: [String] = []
    var isDTLSClient: Bool?
    var nextMID = 0

    // Data.
    var channels: ChannelTable

    // Media.
    var media = MediaState()

    var events = OutputQueue<Output>()
    /// When the last datagram came of those whose consequences are yet to be worked out, and how many they are.
    var unsettledSince: Instant?
    var unsettledDatagrams = 0

    /// - Parameter random: cryptographically secure in production: credentials, sources and tags come from it.
    public init(configuration: Configuration, random: RandomSource) {
        var random = random
        self.configuration = configuration
        ice = ICEAgent(role: .controlled, configuration: configuration.ice, random: random)
        sessionID = random.next() >> 2
        cname =
            configuration.cname.isEmpty
            ? String(random.next(), radix: 36) + String(random.next(), radix: 36) : configuration.cname
        var sctp = SCTPOptions()
        let largest = Int(clamping: configuration.maximumMessageSize)
        sctp.maximumReceiveMessageBytes = max(sctp.maximumReceiveMessageBytes, largest)
        channels = ChannelTable(data: DataChannels(isDTLSClient: nil, options: sctp, random: random))
        media.scheduler = RTCPScheduler(interval: configuration.reportInterval, random: random)
        sources = SourceGenerator(using: &random)
    }

    // MARK: The four verbs

    /// Takes a datagram from the network.
    public mutating func receive(_ datagram: consuming Datagram, at now: Instant) {
        guard state != .closed else { return }
        let kind = PacketKind(datagram.payload)
        if kind == .rtp || kind == .rtcp {
            // Before the keys only the address tells who it may be from.
            guard inbound != nil || ice.knows(datagram.remote) else {
                media.statistics.strangers &+= 1
                return
            }
            // The payload alone goes on, so that it is decrypted in place instead of being copied.
            let payload = datagram.takePayload()
            if kind == .rtp { receiveRTP(payload, at: now) } else { receiveRTCP(payload, at: now) }
            return
        }
        switch kind {
        case .stun: ice.receive(datagram, at: now)
        case .dtls:
            receiveDTLS(datagram, at: now)
            if mayWait(since: now) { return }
        case .rtp, .rtcp: break
        case .other: media.statistics.unknownDatagrams &+= 1
        }
        settle(at: now)
    }

    /// As `receive`, for whoever takes media at once: a packet of a source of which packets were told before, in the
    /// section and of the format of the last one, is returned instead of queued where it follows the last one, and nothing
    /// else is to be told before it. Then there is nothing to poll. All others are events.
    ///
    /// - Parameter datagram: one that `isMedia`, in storage that nothing else shares. Where media is returned, the payload
    ///   without padding is left of it.
    public mutating func receiveMedia(_ datagram: inout Datagram, at now: Instant) -> IncomingMedia? {
        guard inbound != nil, events.isEmpty, unsettledSince == nil, state != .closed else {
            receive(datagram, at: now)
            return nil
        }
        guard let (header, index, _) = takeRTP(&datagram.payload, at: now) else { return nil }
        datagram.payload.moveReaderIndex(forwardBy: header.length)
        if header.paddingLength > 0 {
            datagram.payload.moveWriterIndex(to: datagram.payload.writerIndex - Int(header.paddingLength))
        }
        return IncomingMedia(
            ssrc: header.ssrc, timestamp: header.timestamp, payloadType: header.payloadType, marker: header.marker,
            index: index, arrival: now)
    }

    /// Does what is due by `now`.
    public mutating func timeout(at now: Instant) {
        guard state != .closed else { return }
        if let due = ice.deadline, due <= now { ice.timeout(at: now) }
        if canSendDTLS, let due = dtls?.deadline, due <= now { dtls?.timeout(at: now) }
        if let due = channels.data.deadline, due <= now { channels.data.timeout(at: now) }
        if let due = media.deadline, due <= now { sendReports(at: now) }
        settle(at: now)
    }

    /// The next datagram to send or event to handle; `nil` when there is nothing more to do.
    public mutating func pollOutput() -> Output? {
        if let unsettledSince { settle(at: unsettledSince) }
        return events.popFirst()
    }

    /// When `timeout` is due next.
    public var deadline: Instant? {
        guard state != .closed else { return nil }
        let transport = earliest(ice.deadline, canSendDTLS ? dtls?.deadline : nil)
        return earliest(transport, earliest(channels.data.deadline, media.deadline))
    }

    /// Ends the connection: the other side is told, as far as it can be reached.
    public mutating func close(at now: Instant) {
        guard state != .closed else { return }
        channels.isEnding = true
        if channels.isConnecting { channels.data.abort(reason: "closed", at: now) }
        settle(at: now)
        dtls?.close()
        settle(at: now)
        ice.close()
        drainICE(at: now)
        dtls = nil
        inbound = nil
        outbound = nil
        change(to: .closed)
    }

    // MARK: Candidates

    /// Adds an address of our own; also when the connection is already up, for an ICE restart to use.
    public mutating func addLocalCandidate(_ candidate: ICECandidate, at now: Instant) {
        ice.addLocalCandidate(candidate, at: now)
        settle(at: now)
    }

    /// Adds an address of the other side's.
    /// - Parameter line: a `candidate` attribute, with or without its name; empty means no more follow.
    public mutating func addRemoteCandidate(_ line: String, at now: Instant) throws(PeerConnectionError) {
        guard state != .closed else { throw .closed }
        guard !line.isEmpty else { return }
        do {
            ice.addRemoteCandidate(try ICECandidate(parsing: line), at: now)
        } catch {
            throw .malformedCandidate("\(error)")
        }
        settle(at: now)
    }

    /// Our own addresses, for descriptions and trickling.
    public var localCandidates: [ICECandidate] { ice.localCandidates }

    /// The pair table and states in a few lines, for the log when a connection fails.
    public var diagnosis: String {
        "state \(state), ICE \(ice.state) as \(ice.role), DTLS \(dtls == nil ? "not begun" : inbound == nil ? "under way" : "up")\n"
            + ice.pairTable()
    }

    /// The endpoint and the address that carry data now.
    public var selectedPair: (local: LocalEndpoint, remote: TransportAddress)? {
        ice.selectedPair.map { ($0.local, $0.remote) }
    }

    mutating func change(to new: State) {
        guard state != new else { return }
        state = new
        events.append(.event(.stateChanged(new)))
    }
}
