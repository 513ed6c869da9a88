import DevServer
import Foundation
import LiveKit
import NIOCore
import NIOPosix
import RTCCore
import RTCMedia
import RTCNetwork
import SansIO
import Synchronization

/// One client in a room and everything it saw, for tests that wait for something to have happened.
final class RoomProbe: Sendable {
    let room: LiveKit.Room
    private let seen = Mutex<[RoomEvent]>([])
    private let sound = Mutex<(frames: Int, samples: Int, energy: Double)>((0, 0, 0))
    private let pool: ThreadPool
    private let framesSent = Mutex(0)

    convenience init(
        server: DevServer, room name: RoomName, identity: Identity, hidden: Bool = false,
        over version: SignalVersion = .v1,
        group: MultiThreadedEventLoopGroup, configure: (inout RoomOptions) -> Void = { _ in }
    ) throws {
        try self.init(
            url: server.url, room: name, identity: identity, hidden: hidden, group: group
        ) { options in
            options.signal.preferredVersion = version
            configure(&options)
        }
    }

    init(
        url: String, room name: RoomName, identity: Identity, hidden: Bool = false,
        group: MultiThreadedEventLoopGroup, configure: (inout RoomOptions) -> Void = { _ in }
    ) throws {
        var grant = VideoGrant.join(room: name)
        grant.hidden = hidden
        let key = try APIKey(name: "devkey", secret: "secret")
        let token = try AccessToken(
            signing: TokenClaims(identity: identity, video: grant), with: key, now: Int64(Date().timeIntervalSince1970))
        pool = try ThreadPool(threadCount: 1)
        var options = RoomOptions(
            signal: SignalOptions(server: try ServerURL(url), token: token), identity: try .generate(),
            pool: pool)
        options.interfaces = InterfacePolicy(only: [.loopback])
        configure(&options)
        let box = SoundBox()
        options.audioSink = { _ in { frames in for frame in frames { box.take(frame) } } }
        room = LiveKit.Room.connect(options, on: group.next())
        box.probe = self
        let events = room.events
        Task { [weak self] in
            for await event in events { self?.seen.withLock { $0.append(event) } }
        }
    }

    /// Breaks the cycle between the options and the probe.
    private final class SoundBox: @unchecked Sendable {
        weak var probe: RoomProbe?
        func take(_ frame: AudioFrame) { probe?.heard(frame) }
    }

    /// Frames of 20 ms.
    func sent(frames: Int) { framesSent.withLock { $0 += frames } }

    /// How long what it has sent takes to play.
    var soundSent: Duration { .milliseconds(20 * framesSent.withLock { $0 }) }

    private func heard(_ frame: AudioFrame) {
        let energy = frame.samples.reduce(0.0) { $0 + Double($1) * Double($1) }
        sound.withLock { total in
            total.frames += 1
            total.samples += frame.samples.count
            total.energy += energy
        }
    }

    var events: [RoomEvent] { seen.withLock { $0 } }

    /// Root mean square of all samples heard so far, and how many seconds they are.
    var loudness: (rms: Double, seconds: Double) {
        sound.withLock { total in
            guard total.samples > 0 else { return (0, 0) }
            let count = Double(total.samples)
            return ((total.energy / count).squareRoot(), count / 16_000)
        }
    }

    /// Waits until `condition` gives a value.
    func wait<Value: Sendable>(
        _ seconds: Double = 10, for condition: ([RoomEvent]) -> Value?
    ) async throws -> Value? {
        let end = Date().addingTimeInterval(seconds)
        while Date() < end {
            if let value = condition(events) { return value }
            try await Task.sleep(for: .milliseconds(20))
        }
        return condition(events)
    }

    func waitUntilReady(_ seconds: Double = 10) async throws -> Bool {
        try await wait(seconds) { events in
            events.contains { if case .ready = $0 { true } else { false } } ? true : nil
        } ?? false
    }

    /// The user packets of a topic, with who sent them.
    func packets(_ topic: TopicName) -> [(text: String, sender: Identity)] {
        events.compactMap {
            if case .data(let data, let sender) = $0, data.topic == topic {
                (String(buffer: data.payload), sender.identity)
            } else {
                nil
            }
        }
    }

    /// When what was sent with a receipt left, of what arrived at the server.
    var delivered: [String: Instant] {
        events.reduce(into: [:]) { if case .delivered(let receipt, let sentAt) = $1 { $0[receipt] = sentAt } }
    }

    /// The texts that came as streams under a topic.
    func texts(_ topic: TopicName) -> [String] {
        events.compactMap {
            if case .stream(let content) = $0, content.info.topic == topic { content.text } else { nil }
        }
    }

    /// What it saw, in a few words each, for failure messages.
    var summary: String {
        events.map { String(String(describing: $0).prefix(160)) }.joined(separator: "\n")
    }

    func leave() async {
        await room.leave()
        _ = try? await wait(3) { events in
            events.contains { if case .disconnected = $0 { true } else { false } } ? true : nil
        }
    }
}

/// A DevServer on a free port of loopback.
func startDevServer(_ configure: (inout DevServer.Configuration) -> Void = { _ in }) async throws -> DevServer {
    var configuration = DevServer.Configuration()
    configuration.port = 0
    configuration.log = { print("DevServer: \($0)") }
    configure(&configuration)
    return try await DevServer.start(configuration)
}
