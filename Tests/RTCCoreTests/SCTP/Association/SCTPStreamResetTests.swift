import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite struct SCTPStreamResetTests {
    private func request(_ peer: SCTPScriptedPeer, sequence: UInt32 = 0, lastTSN offset: UInt32, streams: [UInt16])
        -> Chunk
    {
        .reconfiguration(
            ReconfigurationChunk(parameters: [
                .outgoingReset(
                    OutgoingResetRequest(
                        requestSequence: SCTPScriptedPeer.firstTSN &+ sequence, responseSequence: 0,
                        lastTSN: TSN(rawValue: SCTPScriptedPeer.firstTSN &+ offset), streams: streams))
            ]))
    }

    private func responses(_ chunks: [Chunk]) -> [ReconfigurationResponse] {
        chunks.flatMap { chunk -> [ReconfigurationResponse] in
            guard case .reconfiguration(let reconfiguration) = chunk else { return [] }
            return reconfiguration.parameters.compactMap {
                if case .response(let response) = $0 { response } else { nil }
            }
        }
    }

    private func requests(_ chunks: [Chunk]) -> [OutgoingResetRequest] {
        chunks.flatMap { chunk -> [OutgoingResetRequest] in
            guard case .reconfiguration(let reconfiguration) = chunk else { return [] }
            return reconfiguration.parameters.compactMap {
                if case .outgoingReset(let request) = $0 { request } else { nil }
            }
        }
    }

    private func resets(_ events: [SCTPEvent]) -> [[UInt16]] {
        events.compactMap { if case .incomingStreamsReset(let streams) = $0 { streams } else { nil } }
    }

    @Test func aResetStartsSequenceNumbersAnew() {
        var peer = SCTPScriptedPeer()
        peer.inject(peer.data(0, "one", sequence: 0), peer.data(1, "two", sequence: 1))
        peer.inject(request(peer, lastTSN: 1, streams: [1]))
        #expect(responses(peer.pollChunks()).map(\.result) == [.performed])
        #expect(resets(peer.events) == [[1]])
        peer.inject(peer.data(2, "new one", sequence: 0))
        _ = peer.poll()
        #expect(peer.texts == ["one", "two", "new one"])
    }

    @Test func aResetWithDataInFlightWaitsForTheData() {
        var peer = SCTPScriptedPeer()
        peer.inject(request(peer, lastTSN: 1, streams: [1]))
        #expect(responses(peer.pollChunks()).map(\.result) == [.inProgress])
        // Asked again, the answer is the same.
        peer.inject(request(peer, lastTSN: 1, streams: [1]))
        #expect(responses(peer.pollChunks()).map(\.result) == [.inProgress])
        peer.inject(peer.data(0, "one", sequence: 0), peer.data(1, "two", sequence: 1))
        #expect(responses(peer.pollChunks()).map(\.result) == [.performed])
        #expect(peer.texts == ["one", "two"] && resets(peer.events) == [[1]])
        // A late repetition does not reset again.
        peer.inject(peer.data(2, "three", sequence: 0))
        peer.inject(request(peer, lastTSN: 1, streams: [1]))
        #expect(responses(peer.pollChunks()).map(\.result) == [.performed])
        #expect(resets(peer.events) == [[1]])
    }

    @Test func aRequestOutOfSequenceIsRefused() {
        var peer = SCTPScriptedPeer()
        peer.inject(request(peer, sequence: 5, lastTSN: 0, streams: [1]))
        #expect(responses(peer.pollChunks()).map(\.result) == [.badSequenceNumber])
        #expect(resets(peer.events).isEmpty)
    }

    @Test func ourResetWaitsForItsDataAndIsRepeatedUntilAnswered() {
        var peer = SCTPScriptedPeer(window: 1500)
        for _ in 0..<3 { peer.send(1000) }
        peer.association.resetStream(1, at: peer.now)
        #expect(requests(peer.pollChunks()).isEmpty)
        peer.inject(peer.ack(0, window: 10_000))
        var sent = requests(peer.pollChunks() + peer.pollChunks())
        #expect(throws: SCTPSendError.streamResetting) {
            try peer.association.send(SCTPMessage(stream: 1, ppid: 53, payload: ByteBuffer(string: "x")), at: peer.now)
        }
        peer.inject(peer.ack(2, window: 10_000))
        sent += requests(peer.pollChunks())
        #expect(sent.last?.lastTSN.rawValue == peer.peerTSN &+ 2 && sent.last?.streams == [1])
        let again = requests(peer.advance(.seconds(2)).flatMap(\.packet.chunks))
        #expect(again.count >= 2 && again.allSatisfy { $0.requestSequence == sent.last?.requestSequence })
        let sequence = sent.last?.requestSequence ?? 0
        // Not yet: asks again under a new number.
        peer.inject(response(sequence, .inProgress))
        let later = requests(peer.advance(.seconds(1)).flatMap(\.packet.chunks))
        #expect(later.first?.requestSequence == sequence &+ 1)
        peer.inject(response(sequence &+ 1, .performed))
        #expect(peer.poll().isEmpty && peer.advance(.seconds(3)).isEmpty)
        let done = peer.events.contains { if case .outgoingStreamReset(1, accepted: true) = $0 { true } else { false } }
        #expect(done)
        peer.send(10)
        #expect(peer.pollData().first?.streamSequence == 0)
    }

    private func response(_ sequence: UInt32, _ result: ReconfigurationResponse.Result) -> Chunk {
        .reconfiguration(
            ReconfigurationChunk(parameters: [.response(.init(responseSequence: sequence, result: result))]))
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func bothSidesResetUnderLoss(seed: UInt64) throws {
        var pair = AssociationPair.connected(.lossy(0.2), seed: seed)
        for round in 0..<5 {
            for index in 0..<10 {
                let message = SCTPMessage(stream: 4, ppid: 53, payload: numbered(round * 10 + index, bytes: 1500))
                try pair.left.association.send(message, at: pair.now)
                try pair.right.association.send(message, at: pair.now)
            }
            pair.left.association.resetStream(4, at: pair.now)
            pair.right.association.resetStream(4, at: pair.now)
            let isDone = pair.run(for: .seconds(60)) { pair in
                [pair.left, pair.right].allSatisfy { peer in
                    peer.events.count { if case .outgoingStreamReset = $0 { true } else { false } } == round + 1
                }
            }
            #expect(isDone, "seed \(seed), round \(round)")
        }
        pair.run(for: .seconds(5))
        for peer in [pair.left, pair.right] {
            #expect(peer.messages.compactMap { number(of: $0.payload) } == Array(0..<50), "seed \(seed)")
        }
    }

    @Test(arguments: [0, 1, 256, 257])
    func aWishForResetsIsPerformedAsAWholeOrRefused(count: Int) {
        var peer = SCTPScriptedPeer()
        let streams = (0..<count).map { UInt16($0) }
        peer.inject(
            .reconfiguration(
                ReconfigurationChunk(parameters: [
                    .incomingReset(
                        IncomingResetRequest(requestSequence: SCTPScriptedPeer.firstTSN, streams: streams))
                ])))
        let chunks = peer.pollChunks()
        let isTaken = (1...256).contains(count)
        #expect(responses(chunks).map(\.result) == [isTaken ? .performed : .denied])
        #expect(requests(chunks).map(\.streams) == (isTaken ? [streams] : []))
    }

    @Test func aPeerWithoutResetsIsNotAsked() {
        var peer = SCTPScriptedPeer(supports: [.forwardTSN])
        peer.association.resetStream(1, at: peer.now)
        #expect(peer.poll().isEmpty)
        let refused = peer.events.contains {
            if case .outgoingStreamReset(1, accepted: false) = $0 { true } else { false }
        }
        #expect(refused)
    }
}
