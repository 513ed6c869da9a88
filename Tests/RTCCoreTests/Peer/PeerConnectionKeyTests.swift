import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite("media around the coming of the keys")
struct PeerConnectionKeyTests {
    private static func opus(_ number: UInt16) -> OutgoingRTP {
        OutgoingRTP(
            payloadType: 111, marker: false, sequenceNumber: number, timestamp: UInt32(number) &* 960,
            payload: ByteBuffer(string: "opus \(number)"))
    }

    /// The left one has the keys, the right one has not: the DTLS server is the first to have them, and its last flight
    /// is lost until `losesForward` is lifted.
    private static func halfway() throws -> (pair: PeerPair, audio: TransceiverID) {
        let pair = try PeerPair()
        let audio = pair.left.connection.addTransceiver(
            .audio, direction: .sendonly, track: LocalTrack(streamID: "s", trackID: "t"))
        pair.losesForward = { state, payload in state == .connected && PacketKind(payload) == .dtls }
        try pair.negotiate()
        let isHalfway = pair.run(for: .seconds(3)) { $0.left.connection.state == .connected }
        #expect(isHalfway)
        pair.run(for: .milliseconds(100))
        #expect(pair.right.connection.state == .connecting)
        return (pair, audio)
    }

    @Test("a packet that comes before the keys is held and delivered after them")
    func earlyPacketsAreHeld() throws {
        let (pair, audio) = try Self.halfway()
        let sent = pair.left.connection.sendRTP(Self.opus(1), on: audio, at: pair.now)
        #expect(sent)
        pair.run(for: .milliseconds(100))
        #expect(pair.right.packets.isEmpty && pair.right.connection.held.count == 1)
        pair.losesForward = { _, _ in false }
        let up = pair.run(for: .seconds(10)) { $0.areConnected }
        #expect(up)
        #expect(pair.right.packets.map(\.packet.header.sequenceNumber) == [1])
        #expect(pair.right.connection.statistics.droppedBeforeKeys == 0)
    }

    @Test("what is held is bounded, and what does not fit is counted, reports included")
    func theHoldIsBounded() throws {
        let (pair, audio) = try Self.halfway()
        for number in UInt16(0)..<100 {
            pair.left.connection.sendRTP(Self.opus(number), on: audio, at: pair.now)
        }
        pair.run(for: .milliseconds(100))
        #expect(pair.right.connection.held.count == 64)
        let dropped = pair.right.connection.statistics.droppedBeforeKeys
        #expect(dropped >= 36)
        pair.run(for: .seconds(4))
        let withReports = pair.right.connection.statistics.droppedBeforeKeys
        #expect(withReports > dropped, "the sender's reports are counted too")
        pair.losesForward = { _, _ in false }
        let up = pair.run(for: .seconds(20)) { $0.areConnected }
        #expect(up)
        #expect(pair.right.packets.map(\.packet.header.sequenceNumber) == Array(0..<64))
        #expect(pair.right.connection.held.isEmpty)
    }

    @Test("keys that SRTP cannot use end the connection, instead of being followed by word that it is up")
    func unusableKeysFailTheConnection() throws {
        let (pair, _) = try Self.halfway()
        pair.right.connection.handle(
            .connected(
                SRTPKeyingMaterial(
                    profile: .aeadAES256GCM, client: .init(key: [1], salt: [2]), server: .init(key: [3], salt: [4]))),
            at: pair.now)
        pair.run(for: .milliseconds(10))
        #expect(pair.right.connection.isBroken == true)
        #expect(pair.right.states.last == .failed && !pair.right.states.contains(.connected))
    }

    @Test("a thousand tracks one after the other can be sent, each from a source of its own")
    func sourcesOfFormerTracksAreFreed() throws {
        let pair = try PeerPair()
        let audio = pair.left.connection.addTransceiver(
            .audio, direction: .sendonly, track: LocalTrack(streamID: "s", trackID: "t"))
        try pair.negotiate()
        pair.run(for: .seconds(3)) { $0.areConnected }
        var sources: Set<UInt32> = []
        var sent = 0
        for number in UInt16(0)..<1000 {
            try pair.left.connection.setTrack(
                LocalTrack(streamID: "s", trackID: "t\(number)"), direction: .sendonly, on: audio)
            sources.insert(pair.left.connection.transceivers[0].ssrc)
            if pair.left.connection.sendRTP(Self.opus(number), on: audio, at: pair.now) { sent += 1 }
        }
        #expect(sent == 1000 && sources.count == 1000)
        try pair.negotiate()
        pair.left.connection.sendRTP(Self.opus(1000), on: audio, at: pair.now)
        pair.run(for: .milliseconds(100))
        #expect(pair.right.packets.last?.packet.header.sequenceNumber == 1000)
    }

    @Test("sources are drawn without repetition, and none is 0")
    func sourcesNeverRepeat() {
        var random = RandomSource.seeded(5)
        var generator = SourceGenerator(using: &random)
        let drawn = (0..<100_000).map { _ in generator.next() }
        #expect(Set(drawn).count == drawn.count && !drawn.contains(0))
        var zeros = RandomSource { 0 }
        var fromZero = SourceGenerator(using: &zeros)
        #expect((0..<3).map { _ in fromZero.next() } == [1, 2, 3])
    }
}
