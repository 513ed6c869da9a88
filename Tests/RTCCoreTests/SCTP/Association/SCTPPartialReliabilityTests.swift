import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite struct SCTPPartialReliabilityTests {
    @Test(arguments: [1, 2, 3, 4] as [UInt64], [true, false])
    func withoutRetransmissionsLossesAreGapsAndNothingElse(seed: UInt64, ordered: Bool) throws {
        var pair = AssociationPair.connected(.lossy(0.2), seed: seed)
        let count = 300
        for index in 0..<count {
            let message = SCTPMessage(
                stream: 3, ppid: 53, payload: numbered(index, bytes: 50 + index % 7 * 400), ordered: ordered,
                reliability: .maxRetransmits(0))
            try pair.left.association.send(message, at: pair.now)
            pair.run(for: .milliseconds(3))
        }
        pair.run(for: .seconds(5))
        let numbers = pair.right.messages.compactMap { number(of: $0.payload) }
        #expect(Set(numbers).count == numbers.count, "seed \(seed)")
        if ordered { #expect(numbers == numbers.sorted(), "seed \(seed)") }
        #expect((count / 3..<count).contains(numbers.count), "seed \(seed): \(numbers.count)")
        #expect(pair.left.association.statistics.retransmittedChunks == 0, "seed \(seed)")
        // Afterwards the stream works as if nothing had been.
        try pair.left.association.send(SCTPMessage(stream: 3, ppid: 53, payload: numbered(999, bytes: 9)), at: pair.now)
        let isDone = pair.run(for: .seconds(10)) { $0.right.messages.last.flatMap { number(of: $0.payload) } == 999 }
        #expect(isDone, "seed \(seed)")
    }

    @Test func aLossyStreamDoesNotDisturbAReliableOne() throws {
        for seed in 1...5 as ClosedRange<UInt64> {
            var pair = AssociationPair.connected(.lossy(0.15), seed: seed)
            for index in 0..<200 {
                let message = SCTPMessage(
                    stream: UInt16(index % 2), ppid: 53, payload: numbered(index, bytes: 2500),
                    reliability: index % 2 == 0 ? .reliable : .maxRetransmits(0))
                try pair.left.association.send(message, at: pair.now)
            }
            pair.run(for: .seconds(60)) { $0.left.association.totalBufferedAmount == 0 }
            pair.run(for: .seconds(10))
            let reliable = pair.right.messages.filter { $0.stream == 0 }.compactMap { number(of: $0.payload) }
            #expect(reliable == Array(stride(from: 0, to: 200, by: 2)), "seed \(seed)")
        }
    }

    @Test func aMessageGivenUpInTheMiddleIsSkippedAsAWhole() {
        var peer = SCTPScriptedPeer(window: 2500)
        peer.send(5000, reliability: .maxLifetime(.milliseconds(100)))
        peer.send(10)
        let first = peer.pollData()
        #expect(first.count == 2 && first[0].flags.contains(.beginning))
        peer.inject(peer.ack(0, window: 2500))
        _ = peer.poll()
        let later = peer.advance(.milliseconds(800)).flatMap(\.packet.chunks)
        var skipped: [ForwardTSNChunk] = later.compactMap { if case .forwardTSN(let chunk) = $0 { chunk } else { nil } }
        peer.inject(peer.ack(1, window: 2500))
        for chunk in peer.pollChunks() { if case .forwardTSN(let forward) = chunk { skipped.append(forward) } }
        #expect(skipped.last?.skipped == [.init(stream: 1, streamSequence: 0)])
        // It passes one TSN that no chunk ever had: the missing end of the message.
        let newest = skipped.last?.newCumulativeTSN.rawValue ?? 0
        peer.inject(
            .selectiveAck(
                SelectiveAckChunk(
                    cumulativeTSN: TSN(rawValue: newest), advertisedWindow: 2500, gaps: [], duplicates: [])))
        let rest = later + peer.pollChunks()
        let second = rest.compactMap { chunk -> DataChunk? in
            if case .data(let data) = chunk, data.streamSequence == 1 { data } else { nil }
        }
        #expect(second.last?.tsn.rawValue == newest &+ 1 && second.last?.payload.readableBytes == 10)
    }

    @Test func whatIsGivenUpInTheSearchForDataIsSkippedAtOnce() {
        var peer = SCTPScriptedPeer(window: 2500)
        peer.send(5000, reliability: .maxLifetime(.milliseconds(100)))
        #expect(peer.pollData().count == 2)
        peer.now = peer.now + .milliseconds(150)
        peer.inject(peer.ack(1, window: 2500))
        let forwards = peer.pollChunks().compactMap { chunk -> ForwardTSNChunk? in
            if case .forwardTSN(let forward) = chunk { forward } else { nil }
        }
        #expect(forwards.map(\.newCumulativeTSN.rawValue) == [peer.peerTSN &+ 2])
    }

    @Test func aLostForwardTSNIsRepeated() {
        var peer = SCTPScriptedPeer()
        peer.send(10, reliability: .maxRetransmits(0))
        _ = peer.poll()
        let forwards = peer.advance(.seconds(5)).flatMap(\.packet.chunks).filter {
            if case .forwardTSN = $0 { true } else { false }
        }
        #expect(forwards.count >= 3)
        peer.inject(peer.ack(0))
        #expect(peer.advance(.seconds(5)).isEmpty)
    }

    @Test func lifetimeZeroIsNeverSentAndHoldsNothingUp() {
        var peer = SCTPScriptedPeer()
        peer.send(10, reliability: .maxLifetime(.zero))
        peer.send(20)
        let data = peer.pollData()
        #expect(data.map(\.payload.readableBytes) == [20] && data.map(\.streamSequence) == [0])
    }

    @Test func lifetimeEndsRetransmission() throws {
        var peer = SCTPScriptedPeer()
        peer.send(10, reliability: .maxLifetime(.milliseconds(1000)))
        _ = peer.poll()
        let sent = peer.advance(.seconds(6))
        let data = sent.filter { if case .data? = $0.packet.chunks.first { true } else { false } }
        #expect(data.count == 1)
        #expect(data.allSatisfy { $0.at - Instant(nanoseconds: 1_000_000_000) < .milliseconds(1000) })
    }

    @Test func retransmissionsAreCounted() {
        var peer = SCTPScriptedPeer()
        peer.send(10, reliability: .maxRetransmits(2))
        _ = peer.poll()
        let data = peer.advance(.seconds(10)).flatMap(\.packet.chunks).filter {
            if case .data = $0 { true } else { false }
        }
        #expect(data.count == 2)
    }

    @Test func towardsAPeerThatCannotSkipEverythingIsReliable() {
        var peer = SCTPScriptedPeer(supports: [.reconfiguration])
        peer.send(10, reliability: .maxRetransmits(0))
        _ = peer.poll()
        #expect(peer.advance(.seconds(3)).count >= 3)
    }
}
