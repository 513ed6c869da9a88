import NIOCore
import SansIO

/// The data channels of a peer connection (RFC 8831), opened in-band (RFC 8832), with the SCTP association below them.
///
/// Channels may be opened and written to at any time: before the association is up, and before the DTLS role is known.
public struct DataChannels: Sendable {
    public enum Output: Sendable {
        /// An SCTP packet for DTLS to carry.
        case transmit(ByteBuffer)
        case event(DataChannelEvent)
    }

    struct Channel: Sendable {
        let id: DataChannelID
        var parameters: DataChannelParameters
        /// Known as soon as the DTLS role is.
        var stream: UInt16?
        let isRemote: Bool
        /// The peer knows of the channel.
        var isAcknowledged = false
        var isClosing = false
        var lowThreshold = 0
        /// Messages handed in before there was a stream.
        var waiting: [SCTPMessage] = []
        var waitingBytes: Int { waiting.reduce(0) { $0 + $1.payload.readableBytes } }
    }

    /// Channels that the peer may have open at a time; further ones are closed at once.
    static let maximumRemoteChannels = 512
    /// Bytes of label and protocol together that are taken from the peer.
    static let maximumRemoteNameBytes = 8192

    var association: SCTPAssociation
    var channels: [DataChannelID: Channel] = [:]
    var idsByStream: [UInt16: DataChannelID] = [:]
    /// Streams whose channel is closed, and of which one direction is not reset yet.
    var halfReset: [UInt16: HalfReset] = [:]
    var early = EarlyMessages()
    /// What came on streams that the peer uses again before we know that both directions have been reset.
    var reopening = EarlyMessages()
    var events: CircularBuffer<DataChannelEvent> = []
    private let options: SCTPOptions
    private var isDTLSClient: Bool?
    private var nextID: UInt32 = 0
    private var hasEnded = false
    private var now = Instant.zero

    /// - Parameter isDTLSClient: the DTLS client opens channels on even streams, the server on odd ones (RFC 8832 §6);
    ///   `nil` if not yet known.
    public init(isDTLSClient: Bool?, options: SCTPOptions = SCTPOptions(), random: RandomSource) {
        self.isDTLSClient = isDTLSClient
        self.options = options
        association = SCTPAssociation(options: options, random: random)
    }

    // MARK: Verbs

    /// Tells the DTLS role, once, if it was not known before.
    public mutating func setRole(isDTLSClient: Bool, at now: Instant) {
        self.now = now
        guard self.isDTLSClient == nil else { return }
        self.isDTLSClient = isDTLSClient
        for id in channels.keys.sorted(by: { $0.rawValue < $1.rawValue }) { assignStream(id) }
    }

    /// Tells what the peer's description says about the size of messages, `a=max-message-size`; 0 is without limit.
    public mutating func setMaximumSendMessageBytes(_ bytes: Int) {
        association.maximumSendMessageBytes = bytes
    }

    /// Begins the SCTP handshake, when DTLS is up.
    public mutating func connect(at now: Instant) {
        self.now = now
        association.connect(at: now)
    }

    /// Opens a channel. It can be written to at once; `channelOpened` tells when the peer knows of it.
    public mutating func open(
        label: String, ordered: Bool = true, reliability: SCTPReliability = .reliable,
        protocol subprotocol: String = "",
        at now: Instant
    ) throws(DataChannelError) -> DataChannelID {
        self.now = now
        guard !hasEnded else { throw .closed }
        let limit = UInt16.max
        guard label.utf8.count <= limit, subprotocol.utf8.count <= limit else { throw .labelTooLong }
        guard idsByStream.count + halfReset.count < Int(options.streams) / 2 else { throw .tooManyChannels }
        let parameters = DataChannelParameters(
            label: label, subprotocol: subprotocol, ordered: ordered, reliability: reliability)
        let id = makeID()
        channels[id] = Channel(id: id, parameters: parameters, stream: nil, isRemote: false)
        assignStream(id)
        return id
    }

    /// Sends a message on a channel.
    /// - Parameter receipt: by which `delivered` tells that the peer has it.
    public mutating func send(
        _ payload: ByteBuffer, isBinary: Bool, on id: DataChannelID, receipt: UInt64? = nil, at now: Instant
    ) throws(DataChannelError) {
        self.now = now
        guard let channel = channels[id] else { throw hasEnded ? .closed : .noSuchChannel }
        guard !channel.isClosing else { throw .closed }
        let isEmpty = payload.readableBytes == 0
        let ppid =
            isBinary
            ? (isEmpty ? PayloadProtocol.emptyBinary : PayloadProtocol.binary)
            : (isEmpty ? PayloadProtocol.emptyString : PayloadProtocol.string)
        // Until the peer knows of the channel, nothing may overtake its opening (RFC 8832 §6).
        let message = SCTPMessage(
            stream: channel.stream ?? 0, ppid: ppid, payload: isEmpty ? ByteBuffer(integer: UInt8(0)) : payload,
            ordered: channel.parameters.ordered || !channel.isAcknowledged,
            reliability: channel.parameters.reliability, receipt: receipt)
        guard channel.stream == nil else { return try hand(message, at: now) }
        guard channel.waitingBytes + payload.readableBytes <= options.sendBufferBytes else { throw .bufferFull }
        channels[id]?.waiting.append(message)
    }

    /// Closes a channel: what was handed in is sent, then its stream is reset (RFC 8831 §6.7).
    public mutating func close(_ id: DataChannelID, at now: Instant) {
        self.now = now
        guard let channel = channels[id], !channel.isClosing else { return }
        guard let stream = channel.stream else { return forget(id) }
        channels[id]?.isClosing = true
        association.resetStream(stream, at: now)
    }

