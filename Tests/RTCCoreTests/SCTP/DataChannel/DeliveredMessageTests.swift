import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite("When a message has arrived")
struct DeliveredMessageTests {
    private func pair(_ conditions: LinkConditions = .init()) throws -> (ChannelsPair, DataChannelID) {
        var pair = ChannelsPair.connecting(conditions, seed: 1)
        let reliable = try pair.left.channels.open(label: "_reliable", at: pair.now)
        pair.run(for: .seconds(2))
        return (pair, reliable)
    }

    private func send(_ bytes: Int, receipt: UInt64?, on id: DataChannelID, _ pair: inout ChannelsPair) throws {
        try pair.left.channels.send(
            ByteBuffer(repeating: 7, count: bytes), isBinary: true, on: id, receipt: receipt, at: pair.now)
    }

    private func delivered(_ pair: ChannelsPair) -> [DeliveredMessage] {
        pair.left.events.compactMap { if case .delivered(let message) = $0 { message } else { nil } }
    }

    @Test("a message is told with the time at which it left, not that at which this became known")
    func leftBefore() throws {
        var (pair, reliable) = try pair(.lossy(0, delay: .milliseconds(40)))
        let handed = pair.now
        try send(100, receipt: 7, on: reliable, &pair)
        try send(100, receipt: nil, on: reliable, &pair)
        pair.run(for: .milliseconds(70))
        #expect(delivered(pair).isEmpty, "nobody has acknowledged it yet")
        pair.run(for: .seconds(1))
        #expect(delivered(pair) == [DeliveredMessage(receipt: 7, sentAt: handed)])
    }

    @Test("what a dead path swallows has not been sent: the transmission counts that got through")
    func deadPath() throws {
        var (pair, reliable) = try pair()
        pair.forward.isDown = true
        try send(300, receipt: 1, on: reliable, &pair)
        pair.run(for: .seconds(8))
        #expect(delivered(pair).isEmpty && pair.left.channels.statistics.retransmittedChunks > 0)
        pair.forward.isDown = false
        let back = pair.now
        pair.run(for: .seconds(20))
        let message = try #require(delivered(pair).first)
        #expect(message.receipt == 1 && message.sentAt >= back && delivered(pair).count == 1)
        #expect(pair.right.messages.count == 1)
    }

    @Test("a long message is told once, after its last part, and with the latest of its parts' times")
    func wholeMessages() throws {
        var (pair, reliable) = try pair(.lossy(0.2))
        for number in 1...20 { try send(60_000, receipt: UInt64(number), on: reliable, &pair) }
        var known = 0
        for _ in 0..<20_000 where known < 20 {
            pair.run(for: .milliseconds(5))
            let now = delivered(pair)
            #expect(now.count <= pair.right.messages.count, "none is told before the other side has it")
            known = now.count
        }
        #expect(delivered(pair).map(\.receipt) == Array(1...20))
        let times = delivered(pair).map(\.sentAt)
        #expect(times.allSatisfy { $0 <= pair.now } && pair.right.messages.count == 20)
    }

    @Test("what was on its way at the association's end is not told")
    func end() throws {
        var (pair, reliable) = try pair()
        pair.forward.isDown = true
        try send(300, receipt: 1, on: reliable, &pair)
        pair.run(for: .milliseconds(100))
        pair.right.channels.abort(reason: "gone", at: pair.now)
        pair.run(for: .seconds(1))
        #expect(pair.left.closed.contains(reliable) && delivered(pair).isEmpty)
    }

    @Test("of a message whose parts went at different times the latest time counts")
    func latestPart() throws {
        func at(_ milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }
        var sender = SCTPSender(initialTSN: TSN(rawValue: 100), options: SCTPOptions())
        sender.start(peerWindow: 1 << 20, supportsAbandoning: true)
        let payload = ByteBuffer(repeating: 1, count: 2000)
        sender.queue.enqueue(SCTPMessage(stream: 0, ppid: 53, payload: payload, receipt: 9), at: at(0))
        func transmit(_ milliseconds: Int64) -> TSN? {
            defer { sender.endPacket() }
            return sender.nextChunk(space: 1200, isFirst: true, at: at(milliseconds))?.tsn
        }
        func acknowledge(_ tsn: UInt32, gap: UInt16? = nil, _ milliseconds: Int64) -> Bool {
            let ack = SelectiveAckChunk(
                cumulativeTSN: TSN(rawValue: tsn), advertisedWindow: 1 << 20,
                gaps: gap.map { [.init(start: $0, end: $0)] } ?? [], duplicates: [])
            return sender.receive(ack, at: at(milliseconds))
        }
        #expect(transmit(0) == TSN(rawValue: 100) && transmit(0) == TSN(rawValue: 101))
        #expect(acknowledge(99, gap: 2, 50) && sender.delivered.isEmpty, "its first part is missing")
        sender.timeout(at: at(200))
        #expect(transmit(200) == TSN(rawValue: 100))
        #expect(acknowledge(101, 250))
        #expect(Array(sender.delivered) == [DeliveredMessage(receipt: 9, sentAt: at(200))])
    }
}
