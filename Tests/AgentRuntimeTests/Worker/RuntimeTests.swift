import DevServer
import Foundation
import Inference
import LiveKit
import MachineWatch
import NIOCore
import NIOPosix
import Perception
import RTCCore
import RTCMedia
import SansIO
import Session
import Settings
import Synchronization
import Testing
import VirtualCandidate
import Wire

@testable import AgentRuntime

/// A development server, workers and a candidate in one process.
private final class Scene: Sendable {
    static let model = SileroModel.defaultPath(environment: ProcessInfo.processInfo.environment)
    static let hasModel = model.map { FileManager.default.fileExists(atPath: $0) } ?? false

    struct Seen {
        var timeline: [TimelineEvent] = []
        var log: [String] = []
        var candidate: [CandidateEvent] = []
    }

    private let running: Mutex<DevServer>
    let url: String
    let folder = FileManager.default.temporaryDirectory.path + "/jask-runtime-\(UUID().uuidString)"
    let seen = Mutex(Seen())
    private let key: APIKey

    init() async throws {
        var configuration = DevServer.Configuration()
        configuration.port = 0
        let server = try await DevServer.start(configuration)
        url = server.url
        running = Mutex(server)
        key = try APIKey(name: "devkey", secret: "secret")
    }

    var api: ServerAPI {
        get throws {
            ServerAPI(
                server: try ServerURL(url), key: key)
        }
    }

    func configuration(_ changes: [String: String] = [:]) throws -> Configuration {
        var layer = Configuration.Layer()
        let values = [
            "livekit.url": url, "livekit.api_key": "devkey", "livekit.api_secret": "secret",
            "state.directory": folder, "health.port": "0", "policy.quiet_start": "0s", "pause.shortest_long": "3s",
            "pause.initial_long": "3s", "worker.reconcile_interval": "1s", "worker.threads": "1",
        ].merging(changes) { $1 }
        for (name, value) in values { try layer.set(name, to: value, origin: .commandLine(option: "test")) }
        return Configuration().adding(layer)
    }

    func startRuntime(
        _ changes: [String: String] = [:], rereading reader: ConfigurationReader? = nil
    ) async throws -> JaskRuntime {
        try await JaskRuntime.start(
            configuration: try configuration(changes), rereading: reader,
            observers: JaskRuntime.Observers(
                log: { level, text in self.seen.withLock { $0.log.append("\(level) \(text)") } },
                timeline: { event, _ in self.seen.withLock { $0.timeline.append(event) } }))
    }

    func startCandidate(_ change: (inout CandidateScript) -> Void = { _ in }) throws -> Task<Int, any Error> {
        var script = try CandidateScript.demo()
        script.limit = .seconds(40)
        change(&script)
        let token = try AccessToken(
            signing: TokenClaims(identity: "ada", video: .join(room: "r")), with: key,
            now: Int64(Date().timeIntervalSince1970))
        let candidate = VirtualCandidate(
            script: script, server: try ServerURL(url), token: token, identity: try .generate(),
            pool: try ThreadPool(threadCount: 1), on: MultiThreadedEventLoopGroup.singleton.next(),
            onEvent: { event in self.seen.withLock { $0.candidate.append(event) } })
        return Task { try await candidate.run() }
    }

    /// How many notices of a kind the candidate was sent.
    func notices(_ kind: NoticeMessage.Kind) -> Int {
        seen.withLock { seen in
            seen.timeline.count { if case .noticeSent(_, kind, "ada") = $0.kind { true } else { false } }
        }
    }

    func assistants() async throws -> [RoomParticipant] {
        try await api.listParticipants(room: "r").filter { $0.identity.hasPrefix("jask-") }
    }

    /// The room's assistant that no other follows for longer than dispatches count as made at once, so that an heir's own
    /// is a new one. Only one that took longer to come than a dispatch is waited for may be followed.
    func settledAssistant() async throws -> RoomParticipant? {
        let grace = ReconcileCore.Configuration().dispatchGrace
        for attempt in 0..<3 {
            guard let found = try await wait(10, { try await assistants().first }) else { return nil }
            var now = [found]
            for _ in 0..<35 where now.map(\.sid) == [found.sid] {
                try await Task.sleep(for: .milliseconds(100))
                now = try await assistants()
            }
            if now.map(\.sid) == [found.sid] {
                // One that the other worker made meanwhile has come to nothing.
                let made = try await api.listDispatch(room: "r").compactMap(\.createdAt).max() ?? 0
                let age = Int64(Date().timeIntervalSince1970 * 1e9) - made
                try await Task.sleep(for: .nanoseconds(max(0, OfferPolicy.raceWindow + 500_000_000 - age)))
                return try await assistants().first
            }
            // The first one is the room's own, for which no worker was there.
            let made = try await api.listDispatch(room: "r").compactMap(\.createdAt).sorted().dropFirst().first
            let took = Duration.nanoseconds((found.joinedAt ?? 0) - (made ?? found.joinedAt ?? 0))
            // Two workers that begin in one moment may both have looked before either had dispatched.
            guard took > grace || attempt == 0 else {
                Issue.record("it was there \(took) after its dispatch, and another followed: \(now)\n\(report)")
                return nil
            }
        }
        return nil
    }

