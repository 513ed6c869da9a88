import NIOCore
import RTCCore
import SansIO
import Simulation

/// Two connections that reach each other at once, without a network: for measuring what one of them costs. The left one
/// sends a track.
public struct ConnectedPair: ~Copyable {
    public var left: PeerConnection
    public var right: PeerConnection
    public var now: Instant
    private let media: TransceiverID
    /// The left one's track as the right one was told of it.
    public private(set) var track: RemoteTrack?

    public struct NotConnected: Error {}

    /// - Parameters:
    ///   - kind: what the left one sends.
    ///   - now: when they meet; a little time passes until they are connected.
    public static func connected(
        sending kind: MediaKind = .audio, at now: Instant = Instant(nanoseconds: 1_000_000_000)
    ) throws -> ConnectedPair {
        var pair = ConnectedPair(try .generate(), try .generate(), kind, now)
        try pair.connect()
        return pair
    }

    private init(_ leftIdentity: DTLSIdentity, _ rightIdentity: DTLSIdentity, _ kind: MediaKind, _ now: Instant) {
        self.now = now
        left = PeerConnection(configuration: .init(identity: leftIdentity), random: .seeded(1))
        right = PeerConnection(configuration: .init(identity: rightIdentity), random: .seeded(2))
        let addresses = (1...2).map { TransportAddress(ip: IPAddress(v4: 0x0A00_0000 + UInt32($0)), port: 4000) }
        left.addLocalCandidate(.host(addresses[0], localPreference: 65_535), at: now)
        right.addLocalCandidate(.host(addresses[1], localPreference: 65_535), at: now)
        media = left.addTransceiver(
            kind, direction: .sendonly, track: LocalTrack(streamID: "stream", trackID: "track"))
    }

    private mutating func connect() throws {
        try right.setRemoteOffer(try left.createOffer(at: now), at: now)
        try left.setRemoteAnswer(try right.createAnswer(at: now), at: now)
        for _ in 0..<2000 where left.state != .connected || right.state != .connected {
            exchange()
            now = now + .milliseconds(5)
            left.timeout(at: now)
            right.timeout(at: now)
        }
        guard left.state == .connected, right.state == .connected else { throw NotConnected() }
        exchange()
    }

    /// Hands over what both have to say.
    public mutating func exchange() {
        var quiet = false
        while !quiet {
            quiet = true
            for datagram in Self.drain(&left) {
                right.receive(
                    Datagram(
                        local: .udp(datagram.remote), remote: datagram.local.address, payload: datagram.payload),
                    at: now)
                quiet = false
            }
            for datagram in drainRight() {
                left.receive(
                    Datagram(
                        local: .udp(datagram.remote), remote: datagram.local.address, payload: datagram.payload),
                    at: now)
                quiet = false
            }
        }
    }

    private mutating func drainRight() -> [Datagram] {
        var datagrams: [Datagram] = []
        while let output = right.pollOutput() {
            switch output {
            case .transmit(let datagram): datagrams.append(datagram)
            case .event(.trackAdded(let added)): track = added
            case .event: break
            }
        }
        return datagrams
    }

    /// The datagrams that a connection has to send.
    public static func drain(_ connection: inout PeerConnection) -> [Datagram] {
        var datagrams: [Datagram] = []
        while let output = connection.pollOutput() {
            if case .transmit(let datagram) = output { datagrams.append(datagram) }
        }
        return datagrams
    }

    /// The next packet of the left one's track, as it reaches the right one: in storage that nothing else shares, as a
    /// packet off a socket is.
    public mutating func datagram(_ packet: OutgoingRTP) -> Datagram? {
        left.sendRTP(packet, on: media, at: now)
        return Self.drain(&left).first.map { sent in
            var alone = ByteBufferAllocator().buffer(capacity: 2048)
            alone.writeImmutableBuffer(sent.payload)
            return Datagram(local: .udp(sent.remote), remote: sent.local.address, payload: alone)
        }
    }
}
