import CTestClock
import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

/// Two peer connections over two simulated links in virtual time, DTLS's clock included.
final class PeerPair {
    static let leftAddress = TransportAddress(ip: IPAddress(v4: 0x0A00_0001), port: 40_001)
    static let rightAddress = TransportAddress(ip: IPAddress(v4: 0x0A00_0002), port: 40_002)

    /// One side: the connection and what it told us.
    struct Side: ~Copyable {
        var connection: PeerConnection
        var events: [PeerConnection.Event] = []

        var states: [PeerConnection.State] {
            events.compactMap { if case .stateChanged(let state) = $0 { state } else { nil } }
        }
        var tracks: [RemoteTrack] {
            events.compactMap { if case .trackAdded(let track) = $0 { track } else { nil } }
        }
        var packets: [ReceivedRTP] {
            events.compactMap { if case .rtp(let packet) = $0 { packet } else { nil } }
        }
        var messages: [(channel: DataChannelID, text: String)] {
            events.compactMap {
                if case .dataChannelMessage(let channel, _, let payload) = $0 {
                    (channel, String(buffer: payload))
                } else {
                    nil
                }
            }
        }
        var openedChannels: [(channel: DataChannelID, label: String)] {
            events.compactMap {
                if case .dataChannelOpened(let channel, let label) = $0 { (channel, label) } else { nil }
            }
        }
    }

    var left: Side
    var right: Side
    var forward: SimulatedLink<Datagram>
    var backward: SimulatedLink<Datagram>
    private static let start = Instant(nanoseconds: 5_000_000_000)
    var now = PeerPair.start
    /// Loses a datagram of the left one's, whatever the link does; asked with the left one's state at that time.
    var losesForward: (PeerConnection.State, ByteBuffer) -> Bool = { _, _ in false }
    /// Whether the right one's media is returned instead of queued, and how many packets were.
    var takesMediaAtOnce = false
    private(set) var takenAtOnce = 0
    /// Bytes put on the links.
    private(set) var bytesSent = 0
    /// The longest RTCP packet of either side's, protection included, in bytes.
    private(set) var longestRTCP = 0

    init(
        _ conditions: LinkConditions = .init(), seed: UInt64 = 1,
        configure: (inout PeerConnection.Configuration) -> Void = { _ in }
    ) throws {
        left = Side(
            connection: try Self.connection(seed: seed &* 2, address: Self.leftAddress, at: Self.start, configure))
        right = Side(
            connection: try Self.connection(seed: seed &* 2 &+ 1, address: Self.rightAddress, at: Self.start, configure)
        )
        forward = SimulatedLink(conditions, seed: seed)
        backward = SimulatedLink(conditions, seed: seed &+ 99)
    }

    private static func connection(
        seed: UInt64, address: TransportAddress, at now: Instant,
        _ configure: (inout PeerConnection.Configuration) -> Void
    ) throws -> PeerConnection {
        var configuration = PeerConnection.Configuration(identity: try DTLSIdentity.generate())
        configure(&configuration)
        var connection = PeerConnection(configuration: configuration, random: .seeded(seed))
        connection.addLocalCandidate(.host(address, localPreference: 65_535), at: now)
        return connection
    }

    /// Left offers, right answers; both descriptions arrive at once.
    func negotiate(iceRestart: Bool = false) throws {
        let offer = try left.connection.createOffer(iceRestart: iceRestart, at: now)
        try right.connection.setRemoteOffer(offer, at: now)
        try left.connection.setRemoteAnswer(try right.connection.createAnswer(at: now), at: now)
    }

    /// Runs until `condition` holds, or for `limit` of virtual time.
    /// - Returns: whether it came to hold.
    @discardableResult
    func run(for limit: Duration, until condition: (PeerPair) -> Bool = { _ in false }) -> Bool {
        let end = now + limit
        defer { test_clock_clear() }
        while true {
            setClock()
            flush()
            if condition(self) { return true }
            let timers = earliest(left.connection.deadline, right.connection.deadline)
            guard let next = earliest(timers, earliest(forward.deadline, backward.deadline)), next <= end else {
                now = end
                return false
            }
            now = max(now, next)
            setClock()
            step()
        }
    }

    private func setClock() { test_clock_set(1_700_000_000_000_000 + now.nanoseconds / 1000) }

    private func flush() {
        while let output = left.connection.pollOutput() {
            switch output {
            case .transmit(let datagram):
                note(datagram)
                if losesForward(left.connection.state, datagram.payload) { continue }
                forward.send(datagram, bytes: datagram.payload.readableBytes, at: now)
            case .event(let event): left.events.append(event)
            }
        }
        while let output = right.connection.pollOutput() {
            switch output {
            case .transmit(let datagram):
                note(datagram)
                backward.send(datagram, bytes: datagram.payload.readableBytes, at: now)
            case .event(let event): right.events.append(event)
            }
        }
    }

    private func note(_ datagram: Datagram) {
        bytesSent += datagram.payload.readableBytes
        if PacketKind(datagram.payload) == .rtcp { longestRTCP = max(longestRTCP, datagram.payload.readableBytes) }
    }

    private func deliver(_ datagram: Datagram) {
        var datagram = datagram
        guard takesMediaAtOnce, datagram.isMedia else { return right.connection.receive(datagram, at: now) }
        guard let media = right.connection.receiveMedia(&datagram, at: now),
            let received = right.connection.told(media, payload: datagram.payload)
        else { return }
        takenAtOnce += 1
        right.events.append(.rtp(received))
    }

    private func step() {
        while let datagram = forward.receive(at: now) { deliver(datagram.turned) }
        while let datagram = backward.receive(at: now) { left.connection.receive(datagram.turned, at: now) }
        if let due = left.connection.deadline, due <= now { left.connection.timeout(at: now) }
        if let due = right.connection.deadline, due <= now { right.connection.timeout(at: now) }
    }
}

extension PeerPair {
    var areConnected: Bool { left.connection.state == .connected && right.connection.state == .connected }

    /// A pair that has connected, with a track of sound from the left.
    static func speaking(
        _ conditions: LinkConditions = .init(), seed: UInt64 = 1, within limit: Duration = .seconds(3),
        track: String = "t", configure: (inout PeerConnection.Configuration) -> Void = { _ in }
    ) throws -> (pair: PeerPair, audio: TransceiverID) {
        let pair = try PeerPair(conditions, seed: seed, configure: configure)
        let audio = pair.left.connection.addTransceiver(
            .audio, direction: .sendonly, track: LocalTrack(streamID: "s", trackID: track))
        try pair.negotiate()
        let isUp = pair.run(for: limit) { $0.areConnected }
        try #require(isUp)
        return (pair, audio)
    }

    /// Sends packets of sound from the left, 20 ms apart; of those the link loses some.
    func speak(_ numbers: some Sequence<UInt16>, on audio: TransceiverID, losing lost: [UInt16] = []) {
        for number in numbers { speak(.opus(number), on: audio, isLost: lost.contains(number)) }
    }

    func speak(_ packet: OutgoingRTP, on audio: TransceiverID, isLost: Bool = false) {
        forward.isDown = isLost
        left.connection.sendRTP(packet, on: audio, at: now)
        run(for: .milliseconds(1))
        forward.isDown = false
        run(for: .milliseconds(19))
    }
}

extension OutgoingRTP {
    static func opus(_ number: UInt16) -> OutgoingRTP {
        OutgoingRTP(
            payloadType: 111, marker: false, sequenceNumber: number, timestamp: UInt32(number) &* 960,
            payload: ByteBuffer(string: "opus \(number)"))
    }
}