    /// Waits until the closure gives something.
    func wait<Result: Sendable>(_ seconds: Double, _ body: () async throws -> Result?) async throws -> Result? {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            if let result = try? await body() { return result }
            try await Task.sleep(for: .milliseconds(50))
        }
        return nil
    }

    var report: String { seen.withLock { $0.log.joined(separator: "\n") + "\n\($0.candidate)" } }

    /// The server dies without a word and comes back without a memory.
    func restartServer() async throws {
        let old = running.withLock { $0 }
        await old.kill()
        var configuration = DevServer.Configuration()
        configuration.port = old.port
        let new = try await DevServer.start(configuration)
        running.withLock { $0 = new }
    }

    func close() async {
        await running.withLock { $0 }.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }
}

@Suite(.serialized, .enabled(if: Scene.hasModel, "the voice model is missing: run scripts/fetch-models"))
struct RuntimeTests {
    @Test("a candidate whose job was lost is covered, heard, and given a hint", .timeLimit(.minutes(4)))
    func spine() async throws {
        let scene = try await Scene()
        // No worker is there when the room is made: the server offers its job to nobody, and never again. What is said before
        // one has come is not heard, however long a busy machine takes for that.
        let candidate = try scene.startCandidate {
            $0.awaitsNotice = true
            $0.limit = .seconds(90)
        }
        _ = try await scene.wait(10) { try await scene.api.listParticipants(room: "r").first }
        try await Task.sleep(for: .milliseconds(500))
        let runtime = try await scene.startRuntime()
        #expect(await runtime.state().unready == nil)
        let hints = try await candidate.value
        #expect(hints == 1, "\(scene.report)")
        // The candidate may have the hint before the session has noted that it is sent.
        _ = try await scene.wait(30) {
            scene.seen.withLock { $0.timeline.first { if case .hintSent = $0.kind { true } else { false } } }
        }
        let timeline = scene.seen.withLock { $0.timeline.map(\.kind) }
        let notice = timeline.firstIndex { if case .noticeSent = $0 { true } else { false } }
        let listening = timeline.firstIndex { if case .listening(_, true) = $0 { true } else { false } }
        let pause = timeline.firstIndex { if case .heard(.longPause) = $0 { true } else { false } }
        let sent = timeline.firstIndex { if case .hintSent = $0 { true } else { false } }
        #expect(try #require(notice) < #require(listening), "nothing is perceived before the notice")
        #expect(try #require(listening) < #require(pause))
        #expect(try #require(pause) < #require(sent))
        let hidden = scene.seen.withLock { seen in
            seen.candidate.allSatisfy { event in
                if case .joined(_, let others) = event { others.isEmpty } else { true }
            }
        }
        #expect(hidden)
        await runtime.stop()
        await scene.close()
    }

    @Test("two workers leave one assistant in a room, and another follows when one is drained", .timeLimit(.minutes(4)))
    func oneAssistant() async throws {
        let scene = try await Scene()
        let candidate = try scene.startCandidate {
            $0.untilHints = 99
            $0.limit = .seconds(60)
        }
        _ = try await scene.wait(10) { try await scene.api.listParticipants(room: "r").first }
        try await Task.sleep(for: .seconds(1))
        async let first = scene.startRuntime(["worker.drain_timeout": "0s"])
        async let second = scene.startRuntime(["worker.drain_timeout": "0s"])
        let runtimes = try await [first, second]
        let found = try await scene.settledAssistant()
        let instance = try #require(found?.attributes[AgentInstance.attribute], "\(scene.report)")
        let running = try #require(runtimes.first { $0.instance.id == instance })
        let other = try #require(runtimes.first { $0.instance.id != instance })
        await running.drain()
        let heir = try await scene.wait(30) {
            try await scene.assistants().first { $0.attributes[AgentInstance.attribute] == other.instance.id }
        }
        #expect(heir != nil, "\(scene.report)")
        candidate.cancel()
        await other.stop()
        await scene.close()
    }

