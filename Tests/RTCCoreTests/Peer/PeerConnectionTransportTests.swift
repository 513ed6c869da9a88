import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite("what happens below media and data")
struct PeerConnectionTransportTests {
    private static let stranger = TransportAddress(ip: IPAddress(v4: 0xCB00_7109), port: 666)

    /// Connected, with an open data channel.
    private static func connected() throws -> (pair: PeerPair, channel: DataChannelID) {
        let pair = try PeerPair()
        let channel = try pair.left.connection.openDataChannel(label: "data", at: pair.now)
        try pair.negotiate()
        let isOpen = pair.run(for: .seconds(3)) { $0.areConnected && !$0.left.openedChannels.isEmpty }
        #expect(isOpen)
        return (pair, channel)
    }

    private static func blackout(of duration: Duration, _ pair: PeerPair) {
        pair.forward.isDown = true
        pair.backward.isDown = true
        pair.run(for: duration)
        pair.forward.isDown = false
        pair.backward.isDown = false
    }

    @Test("once the peer has closed DTLS, a path that comes back or is restarted does not look like a connection")
    func aClosedTransportStaysFailed() throws {
        let (pair, _) = try Self.connected()
        pair.right.connection.dtls?.close()
        pair.right.connection.settle(at: pair.now)
        pair.run(for: .seconds(1))
        #expect(pair.left.connection.state == .failed)
        let told = pair.left.states.count
        Self.blackout(of: .seconds(15), pair)
        pair.run(for: .seconds(5))
        #expect(pair.left.connection.ice.state == .connected)
        Self.blackout(of: .seconds(35), pair)
        try pair.negotiate(iceRestart: true)
        pair.run(for: .seconds(5))
        #expect(pair.left.connection.ice.state == .connected)
        #expect(pair.left.connection.state == .failed && pair.left.states.count == told)
    }

    @Test("while there is no path nothing is kept for it, and after a restart everything arrives once")
    func nothingPilesUpWithoutAPath() throws {
        let (pair, channel) = try Self.connected()
        Self.blackout(of: .seconds(40), pair)
        #expect(pair.left.connection.selectedPair == nil && pair.left.connection.state == .failed)
        let before = pair.left.connection.statistics.unsentDatagrams
        for number in 0..<5 {
            try pair.left.connection.send(ByteBuffer(string: "\(number)"), on: channel, at: pair.now)
            pair.run(for: .seconds(4))
        }
        #expect(pair.left.connection.statistics.unsentDatagrams >= before + 5)
        try pair.negotiate(iceRestart: true)
        let delivered = pair.run(for: .seconds(5)) { $0.right.messages.count >= 5 }
        #expect(delivered && pair.areConnected)
        pair.run(for: .seconds(2))
        #expect(pair.right.messages.map(\.text) == (0..<5).map { "\($0)" })
    }

    @Test("after a silence that no state shows, and after a restart, the other side is told what has arrived")
    func remindersAfterASilence() throws {
        let (pair, channel) = try Self.connected()
        try pair.left.connection.send(ByteBuffer(string: "edit"), on: channel, at: pair.now)
        pair.run(for: .seconds(20))
        func sent() -> Int { pair.right.connection.channels.data.association.statistics.sentPackets }
        let before = sent()
        Self.blackout(of: .seconds(6), pair)
        #expect(sent() == before && pair.areConnected)
        pair.run(for: .seconds(3))
        #expect(sent() == before + 4)
        try pair.negotiate(iceRestart: true)
        pair.run(for: .seconds(4))
        // The pair may be nominated more than once.
        #expect((8...12).contains(sent() - before))
        #expect(pair.right.messages.map(\.text) == ["edit"])
    }

    @Test("a peer that never says hello is given up, also where it is to speak first")
    func silenceInDTLSIsNotWaitedForForever() throws {
        let pair = try PeerPair()
        _ = pair.left.connection.addTransceiver(.audio, direction: .recvonly)
        // Each is told that the other one begins.
        let offer = try pair.left.connection.createOffer(at: pair.now)
        try pair.right.connection.setRemoteOffer(
            offer.replacing("a=setup:actpass", with: "a=setup:active"), at: pair.now)
        let answer = try pair.right.connection.createAnswer(at: pair.now)
        try pair.left.connection.setRemoteAnswer(
            answer.replacing("a=setup:passive", with: "a=setup:active"), at: pair.now)
        pair.run(for: .seconds(20))
        #expect(pair.left.connection.state == .connecting && pair.right.connection.state == .connecting)
        pair.run(for: .seconds(15))
        #expect(pair.left.connection.state == .failed && pair.right.connection.state == .failed)
    }

    @Test("a stranger can neither begin a handshake nor fill the room for early packets")
    func strangersAreNotListenedTo() throws {
        let pair = try PeerPair()
        _ = pair.left.connection.addTransceiver(.audio, direction: .recvonly)
        try pair.negotiate()
        let identity = try DTLSIdentity.generate()
        let expected = pair.left.connection.configuration.identity.fingerprint
        let forger = try DTLSTransport(identity: identity, role: .client, remoteFingerprints: [expected])
        forger.start(at: pair.now)
        guard case .transmit(let hello)? = forger.pollOutput() else {
            Issue.record("no hello")
            return
        }
        let media = RTPPacket(
            payloadType: 111, sequenceNumber: 1, timestamp: 1, ssrc: 1, payload: ByteBuffer(string: "not ours"))
        var packet = ByteBuffer()
        media.serialize(into: &packet)
        for payload in [hello] + Array(repeating: packet, count: 100) {
            pair.left.connection.receive(
                Datagram(local: .udp(PeerPair.leftAddress), remote: Self.stranger, payload: payload), at: pair.now)
        }
        #expect(pair.left.connection.held.isEmpty)
        #expect(pair.left.connection.statistics.strangers == 101)
        let up = pair.run(for: .seconds(2)) { $0.areConnected }
        #expect(up)
    }

    @Test("messages up to the size that we announce are taken")
    func theAnnouncedMessageSizeHolds() throws {
        let pair = try PeerPair(configure: { $0.maximumMessageSize = 600_000 })
        let channel = try pair.left.connection.openDataChannel(label: "data", at: pair.now)
        try pair.negotiate()
        pair.run(for: .seconds(3)) { !$0.left.openedChannels.isEmpty }
        try pair.left.connection.send(ByteBuffer(repeating: 7, count: 600_000), on: channel, at: pair.now)
        let arrived = pair.run(for: .seconds(20)) { !$0.right.messages.isEmpty }
        #expect(arrived && pair.right.messages.first?.text.utf8.count == 600_000)
    }
}
