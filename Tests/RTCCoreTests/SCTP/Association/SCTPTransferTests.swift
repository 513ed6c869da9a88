import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite struct SCTPTransferTests {
    /// A path and what it is called in a failure.
    struct Path: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var conditions: LinkConditions

        static let all: [Path] = [
            Path(testDescription: "10 % loss", conditions: .lossy(0.1)),
            Path(testDescription: "30 % loss", conditions: .lossy(0.3)),
            Path(testDescription: "bursts", conditions: with { $0.burst = .init(enter: 0.02, leave: 0.2, loss: 0.8) }),
            Path(testDescription: "reorder", conditions: with { $0.reorder = 0.2 }),
            Path(testDescription: "duplication", conditions: with { $0.duplication = 0.3 }),
            Path(
                testDescription: "everything",
                conditions: with {
                    $0.loss = 0.1
                    $0.reorder = 0.1
                    $0.duplication = 0.1
                    $0.jitter = .milliseconds(15)
                    $0.rate = 3_000_000
                    $0.queueBytes = 20_000
                }),
        ]

        static func with(_ change: (inout LinkConditions) -> Void) -> LinkConditions {
            var conditions = LinkConditions()
            change(&conditions)
            return conditions
        }
    }

    @Test(arguments: Path.all, [1, 2, 3] as [UInt64])
    func nothingIsLostAndNothingDoubled(path: Path, seed: UInt64) throws {
        var pair = AssociationPair.connected(path.conditions, seed: seed)
        var random = RandomSource.seeded(seed)
        let count = 150
        // Both sides send at once, alternately in order and out of order, on two streams.
        for index in 0..<count {
            let bytes = Int.random(in: 4...6000, using: &random)
            let message = SCTPMessage(
                stream: UInt16(1 + index % 2), ppid: 53, payload: numbered(index, bytes: bytes),
                ordered: index % 2 == 0)
            try pair.left.association.send(message, at: pair.now)
            try pair.right.association.send(message, at: pair.now)
        }
        let isDone = pair.run(for: .seconds(120)) {
            $0.left.messages.count >= count && $0.right.messages.count >= count
        }
        #expect(isDone, "seed \(seed)")
        pair.run(for: .seconds(5))
        for peer in [pair.left, pair.right] {
            let numbers = peer.messages.compactMap { number(of: $0.payload) }
            #expect(numbers.sorted() == Array(0..<count), "seed \(seed)")
            #expect(numbers.filter { $0 % 2 == 0 } == Array(stride(from: 0, to: count, by: 2)), "seed \(seed)")
            #expect(peer.association.totalBufferedAmount == 0 && peer.failure == nil, "seed \(seed)")
        }
        // All of it is acknowledged: the only timer left is the heartbeat's.
        let deadline = try #require(pair.left.deadline)
        #expect(deadline - pair.now > .seconds(10), "seed \(seed)")
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func aLargeMessageComesThroughTenPercentLoss(seed: UInt64) throws {
        var pair = AssociationPair.connected(.lossy(0.1), seed: seed) { $0.maximumSendMessageBytes = 262_144 }
        try pair.left.association.send(
            SCTPMessage(stream: 1, ppid: 53, payload: numbered(9, bytes: 262_144)), at: pair.now)
        let start = pair.now
        #expect(pair.run(for: .seconds(60)) { $0.right.messages.count == 1 }, "seed \(seed)")
        #expect(pair.right.messages.first.flatMap { number(of: $0.payload) } == 9, "seed \(seed)")
        // A few retransmission timeouts at most: 226 fragments at 20 ms of round trip.
        #expect(pair.now - start < .seconds(8), "seed \(seed)")
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func afterABlackoutItSendsAgainAsSoonAsThePathAnswers(seed: UInt64) throws {
        var pair = AssociationPair.connected(seed: seed)
        func send(_ range: Range<Int>, _ pair: inout AssociationPair) throws {
            for index in range {
                let message = SCTPMessage(stream: 1, ppid: 53, payload: numbered(index, bytes: 3000))
                try pair.left.association.send(message, at: pair.now)
                try pair.right.association.send(message, at: pair.now)
            }
        }
        try send(0..<20, &pair)
        pair.run(for: .milliseconds(Int64(15 + seed * 7)))
        pair.forward.isDown = true
        pair.backward.isDown = true
        pair.run(for: .seconds(5))
        try send(20..<40, &pair)
        pair.run(for: .seconds(5) + .milliseconds(Int64(seed * 83)))
        pair.forward.isDown = false
        pair.backward.isDown = false
        let isDone = pair.run(for: .seconds(1)) { $0.left.messages.count == 40 && $0.right.messages.count == 40 }
        #expect(isDone, "seed \(seed): \(pair.left.messages.count), \(pair.right.messages.count)")
        #expect(pair.right.messages.compactMap { number(of: $0.payload) } == Array(0..<40), "seed \(seed)")
    }

    @Test func whenToldThatThePathIsBackItDoesNotWaitForATimer() throws {
        var pair = AssociationPair.connected(seed: 4)
        pair.forward.isDown = true
        pair.backward.isDown = true
        try pair.left.association.send(
            SCTPMessage(stream: 1, ppid: 53, payload: ByteBuffer(string: "hint")), at: pair.now)
        pair.run(for: .seconds(10))
        pair.forward.isDown = false
        pair.backward.isDown = false
        pair.left.association.pathResumed(at: pair.now)
        #expect(pair.run(for: .milliseconds(15)) { $0.right.messages.count == 1 })
    }

    @Test func hearingThePeerAfterASilenceSendsAtOnce() {
        var peer = SCTPScriptedPeer()
        peer.send(10)
        #expect(peer.pollData().count == 1)
        _ = peer.advance(.milliseconds(9_990))
        peer.inject(.heartbeat(HeartbeatChunk(information: ByteBuffer(string: "are you there"))))
        #expect(peer.pollData().count == 1)
    }

    @Test("a peer that has backed off for long sends at once when it is reminded", arguments: [true, false])
    func reminded(isReminded: Bool) throws {
        // The other side by the letter of RFC 9260 §15.
        var pair = AssociationPair.connected(seed: 5) {
            $0.initialRTO = .seconds(1)
            $0.minimumRTO = .seconds(1)
            $0.maximumBackoff = .seconds(60)
        }
        pair.forward.isDown = true
        pair.backward.isDown = true
        try pair.left.association.send(
            SCTPMessage(stream: 1, ppid: 53, payload: ByteBuffer(string: "edit")), at: pair.now)
        pair.run(for: .seconds(18))
        pair.forward.isDown = false
        pair.backward.isDown = false
        if isReminded { pair.right.association.remindPeer(at: pair.now) }
        #expect(pair.run(for: .milliseconds(100)) { $0.right.messages.count == 1 } == isReminded)
        #expect(pair.run(for: .seconds(15)) { $0.right.messages.count == 1 }, "after up to 32 s in any case")
    }

    @Test func anAcknowledgementThatMayHaveBeenLostIsRepeatedFourTimesAndNoMore() {
        var peer = SCTPScriptedPeer()
        peer.inject(peer.data(0, "edit"))
        // Lost.
        _ = peer.advance(.seconds(1))
        peer.association.remindPeer(at: peer.now)
        let first = peer.poll()
        let later = peer.advance(.seconds(20))
        let acknowledged = (first + later.map(\.packet)).flatMap(\.chunks).map { chunk in
            if case .selectiveAck(let ack) = chunk { ack.cumulativeTSN.rawValue } else { UInt32.zero }
        }
        #expect(acknowledged == Array(repeating: SCTPScriptedPeer.firstTSN, count: 4))
        #expect(first.count == 1)
        #expect(peer.now - (later.last?.at ?? .zero) == .milliseconds(18_600), "the last one after 1.4 s")
    }

    @Test func aLostPacketInTheMiddleIsSentAgainWithoutATimeout() {
        var peer = SCTPScriptedPeer()
        for _ in 0..<6 { peer.send(1000) }
        #expect(peer.pollData().count == 6)
        _ = peer.advance(.milliseconds(30))
        peer.inject(peer.ack(0, gaps: [(2, 2)]))
        #expect(peer.pollData().isEmpty)
        peer.inject(peer.ack(0, gaps: [(2, 4)]))
        let again = peer.pollData()
        #expect(again.map(\.tsn.rawValue) == [peer.peerTSN &+ 1])
        #expect(peer.association.statistics.timeouts == 0 && peer.association.statistics.fastRecoveries == 1)
        peer.inject(peer.ack(5))
        #expect(peer.poll().isEmpty)
    }

    @Test func theLostTailOfAFlightIsProbedBeforeTheTimeout() {
        var peer = SCTPScriptedPeer()
        peer.send(1000)
        _ = peer.poll()
        _ = peer.advance(.milliseconds(40))
        peer.inject(peer.ack(0))
        for _ in 0..<3 { peer.send(1000) }
        _ = peer.poll()
        let sent = peer.advance(.milliseconds(100))
        #expect(sent.count == 1)
        #expect(peer.association.statistics.timeouts == 0)
        _ = peer.advance(.milliseconds(30))
        // The probe was the last packet; its acknowledgement tells of the two before.
        peer.inject(peer.ack(0, gaps: [(3, 3)]))
        _ = peer.poll()
        _ = peer.advance(.milliseconds(60))
        #expect(peer.association.statistics.retransmittedChunks == 3)
        #expect(peer.association.statistics.timeouts == 0)
    }

    @Test func timeoutsBackOffToTheirBound() {
        var peer = SCTPScriptedPeer()
        peer.send(10)
        _ = peer.poll()
        let times = peer.advance(.seconds(5)).map(\.at)
        let pauses = zip(times, times.dropFirst()).map { $1 - $0 }
        #expect(times.count >= 6)
        #expect(pauses.allSatisfy { $0 == .milliseconds(800) }, "\(pauses)")
    }

    @Test func aPathThatStaysDeadFailsWhereALimitIsSet() {
        var options = SCTPOptions()
        options.maximumRetransmissions = 10
        var peer = SCTPScriptedPeer(options)
        peer.send(10)
        _ = peer.poll()
        _ = peer.advance(.seconds(20))
        #expect(peer.failure == .pathFailed && peer.association.state == .ended)
    }

    @Test func whatThePeerHadReportedAndThenDroppedIsSentAgain() {
        var peer = SCTPScriptedPeer()
        for _ in 0..<3 { peer.send(1000) }
        _ = peer.poll()
        peer.inject(peer.ack(0, gaps: [(2, 2)]))
        // The third chunk is gone from the peer's buffer.
        peer.inject(peer.ack(1))
        let sent = peer.advance(.seconds(2)).flatMap(\.packet.chunks)
        let tsns = sent.compactMap { if case .data(let chunk) = $0 { chunk.tsn.rawValue } else { nil } }
        #expect(tsns.contains(peer.peerTSN &+ 2))
        peer.inject(peer.ack(2))
        #expect(peer.advance(.seconds(5)).isEmpty)
    }

    @Test func aClosedWindowIsProbedAndALostUpdateDoesNotLockUp() {
        var peer = SCTPScriptedPeer()
        for _ in 0..<5 { peer.send(1000) }
        _ = peer.poll()
        peer.inject(peer.ack(4, window: 0))
        peer.send(1000)
        peer.send(1000)
        // One probe, however long the window stays closed, and the association does not give up.
        #expect(peer.pollData().count == 1)
        for _ in 0..<30 {
            let probes = peer.advance(.seconds(1)).count
            #expect((1...3).contains(probes))
            peer.inject(peer.ack(4, window: 0))
        }
        #expect(peer.failure == nil)
        // The update that opened the window was lost; the answer to the probe tells.
        peer.inject(peer.ack(5, window: 100_000))
        #expect(peer.pollData().count == 1)
    }

    @Test func moreThanThePeersWindowIsNotSent() {
        var peer = SCTPScriptedPeer(window: 3000)
        for _ in 0..<5 { peer.send(1000) }
        #expect(peer.pollData().count == 3)
        peer.inject(peer.ack(2, window: 2000))
        #expect(peer.pollData().count == 2)
    }

    @Test func smallMessagesShareAPacket() {
        var peer = SCTPScriptedPeer()
        for _ in 0..<30 { peer.send(20) }
        let packets = peer.poll()
        #expect(packets.count == 1 && packets[0].chunks.count == 30)
    }

    @Test func dataCarriesTheAcknowledgementThatWaits() {
        var peer = SCTPScriptedPeer()
        peer.inject(peer.data(0, "question"))
        #expect(peer.poll().isEmpty)
        peer.send(20)
        let chunks = peer.pollChunks()
        #expect(chunks.count == 2)
        guard case .selectiveAck(let ack)? = chunks.first else {
            Issue.record("no SACK first: \(chunks)")
            return
        }
        #expect(ack.cumulativeTSN.rawValue == SCTPScriptedPeer.firstTSN)
    }

    @Test func acknowledgementsThatMakeNoSenseChangeNothing() {
        var peer = SCTPScriptedPeer()
        peer.send(1000)
        peer.send(1000)
        _ = peer.poll()
        let discarded = peer.association.statistics.discardedPackets
        peer.inject(peer.ack(10))
        #expect(peer.association.statistics.discardedPackets == discarded + 1)
        peer.inject(peer.ack(-1, gaps: [(0, 0), (5, 2), (9, 65_535)]))
        peer.inject(peer.ack(-1000))
        #expect(peer.poll().isEmpty)
        peer.inject(peer.ack(1))
        #expect(peer.advance(.seconds(5)).isEmpty)
    }

    @Test func heartbeatsKeepAnIdlePathUnderWatch() {
        var options = SCTPOptions()
        options.maximumRetransmissions = 3
        var peer = SCTPScriptedPeer(options)
        let first = peer.advance(.seconds(31)).flatMap(\.packet.chunks)
        guard first.count == 1, case .heartbeat(let probe) = first[0] else {
            Issue.record("\(first)")
            return
        }
        _ = peer.advance(.milliseconds(70))
        peer.inject(.heartbeatAck(probe))
        #expect(peer.association.roundTripTime.map { $0 > .milliseconds(70) && $0 < .milliseconds(1100) } == true)
        _ = peer.advance(.seconds(200))
        #expect(peer.failure == .pathFailed)
    }

    @Test func aFullRetransmissionDoesNotWaitForADelayedAcknowledgement() {
        var peer = SCTPScriptedPeer()
        for _ in 0..<6 { peer.send(1160) }
        #expect(peer.pollData().map(\.payload.readableBytes) == Array(repeating: 1160, count: 6))
        // One packet of the peer's waits to be acknowledged together with a second one.
        peer.inject(peer.data(0, "question"))
        #expect(peer.poll().isEmpty)
        peer.inject(peer.ack(-1, gaps: [(2, 6)]))
        #expect(peer.pollData().map(\.tsn.rawValue) == [peer.peerTSN])
        // What waited goes on waiting, and is acknowledged in time.
        let later = peer.advance(.milliseconds(200)).flatMap(\.packet.chunks)
        let acknowledgements = later.filter { if case .selectiveAck = $0 { true } else { false } }
        #expect(acknowledgements.count == 1)
    }

    @Test func aBrokenChunkDoesNotHoldBackTheDataBeforeIt() {
        var peer = SCTPScriptedPeer()
        let broken = Chunk.unknown(UnknownChunk(type: .heartbeat, flags: 0, body: ByteBuffer()))
        peer.inject(peer.data(0, "one"), broken)
        peer.inject(peer.data(1, "two", sequence: 1), broken)
        let acknowledged = peer.pollChunks().contains { if case .selectiveAck = $0 { true } else { false } }
        #expect(peer.texts == ["one", "two"] && acknowledged)
        #expect(peer.association.statistics.discardedPackets == 2)
    }

    @Test func theSendBufferIsBoundedWhateverSizeThePeerTakes() {
        for limit in [0, 300_000, Int.max] {
            var options = SCTPOptions()
            options.sendBufferBytes = 100_000
            var peer = SCTPScriptedPeer(options)
            peer.association.maximumSendMessageBytes = limit
            // One message above the buffer's size passes, or it never could.
            peer.send(200_000)
            let next = SCTPMessage(stream: 1, ppid: 53, payload: ByteBuffer(repeating: 1, count: 10))
            #expect(throws: SCTPSendError.bufferFull) { try peer.association.send(next, at: peer.now) }
        }
    }

    @Test func throughputOverALongLossyPath() throws {
        // 50 ms of round trip and 1 % loss: what TCP Reno would make of it is about 1.22 · MSS / (RTT · √p) = 2.3 Mbit/s.
        var pair = AssociationPair.connected(.lossy(0.01, delay: .milliseconds(25)), seed: 8)
        let start = pair.now
        var sent = 0
        while pair.now - start < .seconds(20) {
            while pair.left.association.totalBufferedAmount < 100_000 {
                let message = SCTPMessage(stream: 1, ppid: 53, payload: ByteBuffer(repeating: 0, count: 16_384))
                try pair.left.association.send(message, at: pair.now)
                sent += 1
            }
            pair.run(for: .milliseconds(20))
        }
        let rate = Double(pair.right.messages.count * 16_384 * 8) / (pair.now - start).inSeconds
        #expect(rate > 1_800_000, "\(Int(rate)) bit/s")
        #expect(pair.left.association.statistics.timeouts <= 1)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func theSendersNumbersWrapAroundUnderLoss(seed: UInt64) throws {
        var pair = AssociationPair(
            AssociationPeer(seed), AssociationPeer(seed &+ 1), forward: .lossy(0.1), seed: seed)
        // Tag and first TSN are drawn from it.
        pair.left.association = SCTPAssociation(random: RandomSource { 0xFFFF_FFC0 })
        pair.left.association.connect(at: pair.now)
        pair.right.association.connect(at: pair.now)
        try #require(pair.run(for: .seconds(30)) { $0.left.isEstablished && $0.right.isEstablished })
        for index in 0..<200 {
            let isReliable = index.isMultiple(of: 2)
            let message = SCTPMessage(
                stream: isReliable ? 1 : 2, ppid: 53, payload: numbered(index, bytes: 600),
                reliability: isReliable ? .reliable : .maxRetransmits(0))
            try pair.left.association.send(message, at: pair.now)
            pair.run(for: .milliseconds(5))
        }
        pair.run(for: .seconds(20))
        let numbers = { (stream: UInt16) in
            pair.right.messages.filter { $0.stream == stream }.compactMap { number(of: $0.payload) }
        }
        #expect(numbers(1) == Array(stride(from: 0, to: 200, by: 2)), "seed \(seed)")
        let lossy = numbers(2)
        #expect(lossy == lossy.sorted() && lossy.count > 60 && (lossy.last ?? 0) > 150, "seed \(seed): \(lossy)")
        #expect(pair.left.association.statistics.retransmittedChunks > 0)
    }
}
