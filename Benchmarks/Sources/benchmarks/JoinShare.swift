import Foundation
import LiveKit
import NIOCore
import NIOPosix
import RTCMedia
import RTCNetwork
import SansIO
import Synchronization

extension Benchmark {
    /// Our own share of a join: what the room's thread computes from the first request to the first decoded sound of a
    /// candidate who speaks already; the server's time and the network's are left out, and shown beside it.
    static let joinShare = Benchmark(name: "join-share") {
        let stage = try await Stage.start()
        let (speech, speaks) = AsyncStream.makeStream(of: Void.self)
        let candidate = try stage.candidate(room: "join", hints: 1000, limit: .seconds(60)) { event in
            if case .beganSpeaking = event { speaks.yield() }
        }
        let playing = Task {
            // Whatever it ends with, nothing more is to be waited for.
            defer { speaks.finish() }
            _ = try await candidate.run()
        }
        guard await speech.first(where: { _ in true }) != nil else {
            try await playing.value
            throw Failed(reason: "the candidate ended without having spoken")
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var joins: [JoinTime] = []
        for round in 0..<12 {
            let join = try await measureJoin(stage, identity: "listener-\(round)", on: group.next())
            // The first fills caches.
            if round > 0 { joins.append(join) }
        }
        playing.cancel()
        _ = await playing.result
        try await group.shutdownGracefully()
        await stage.server.stop()
        return [
            Measurement(
                what: "join → first decoded sound, our thread's share", value: joins.map(\.share).median, unit: "ms",
                comparison: "largest of \(joins.count): \(number(joins.map(\.share).max() ?? 0)) ms", bar: .atMost(20)),
            Measurement(
                what: "join → first decoded sound, all in all, server on this machine",
                value: joins.map(\.all).median, unit: "ms",
                comparison: "largest: \(number(joins.map(\.all).max() ?? 0)) ms"),
        ]
    }

    private static func measureJoin(
        _ stage: Stage, identity: Identity, on eventLoop: any EventLoop
    ) async throws -> JoinTime {
        let options = try stage.listener(identity, in: "join")
        let done = eventLoop.makePromise(of: JoinTime.self)
        let engine = try await eventLoop.submit {
            let engine = RoomEngine(options: options, eventLoop: eventLoop)
            let began = ContinuousClock.now
            let computed = threadSeconds()
            engine.onEvent = { event in
                switch event {
                case .firstAudio:
                    let all = began.duration(to: .now) / .milliseconds(1)
                    done.succeed(JoinTime(share: (threadSeconds() - computed) * 1000, all: all))
                case .disconnected(let reason): done.fail(Failed(reason: "disconnected: \(reason)"))
                default: break
                }
            }
            engine.connect()
            return NIOLoopBound(engine, eventLoop: eventLoop)
        }.get()
        let late = eventLoop.scheduleTask(in: .seconds(10)) { done.fail(Failed(reason: "no sound within 10 s")) }
        let join = try await done.futureResult.get()
        late.cancel()
        eventLoop.execute { engine.value.leave() }
        return join
    }
}

/// Milliseconds.
private struct JoinTime {
    var share: Double
    var all: Double
}

/// What the calling thread has computed so far.
private func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
