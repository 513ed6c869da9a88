import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite struct PeerConnectionNegotiationTests {
    @Test("an answer without an offer is refused")
    func answerNeedsOffer() throws {
        let pair = try PeerPair()
        #expect(throws: PeerConnectionError.noOffer) { try pair.left.connection.createAnswer(at: pair.now) }
        _ = pair.right.connection.addTransceiver(.audio, direction: .recvonly)
        let offer = try pair.right.connection.createOffer(at: pair.now)
        #expect(throws: PeerConnectionError.noOffer) { try pair.left.connection.setRemoteAnswer(offer, at: pair.now) }
    }

    @Test("a description without credentials or fingerprint is refused and says what it lacks")
    func incompleteDescriptionsAreRefused() throws {
        let pair = try PeerPair()
        _ = pair.left.connection.addTransceiver(.audio, direction: .recvonly)
        let offer = try pair.left.connection.createOffer(at: pair.now)
        for (prefix, lack) in [("a=ice-pwd", "ice"), ("a=fingerprint", "fingerprint")] {
            let cut = offer.split(separator: "\r\n").filter { !$0.hasPrefix(prefix) }.joined(separator: "\r\n") + "\r\n"
            do {
                try pair.right.connection.setRemoteOffer(cut, at: pair.now)
                Issue.record("an offer without \(prefix) was taken")
            } catch {
                #expect("\(error)".contains(lack))
            }
        }
    }

    @Test("an answer with another number of sections or another kind is refused")
    func answerMustMatch() throws {
        let pair = try PeerPair()
        _ = pair.left.connection.addTransceiver(.audio, direction: .recvonly)
        _ = try pair.left.connection.createOffer(at: pair.now)
        _ = pair.right.connection.addTransceiver(.video, direction: .recvonly)
        let other = try pair.right.connection.createOffer(at: pair.now)
        #expect(throws: PeerConnectionError.self) { try pair.left.connection.setRemoteAnswer(other, at: pair.now) }
        #expect(pair.left.connection.hasPendingOffer == true)
    }

    @Test("a changed fingerprint under a live transport is refused")
    func fingerprintMustStay() throws {
        let pair = try PeerPair()
        _ = pair.left.connection.addTransceiver(.audio, direction: .recvonly)
        try pair.negotiate()
        pair.run(for: .seconds(3)) { $0.areConnected }
        let offer = try pair.left.connection.createOffer(at: pair.now)
        let lines = offer.split(separator: "\r\n").map { line -> String in
            line.hasPrefix("a=fingerprint:sha-256")
                ? "a=fingerprint:sha-256 " + Array(repeating: "AB", count: 32).joined(separator: ":") : String(line)
        }
        #expect(throws: PeerConnectionError.fingerprintChanged) {
            try pair.right.connection.setRemoteOffer(lines.joined(separator: "\r\n") + "\r\n", at: pair.now)
        }
    }

    @Test("a peer with another certificate than announced is not talked to")
    func wrongCertificateFails() throws {
        let pair = try PeerPair()
        let audio = pair.left.connection.addTransceiver(
            .audio, direction: .sendonly, track: LocalTrack(streamID: "s", trackID: "t"))
        let offer = try pair.left.connection.createOffer(at: pair.now)
        let forged = offer.split(separator: "\r\n").map { line -> String in
            line.hasPrefix("a=fingerprint:sha-256")
                ? "a=fingerprint:sha-256 " + Array(repeating: "AB", count: 32).joined(separator: ":") : String(line)
        }
        try pair.right.connection.setRemoteOffer(forged.joined(separator: "\r\n") + "\r\n", at: pair.now)
        try pair.left.connection.setRemoteAnswer(try pair.right.connection.createAnswer(at: pair.now), at: pair.now)
        pair.run(for: .seconds(5))
        #expect(pair.right.connection.state == .failed)
        #expect(!pair.right.states.contains(.connected))
        _ = audio
    }

    @Test("an ICE restart keeps media flowing and moves to the new credentials")
    func restartKeepsMedia() throws {
        let pair = try PeerPair()
        _ = pair.left.connection.addTransceiver(.audio, direction: .recvonly)
        try pair.negotiate()
        pair.run(for: .seconds(3)) { $0.areConnected }
        let before = pair.left.connection.ice.localCredentials
        try pair.negotiate(iceRestart: true)
        #expect(pair.left.connection.ice.localCredentials != before)
        pair.run(for: .seconds(5))
        #expect(pair.areConnected)
        #expect(!pair.left.states.contains(.disconnected) && !pair.left.states.contains(.failed))
    }

    @Test("after a blackout of 10 s the connection is up again within a second of the path")
    func blackoutHeals() throws {
        let pair = try PeerPair()
        _ = pair.left.connection.addTransceiver(.audio, direction: .recvonly)
        try pair.negotiate()
        pair.run(for: .seconds(3)) { $0.areConnected }
        pair.forward.isDown = true
        pair.backward.isDown = true
        pair.run(for: .seconds(10))
        pair.forward.isDown = false
        pair.backward.isDown = false
        let up = pair.run(for: .seconds(1)) { $0.areConnected }
        #expect(up)
        pair.run(for: .seconds(30))
        #expect(pair.areConnected)
    }

    @Test("closing tells the other side")
    func closingIsSeen() throws {
        let pair = try PeerPair()
        _ = pair.left.connection.addTransceiver(.audio, direction: .recvonly)
        try pair.negotiate()
        pair.run(for: .seconds(3)) { $0.areConnected }
        pair.left.connection.close(at: pair.now)
        pair.run(for: .seconds(1))
        #expect(pair.left.connection.state == .closed)
        #expect(pair.right.connection.state == .failed)
        #expect(pair.left.connection.deadline == nil)
    }

    @Test("a broken candidate is refused by name, and a text that is no description with its line")
    func brokenTextsAreRefused() throws {
        let pair = try PeerPair()
        #expect(throws: PeerConnectionError.self) {
            try pair.left.connection.addRemoteCandidate("candidate:1 1 udp x", at: pair.now)
        }
        #expect(throws: PeerConnectionError.self) { try pair.left.connection.setRemoteOffer("hello", at: pair.now) }
    }

    @Test("a track that waits for a section is sent in one in which the other side receives")
    func waitingTracksFindReceivers() throws {
        let pair = try PeerPair()
        _ = pair.left.connection.addTransceiver(
            .audio, direction: .sendonly, track: LocalTrack(streamID: "left", trackID: "voice"))
        _ = pair.left.connection.addTransceiver(.audio, direction: .recvonly)
        let waiting = pair.right.connection.addTransceiver(
            .audio, direction: .sendrecv, track: LocalTrack(streamID: "right", trackID: "music"))
        let offer = try pair.left.connection.createOffer(at: pair.now)
        try pair.right.connection.setRemoteOffer(offer, at: pair.now)
        let answer = try SessionDescription(parsing: try pair.right.connection.createAnswer(at: pair.now))
        #expect(answer.media.map(\.direction) == [.recvonly, .sendonly])
        #expect(answer.media.map { $0.msid?.trackID } == [nil, "music"])
        #expect(pair.right.connection.mid(of: waiting) == answer.media[1].mid)
    }
}
