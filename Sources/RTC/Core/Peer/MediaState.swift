import NIOCore
import SansIO

/// What a connection keeps of the sources it receives and sends.
struct MediaState {
    /// A packet that is not believed yet.
    struct Suspect {
        var packet: RTPPacket
        var arrival: Instant
    }

    /// One source of the other side's.
    struct Receiver {
        /// The index of the transceiver, which is the section's for the router.
        var transceiver: Int
        var register: ReceiveRegister
        /// The first packet after a jump, until the next says whether to believe it.
        var suspect: Suspect?
        /// The router's version under which the source was found to belong to the transceiver.
        var routeVersion: UInt64
        /// What the last packet's payload type means, found under that version.
        var format: ReceivedFormat? { didSet { knownType = format?.payloadType ?? .max } }
        /// The format's payload type, where it is at hand; what no packet has without one.
        private var knownType = UInt8.max

        init(transceiver: Int, register: ReceiveRegister, routeVersion: UInt64) {
            self.transceiver = transceiver
            self.register = register
            self.routeVersion = routeVersion
        }

        /// Gives a packet of the source its place, and says whether its format is that of the last one.
        @inline(__always)
        mutating func receive(
            _ header: RTPHeader, at now: Instant
        ) -> (place: SequenceIndexer.Place, isOfSameFormat: Bool) {
            let place = register.receive(header, at: now)
            if suspect != nil, case .newest = place { suspect = nil }
            return (place, knownType == header.payloadType)
        }
    }

    /// One source of ours.
    struct Sender {
        var statistics: SendStatistics
        var history = SendHistory()
    }

    var statistics = PeerConnectionStatistics()
    var router = SSRCRouter()
    var receivers = SourceTable<Receiver>()
    /// The highest index of a source that was forgotten: it may come back, and its indices never do.
    private(set) var highestForgotten: Int64?
    var senders = SourceTable<Sender>()
    var scheduler: RTCPScheduler?
    var clock = NTPClock(unixNanoseconds: 0, at: .zero)

    var deadline: Instant? {
        var due = scheduler?.deadline
        for position in receivers.values.indices {
            due = earliest(due, receivers.values[position].register.missing?.deadline)
        }
        return due
    }

    /// Where a packet's source is known and has not moved since its last packet.
    @inline(__always)
    mutating func confirmedReceiver(of header: RTPHeader, in contents: borrowing ByteBuffer) -> Int? {
        guard let known = receivers.position(of: header.ssrc) else { return nil }
        let (version, section) = receivers.read(known) { ($0.routeVersion, $0.transceiver) }
        guard version == router.version, router.confirms(header, in: contents, section: section) else { return nil }
        return known
    }

    /// Starts reports; NTP time is the monotonic clock's own, which RFC 3550 §6.4.1 allows.
    mutating func begin(at now: Instant) {
        clock = NTPClock(unixNanoseconds: now.nanoseconds, at: now)
        scheduler?.start(at: now)
    }

    /// - Returns: whether the source was known.
    @discardableResult
    mutating func forgetReceiver(_ ssrc: UInt32) -> Bool {
        guard let position = receivers.position(of: ssrc) else { return false }
        if let index = receivers.values[position].register.indexer.highest {
            highestForgotten = max(highestForgotten ?? index, index)
        }
        return receivers.remove(ssrc)
    }

    /// What payload types mean has changed.
    mutating func forgetFormats() {
        for position in receivers.values.indices { receivers.values[position].format = nil }
    }

    mutating func forgetSender(_ ssrc: UInt32) { senders.remove(ssrc) }

    /// Forgets a section, and the sources received in it: its index will name another one.
    mutating func forgetSection(_ index: Int) {
        router.remove(section: index)
        for (ssrc, receiver) in zip(receivers.sources, receivers.values) where receiver.transceiver == index {
            forgetReceiver(ssrc)
        }
    }
}

/// The last protected packets of a source, to be sent again as they are when the other side lacks them (RFC 4585).
struct SendHistory {
    static let capacity = 128
    /// How often one packet is sent again, and how far apart at least: a peer that asks for more is not served.
    static let maximumResends = 3
    static let spacing = Duration.milliseconds(20)

    private struct Entry {
        var packet: ByteBuffer
        var resends = 0
        var lastSent: Instant
    }

    private var entries: [Entry?] = []

    mutating func add(_ packet: ByteBuffer, sequenceNumber: UInt16, at now: Instant) {
        if entries.isEmpty { entries = Array(repeating: nil, count: Self.capacity) }
        entries[Int(sequenceNumber) % Self.capacity] = Entry(packet: packet, lastSent: now)
    }

    /// The packet of that number, if it is kept and may be sent again now. The slot may hold a number one round older
    /// or newer: the number stands in the clear in the packet.
    mutating func takeAgain(_ sequenceNumber: UInt16, at now: Instant) -> ByteBuffer? {
        let slot = Int(sequenceNumber) % Self.capacity
        guard !entries.isEmpty, let entry = entries[slot], entry.resends < Self.maximumResends,
            now - entry.lastSent >= Self.spacing,
            entry.packet.getInteger(at: entry.packet.readerIndex + 2, as: UInt16.self) == sequenceNumber
        else { return nil }
        entries[slot] = Entry(packet: entry.packet, resends: entry.resends + 1, lastSent: now)
        return entry.packet
    }
}

/// Counters of a connection since its start; what was dropped and why.
public struct PeerConnectionStatistics: Sendable, Hashable {
    public var packetsReceived: UInt64 = 0
    public var bytesReceived: UInt64 = 0
    public var packetsSent: UInt64 = 0
    /// Neither STUN, DTLS, RTP nor RTCP.
    public var unknownDatagrams: UInt64 = 0
    /// SRTP that did not authenticate, was replayed or came from too many sources.
    public var rejectedPackets: UInt64 = 0
    /// RTP or RTCP that decrypted but could not be parsed.
    public var malformedPackets: UInt64 = 0
    /// Packets of sources that belong to no section.
    public var unroutedPackets: UInt64 = 0
    /// Packets with padding only, as bandwidth probes are.
    public var probes: UInt64 = 0
    /// SRTP and SRTCP that came before the keys and did not fit the hold.
    public var droppedBeforeKeys: UInt64 = 0
    /// DTLS and SRTP that came before the keys from addresses that ICE does not know.
    public var strangers: UInt64 = 0
    /// SCTP packets that DTLS did not take, or that had no path.
    public var unsentDatagrams: UInt64 = 0
    public var requestedAgain: UInt64 = 0
    /// Packets that were asked for in vain, or were too many to ask for.
    public var givenUp: UInt64 = 0
    public var sentAgain: UInt64 = 0
}
