import NIOCore
import SansIO
import Testing

@testable import RTCCore

/// Sections that the other side rejects and uses again for something else (RFC 8829 §5.2.2).
@Suite struct PeerConnectionReuseTests {
    private let packet = OutgoingRTP(
        payloadType: 111, marker: false, sequenceNumber: 1, timestamp: 0, payload: ByteBuffer(string: "sound"))

    /// The left one's offer with its one section stopped, or in use under another mid.
    private func offer(_ text: String, mid: Int, isStopped: Bool) -> String {
        text.replacing("BUNDLE 0", with: "BUNDLE \(mid)").replacing("a=mid:0", with: "a=mid:\(mid)")
            .replacing("m=audio 9 ", with: isStopped ? "m=audio 0 " : "m=audio 9 ")
    }

    @Test("a track that comes and goes a thousand times, each time under another mid, does not use anything up")
    func aThousandSubscriptions() throws {
        let pair = try PeerPair()
        _ = pair.left.connection.addTransceiver(
            .audio, direction: .sendonly, track: LocalTrack(streamID: "s", trackID: "t"))
        try pair.negotiate()
        let isUp = pair.run(for: .seconds(3)) { $0.areConnected }
        try #require(isUp)
        let text = try pair.left.connection.createOffer(at: pair.now)
        var ids: Set<TransceiverID> = []
        for mid in 1...1000 {
            let stopped = offer(text, mid: mid - 1, isStopped: true)
            try pair.right.connection.setRemoteOffer(stopped, at: pair.now)
            _ = try pair.right.connection.createAnswer(at: pair.now)
            try pair.right.connection.setRemoteOffer(offer(text, mid: mid, isStopped: false), at: pair.now)
            let answer = try SessionDescription(parsing: try pair.right.connection.createAnswer(at: pair.now))
            try #require(answer.media.map(\.isRejected) == [false], "\(mid)")
            let id = pair.right.connection.transceiver(mid: "\(mid)")
            ids.insert(try #require(id))
        }
        #expect(ids.count == 1000)
        let count = pair.right.connection.transceivers.count
        #expect(count == 1)
        let told = pair.right.tracks.count
        pair.run(for: .milliseconds(10))
        #expect(pair.right.tracks.count == told + 1000)
        #expect(pair.right.tracks.last?.mid == "1000")
    }

    @Test("sound reaches the section that took the place of another, and says so")
    func soundInTheNewPlace() throws {
        let pair = try PeerPair()
        let track = LocalTrack(streamID: "s", trackID: "t")
        let sender = pair.left.connection.addTransceiver(.audio, direction: .sendonly, track: track)
        try pair.negotiate()
        let isUp = pair.run(for: .seconds(3)) { $0.areConnected }
        try #require(isUp)
        pair.left.connection.sendRTP(packet, on: sender, at: pair.now)
        pair.run(for: .milliseconds(50))
        #expect(pair.right.packets.map(\.mid) == ["0"])

        let text = try pair.left.connection.createOffer(at: pair.now)
        try pair.right.connection.setRemoteOffer(offer(text, mid: 0, isStopped: true), at: pair.now)
        _ = try pair.right.connection.createAnswer(at: pair.now)
        try pair.right.connection.setRemoteOffer(offer(text, mid: 5, isStopped: false), at: pair.now)
        _ = try pair.right.connection.createAnswer(at: pair.now)
        var next = packet
        next.sequenceNumber = 2
        pair.left.connection.sendRTP(next, on: sender, at: pair.now)
        pair.run(for: .milliseconds(50))
        #expect(pair.right.packets.map(\.mid) == ["0", "5"])
        // The source is taken up anew, and its indices go on.
        #expect(pair.right.packets[1].index > pair.right.packets[0].index)
    }

    @Test(
        "the name of a transceiver whose section is used for something else names nothing, least of all its successor")
    func staleNames() throws {
        let pair = try PeerPair()
        _ = pair.left.connection.addTransceiver(.audio, direction: .sendrecv)
        let own = pair.right.connection.addTransceiver(
            .audio, direction: .sendrecv, track: LocalTrack(streamID: "own", trackID: "own"))
        try pair.negotiate()
        let isUp = pair.run(for: .seconds(3)) { $0.areConnected }
        try #require(isUp)
        let (mid, isSent) = (
            pair.right.connection.mid(of: own), pair.right.connection.sendRTP(packet, on: own, at: pair.now)
        )
        #expect(mid == "0" && isSent)

        let text = try pair.left.connection.createOffer(at: pair.now)
        try pair.right.connection.setRemoteOffer(offer(text, mid: 0, isStopped: true), at: pair.now)
        _ = try pair.right.connection.createAnswer(at: pair.now)
        try pair.right.connection.setRemoteOffer(offer(text, mid: 5, isStopped: false), at: pair.now)
        _ = try pair.right.connection.createAnswer(at: pair.now)
        let named = pair.right.connection.transceiver(mid: "5")
        let successor = try #require(named)
        #expect(successor != own)
        let (stale, codecs) = (pair.right.connection.mid(of: own), pair.right.connection.codecs(of: own))
        #expect(stale == nil && codecs.isEmpty)
        let isSentStill = pair.right.connection.sendRTP(packet, on: own, at: pair.now)
        #expect(!isSentStill)
        #expect(throws: PeerConnectionError.noSuchTransceiver) {
            try pair.right.connection.setTrack(nil, direction: .recvonly, on: own)
        }
        try pair.right.connection.setTrack(nil, direction: .recvonly, on: successor)
    }
}
