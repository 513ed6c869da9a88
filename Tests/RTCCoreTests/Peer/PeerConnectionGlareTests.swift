import NIOCore
import SansIO
import Testing

@testable import RTCCore

@Suite("offers that cross, and offers that change what was agreed")
struct PeerConnectionGlareTests {
    private static func sections(_ text: String) throws -> [String] {
        try SessionDescription(parsing: text).media.map { "\($0.kind)" }
    }

    @Test("an open offer that is given up takes its sections and mids back, and they come with the next one")
    func glareTakesSectionsBack() throws {
        let pair = try PeerPair()
        let audio = pair.left.connection.addTransceiver(
            .audio, direction: .sendonly, track: LocalTrack(streamID: "s", trackID: "t"))
        let channel = try pair.left.connection.openDataChannel(label: "data", at: pair.now)
        let crossed = try pair.left.connection.createOffer(at: pair.now)
        _ = pair.right.connection.addTransceiver(.video, direction: .recvonly)
        // Theirs wins, though it has fewer sections than ours and names its own by the same mid.
        let theirs = try pair.right.connection.createOffer(at: pair.now)
        try pair.left.connection.setRemoteOffer(theirs, at: pair.now)
        #expect(pair.left.connection.hasPendingOffer == false)
        #expect(pair.left.connection.mid(of: audio) == nil)
        let answer = try pair.left.connection.createAnswer(at: pair.now)
        #expect(try Self.sections(answer) == ["video"])
        try pair.right.connection.setRemoteAnswer(answer, at: pair.now)
        // The answer to the offer that was given up is too late.
        #expect(throws: PeerConnectionError.noOffer) {
            try pair.left.connection.setRemoteAnswer(crossed, at: pair.now)
        }
        let next = try pair.left.connection.createOffer(at: pair.now)
        #expect(try Self.sections(next) == ["video", "audio", "application"])
        try pair.right.connection.setRemoteOffer(next, at: pair.now)
        try pair.left.connection.setRemoteAnswer(try pair.right.connection.createAnswer(at: pair.now), at: pair.now)
        let isUp = pair.run(for: .seconds(5)) { $0.areConnected && $0.right.openedChannels.count == 1 }
        #expect(isUp)
        try pair.left.connection.send(ByteBuffer(string: "hello"), on: channel, at: pair.now)
        let packet = OutgoingRTP(
            payloadType: 111, marker: false, sequenceNumber: 1, timestamp: 0, payload: ByteBuffer(string: "x"))
        let isSent = pair.left.connection.sendRTP(packet, on: audio, at: pair.now)
        #expect(isSent)
        pair.run(for: .milliseconds(200))
        #expect(pair.right.packets.count == 1 && pair.right.messages.map(\.text) == ["hello"])
    }

    @Test("a second offer made while the first is open is given up as a whole")
    func twoOpenOffersAreTakenBack() throws {
        let pair = try PeerPair()
        let audio = pair.left.connection.addTransceiver(.audio, direction: .recvonly)
        _ = try pair.left.connection.createOffer(at: pair.now)
        let video = pair.left.connection.addTransceiver(.video, direction: .recvonly)
        _ = try pair.left.connection.createOffer(at: pair.now)
        _ = try pair.right.connection.openDataChannel(label: "data", at: pair.now)
        try pair.left.connection.setRemoteOffer(try pair.right.connection.createOffer(at: pair.now), at: pair.now)
        #expect(pair.left.connection.mid(of: audio) == nil && pair.left.connection.mid(of: video) == nil)
        #expect(try Self.sections(try pair.left.connection.createAnswer(at: pair.now)) == ["application"])
    }

    @Test("an offer that is refused leaves our open one as it was")
    func refusedOffersGiveNothingUp() throws {
        let pair = try PeerPair()
        _ = pair.left.connection.addTransceiver(.audio, direction: .recvonly)
        let offer = try pair.left.connection.createOffer(at: pair.now)
        #expect(throws: PeerConnectionError.self) { try pair.left.connection.setRemoteOffer("hello", at: pair.now) }
        #expect(pair.left.connection.hasPendingOffer == true)
        try pair.right.connection.setRemoteOffer(offer, at: pair.now)
        try pair.left.connection.setRemoteAnswer(try pair.right.connection.createAnswer(at: pair.now), at: pair.now)
        let isUp = pair.run(for: .seconds(3)) { $0.areConnected }
        #expect(isUp)
    }

    @Test("a re-offer that changes the kind, the mid or the number of sections is refused and changes nothing")
    func reoffersAreChecked() throws {
        let pair = try PeerPair()
        _ = pair.left.connection.addTransceiver(.audio, direction: .sendonly)
        _ = try pair.left.connection.openDataChannel(label: "data", at: pair.now)
        try pair.negotiate()
        let offer = try pair.left.connection.createOffer(at: pair.now)
        let audio = try #require(offer.firstRange(of: "m=audio").map { offer[$0.lowerBound...] })
        let data = try #require(offer.firstRange(of: "m=application").map { offer[$0.lowerBound...] })
        let head = offer[..<audio.startIndex]
        let changed = [
            offer.replacing("m=audio", with: "m=video"),
            offer.replacing("a=mid:0", with: "a=mid:9"),
            offer.replacing("a=mid:1", with: "a=mid:9"),
            String(head + data + audio[..<data.startIndex]),
            String(head + audio[..<data.startIndex]),
        ]
        for text in changed {
            #expect(throws: PeerConnectionError.self, "\(text)") {
                try pair.right.connection.setRemoteOffer(text, at: pair.now)
            }
        }
        try pair.right.connection.setRemoteOffer(offer, at: pair.now)
        try pair.left.connection.setRemoteAnswer(try pair.right.connection.createAnswer(at: pair.now), at: pair.now)
        let isUp = pair.run(for: .seconds(3)) { $0.areConnected }
        #expect(isUp)
    }

    @Test("a section that was rejected may be used again for another kind under another mid")
    func rejectedSectionsAreUsedAgain() throws {
        let pair = try PeerPair()
        let audio = pair.left.connection.addTransceiver(.audio, direction: .sendonly)
        _ = pair.left.connection.addTransceiver(.video, direction: .sendonly)
        try pair.negotiate()
        let offer = try pair.left.connection.createOffer(at: pair.now)
        // A stopped section, and then another track in its place (RFC 8829 §5.2.2).
        let stopped = offer.replacing("m=audio 9 ", with: "m=audio 0 ")
        try pair.right.connection.setRemoteOffer(stopped, at: pair.now)
        try pair.left.connection.setRemoteAnswer(try pair.right.connection.createAnswer(at: pair.now), at: pair.now)
        #expect(pair.left.connection.codecs(of: audio).isEmpty)
        let video = try #require(offer.firstRange(of: "m=video").map { String(offer[$0.lowerBound...]) })
        let audioSection = try #require(offer.firstRange(of: "m=audio").map { offer[$0.lowerBound...] })
        let again =
            offer[..<audioSection.startIndex].replacing("BUNDLE 0 1", with: "BUNDLE 7 1")
            + video.replacing("a=mid:1", with: "a=mid:7") + video
        try pair.right.connection.setRemoteOffer(String(again), at: pair.now)
        let answer = try SessionDescription(parsing: try pair.right.connection.createAnswer(at: pair.now))
        #expect(answer.media.map(\.mid) == ["7", "1"] && answer.media.map(\.kind) == [.video, .video])
        #expect(answer.media.map(\.isRejected) == [false, false])
        // What was in the section before is not offered again.
        let own = try SessionDescription(parsing: try pair.right.connection.createOffer(at: pair.now))
        #expect(own.media.map(\.mid) == ["7", "1"])
    }

    @Test(
        "a peer that rejects its sections and uses them again and again takes no more transceivers than it has sections"
    )
    func reusedSectionsAreBounded() throws {
        let pair = try PeerPair()
        _ = pair.left.connection.addTransceiver(.audio, direction: .sendonly)
        let offer = try pair.left.connection.createOffer(at: pair.now)
        let section = try #require(offer.firstRange(of: "m=audio").map { String(offer[$0.lowerBound...]) })
        let head = String(offer.prefix(offer.count - section.count))
        var mid = 0
        for _ in 0..<12 {
            let mids = (0..<50).map { _ in
                mid += 1
                return "\(mid)"
            }
            let group = head.replacing("BUNDLE 0", with: "BUNDLE " + mids.joined(separator: " "))
            let text = group + mids.map { section.replacing("a=mid:0", with: "a=mid:\($0)") }.joined()
            try pair.right.connection.setRemoteOffer(text, at: pair.now)
            _ = try pair.right.connection.createAnswer(at: pair.now)
            try pair.right.connection.setRemoteOffer(text.replacing("m=audio 9 ", with: "m=audio 0 "), at: pair.now)
            _ = try pair.right.connection.createAnswer(at: pair.now)
        }
        #expect(mid == 600)
        let count = pair.right.connection.transceivers.count
        #expect(count == 50)
    }

    @Test("an answer that names another mid is refused")
    func answersKeepMids() throws {
        let pair = try PeerPair()
        _ = pair.left.connection.addTransceiver(.audio, direction: .sendonly)
        try pair.right.connection.setRemoteOffer(try pair.left.connection.createOffer(at: pair.now), at: pair.now)
        let answer = try pair.right.connection.createAnswer(at: pair.now)
        #expect(throws: PeerConnectionError.self) {
            try pair.left.connection.setRemoteAnswer(answer.replacing("a=mid:0", with: "a=mid:5"), at: pair.now)
        }
        #expect(pair.left.connection.hasPendingOffer == true)
        try pair.left.connection.setRemoteAnswer(answer, at: pair.now)
    }
}