    @Test(
        "after a take-over, whoever deletes the first dispatch ends the assistant for good", .timeLimit(.minutes(4)))
    func firstDispatchDeleted() async throws {
        let scene = try await Scene()
        let first = try await scene.startRuntime(["worker.drain_timeout": "0s"])
        let candidate = try scene.startCandidate {
            $0.untilHints = 99
            $0.limit = .seconds(90)
        }
        _ = try #require(try await scene.wait(10) { try await scene.assistants().first { $0.state == .active } })
        let original = try #require(try await scene.api.listDispatch(room: "r").first).id
        let second = try await scene.startRuntime()
        // Rooms younger than 5 s are not looked up when they are offered.
        try await Task.sleep(for: .seconds(6))
        await first.drain()
        let heir = try await scene.wait(10) {
            try await scene.assistants().first {
                $0.attributes[AgentInstance.attribute] == second.instance.id && $0.state == .active
            }
        }
        _ = try #require(heir, "\(scene.report)")
        #expect(try await scene.api.listDispatch(room: "r").count == 2)
        _ = try await scene.api.deleteDispatch(original, room: "r")
        let gone = try await scene.wait(20) { try await scene.assistants().isEmpty ? true : nil }
        #expect(gone == true, "\(scene.report)")
        try await Task.sleep(for: .seconds(4))
        #expect(try await scene.assistants().isEmpty, "nobody comes back: \(scene.report)")
        #expect(try await scene.api.listDispatch(room: "r").isEmpty, "the heir's own is taken back too")
        #expect(try await scene.api.listParticipants(room: "r").contains { $0.identity == "ada" })
        candidate.cancel()
        await second.stop()
        await scene.close()
    }