    public mutating func receive(_ packet: ByteBuffer, at now: Instant) {
        self.now = now
        association.receive(packet, at: now)
    }

    /// Whether what there is to send may not wait for the end of a burst of packets.
    var isUrgent: Bool { association.receiver.isAckUrgent }

    public mutating func timeout(at now: Instant) {
        self.now = now
        association.timeout(at: now)
    }

    /// The next packet or event; polled until `nil` after every verb.
    public mutating func pollOutput() -> Output? {
        while true {
            if let event = events.popFirst() { return .event(event) }
            switch association.pollOutput() {
            case .transmit(let packet): return .transmit(packet)
            case .event(let event): receive(event)
            case nil: return nil
            }
        }
    }

    /// When `timeout` wants to be called; `nil` is never.
    public var deadline: Instant? { association.deadline }

    /// The path works again: sends at once what was waiting for a timeout.
    public mutating func pathResumed(at now: Instant) {
        self.now = now
        association.pathResumed(at: now)
    }

    /// The peer is heard again, or over another path: it is told once more what has arrived.
    mutating func remindPeer(at now: Instant) {
        self.now = now
        association.remindPeer(at: now)
    }

    /// Closes everything in order: what was handed in is delivered first.
    public mutating func shutdown(at now: Instant) {
        self.now = now
        association.shutdown(at: now)
    }

    /// Ends everything at once and tells the peer why.
    public mutating func abort(reason: String, at now: Instant) {
        self.now = now
        association.abort(reason: reason, at: now)
    }

    // MARK: Figures

    /// Bytes handed in on a channel and not yet sent for the first time.
    public func bufferedAmount(_ id: DataChannelID) -> Int {
        guard let channel = channels[id] else { return 0 }
        return channel.stream.map { association.bufferedAmount($0) } ?? channel.waitingBytes
    }

    /// When a channel's buffered amount falls to `bytes` from above, `bufferedAmountLow` is reported. 0 at first.
    public mutating func setBufferedAmountLowThreshold(_ bytes: Int, on id: DataChannelID) {
        guard let channel = channels[id] else { return }
        channels[id]?.lowThreshold = bytes
        if let stream = channel.stream { association.setBufferedAmountLowThreshold(bytes, ofStream: stream) }
    }

    /// The SCTP stream that a channel uses; `nil` if the DTLS role is not known yet, or the channel is gone.
    public func streamID(of id: DataChannelID) -> UInt16? { channels[id]?.stream }

    public func parameters(of id: DataChannelID) -> DataChannelParameters? { channels[id]?.parameters }

    public var state: SCTPAssociation.State { association.state }

    public var statistics: SCTPStatistics { association.statistics }

    // MARK: Inside

    mutating func makeID() -> DataChannelID {
        defer { nextID &+= 1 }
        return DataChannelID(rawValue: nextID)
    }

    /// Gives a channel the lowest free stream of our own kind, and opens it.
    private mutating func assignStream(_ id: DataChannelID) {
        guard let isDTLSClient, let channel = channels[id], channel.stream == nil else { return }
        var stream: UInt16 = isDTLSClient ? 0 : 1
        while idsByStream[stream] != nil || halfReset[stream] != nil {
            // The count of channels is limited to half of the streams, so one is free unless the peer broke the rule
            // of even and odd numbers.
            guard stream < options.streams - 2 else { return forget(id) }
            stream += 2
        }
        idsByStream[stream] = id
        channels[id]?.stream = stream
        channels[id]?.waiting = []
        association.setBufferedAmountLowThreshold(channel.lowThreshold, ofStream: stream)
        let open = DataChannelControlMessage.open(DataChannelOpen(parameters: channel.parameters))
        sendControl(open, on: stream)
        for var message in channel.waiting {
            message.stream = stream
            association.sendControl(message, isCounted: true)
        }
    }

    /// Control messages go reliably and in order, whatever the channel's own way is.
    mutating func sendControl(_ message: DataChannelControlMessage, on stream: UInt16) {
        association.sendControl(
            SCTPMessage(stream: stream, ppid: PayloadProtocol.control, payload: message.serialized()),
            isCounted: false)
    }

    mutating func refuse(stream: UInt16) {
        halfReset[stream] = HalfReset()
        association.resetStream(stream, at: now)
    }

    /// Reports a channel closed and forgets it.
    mutating func forget(_ id: DataChannelID) {
        guard let channel = channels.removeValue(forKey: id) else { return }
        if let stream = channel.stream { idsByStream[stream] = nil }
        events.append(.channelClosed(id))
    }

    mutating func endAll(_ event: DataChannelEvent?) {
        for id in channels.keys.sorted(by: { $0.rawValue < $1.rawValue }) { forget(id) }
        halfReset = [:]
        early = EarlyMessages()
        reopening = EarlyMessages()
        if let event {
            hasEnded = true
            events.append(event)
        }
    }

    private mutating func hand(_ message: SCTPMessage, at now: Instant) throws(DataChannelError) {
        do throws(SCTPSendError) {
            try association.send(message, at: now)
        } catch {
            switch error {
            case .closed, .streamResetting, .empty: throw .closed
            case .messageTooLarge(let limit): throw .messageTooLarge(limit: limit)
            case .bufferFull: throw .bufferFull
            case .noSuchStream: throw .tooManyChannels
            }
        }
    }
}
