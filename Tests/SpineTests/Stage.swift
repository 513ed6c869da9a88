import DevServer
import Foundation
import FoundationNetworking
import Inference
import LiveKit
import MachineWatch
import NIOPosix
import Perception
import PythonPeers
import RTCCore
import RTCMedia
import RTCNetwork
import SansIO
import Settings
import Synchronization
import VirtualCandidate

@testable import AgentRuntime

/// A development server in this process, and what the product needs to work with it.
final class Stage: Sendable {
    /// Whether everything a whole run needs is there.
    static let isReady: Bool = {
        let model = SileroModel.defaultPath(environment: ProcessInfo.processInfo.environment)
        return PythonPeer.isInstalled && model.map { FileManager.default.fileExists(atPath: $0) } ?? false
    }()
    static let missing: String = "needs .venv and the voice model, which 'make test' fetches"
    /// 4 s of voice, then silence.
    static let briefSpeech = PythonPeer.package.appendingPathComponent("Sources/VirtualCandidate/Resources/speech.wav")
        .path
    /// 14 s with 6 s of silence in the middle.
    static let speechWithPause = PythonPeer.package.appendingPathComponent("Tests/Fixtures/speech.wav").path
    static let code = PythonPeer.package.appendingPathComponent("Sources/VirtualCandidate/Resources/solution.py").path

    private static let settings = [
        "policy.quiet_start": "0s", "pause.shortest_long": "4s", "pause.initial_long": "4s", "pause.longest_long": "6s",
        "health.port": "0", "worker.reconcile_interval": "1s", "worker.threads": "1",
    ]

    private let running: Mutex<DevServer?>
    let url: String
    let folder = FileManager.default.temporaryDirectory.path + "/jask-spine-\(UUID().uuidString)"
    /// For the bars of what happens here.
    let machine = MachineWatch()
    let secret: String
    private let key: APIKey

    /// - Parameter rules: by which the server's rooms live.
    init(rules: RoomRules = RoomRules()) async throws {
        var configuration = DevServer.Configuration()
        configuration.port = 0
        configuration.rules = rules
        let server = try await DevServer.start(configuration)
        url = server.url
        running = Mutex(server)
        secret = "secret"
        key = try APIKey(name: "devkey", secret: secret)
    }

    /// With a server that is somebody else's: `server` is not to be used.
    init(url: String, secret: String) throws {
        self.url = url
        self.secret = secret
        running = Mutex(nil)
        key = try APIKey(name: "devkey", secret: secret)
    }

    /// A bar in seconds, as it is on this machine now.
    func bar(_ seconds: Double) -> Double { machine.allows(.seconds(seconds)) / .seconds(1) }

    /// The development server.
    var server: DevServer {
        guard let server = running.withLock({ $0 }) else { preconditionFailure("this stage has a server of its own") }
        return server
    }

    var api: ServerAPI {
        get throws {
            ServerAPI(
                server: try ServerURL(url), key: key)
        }
    }

    /// `jask start` against this server, with pauses of 4 s.
    /// - Parameters:
    ///   - wrapper: what starts it, with its arguments.
    ///   - url: another way to the server.
    func startWorker(
        _ changes: [String: String] = [:], environment: [String: String] = [:], wrapper: [String] = [],
        url: String? = nil
    ) throws -> JaskProcess {
        let settings = Self.settings.merging(["state.directory": folder]) { $1 }.merging(changes) { $1 }
        let names = settings.map { name, value in
            ("JASK_" + name.uppercased().replacingOccurrences(of: ".", with: "_"), value)
        }
        return try JaskProcess(
            ["start", "--url", url ?? self.url, "--api-key", "devkey", "--api-secret", secret],
            environment: Dictionary(uniqueKeysWithValues: names).merging(environment) { $1 }, wrapper: wrapper)
    }

    /// The same as `startWorker`, in this process.
    func startRuntime(_ changes: [String: String], log: @escaping @Sendable (String) -> Void) async throws
        -> JaskRuntime
    {
        var layer = Configuration.Layer()
        let own = [
            "livekit.url": url, "livekit.api_key": "devkey", "livekit.api_secret": "secret", "state.directory": folder,
        ]
        let settings = Self.settings.merging(own) { $1 }.merging(changes) { $1 }
        for (name, value) in settings { try layer.set(name, to: value, origin: .commandLine(option: "test")) }
        return try await JaskRuntime.start(
            configuration: Configuration().adding(layer),
            observers: .init(log: { log("\($0) \($1)") }, timeline: { event, _ in log("\(event.kind)") }))
    }

