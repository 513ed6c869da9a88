import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite struct SCTPClosingTests {
    private func closings(_ peer: AssociationPeer) -> Int {
        peer.events.count { if case .closed = $0 { true } else { false } }
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func shutdownDeliversFirstAndEndsBothSides(seed: UInt64) throws {
        var pair = AssociationPair.connected(.lossy(0.2), seed: seed)
        for index in 0..<30 {
            let message = SCTPMessage(stream: 1, ppid: 53, payload: numbered(index, bytes: 2000))
            try pair.left.association.send(message, at: pair.now)
            try pair.right.association.send(message, at: pair.now)
        }
        pair.left.association.shutdown(at: pair.now)
        if seed % 2 == 0 { pair.right.association.shutdown(at: pair.now) }
        let message = SCTPMessage(stream: 1, ppid: 53, payload: ByteBuffer(string: "late"))
        #expect(throws: SCTPSendError.closed) { try pair.left.association.send(message, at: pair.now) }
        let isDone = pair.run(for: .seconds(60)) {
            $0.left.association.state == .ended && $0.right.association.state == .ended
        }
        #expect(isDone, "seed \(seed)")
        #expect(pair.right.messages.count == 30 && pair.left.messages.count == 30, "seed \(seed)")
        #expect(closings(pair.left) == 1 && closings(pair.right) == 1, "seed \(seed)")
        #expect(pair.left.deadline == nil && pair.right.deadline == nil)
        #expect(pair.left.association.statistics.sentChunks >= 60, "counters outlive the association")
    }

    @Test func shutdownTowardsADeadPeerEndsWhereALimitIsSet() {
        var options = SCTPOptions()
        options.maximumRetransmissions = 5
        var peer = SCTPScriptedPeer(options)
        peer.association.shutdown(at: peer.now)
        _ = peer.poll()
        let sent = peer.advance(.seconds(30)).flatMap(\.packet.chunks)
        #expect(sent.count == 6)
        #expect(peer.failure == .pathFailed)
    }

    @Test func abortTellsThePeerWhy() {
        var pair = AssociationPair.connected(seed: 2)
        pair.left.association.abort(reason: "interview over", at: pair.now)
        pair.run(for: .seconds(1))
        #expect(closings(pair.left) == 1)
        #expect(pair.right.failure == .abortedByPeer(codes: [12], reason: "interview over"))
        #expect(pair.right.deadline == nil)
    }

    @Test func abortWithAForeignTagIsIgnoredAndAReflectedOneIsNot() {
        var peer = SCTPScriptedPeer()
        peer.inject(.abort(AbortChunk(causes: [])), tag: 1234)
        peer.inject(.abort(AbortChunk(isReflected: true, causes: [])), tag: peer.peerTag)
        #expect(peer.association.state == .established)
        peer.inject(.abort(AbortChunk(isReflected: true, causes: [])), tag: SCTPScriptedPeer.tag)
        _ = peer.poll()
        #expect(peer.failure == .abortedByPeer(codes: [], reason: ""))
    }

    @Test func packetsWithAForeignTagOrPortAreDropped() {
        var peer = SCTPScriptedPeer()
        peer.inject(peer.data(0, "forged"), tag: 77)
        let header = CommonHeader(sourcePort: 1, destinationPort: 5000, verificationTag: peer.peerTag)
        peer.association.receive(
            SCTPPacket(header: header, chunks: [peer.data(0, "forged")]).serialized(), at: peer.now)
        _ = peer.poll()
        #expect(peer.texts.isEmpty && peer.association.statistics.discardedPackets == 2)
    }

    @Test func brokenRulesAbortWithTheirName() {
        var empty = SCTPScriptedPeer()
        empty.inject(empty.data(0, ""))
        #expect(
            empty.pollChunks().contains {
                if case .abort(let abort) = $0 { abort.causes[0].code == .noUserData } else { false }
            })
        var torn = SCTPScriptedPeer()
        torn.inject(torn.data(0, "a", flags: .beginning), torn.data(1, "b", flags: .beginning))
        _ = torn.poll()
        #expect(torn.failure == .protocolViolation("fragments do not fit together"))
    }

    @Test func aStreamThatDoesNotExistIsReportedAndTheRestGoesOn() {
        var options = SCTPOptions()
        options.streams = 10
        var peer = SCTPScriptedPeer(options)
        peer.inject(peer.data(0, "nowhere", stream: 10), peer.data(1, "here"))
        let chunks = peer.pollChunks()
        #expect(chunks.contains(.error(ErrorChunk(causes: [.invalidStream(10)]))))
        #expect(peer.texts == ["here"])
        let message = SCTPMessage(stream: 10, ppid: 53, payload: ByteBuffer(string: "x"))
        #expect(throws: SCTPSendError.noSuchStream) { try peer.association.send(message, at: peer.now) }
    }

    @Test func unknownChunksDoWhatTheirTypeSays() {
        for (type, reports, goesOn) in [
            (0x05 | 0x30, false, false), (0x75, true, false), (0xB5, false, true), (0xF5, true, true),
        ] {
            var peer = SCTPScriptedPeer()
            let unknown = UnknownChunk(type: ChunkType(rawValue: UInt8(type)), flags: 0, body: ByteBuffer(string: "?"))
            peer.inject(.unknown(unknown), peer.data(0, "after"))
            let hasReport = peer.pollChunks().contains { if case .error = $0 { true } else { false } }
            #expect(hasReport == reports && peer.texts == (goesOn ? ["after"] : []), "type \(type)")
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func damagedPacketsInEveryStateNeverTrap(seed: UInt64) throws {
        var random = RandomSource.seeded(seed)
        var pair = AssociationPair.connected(seed: seed)
        var recorded: [ByteBuffer] = []
        for round in 0..<400 {
            if round == 300 { pair.left.association.shutdown(at: pair.now) }
            let message = SCTPMessage(
                stream: UInt16(round % 5), ppid: 53, payload: numbered(round, bytes: 1 + round * 7),
                ordered: round % 2 == 0,
                reliability: round % 3 == 0 ? .maxRetransmits(0) : .reliable)
            try? pair.left.association.send(message, at: pair.now)
            try? pair.right.association.send(message, at: pair.now)
            if round % 50 == 49 { pair.left.association.resetStream(UInt16(round / 50), at: pair.now) }
            while let packet = pair.left.pollTransmit(at: pair.now) { recorded.append(packet) }
            while let packet = pair.right.pollTransmit(at: pair.now) { recorded.append(packet) }
            for _ in 0..<4 {
                guard var packet = recorded.randomElement(using: &random) else { break }
                for _ in 0..<Int.random(in: 0...3, using: &random) {
                    let index = Int.random(in: 12..<packet.readableBytes, using: &random)
                    packet.setInteger(UInt8.random(in: 0...255, using: &random), at: index)
                }
                CommonHeader.seal(&packet)
                pair.left.receive(packet, at: pair.now)
                pair.right.receive(packet, at: pair.now)
            }
            pair.run(for: .milliseconds(Int64.random(in: 1...500, using: &random)))
            if pair.left.association.state == .ended || pair.right.association.state == .ended {
                pair = AssociationPair.connected(seed: seed &+ UInt64(round) &* 1000)
            }
        }
        #expect(recorded.count > 300)
    }
}
