import Foundation
import FoundationNetworking
import LiveKit
import NIOCore
import NIOPosix
import RTCMedia
import RTCNetwork
import SansIO
import Synchronization
import Wire

/// Well-behaved people in a room of their own, who change a choice now and then and take the time until the assistant has
/// answered, and beside it the time that the server alone takes.
///
/// They are several, since what allows again holds at once only every two seconds a person.
final class OtherRoom: Sendable {
    /// What is timed.
    enum Figure: CaseIterable {
        case answer
        /// A packet to another participant, without the assistant.
        case server
        case live
    }

    struct Sample: Sendable {
        var figure: Figure
        var began: ContinuousClock.Instant
        var milliseconds: Double
    }

    private static let pause = Duration.milliseconds(40)
    private static let people = 10
    /// From one choice of a person to the next: above half of what separates two permissions.
    private static let choicePause = Duration.milliseconds(1100)

    private let url: String
    private let live: URL
    private let samples = Mutex<[Sample]>([])
    /// What is not answered yet, since when; `answer` once for each person.
    private let open = Mutex<[Open: ContinuousClock.Instant]>([:])

    private struct Open: Hashable {
        var figure: Figure
        var person = 0
    }

    init(url: String, live: URL) {
        self.url = url
        self.live = live
    }

    /// Takes times until it is cancelled.
    func run() async throws {
        let people = try (0..<Self.people).map { number in
            Room.connect(try options(identity: Identity("other-\(number)"), isHidden: false), on: Self.loop)
        }
        let mirror = Room.connect(try options(identity: "mirror", isHidden: true), on: Self.loop)
        let (echoes, echoed) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, room) in people.enumerated() {
                group.addTask { try await self.choose(in: room, person: number) }
            }
            group.addTask {
                for await event in mirror.events {
                    if case .data(let user, _) = event, user.topic == "echo" { echoed.yield() }
                }
            }
            group.addTask {
                var iterator = echoes.makeAsyncIterator()
                try await Task.sleep(for: .seconds(1))
                while !Task.isCancelled {
                    try await self.time(.server) {
                        try await people[0].send(UserData(payload: ByteBuffer(), topic: "echo"))
                        _ = await iterator.next()
                    }
                }
            }
            group.addTask {
                while !Task.isCancelled {
                    try await self.time(.live) { _ = try await URLSession.shared.data(from: self.live) }
                }
            }
            try await group.waitForAll()
        }
    }

    /// One person's choices, each when the last was answered.
    private func choose(in room: Room, person: Int) async throws {
        let (answers, answered) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await event in room.events {
                    guard case .data(let user, _) = event, user.topic == Topic.notice else { continue }
                    if let notice = try? NoticeMessage(decoding: Array(user.payload.readableBytesView)),
                        notice.kind == .choices
                    {
                        answered.yield()
                    }
                }
            }
            group.addTask {
                // One after the other, not all at once.
                try await Task.sleep(for: Self.choicePause / Self.people * person)
                var iterator = answers.makeAsyncIterator()
                var count = 0
                while !Task.isCancelled {
                    count += 1
                    let message = ControlMessage(action: count.isMultiple(of: 2) ? .optIn : .optOut, sources: [.code])
                    try await self.time(.answer, person: person, then: Self.choicePause) {
                        try await room.send(
                            UserData(payload: ByteBuffer(bytes: message.encoded()), topic: Topic.control))
                        _ = await iterator.next()
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Whether the assistant answers.
    func hasBegun(within seconds: Double) async throws -> Bool {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            if samples.withLock({ $0.contains { $0.figure == .answer } }) { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    /// The 99th hundredths of what was begun in a span of time; what is still open counts as it stands.
    func figures(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) -> String {
        let pending = open.withLock { $0 }.map { Sample(figure: $0.figure, began: $1, milliseconds: Self.since($1)) }
        let all = (samples.withLock { $0 } + pending).filter { $0.began >= start && $0.began < end }
        return [Figure.answer, .live, .server].map { figure in
            let times = all.filter { $0.figure == figure }.map(\.milliseconds).sorted()
            // Without a single one, something waited all the time.
            let worst = times.isEmpty ? Self.since(start) : times[Int((Double(times.count) * 0.99).rounded(.up)) - 1]
            return String(format: "%.1f", worst)
        }.joined(separator: " ")
    }

    private func time(
        _ figure: Figure, person: Int = 0, then pause: Duration = OtherRoom.pause, _ body: () async throws -> Void
    ) async throws {
        let began = ContinuousClock.now
        let key = Open(figure: figure, person: person)
        open.withLock { $0[key] = began }
        try await body()
        let sample = Sample(figure: figure, began: began, milliseconds: Self.since(began))
        open.withLock { $0[key] = nil }
        samples.withLock { $0.append(sample) }
        try await Task.sleep(for: pause)
    }

    private static func since(_ began: ContinuousClock.Instant) -> Double {
        (ContinuousClock.now - began) / .milliseconds(1)
    }

    private static var loop: any EventLoop { MultiThreadedEventLoopGroup.singleton.next() }

    private func options(identity: Identity, isHidden: Bool) throws -> RoomOptions {
        var grant = VideoGrant.join(room: "other")
        if isHidden { grant.hidden = true }
        let token = try AccessToken(
            signing: TokenClaims(identity: identity, video: grant), with: try APIKey(name: "devkey", secret: "secret"),
            now: Int64(Date().timeIntervalSince1970))
        return RoomOptions(
            signal: SignalOptions(server: try ServerURL(url), token: token), identity: try .generate(),
            pool: try ThreadPool(threadCount: 1))
    }
}
