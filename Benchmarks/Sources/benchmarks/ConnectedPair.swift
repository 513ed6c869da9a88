import NIOCore
import RTCCore
import SansIO
import Simulation

/// Two connections that reach each other at once, without a network: for measuring what one of them costs.
struct ConnectedPair: ~Copyable {
    var left: PeerConnection
    var right: PeerConnection
    var now = Instant(nanoseconds: 1_000_000_000)
    let audio: TransceiverID

    struct NotConnected: Error {}

    static func connected() throws -> ConnectedPair {
        var pair = ConnectedPair(try .generate(), try .generate())
        try pair.connect()
        return pair
    }

    private init(_ leftIdentity: DTLSIdentity, _ rightIdentity: DTLSIdentity) {
        left = PeerConnection(configuration: .init(identity: leftIdentity), random: .seeded(1))
        right = PeerConnection(configuration: .init(identity: rightIdentity), random: .seeded(2))
        let addresses = (1...2).map { TransportAddress(ip: IPAddress(v4: 0x0A00_0000 + UInt32($0)), port: 4000) }
        left.addLocalCandidate(.host(addresses[0], localPreference: 65_535), at: now)
        right.addLocalCandidate(.host(addresses[1], localPreference: 65_535), at: now)
        audio = left.addTransceiver(
            .audio, direction: .sendonly, track: LocalTrack(streamID: "stream", trackID: "track"))
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
    mutating func exchange() {
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
            for datagram in Self.drain(&right) {
                left.receive(
                    Datagram(
                        local: .udp(datagram.remote), remote: datagram.local.address, payload: datagram.payload),
                    at: now)
                quiet = false
            }
        }
    }

    static func drain(_ connection: inout PeerConnection) -> [Datagram] {
        var datagrams: [Datagram] = []
        while let output = connection.pollOutput() {
            if case .transmit(let datagram) = output { datagrams.append(datagram) }
        }
        return datagrams
    }
}
