import Claude
import DevServer
import Foundation
import Inference
import LiveKit
import NIOCore
import NIOPosix
import RTCCore
import RTCMedia
import RTCNetwork
import SansIO
import Session
import Settings
import Synchronization
import VirtualCandidate

@testable import AgentRuntime

/// Sessions on one event loop without a worker, a development server, and in each room a candidate who speaks and then
/// says nothing.
final class SessionScene: Sendable {
    let server: DevServer
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let folder = FileManager.default.temporaryDirectory.path + "/jask-scene-\(UUID().uuidString)"
    let metrics = JaskMetrics()
    /// Its own, so that a disk that is stuck here holds up no other test.
    private let lanes = JournalLanes()
    private let key: APIKey
    private let seen = Mutex<[RoomName: [TimelineEvent]]>([:])
    private let sessions: NIOLoopBoundBox<[RoomName: RoomSession]>
    private let packets = Mutex<[TopicName: Int]>([:])
    private let candidates = Mutex<[Task<Int, any Error>]>([])

    init() async throws {
        var configuration = DevServer.Configuration()
        configuration.port = 0
        server = try await DevServer.start(configuration)
        key = try APIKey(name: "devkey", secret: "secret")
        sessions = try await loop.submit { [loop] in NIOLoopBoundBox([:], eventLoop: loop) }.get()
    }

    /// Makes a room, has an assistant and a candidate join it.
    /// - Returns: the room's sid.
    @discardableResult
    func open(
        _ name: RoomName, disk: JournalDisk = .system,
        log: @escaping @Sendable (Telemetry.Level, String) -> Void = { _, _ in }
    ) async throws -> String {
        let url = try ServerURL(server.url)
        let room = try await ServerAPI(server: url, key: key).createRoom(name)
        var layer = Configuration.Layer()
        for (setting, value) in ["policy.quiet_start": "0s", "pause.shortest_long": "3s", "pause.initial_long": "3s"] {
            try layer.set(setting, to: value, origin: .builtIn)
        }
        let telemetry = Telemetry(
            metrics: metrics, log: log,
            timeline: { event, room in self.seen.withLock { $0[room.name, default: []].append(event) } })
        let model = try SileroModel.load(path: TakeOverTests.model ?? "")
        let resources = SessionResources(
            pool: try ThreadPool(threadCount: 1), identity: try .generate(), model: model,
            vision: VisionSupply(.init(), metrics: JaskMetrics()) { _, _ in },
            coach: ClaudeCoach(configuration: CoachConfiguration(), random: .system),
            configuration: Configuration().adding(layer), stateDirectory: folder, journal: JournalConfiguration(),
            disk: disk, lanes: lanes, interfaces: InterfacePolicy(),
            wallClock: { Int64(Date().timeIntervalSince1970 * 1e9) },
            telemetry: telemetry)
        var claims = TokenClaims(identity: Identity("jask-\(room.sid)"), video: .join(room: name))
        claims.kind = "agent"
        claims.video?.hidden = true
        let job = SessionJob(
            id: "job", room: RoomFacts(sid: room.sid, name: name), metadata: "", server: url,
            token: try AccessToken(signing: claims, with: key, now: Int64(Date().timeIntervalSince1970)),
            offeredAt: .onEventLoop)
        try await loop.submit { [loop, sessions] in
            let session = RoomSession(job: job, resources: resources, eventLoop: loop)
            sessions.value[name] = session
            session.onEvent = { event in
                switch event {
                case .ending: sessions.value[name]?.leave()
                case .ended: sessions.value[name] = nil
                case .joined, .rejoining, .rejoined: break
                }
            }
            session.start()
        }.get()
        try join(name)
        return room.sid
    }

    private func join(_ name: RoomName) throws {
        var script = try CandidateScript.demo()
        script.awaitsNotice = true
        script.untilHints = 99
        script.limit = .seconds(100)
        let token = try AccessToken(
            signing: TokenClaims(identity: "ada", video: .join(room: name)), with: key,
            now: Int64(Date().timeIntervalSince1970))
        let candidate = VirtualCandidate(
            script: script, server: try ServerURL(server.url), token: token, identity: try .generate(),
            pool: try ThreadPool(threadCount: 1), on: MultiThreadedEventLoopGroup.singleton.next(),
            onEvent: { event in
                if case .packet(let topic, _, _) = event { self.packets.withLock { $0[topic, default: 0] += 1 } }
            })
        candidates.withLock { $0.append(Task { try await candidate.run() }) }
    }

    /// Has something happen in a room, whatever its network does.
    func feed(_ input: SessionInput, to room: RoomName) async throws {
        try await loop.submit { [sessions] in sessions.value[room]?.feed(input) }.get()
    }

    /// The same, without waiting for it.
    func post(_ input: SessionInput, to room: RoomName) {
        loop.execute { [sessions] in sessions.value[room]?.feed(input) }
    }

    /// How many packets of a topic candidates have.
    func received(_ topic: TopicName) -> Int { packets.withLock { $0[topic] ?? 0 } }

    func events(in room: RoomName) -> [TimelineEvent] { seen.withLock { $0[room] ?? [] } }

    func hints(in room: RoomName) -> [TimelineEvent.HintSent] {
        events(in: room).compactMap { if case .hintSent(let sent) = $0.kind { sent } else { nil } }
    }

    /// Waits until the closure gives something.
    func wait<Result: Sendable>(_ seconds: Double, _ body: () throws -> Result?) async throws -> Result? {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            if let result = try? body() { return result }
            try await Task.sleep(for: .milliseconds(20))
        }
        return nil
    }

    var report: String { seen.withLock { "\($0.mapValues { $0.map(\.kind) })" } }

    func close() async {
        for candidate in candidates.withLock({ $0 }) { candidate.cancel() }
        try? await loop.submit { [sessions] in
            for session in sessions.value.values { session.stop(.terminated) }
        }.get()
        for candidate in candidates.withLock({ $0 }) { _ = try? await candidate.value }
        await server.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }
}
