import DevServer
import Foundation
import LiveKit
import MachineWatch
import NIOCore
import NIOPosix
import RTCCore
import RTCMedia
import RTCNetwork
import SansIO
import Synchronization
import Testing
import VirtualCandidate

/// A room whose packets are read together, and what its sound has to tell it.
@Suite struct BeatTests {
    /// What the sink has told the room, through its mailbox.
    private final class Told: Sendable {
        struct Batch: Sendable {
            var frames: Int
            var kinds: [AudioFrame.Kind]
            var waited: Duration
            var at: Instant
        }

        private let all = Mutex<[Batch]>([])
        private let box = Mutex<LoopMailbox?>(nil)
        var batches: [Batch] { all.withLock { $0 } }
        func open(_ mailbox: LoopMailbox) { box.withLock { $0 = mailbox } }

        func hear(_ frames: [AudioFrame]) {
            let (posted, kinds) = (Instant.onEventLoop, frames.map(\.kind))
            box.withLock { $0 }?.post { [self] in
                let now = Instant.onEventLoop
                all.withLock {
                    $0.append(Batch(frames: kinds.count, kinds: kinds, waited: now - posted, at: now))
                }
            }
        }
    }

    @Test(
        "is told of sound at its next beat, of some frames at once, and of all that came",
        arguments: [SignalVersion.v1, .v0])
    func soundAtTheBeat(version: SignalVersion) async throws {
        let watch = MachineWatch()
        let server = try await startDevServer()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let key = try APIKey(name: "devkey", secret: "secret")
        let token = try AccessToken(
            signing: TokenClaims(identity: "listener", video: .join(room: "r")), with: key,
            now: Int64(Date().timeIntervalSince1970))
        var options = RoomOptions(
            signal: SignalOptions(server: try ServerURL(server.url), token: token), identity: try .generate(),
            pool: try ThreadPool(threadCount: 1))
        options.signal.preferredVersion = version
        options.interfaces = InterfacePolicy(only: [.loopback])
        (options.sharedReading, options.sharedAudioWake) = (.milliseconds(100), .milliseconds(100))
        let told = Told()
        options.audioSink = { _ in { frames in told.hear(frames) } }
        let listening = options
        let engine = try await loop.submit {
            let engine = RoomEngine(options: listening, eventLoop: loop)
            told.open(engine.mailbox)
            engine.connect()
            return NIOLoopBound(engine, eventLoop: loop)
        }.get()
        let candidate = try VirtualCandidate.make(.speaking(for: .seconds(6)), on: server, over: version)
        #expect(try await candidate.run() >= 0)
        try await loop.submit { engine.value.leave() }.get()
        await server.stop()

        let batches = told.batches
        #expect(batches.reduce(0) { $0 + $1.frames } >= 150, "\(batches.map(\.frames))")
        // The pace is found out in the first second; from the fifth on the candidate is silent.
        let first = batches.first?.at ?? .zero
        let later = batches.filter { (.seconds(1.5)...(.seconds(4.5))).contains($0.at - first) }
        try #require(later.count >= 8)
        // Silence in which nothing comes is told of all the same.
        let silent = batches.filter { $0.at - first > .seconds(5.3) }.flatMap(\.kinds)
        #expect(silent.contains(.discontinuous), "\(silent)")
        let waited = later.map(\.waited).sorted()
        if watch.allows(.zero) < .milliseconds(8) {
            #expect(waited[waited.count / 2] > .milliseconds(20), "\(waited)")
        } else {
            // Where processors are scarce, the decoder runs in the midst of a beat, which then tells what came of it.
            print("skipped: whether sound waits for the beat, for \(watch.report)")
        }
        let beats = Set(later.map { $0.at.nanoseconds / 20_000_000 }).count
        #expect(Double(beats) > Double(later.count) / 3, "\(later.count) batches at \(beats) times")
        #expect(later.contains { $0.frames >= 3 })
    }
}
