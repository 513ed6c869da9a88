import Claude
import Coach
import DevServer
import Foundation
import Inference
import LiveKit
import NIOCore
import NIOPosix
import Perception
import RTCCore
import RTCMedia
import RTCNetwork
import SansIO
import Session
import Settings
import Synchronization
import Testing

@testable import AgentRuntime

/// A session whose predecessor lives until the server takes it out.
@Suite struct TakeOverTests {
    static let model = SileroModel.defaultPath(environment: ProcessInfo.processInfo.environment)
    static let hasModel = model.map { FileManager.default.fileExists(atPath: $0) } ?? false

    @Test(
        "what the predecessor said while its heir was joining is known to the heir",
        .enabled(if: hasModel, "the voice model is missing: run scripts/fetch-models"), .timeLimit(.minutes(1)))
    func lastWords() async throws {
        var configuration = DevServer.Configuration()
        configuration.port = 0
        let server = try await DevServer.start(configuration)
        let url = try ServerURL(server.url)
        let key = try APIKey(name: "devkey", secret: "secret")
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let room = try await ServerAPI(server: url, key: key).createRoom("r")
        let folder = FileManager.default.temporaryDirectory.path + "/jask-takeover-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let seen = Mutex<[String]>([])
        let resources = SessionResources(
            pool: try ThreadPool(threadCount: 1), identity: try .generate(),
            model: try .load(path: try #require(Self.model)),
            vision: VisionSupply(.init(), metrics: JaskMetrics()) { _, _ in },
            coach: ClaudeCoach(configuration: CoachConfiguration(), random: .system), configuration: Configuration(),
            stateDirectory: folder, journal: JournalConfiguration(), interfaces: InterfacePolicy(),
            wallClock: { Int64(Date().timeIntervalSince1970 * 1e9) },
            telemetry: Telemetry(log: { level, text in seen.withLock { $0.append("\(level) \(text)") } }))
        var claims = TokenClaims(identity: "jask-\(room.sid)", video: .join(room: "r"))
        claims.kind = "agent"
        let job = SessionJob(
            id: "job", room: RoomFacts(sid: room.sid, name: "r"), metadata: "", server: url,
            token: try AccessToken(signing: claims, with: key, now: Int64(Date().timeIntervalSince1970)),
            offeredAt: .onEventLoop)
        let ended = loop.makePromise(of: SessionEnd.self)
        let path = Journal.path(stateDirectory: folder, roomSID: room.sid)
        let box = NIOLoopBoundBox.makeEmptyBox(valueType: RoomSession.self, eventLoop: loop)
        loop.execute {
            let session = RoomSession(job: job, resources: resources, eventLoop: loop)
            box.value = session
            session.onEvent = { event in
                switch event {
                case .ending: box.value?.leave()
                case .ended(let end):
                    box.value = nil
                    ended.succeed(end)
                case .joined, .rejoining, .rejoined: break
                }
            }
            session.start()
            // On its way in; the predecessor is still in the room.
            let predecessor = JournalWriter(path: path)
            predecessor.append(JournalEntry(at: 1, event: .began(room: room.sid, name: "r")))
            predecessor.append(JournalEntry(at: 2, event: .ended(by: "ivo")))
            predecessor.close()
        }
        let timeout = loop.scheduleTask(in: .seconds(20)) { box.value?.stop(.terminated) }
        let end = try await ended.futureResult.get()
        timeout.cancel()
        #expect(end.label == "ended", "\(seen.withLock { $0 })")
        await server.stop()
    }
}
