import NIOCore
import RTCCore
import Testing

@Suite(.serialized, .enabled(if: AiortcProcess.isAvailable, Comment(rawValue: AiortcProcess.whyNot)))
struct AiortcDataTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var weOffer: Bool
        var loss: Double
        var messages: Int
        var seed: UInt64

        var testDescription: String {
            "\(weOffer ? "we offer" : "aiortc offers"), \(Int(loss * 100)) % loss, \(messages) messages each way"
        }
    }

    static let cases = [
        Case(weOffer: true, loss: 0, messages: 128, seed: 1), Case(weOffer: false, loss: 0, messages: 128, seed: 2),
        Case(weOffer: true, loss: 0.1, messages: 24, seed: 3), Case(weOffer: false, loss: 0.1, messages: 24, seed: 4),
    ]
    static let size = 16_384

    @Test("messages of 16 KiB go both ways at once and come back from an echo, whole and in order", arguments: cases)
    func loadBothWays(_ test: Case) async throws {
        let aiortc = try AiortcProcess(["--expect", "\(test.messages)"])
        defer { aiortc.end() }
        let peer = try await LoopPeer.start(loss: test.loss, seed: test.seed)
        if test.weOffer {
            try await peer.run { state in
                try state.driver.perform { connection, now in
                    for label in ["load", "echo"] { _ = try connection.openDataChannel(label: label, at: now) }
                }
            }
        }
        try await peer.connect(to: aiortc, weOffer: test.weOffer)
        let isOpen = try await peer.waits { $0.channels.count == 2 }
        let diagnosis = try await peer.run { $0.driver.perform { connection, _ in connection.diagnosis } }
        try #require(isOpen, "\(diagnosis)")
        _ = try await aiortc.event("open") { $0.label == "load" }
        _ = try await aiortc.event("open") { $0.label == "echo" }

        try aiortc.load(messages: test.messages, size: Self.size)
        try await Self.feed("load", count: test.messages, of: peer)
        try await Self.feed("echo", count: test.messages / 4, of: peer)

        let taken = try await aiortc.event("received", within: .seconds(60))
        #expect(taken.messages == test.messages && taken.wrong == 0)
        let isComplete = try await peer.waits(for: .seconds(60)) { state in
            Self.messages(state, "load").count >= test.messages
                && Self.messages(state, "echo").count >= test.messages / 4
        }
        #expect(isComplete)
        let (wrong, dropped) = try await peer.run { state in
            var wrong: [String] = []
            for (label, count) in [("load", test.messages), ("echo", test.messages / 4)] {
                let messages = Self.messages(state, label)
                if messages.count != count { wrong.append("\(messages.count) messages on \(label)") }
                for (number, message) in messages.enumerated() where message != Self.message(number) {
                    wrong.append("message \(number) on \(label)")
                }
            }
            return (wrong + state.failures, state.dropped)
        }
        #expect(wrong == [])
        #expect(test.loss == 0 || dropped > 20)
        try await peer.close()
    }

    private static func messages(_ state: LoopPeer.State, _ label: String) -> [ByteBuffer] {
        state.channels[label].flatMap { state.messages[$0] } ?? []
    }

    /// The content that both sides know a message by its number to have.
    private static func message(_ number: Int) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: size)
        for word in 0..<UInt32(size / 4) {
            buffer.writeInteger(UInt32(number) &* 1_000_003 &+ word &* 2_654_435_761)
        }
        return buffer
    }

    /// Sends messages as fast as the send buffer takes them.
    private static func feed(_ label: String, count: Int, of peer: LoopPeer) async throws {
        var sent = 0
        let end = ContinuousClock.now + .seconds(60)
        while sent < count, ContinuousClock.now < end {
            let from = sent
            sent = try await peer.run { state in
                try state.driver.perform { connection, now in
                    var next = from
                    guard let channel = state.channels[label] else { return next }
                    while next < count, connection.bufferedAmount(channel) < 512 * 1024 {
                        try connection.send(message(next), on: channel, at: now)
                        next += 1
                    }
                    return next
                }
            }
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(sent == count, "the send buffer of \(label) never drained")
    }
}
