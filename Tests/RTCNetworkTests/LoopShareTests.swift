import NIOCore
import NIOPosix
import RTCCore
import RTCNetwork
import SansIO
import Synchronization
import Testing

@Suite struct LoopShareTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    @Test("after a turn comes a rest as long as the turn, within bounds")
    func rests() {
        var share = LoopShare()
        #expect(share.isSpent(at: start), "no turn has begun")
        #expect(begins(&share, start))
        #expect(!share.isSpent(at: start + .milliseconds(1)))
        #expect(share.isSpent(at: start + LoopShare.longestTurn))
        let next = start + .milliseconds(20)
        #expect(rest(&share, start + .milliseconds(10)) == next)
        #expect(!begins(&share, next - .nanoseconds(1)))
        #expect(begins(&share, next))
        #expect(rest(&share, next) == next + LoopShare.longestTurn, "however short the turn was")
        #expect(begins(&share, next + .seconds(1)))
        #expect(rest(&share, next + .seconds(3)) == next + .seconds(3) + LoopShare.longestRest)
    }

    private func begins(_ share: inout LoopShare, _ now: Instant) -> Bool { share.begin(at: now) }

    private func rest(_ share: inout LoopShare, _ now: Instant) -> Instant { share.rest(at: now) }

    @Test(
        "messages that take long leave the loop to others between turns, come whole and in order, and sound overtakes them"
    )
    func messagesTakeTurns() async throws {
        let (messages, cost) = (60, Duration.milliseconds(3))
        let pair = try await DriverPair.negotiated()
        #expect(try await pair.areConnected())
        #expect(try await pair.right.comes { $0.messages == ["early"] })
        #expect(try await pair.left.comes { $0.channels["chat"] != nil })
        let taken = Mutex<(messages: Int, atSound: Int?)>((0, nil))
        try await pair.right.run { peer in
            peer.onEvent = { event in
                switch event {
                case .dataChannelMessage:
                    let end = ContinuousClock.now + cost
                    while ContinuousClock.now < end {}
                    taken.withLock { $0.messages += 1 }
                case .rtp: taken.withLock { $0.atSound = $0.atSound ?? $0.messages }
                default: break
                }
            }
        }
        // Somebody else on the same loop.
        let ticks = Mutex<[Instant]>([])
        let ticking = pair.right.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(1)) { _ in
            ticks.withLock { $0.append(.onEventLoop) }
        }
        try await pair.left.run { peer in
            let channel = try #require(peer.channels["chat"])
            try peer.driver.perform { connection, now in
                for number in 0..<messages {
                    try connection.send(ByteBuffer(string: "\(number)"), isBinary: false, on: channel, at: now)
                }
            }
        }
        #expect(try await pair.right.comes { _ in taken.withLock { $0.messages > 0 } })
        try await pair.sendAudio(1)
        #expect(try await pair.right.comes { _ in taken.withLock { $0.messages == messages } })
        ticking.cancel()
        #expect(try await pair.right.run { $0.messages.dropFirst() == (0..<messages).map { "\($0)" }[...] })
        #expect(try #require(taken.withLock { $0.atSound }) < messages, "the sound did not wait for the messages")
        // Each message is a turn: between two of them somebody else had the loop.
        #expect(ticks.withLock { $0.count } >= messages / 2, "\(ticks.withLock { $0.count }) ticks")
        try await pair.close()
    }

    @Test("a command does not hand out messages that wait for their turn, though the rest is over")
    func commandsTellNoMessages() async throws {
        let pair = try await DriverPair.negotiated()
        #expect(try await pair.areConnected())
        #expect(try await pair.right.comes { $0.messages == ["early"] })
        #expect(try await pair.left.comes { $0.channels["chat"] != nil })
        let taken = Mutex(0)
        try await pair.right.run { peer in
            peer.onEvent = { event in
                guard case .dataChannelMessage = event else { return }
                let end = ContinuousClock.now + .milliseconds(3)
                while ContinuousClock.now < end {}
                taken.withLock { $0 += 1 }
            }
        }
        try await pair.left.run { peer in
            let channel = try #require(peer.channels["chat"])
            try peer.driver.perform { connection, now in
                for number in 0..<60 {
                    try connection.send(ByteBuffer(string: "\(number)"), isBinary: false, on: channel, at: now)
                }
            }
        }
        #expect(try await pair.right.comes { _ in taken.withLock { $0 > 0 } })
        let (before, after) = try await pair.right.run { peer in
            let before = taken.withLock { $0 }
            let end = ContinuousClock.now + LoopShare.longestRest + .milliseconds(10)
            while ContinuousClock.now < end {}
            peer.driver.perform { _, _ in }
            return (before, taken.withLock { $0 })
        }
        #expect(before < 60 && after == before, "\(after - before) told by the command")
        #expect(try await pair.right.comes { _ in taken.withLock { $0 == 60 } })
        try await pair.close()
    }
}
