import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

struct UnacknowledgedAmountTests {
    private func pair() throws -> (ChannelsPair, DataChannelID, DataChannelID) {
        var pair = ChannelsPair.connecting(seed: 1)
        let reliable = try pair.left.channels.open(label: "_reliable", at: pair.now)
        let lossy = try pair.left.channels.open(
            label: "_lossy", ordered: false, reliability: .maxRetransmits(0), at: pair.now)
        pair.run(for: .seconds(2))
        return (pair, reliable, lossy)
    }

    private func send(_ bytes: Int, on id: DataChannelID, _ pair: inout ChannelsPair) throws {
        try pair.left.channels.send(ByteBuffer(repeating: 7, count: bytes), isBinary: true, on: id, at: pair.now)
    }

    @Test("what was handed in counts until the peer has acknowledged it, also while it is under way")
    func countsUntilAcknowledged() throws {
        var (pair, reliable, lossy) = try pair()
        #expect(pair.left.channels.unacknowledgedAmount(reliable) == 0)
        try send(60_000, on: reliable, &pair)
        try send(50, on: lossy, &pair)
        #expect(pair.left.channels.unacknowledgedAmount(reliable) == 60_000)
        pair.forward.isDown = true
        pair.run(for: .milliseconds(50))
        #expect(pair.left.channels.bufferedAmount(reliable) < 60_000)
        #expect(pair.left.channels.unacknowledgedAmount(reliable) == 60_000)
        pair.forward.isDown = false
        pair.run(for: .seconds(20))
        #expect(pair.left.channels.unacknowledgedAmount(reliable) == 0)
        #expect(pair.right.messages.contains { $0.payload.readableBytes == 60_000 })
    }

    @Test("after the association's end it is what it was then")
    func staysAfterTheEnd() throws {
        var (pair, reliable, _) = try pair()
        try send(500, on: reliable, &pair)
        pair.run(for: .seconds(1))
        pair.forward.isDown = true
        try send(300, on: reliable, &pair)
        pair.run(for: .milliseconds(100))
        pair.right.channels.abort(reason: "gone", at: pair.now)
        pair.run(for: .seconds(1))
        #expect(pair.left.closed.contains(reliable))
        #expect(pair.left.channels.unacknowledgedAmount(reliable) == 300)
    }

    @Test("of a channel that was closed before, nothing is known")
    func unknownAfterClosing() throws {
        var (pair, reliable, _) = try pair()
        pair.left.channels.close(reliable, at: pair.now)
        pair.run(for: .seconds(2))
        #expect(pair.left.channels.unacknowledgedAmount(reliable) == nil)
    }
}
