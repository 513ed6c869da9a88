import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite struct SCTPHandshakeTests {
    @Test func oneSideConnects() {
        var pair = AssociationPair(AssociationPeer(1), AssociationPeer(2), seed: 1)
        pair.left.association.connect(at: pair.now)
        #expect(pair.run(for: .seconds(1)) { $0.left.isEstablished && $0.right.isEstablished })
        #expect(pair.left.connections == 1 && pair.right.connections == 1)
    }

    @Test func bothSidesConnectAtTheSameTime() {
        let pair = AssociationPair.connected(seed: 3)
        #expect(pair.left.isEstablished && pair.right.isEstablished)
        #expect(pair.left.connections == 1 && pair.right.connections == 1)
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func halfOfAllPacketsLostDelaysTheHandshakeOnly(seed: UInt64) throws {
        var pair = AssociationPair(AssociationPeer(seed), AssociationPeer(seed + 100), forward: .lossy(0.5), seed: seed)
        pair.left.association.connect(at: pair.now)
        if seed % 2 == 0 { pair.right.association.connect(at: pair.now) }
        let message = SCTPMessage(stream: 1, ppid: 53, payload: ByteBuffer(string: "hello"))
        try pair.left.association.send(message, at: pair.now)
        let isDone = pair.run(for: .seconds(30)) { $0.right.messages.count == 1 && $0.left.isEstablished }
        #expect(isDone, "seed \(seed)")
        #expect(pair.left.connections == 1 && pair.right.connections == 1, "seed \(seed)")
    }

    /// Loses the first packet that holds a chunk of a type.
    @Test(arguments: [1, 2, 10, 11] as [UInt8])
    func eachFlightMayBeLostOnce(type: UInt8) {
        var left = AssociationPeer(1)
        var right = AssociationPeer(2)
        var now = Instant(nanoseconds: 1)
        var hasLost = false
        left.association.connect(at: now)
        for _ in 0..<20 {
            for fromLeft in [true, false] {
                while let packet = fromLeft ? left.pollTransmit(at: now) : right.pollTransmit(at: now) {
                    if !hasLost, packet.getInteger(at: 12, as: UInt8.self) == type {
                        hasLost = true
                    } else if fromLeft {
                        right.receive(packet, at: now)
                    } else {
                        left.receive(packet, at: now)
                    }
                }
            }
            now = now + .milliseconds(250)
            left.timeout(at: now)
            right.timeout(at: now)
        }
        #expect(hasLost && left.isEstablished && right.isEstablished)
    }

    @Test func initiationGivesUpWhereALimitIsSet() {
        var pair = AssociationPair(
            AssociationPeer(1) { $0.maximumInitRetransmissions = 8 }, AssociationPeer(2), seed: 1)
        pair.forward.isDown = true
        pair.left.association.connect(at: pair.now)
        pair.run(for: .seconds(60))
        #expect(pair.forward.sent == 9)
        #expect(pair.left.failure == .handshakeTimedOut)
    }

    @Test func withoutALimitItGoesOnUntilThePeerIsThere() {
        var pair = AssociationPair(AssociationPeer(1), AssociationPeer(2), seed: 1)
        pair.forward.isDown = true
        pair.left.association.connect(at: pair.now)
        pair.run(for: .seconds(60))
        pair.forward.isDown = false
        #expect(pair.run(for: .seconds(1)) { $0.left.isEstablished })
    }

    @Test func aStaleCookieMakesTheHandshakeBeginAgain() {
        var left = AssociationPeer(1)
        var right = AssociationPeer(2) { $0.cookieLifetime = .milliseconds(100) }
        var now = Instant(nanoseconds: 1)
        func exchange(_ left: inout AssociationPeer, _ right: inout AssociationPeer, at now: Instant) {
            while let packet = left.pollTransmit(at: now) { right.receive(packet, at: now) }
            while let packet = right.pollTransmit(at: now) { left.receive(packet, at: now) }
        }
        left.association.connect(at: now)
        exchange(&left, &right, at: now)
        #expect(left.association.state == .cookieEchoed)
        now = now + .milliseconds(200)
        exchange(&left, &right, at: now)
        #expect(left.association.state == .cookieWait)
        for _ in 0..<3 { exchange(&left, &right, at: now) }
        #expect(left.isEstablished && right.isEstablished)
    }

    @Test func aPeerThatRestartedIsTakenBack() throws {
        var pair = AssociationPair.connected(seed: 5)
        let old = pair.left
        pair.left = AssociationPeer(77)
        pair.left.association.connect(at: pair.now)
        #expect(pair.run(for: .seconds(2)) { $0.left.isEstablished })
        pair.run(for: .milliseconds(50))
        let restarts = pair.right.events.count { if case .restarted = $0 { true } else { false } }
        #expect(restarts == 1 && pair.right.isEstablished && old.isEstablished)
        let message = SCTPMessage(stream: 0, ppid: 53, payload: ByteBuffer(string: "again"))
        try pair.left.association.send(message, at: pair.now)
        try pair.right.association.send(message, at: pair.now)
        #expect(pair.run(for: .seconds(2)) { $0.left.messages.count == 1 && $0.right.messages.count == 1 })
    }

    @Test func anInitOutOfPlaceChangesNothing() {
        var peer = SCTPScriptedPeer()
        let initiation = InitChunk(
            initiateTag: 9, advertisedWindow: 1 << 20, outboundStreams: 1, inboundStreams: 1,
            initialTSN: TSN(rawValue: 1), parameters: [])
        peer.inject(.initiation(initiation), tag: 0)
        guard case .initiationAck(let answer)? = peer.pollChunks().first else {
            Issue.record("no INIT ACK")
            return
        }
        #expect(answer.initiateTag != peer.peerTag)
        #expect(peer.association.state == .established)
        // A cookie that was never given out.
        peer.inject(.cookieEcho(CookieEchoChunk(cookie: ByteBuffer(string: "forged"))), tag: answer.initiateTag)
        peer.inject(peer.data(0, "still here"))
        _ = peer.poll()
        #expect(peer.texts == ["still here"])
        // Bundled with anything, an INIT is not one.
        peer.inject(.initiation(initiation), .cookieAck, tag: 0)
        #expect(peer.poll().isEmpty)
    }

    @Test func anInitWithoutStreamsIsAborted() {
        var association = SCTPAssociation(random: .seeded(1))
        let initiation = InitChunk(
            initiateTag: 9, advertisedWindow: 1 << 20, outboundStreams: 0, inboundStreams: 1,
            initialTSN: TSN(rawValue: 1), parameters: [])
        let header = CommonHeader(sourcePort: 5000, destinationPort: 5000, verificationTag: 0)
        association.receive(SCTPPacket(header: header, chunks: [.initiation(initiation)]).serialized(), at: .zero)
        guard case .transmit(let bytes)? = association.pollOutput(), let packet = try? SCTPPacket(parsing: bytes),
            case .abort(let abort)? = packet.chunks.first
        else {
            Issue.record("no ABORT")
            return
        }
        #expect(packet.header.verificationTag == 9 && abort.causes.first?.code == .invalidMandatoryParameter)
    }

    @Test func anUnknownParameterIsReportedIfItAsksForIt() {
        var association = SCTPAssociation(random: .seeded(1))
        let initiation = InitChunk(
            initiateTag: 9, advertisedWindow: 1 << 20, outboundStreams: 1, inboundStreams: 1,
            initialTSN: TSN(rawValue: 1),
            parameters: [
                .unknown(type: 0xC0FF, value: ByteBuffer(string: "tell")), .unknown(type: 0x80FF, value: ByteBuffer()),
            ])
        let header = CommonHeader(sourcePort: 5000, destinationPort: 5000, verificationTag: 0)
        association.receive(SCTPPacket(header: header, chunks: [.initiation(initiation)]).serialized(), at: .zero)
        guard case .transmit(let bytes)? = association.pollOutput(), let packet = try? SCTPPacket(parsing: bytes),
            case .initiationAck(let answer)? = packet.chunks.first
        else {
            Issue.record("no INIT ACK")
            return
        }
        let reported = answer.parameters.compactMap { if case .unrecognized(let whole) = $0 { whole } else { nil } }
        #expect(reported.map { Array($0.readableBytesView) } == [[0xC0, 0xFF, 0, 8] + Array("tell".utf8)])
    }

    @Test func packetsOutOfTheBlueAreAnsweredAsTheRulesSay() throws {
        var association = SCTPAssociation(random: .seeded(1))
        func answer(_ chunk: Chunk, _ association: inout SCTPAssociation) throws -> SCTPPacket? {
            let header = CommonHeader(sourcePort: 5000, destinationPort: 5000, verificationTag: 42)
            association.receive(SCTPPacket(header: header, chunks: [chunk]).serialized(), at: .zero)
            guard case .transmit(let bytes)? = association.pollOutput() else { return nil }
            return try SCTPPacket(parsing: bytes)
        }
        let data = DataChunk(
            flags: [.beginning, .end], tsn: TSN(rawValue: 1), stream: 0, streamSequence: 0, ppid: 0,
            payload: ByteBuffer(string: "?"))
        let abort = try #require(try answer(.data(data), &association))
        #expect(
            abort.header.verificationTag == 42 && abort.chunks == [.abort(AbortChunk(isReflected: true, causes: []))])
        let complete = try #require(try answer(.shutdownAck, &association))
        #expect(complete.chunks == [.shutdownComplete(ShutdownCompleteChunk(isReflected: true))])
        #expect(try answer(.abort(AbortChunk(causes: [])), &association) == nil)
        #expect(try answer(.cookieAck, &association) == nil)
    }
}