    /// Waits until a worker has registered.
    func ready(_ worker: JaskProcess) async throws -> Bool {
        try await eventually(within: 15) {
            guard let url = worker.healthURL else { return nil }
            return try await Self.get(url.appendingPathComponent("ready")).status == 200 ? true : nil
        } ?? false
    }

    static func get(_ url: URL) async throws -> (status: Int, body: String) {
        let (data, response) = try await URLSession.shared.data(from: url)
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }

    /// LiveKit's own client.
    func startPythonCandidate(room: String, _ arguments: [String]) throws -> PythonPeer {
        try PythonPeer(
            "candidate.py", ["--url", url, "--secret", secret, "--room", room, "--code", Self.code] + arguments)
    }

    /// Our own client, which speaks once it may be heard, sends code and falls silent.
    func startCandidate(
        room: String, identity: Identity = "candidate", _ change: (inout CandidateScript) -> Void = { _ in }
    ) throws -> CandidateProbe {
        var script = try CandidateScript.demo()
        script.limit = .seconds(100)
        script.untilHints = 99
        script.awaitsNotice = true
        change(&script)
        let token = try AccessToken(
            signing: TokenClaims(identity: identity, video: .join(room: RoomName(room))), with: key,
            now: Int64(Date().timeIntervalSince1970))
        return try CandidateProbe(script: script, server: try ServerURL(url), token: token)
    }

    /// What the server knows of the assistants in a room, hidden ones too.
    func assistants(in room: String) async throws -> [RoomParticipant] {
        try await api.listParticipants(room: RoomName(room)).filter { $0.identity.hasPrefix("jask-") }
    }

    /// Waits for an assistant that is there and is not the one of `former`, a worker instance.
    func assistant(
        in room: String, after former: String? = nil, within seconds: Double
    ) async throws -> (identity: String, instance: String)? {
        try await eventually(within: seconds) {
            try await self.assistants(in: room).first {
                $0.state == .active && $0.attributes[AgentInstance.attribute] != former
            }.map { ($0.identity.text, $0.attributes[AgentInstance.attribute] ?? "") }
        }
    }

    /// The server dies without a word and comes back on its port, without a memory.
    /// - Parameter meanwhile: what happens while it is away.
    func restartServer(meanwhile: () async throws -> Void = {}) async throws {
        await server.kill()
        try await meanwhile()
        var configuration = DevServer.Configuration()
        configuration.port = server.port
        let new = try await DevServer.start(configuration)
        running.withLock { $0 = new }
    }

    func close() async {
        await running.withLock { $0 }?.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// A virtual candidate at play, and all it saw.
final class CandidateProbe: Sendable {
    struct Seen: Sendable {
        var at: ContinuousClock.Instant
        var event: CandidateEvent
    }

    private final class Record: Sendable {
        let seen = Mutex<[Seen]>([])
    }

    private let record = Record()
    /// How long the script's speech takes.
    private let speech: Duration
    private let play: Task<Int, any Error>

    init(script: CandidateScript, server: ServerURL, token: AccessToken) throws {
        let record = record
        let samples = Double(script.speech.samples.count) / Double(script.speech.sampleRate)
        speech = (script.gap + .seconds(samples)) * script.repetitions
        let candidate = VirtualCandidate(
            script: script, server: server, token: token, identity: try .generate(),
            pool: try ThreadPool(threadCount: 1), on: MultiThreadedEventLoopGroup.singleton.next(),
            onEvent: { event in
                let now = ContinuousClock.now
                record.seen.withLock { $0.append(Seen(at: now, event: event)) }
            })
        play = Task { try await candidate.run() }
    }

    var seen: [Seen] { record.seen.withLock { $0 } }

    /// What came on a topic, as user packet or text stream.
    func received(_ topic: TopicName) -> [(at: ContinuousClock.Instant, text: String, fields: JSONField?)] {
        seen.compactMap { seen in
            switch seen.event {
            case .packet(topic, _, let text), .text(topic, _, let text): (seen.at, text, JSONField.parsing(text))
            default: nil
            }
        }
    }

    var hints: [(at: ContinuousClock.Instant, text: String, fields: JSONField?)] { received("jask.hint") }

    var beganSpeaking: ContinuousClock.Instant? {
        seen.first { if case .beganSpeaking = $0.event { true } else { false } }?.at
    }

    /// When the script's speech is over: by its length, for a busy machine sends the last of it late.
    var fellSilent: ContinuousClock.Instant? { beganSpeaking.map { $0 + speech } }

    /// Notices of a kind.
    func notices(_ kind: String) -> Int { received("jask.notice").count { $0.fields?["kind"]?.text == kind } }

    func leave() async {
        play.cancel()
        _ = try? await play.value
    }
}