    @Test("a cooldown that is changed in the file holds in a room that runs", .timeLimit(.minutes(4)))
    func reconfigured() async throws {
        let scene = try await Scene()
        let path = scene.folder + "/jask.yaml"
        try FileManager.default.createDirectory(atPath: scene.folder, withIntermediateDirectories: true)
        func write(_ text: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) }
        try write("policy:\n  cooldown: 1h\n")
        let base = try scene.configuration(["pause.repeat_after": "3s"])
        let reader = ConfigurationReader(file: path) { base.adding(try .file(path)) }
        let runtime = try await scene.startRuntime(
            ["pause.repeat_after": "3s", "policy.cooldown": "1h"], rereading: reader)
        let candidate = try scene.startCandidate {
            $0.untilHints = 2
            $0.limit = .seconds(60)
        }
        func reached(_ isIt: @Sendable @escaping (TimelineEvent.Kind) -> Bool) async throws {
            let found = try await scene.wait(30) { scene.seen.withLock { $0.timeline.first { isIt($0.kind) } } }
            _ = try #require(found, "\(scene.report)")
        }
        try await reached { if case .hintSent = $0 { true } else { false } }
        try await reached { if case .waiting(_, "cooldown") = $0 { true } else { false } }
        // A file that cannot be used changes nothing.
        try write("policy:\n  cooldown: never\n")
        _ = try #require(
            try await scene.wait(10) {
                scene.seen.withLock { $0.log.first { $0.contains("jask.yaml:2: policy.cooldown") } }
            })
        try write("policy:\n  cooldown: 1s\ncode:\n  maximum_files: 2\n")
        #expect(try await candidate.value == 2, "\(scene.report)")
        let log = scene.seen.withLock { $0.log }
        #expect(log.contains { $0.contains("policy.cooldown: 1 h → 1 s") }, "\(log)")
        #expect(log.contains { $0.hasPrefix("warning") && $0.contains("code.maximum_files changed") }, "\(log)")
        await runtime.stop()
        await scene.close()
    }

    @Test("a dead worker's assistant is taken over within 3 s of a worker's start", .timeLimit(.minutes(3)))
    func takeOver() async throws {
        let scene = try await Scene()
        let candidate = try scene.startCandidate { $0.untilHints = 99 }
        let room = try #require(try await scene.wait(10) { try await scene.api.listRooms().first })
        // What a killed process leaves behind: a participant that is still listed, and a lock that nobody holds.
        let ghost = "00000000deadbeef"
        try FileManager.default.createDirectory(
            atPath: scene.folder + "/instances", withIntermediateDirectories: true)
        #expect(FileManager.default.createFile(atPath: scene.folder + "/instances/\(ghost).lock", contents: nil))
        var claims = TokenClaims(identity: "jask-\(room.sid)", video: .join(room: "r"))
        claims.kind = "agent"
        claims.attributes = [AgentInstance.attribute: ghost]
        claims.video?.hidden = true
        let token = try AccessToken(
            signing: claims, with: try APIKey(name: "devkey", secret: "secret"),
            now: Int64(Date().timeIntervalSince1970))
        let dead = LiveKit.Room.connect(
            RoomOptions(
                signal: SignalOptions(server: try ServerURL(scene.url), token: token),
                identity: try .generate(), pool: try ThreadPool(threadCount: 1)),
            on: MultiThreadedEventLoopGroup.singleton.next())
        _ = try await scene.wait(30) { try await scene.assistants().first }
        let machine = MachineWatch()
        let runtime = try await scene.startRuntime()
        let began = ContinuousClock.now
        let taken = try await scene.wait(30) {
            try await scene.assistants().first {
                $0.attributes[AgentInstance.attribute] == runtime.instance.id && $0.state == .active
            }
        }
        #expect(taken != nil, "\(scene.report)")
        let elapsed = ContinuousClock.now - began
        #expect(elapsed < machine.allows(.seconds(3)), "\(machine.report)\n\(scene.report)")
        #expect(try await scene.assistants().count == 1)
        candidate.cancel()
        await runtime.stop()
        await dead.leave()
        await scene.close()
    }

    @Test("an assistant that lives elsewhere is not displaced by another dispatch", .timeLimit(.minutes(3)))
    func livesElsewhere() async throws {
        let scene = try await Scene()
        // States of their own: neither sees the other's lock, as on two machines.
        // The first one is full with its room, so that the second one is offered what comes.
        let first = try await scene.startRuntime(["worker.maximum_rooms": "1"])
        let candidate = try scene.startCandidate { $0.untilHints = 99 }
        let found = try await scene.wait(10) { try await scene.assistants().first { $0.state == .active } }
        let assistant = try #require(found, "\(scene.report)")
        let second = try await scene.startRuntime(["state.directory": scene.folder + "/elsewhere"])
        // Rooms younger than 5 s are not looked up.
        try await Task.sleep(for: .seconds(6))
        _ = try await scene.api.createDispatch(agentName: "", room: "r", metadata: "")
        try await Task.sleep(for: .seconds(3))
        #expect(try await scene.assistants().map(\.sid) == [assistant.sid], "\(scene.report)")
        #expect(scene.seen.withLock { $0.log.contains { $0.contains("r: covered") } }, "\(scene.report)")
        candidate.cancel()
        await first.stop()
        await second.stop()
        await scene.close()
    }

    @Test("after a restart of the server the worker brings back what the server forgot", .timeLimit(.minutes(3)))
    func restart() async throws {
        let scene = try await Scene()
        let runtime = try await scene.startRuntime(["livekit.agent_name": "coach"])
        let candidate = try scene.startCandidate {
            $0.untilHints = 99
            $0.limit = .seconds(50)
        }
        _ = try await scene.wait(10) { try await scene.api.listParticipants(room: "r").first }
        #expect(try await scene.assistants().isEmpty, "nobody asked for it")
        _ = try await scene.api.createDispatch(agentName: "coach", room: "r", metadata: #"{"problem":"p"}"#)
        let before = try await scene.wait(30) { try await scene.assistants().first { $0.state == .active } }
        #expect(before != nil, "\(scene.report)")
        try await scene.restartServer()
        let back = try await scene.wait(20) {
            try await scene.api.listParticipants(room: "r").first { $0.identity == "ada" && $0.state == .active }
        }
        #expect(back != nil, "\(scene.report)")
        let room = try #require(try await scene.api.listRooms().first)
        let after = try await scene.wait(30) {
            try await scene.assistants().first { $0.identity == "jask-\(room.sid)" && $0.state == .active }
        }
        #expect(after != nil, "\(scene.report)")
        #expect(try await scene.assistants().count == 1)
        let dispatches = try await scene.api.listDispatch(room: "r").filter { $0.agentName == "coach" }.map(\.metadata)
        #expect(dispatches == [#"{"problem":"p"}"#], "\(scene.report)")
        candidate.cancel()
        await runtime.stop()
        await scene.close()
    }

    @Test("a pause and an opt-out hold after a restart of the server", .timeLimit(.minutes(3)))
    func choicesOutliveTheServer() async throws {
        let scene = try await Scene()
        let runtime = try await scene.startRuntime()
        let candidate = try scene.startCandidate {
            $0.untilHints = 99
            $0.limit = .seconds(50)
        }
        let told = try await scene.wait(10) { scene.notices(.observing) == 1 ? true : nil }
        try #require(told == true, "\(scene.report)")
        let old = try #require(try await scene.api.listRooms().first?.sid)
        // What an interviewer and the candidate would have said.
        let journal = JournalWriter(path: Journal.path(stateDirectory: scene.folder, roomSID: old))
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        journal.append(JournalEntry(at: now, event: .paused(by: "ivo")))
        journal.append(JournalEntry(at: now, event: .optedOut(identity: "ada", sources: [.microphone])))
        journal.close()
        try await scene.restartServer()
        let paused = try await scene.wait(25) { scene.notices(.paused) == 1 ? true : nil }
        #expect(paused == true, "\(scene.report)")
        let new = try #require(try await scene.api.listRooms().first?.sid)
        let written = try await scene.wait(30) {
            let entries = try Journal.read(Journal.path(stateDirectory: scene.folder, roomSID: new)).entries
            let history = SessionHistory(entries)
            return history.isPaused && history.optedOut["ada"] == [.microphone] ? true : nil
        }
        #expect(new != old && written == true, "\(scene.report)")
        candidate.cancel()
        await runtime.stop()
        await scene.close()
    }

    @Test("an ended room stays ended over restarts of worker and server", .timeLimit(.minutes(4)))
    func endedOutlivesBoth() async throws {
        let (scene, candidate, runtime) = try await endedLongAgo()
        try await scene.restartServer()
        let off = try await scene.wait(25) { scene.notices(.off) == 1 ? true : nil }
        #expect(off == true, "\(scene.report)")
        candidate.cancel()
        await runtime.stop()
        await scene.close()
    }

    @Test("the name of an ended room that was closed silences nobody", .timeLimit(.minutes(4)))
    func usedAgain() async throws {
        let (scene, candidate, runtime) = try await endedLongAgo()
        try await scene.api.deleteRoom("r")
        candidate.cancel()
        let again = try scene.startCandidate { $0.untilHints = 99 }
        let told = try await scene.wait(15) { scene.notices(.observing) == 2 ? true : nil }
        // Whoever is told of the end is told of the assistant first.
        try await Task.sleep(for: .seconds(2))
        #expect(told == true && scene.notices(.off) == 0, "\(scene.report)")
        again.cancel()
        await runtime.stop()
        await scene.close()
    }

    /// A room whose assistant was ended ten minutes ago, with the candidate still in it, and a new worker.
    private func endedLongAgo() async throws -> (Scene, Task<Int, any Error>, JaskRuntime) {
        let scene = try await Scene()
        let first = try await scene.startRuntime(["worker.drain_timeout": "0s"])
        let candidate = try scene.startCandidate {
            $0.untilHints = 99
            $0.limit = .seconds(80)
        }
        let told = try await scene.wait(10) { scene.notices(.observing) == 1 ? true : nil }
        try #require(told == true, "\(scene.report)")
        let room = try #require(try await scene.api.listRooms().first)
        await first.stop()
        let journal = JournalWriter(path: Journal.path(stateDirectory: scene.folder, roomSID: room.sid))
        journal.append(
            JournalEntry(at: Int64(Date().timeIntervalSince1970 * 1000), event: .ended(by: "ivo")))
        journal.close()
        let index = RoomIndex(stateDirectory: scene.folder, room: RoomFacts(sid: room.sid, name: "r"))
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        index.isAlive(at: now - 600_000)
        // As whoever ended it would have done.
        for dispatch in try await scene.api.listDispatch(room: "r") {
            _ = try await scene.api.deleteDispatch(dispatch.id, room: "r")
        }
        let second = try await scene.startRuntime()
        let next = RoomIndex(stateDirectory: scene.folder, room: RoomFacts(sid: "RM_next", name: "r"))
        let isTouched = try await scene.wait(10) { (next.earlier()?.alive ?? 0) >= now ? true : nil }
        #expect(isTouched == true, "\(scene.report)")
        #expect(try await scene.assistants().isEmpty, "nobody comes back")
        return (scene, candidate, second)
    }

    @Test("a wrong secret is refused at start, and the secret is in no message", .timeLimit(.minutes(3)))
    func wrongSecret() async throws {
        let scene = try await Scene()
        do {
            let runtime = try await scene.startRuntime(["livekit.api_secret": "not-the-secret"])
            Issue.record("it started")
            await runtime.stop()
        } catch {
            #expect(error is TransportError)
            #expect(!"\(error)".contains("not-the-secret"))
        }
        #expect(!scene.report.contains("not-the-secret"))
        await scene.close()
    }
}
