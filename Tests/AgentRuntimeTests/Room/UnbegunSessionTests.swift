import Claude
import Foundation
import Inference
import LiveKit
import NIOPosix
import RTCMedia
import RTCNetwork
import SansIO
import Session
import Settings
import Synchronization
import Testing

@testable import AgentRuntime

/// A session that ends before it could begin.
@Suite struct UnbegunSessionTests {
    @Test(
        "one that ends in good order leaves no mark against the journal that it read",
        .enabled(if: TakeOverTests.hasModel, "the voice model is missing: run scripts/fetch-models"))
    func noMark() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/jask-unbegun-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = Journal.path(stateDirectory: folder, roomSID: "RM_1")
        let earlier = JournalWriter(path: path)
        earlier.append(JournalEntry(at: 1, event: .optedOut(identity: "ada", sources: [.microphone])))
        earlier.close()
        let (job, resources) = try Self.make(folder)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        for _ in 0..<4 {
            try await loop.submit {
                let session = RoomSession(job: job, resources: resources, eventLoop: loop)
                session.onEvent = { _ in }
                session.restore()
                session.finish(.leftLocally)
            }.get()
            for _ in 0..<1000 where !JournalQueue.isIdle(path) { try await Task.sleep(for: .milliseconds(10)) }
            #expect(JournalQueue.isIdle(path))
            #expect(!FileManager.default.fileExists(atPath: path + ".reading"))
        }
        #expect(try Journal.read(path).entries.count == 1, "the opt-out is still known")
    }

    /// What a session needs that is not to begin.
    static func make(
        _ folder: String, _ telemetry: Telemetry = Telemetry()
    ) throws -> (SessionJob, SessionResources) {
        let url = try ServerURL("ws://localhost:1")
        let key = try APIKey(name: "devkey", secret: "secret")
        let token = try AccessToken(
            signing: TokenClaims(identity: "jask-RM_1", video: .join(room: "r")), with: key,
            now: Int64(Date().timeIntervalSince1970))
        let resources = SessionResources(
            pool: try ThreadPool(threadCount: 1), identity: try .generate(),
            model: try .load(path: try #require(TakeOverTests.model)),
            vision: VisionSupply(.init(), metrics: JaskMetrics()) { _, _ in },
            coach: ClaudeCoach(configuration: CoachConfiguration(), random: .system), configuration: Configuration(),
            stateDirectory: folder, journal: JournalConfiguration(), interfaces: InterfacePolicy(),
            wallClock: { 0 }, telemetry: telemetry)
        let job = SessionJob(
            id: "job", room: RoomFacts(sid: "RM_1", name: "r"), metadata: "", server: url, token: token,
            offeredAt: .onEventLoop)
        return (job, resources)
    }

    @Test(
        "encrypted data fill no log",
        .enabled(if: TakeOverTests.hasModel, "the voice model is missing: run scripts/fetch-models"))
    func encryptedData() async throws {
        let lines = Mutex(0)
        let telemetry = Telemetry(log: { _, text in if text.contains("encrypted") { lines.withLock { $0 += 1 } } })
        let (job, resources) = try Self.make(FileManager.default.temporaryDirectory.path, telemetry)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        try await loop.submit {
            let session = RoomSession(job: job, resources: resources, eventLoop: loop)
            session.onEvent = { _ in }
            for _ in 0..<1000 { session.handle(.dataEncrypted(from: DataSender(identity: "eve", sid: "PA_1"))) }
            #expect(lines.withLock { $0 } == 1)
            for number in 0..<1000 {
                session.handle(.dataEncrypted(from: DataSender(identity: "eve", sid: "PA_\(number)")))
            }
            session.finish(.leftLocally)
        }.get()
        #expect(lines.withLock { $0 } == 64)
    }
}
