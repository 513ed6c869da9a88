import NIOCore
import SansIO

extension PeerConnection {
    /// Where the connection as a whole stands, ICE and DTLS together (W3C WebRTC §4.3.3).
    public enum State: Hashable, Sendable {
        case new
        case connecting
        /// ICE has a pair and DTLS has verified the other side.
        case connected
        /// No consent for a while; it may come back by itself or after an ICE restart.
        case disconnected
        /// ICE found no pair, lost it for good, or DTLS failed. An ICE restart may help only in the first two cases.
        case failed
        case closed
    }

    public enum Event: Sendable {
        case stateChanged(State)
        /// The pair that carries data changed.
        case pathChanged(local: LocalEndpoint, remote: TransportAddress)
        /// A description announced a track from the other side.
        case trackAdded(RemoteTrack)
        /// A description took a track back, or put another in its place.
        case trackRemoved(RemoteTrack)
        /// A media packet, decrypted, retransmissions unwrapped.
        case rtp(ReceivedRTP)
        /// A packet of padding alone. It says nothing, but has a number among those of its source's media.
        case padding(ReceivedPadding)
        /// Packets of a source are lost for good: a decoder of pictures needs a key frame to go on.
        case packetsGivenUp(GivenUpPackets)
        /// The other side's clocks for one of its sources, for synchronising tracks.
        case senderReport(SenderReportInfo)
        /// The other side asks for a key frame of a source of ours (PLI or FIR); 0 is the only layer without simulcast.
        case keyFrameRequested(TransceiverID, layer: Int)
        /// The other side ended a source (BYE).
        case sourceEnded(ssrc: UInt32)
        case dataChannelOpened(DataChannelID, label: String)
        case dataChannelMessage(DataChannelID, isBinary: Bool, ByteBuffer)
        /// The other side has a message that was sent with a receipt.
        case dataDelivered(DeliveredMessage)
        case dataChannelClosed(DataChannelID)
        case bufferedAmountLow(DataChannelID)
        /// Why the connection failed, before `stateChanged(.failed)`.
        case failure(String)
    }

    public enum Output: Sendable {
        case transmit(Datagram)
        case event(Event)
    }
}

/// A media packet that came in.
public struct ReceivedRTP: Sendable {
    public var packet: RTPPacket
    /// Its sequence number, extended: never the same for two packets of a source. A source that began its numbers anew
    /// goes on at least `SequenceIndexer.runDistance` further.
    public var index: Int64
    /// When its datagram was received.
    public var arrival: Instant
    let format: ReceivedFormat

    /// The payload, of which nothing stays behind.
    @inlinable
    public consuming func takePayload() -> ByteBuffer { packet.takePayload() }

    /// The section it belongs to.
    public var mid: String { format.mid }
    public var kind: MediaKind { format.kind }
    /// The codec of its payload type.
    public var codec: Codec { format.codec }
}

/// A media packet that follows one of its source that was told as `ReceivedRTP`, apart from its payload.
public struct IncomingMedia: Sendable, Hashable {
    public var ssrc: UInt32
    /// In units of the codec's clock rate.
    public var timestamp: UInt32
    /// 0–127.
    public var payloadType: UInt8
    public var marker: Bool
    /// Its sequence number, extended, as `ReceivedRTP` has it.
    public var index: Int64
    /// When its datagram was received.
    public var arrival: Instant

    public init(ssrc: UInt32, timestamp: UInt32, payloadType: UInt8, marker: Bool, index: Int64, arrival: Instant) {
        self.ssrc = ssrc
        self.timestamp = timestamp
        self.payloadType = payloadType
        self.marker = marker
        self.index = index
        self.arrival = arrival
    }
}

/// A packet of padding alone that came in.
public struct ReceivedPadding: Sendable, Hashable {
    public var ssrc: UInt32
    /// The section it belongs to.
    public var mid: String
    public var kind: MediaKind
    /// Its sequence number, extended, as `ReceivedRTP` has it.
    public var index: Int64
    /// When its datagram was received.
    public var arrival: Instant
}

/// What a source has lost for good.
public struct GivenUpPackets: Sendable, Hashable {
    public var ssrc: UInt32
    /// The section it belongs to.
    public var mid: String
    public var kind: MediaKind
    /// How many packets, 1 or more.
    public var count: Int
    /// The highest index among them, as `ReceivedRTP` has it. What is missing below it is given up too, or will be soon.
    public var highestIndex: Int64
}

/// The clocks of a sender report (RFC 3550 §6.4.1).
public struct SenderReportInfo: Sendable, Hashable {
    public var ssrc: UInt32
    /// NTP time, 32.32 fixed point, on the sender's clock.
    public var ntp: UInt64
    /// The RTP timestamp of the same moment.
    public var rtpTimestamp: UInt32
    public var arrival: Instant
    /// The path's round trip as last measured; `nil` before that.
    public var roundTrip: Duration?
}

/// A media packet to send; the connection adds the source.
public struct OutgoingRTP: Sendable {
    public var payloadType: UInt8
    public var marker: Bool
    public var sequenceNumber: UInt16
    public var timestamp: UInt32
    public var payload: ByteBuffer
    /// Which of the track's layers it is of; 0 without simulcast.
    public var layer: Int

    public init(
        payloadType: UInt8, marker: Bool, sequenceNumber: UInt16, timestamp: UInt32, payload: ByteBuffer, layer: Int = 0
    ) {
        self.layer = layer
        self.payloadType = payloadType
        self.marker = marker
        self.sequenceNumber = sequenceNumber
        self.timestamp = timestamp
        self.payload = payload
    }
}

/// Why a description could not be made or applied, or a message not sent. The connection is as it was before.
public enum PeerConnectionError: Error, Hashable, Sendable, CustomStringConvertible {
    case malformedDescription(String)
    /// The description lacks something that every WebRTC peer must say.
    case missing(String)
    /// An answer that does not fit the offer.
    case mismatchedAnswer(String)
    /// An offer that does not fit what was agreed before.
    case mismatchedOffer(String)
    /// There is no offer to answer, or none that the answer could be for.
    case noOffer
    case malformedCandidate(String)
    /// The other side changed its certificate under a live transport.
    case fingerprintChanged
    case noSuchChannel
    case noSuchTransceiver
    case dataChannel(String)
    case closed

    public var description: String {
        switch self {
        case .malformedDescription(let what): "the session description cannot be parsed: \(what)"
        case .missing(let what): "the session description lacks \(what)"
        case .mismatchedAnswer(let what): "the answer does not fit our offer: \(what)"
        case .mismatchedOffer(let what): "the offer does not fit what was agreed before: \(what)"
        case .noOffer: "there is no offer that this could belong to"
        case .malformedCandidate(let what): "the ICE candidate cannot be parsed: \(what)"
        case .fingerprintChanged: "the peer's certificate fingerprint changed on a running transport"
        case .noSuchChannel: "the data channel does not exist or is closed"
        case .noSuchTransceiver: "the transceiver does not exist"
        case .dataChannel(let what): "data channel: \(what)"
        case .closed: "the connection is closed"
        }
    }
}
