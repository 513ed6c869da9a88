import AnthropicStandIn
import DevServer
import Foundation
import Inference
import LiveKit
import Perception
import PythonPeers
import SansIO
import Settings
import Testing
import VisionModelFixtures

/// What `jask` says and does where something it is given is wrong: one clear message, the right exit, nothing down.
@Suite(.serialized, .enabled(if: FileManager.default.isExecutableFile(atPath: JaskProcess.executable)))
struct CommandTests {
    static let hasModel: Bool = {
        let model = SileroModel.defaultPath(environment: ProcessInfo.processInfo.environment)
        return model.map { FileManager.default.fileExists(atPath: $0) } ?? false
    }()
    static let withoutModel: Comment = "needs the voice model, which 'make test' fetches"

    private static let credentials = ["LIVEKIT_API_KEY": "devkey", "LIVEKIT_API_SECRET": "hush-hush"]

    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/jask-command-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    /// Starts a worker that will not reach a server, unless `url` says otherwise.
    private func start(
        _ folder: String, url: String = "ws://127.0.0.1:9", _ arguments: [String] = [],
        environment: [String: String] = [:]
    ) throws -> JaskProcess {
        let own = ["JASK_STATE_DIRECTORY": folder + "/state", "JASK_HEALTH_PORT": "0", "LIVEKIT_URL": url]
        return try JaskProcess(
            ["start"] + arguments,
            environment: Self.credentials.merging(own) { $1 }.merging(environment) { $1 })
    }

    // MARK: Configuration

    @Test("a bad file is refused with file, line, key and what is allowed, all of it at once", .timeLimit(.minutes(3)))
    func badFile() async throws {
        try await withFolder { folder in
            let path = folder + "/jask.yaml"
            try Data("policy:\n  cooldown: 2h\n  budgte: 3\nvoice:\n  activation: 2\n".utf8)
                .write(to: URL(fileURLWithPath: path))
            let worker = try start(folder, ["--config", path])
            #expect(try await worker.status(within: 10) == 1)
            for line in [
                "\(path):2: policy.cooldown: '2h' is not allowed: duration, 0 s…1 h",
                "\(path):3: policy.budgte: there is no such setting; did you mean policy.budget?",
                "\(path):5: voice.activation: '2' is not allowed: number, probability, 0…1",
            ] {
                #expect(worker.text.contains(line), "\(worker.text)")
            }
        }
    }

    @Test(
        "an address that is none is refused, with what is allowed", .timeLimit(.minutes(3)),
        arguments: [
            "localhost:7880", "ftp://example.org", "ws://", "wss://ho st",
        ])
    func wrongAddress(url: String) async throws {
        try await withFolder { folder in
            let worker = try start(folder, url: url)
            #expect(try await worker.status(within: 10) == 1, "\(worker.text)")
            #expect(worker.text.contains(url) && !worker.text.contains("hush-hush"), "\(worker.text)")
        }
    }

    @Test(
        "a message that quotes a setting's secret does not show it", .timeLimit(.minutes(3)),
        arguments: ["start", "doctor"])
    func quotedSecret(command: String) async throws {
        try await withFolder { folder in
            let own = ["JASK_STATE_DIRECTORY": folder + "/state", "LIVEKIT_URL": "ftp://hush-hush.example"]
            let process = try JaskProcess([command], environment: Self.credentials.merging(own) { $1 })
            #expect(try await process.status(within: 20) == 1, "\(process.text)")
            #expect(process.text.contains("ftp://<redacted>.example"), "\(process.text)")
            #expect(!process.text.contains("hush-hush"), "\(process.text)")
        }
    }

    @Test(
        "a hang-up while a worker still waits for the server does not end it",
        .enabled(if: Self.hasModel, Self.withoutModel), .timeLimit(.minutes(3)))
    func earlyHangUp() async throws {
        try await withFolder { folder in
            // Takes connections, and says nothing.
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(listener) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isBound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    bind(listener, address, length) == 0 && listen(listener, 8) == 0
                        && getsockname(listener, address, &length) == 0
                }
            }
            try #require(isBound)
            _ = fcntl(listener, F_SETFL, O_NONBLOCK)
            let worker = try start(folder, url: "ws://127.0.0.1:\(UInt16(bigEndian: address.sin_port))")
            let connection = try await eventually(within: 20) {
                let connection = accept(listener, nil, nil)
                return connection < 0 ? nil : connection
            }
            let open = try #require(connection, "\(worker.text)")
            worker.signal(SIGHUP)
            try await Task.sleep(for: .milliseconds(500))
            #expect(worker.isRunning, "\(worker.text)")
            close(open)
            worker.signal(SIGTERM)
            #expect(try await worker.status(within: 20) == 0, "it ends in good order: \(worker.text)")
        }
    }

    @Test("a key of Claude that cannot be sent is refused at the start, and not shown", .timeLimit(.minutes(3)))
    func brokenKey() async throws {
        try await withFolder { folder in
            let worker = try start(folder, environment: ["ANTHROPIC_API_KEY": "sk-ant-“quoted”"])
            #expect(try await worker.status(within: 10) == 1)
            #expect(worker.text.contains("claude.api_key: '(redacted)' is not allowed"), "\(worker.text)")
            #expect(!worker.text.contains("sk-ant"))
        }
    }

    @Test(
        "a crash of a worker leaves no core dump with what is private in it, unless that is wanted",
        .enabled(if: Self.hasModel, Self.withoutModel), .timeLimit(.minutes(3)), arguments: [false, true])
    func coreDumps(isWanted: Bool) async throws {
        try await withFolder { folder in
            let worker = try start(folder, environment: ["JASK_WORKER_CORE_DUMPS": "\(isWanted)"])
            let isTrying = try await eventually(within: 20) { worker.lines(with: "not registered: ").first }
            #expect(isTrying != nil, "\(worker.text)")
            let limit = try #require(Self.coreLimit(of: worker.identifier))
            #expect(limit == (isWanted ? Self.coreLimit(of: getpid()) : "0 0"))
            worker.signal(SIGKILL)
        }
    }

    /// The soft and the hard limit.
    private static func coreLimit(of process: Int32) -> String? {
        let limits = try? String(contentsOfFile: "/proc/\(process)/limits", encoding: .utf8)
        let line = limits?.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
        return line?.split(separator: " ").dropFirst(4).prefix(2).joined(separator: " ")
    }

    // MARK: The model

    @Test("a model that is missing or damaged is named with the way to get it", .timeLimit(.minutes(3)))
    func brokenModel() async throws {
        try await withFolder { folder in
            let path = folder + "/" + SileroModel.fileName
            for isThere in [false, true] {
                if isThere { try Data(repeating: 7, count: 4096).write(to: URL(fileURLWithPath: path)) }
                let worker = try start(folder, environment: ["JASK_STATE_MODELS_DIRECTORY": folder])
                #expect(try await worker.status(within: 10) == 1)
                #expect(worker.text.contains("voice model \(path)"), "\(worker.text)")
                #expect(worker.text.contains(isThere ? "has SHA-256" : "cannot be read"), "\(worker.text)")
                #expect(worker.text.contains("get it with scripts/fetch-models"), "\(worker.text)")
            }
        }
    }

    @Test("doctor looks where the settings say, also where credentials are missing", .timeLimit(.minutes(3)))
    func doctor() async throws {
        try await withFolder { folder in
            let doctor = try JaskProcess(
                ["doctor"],
                environment: ["JASK_STATE_MODELS_DIRECTORY": folder, "JASK_STATE_DIRECTORY": folder + "/state"])
            #expect(try await doctor.status(within: 20) == 1)
            #expect(doctor.text.contains("!!  voice model      voice model \(folder)/"), "\(doctor.text)")
            #expect(doctor.text.contains("ok  state folder     \(folder)/state"), "\(doctor.text)")
            #expect(!FileManager.default.fileExists(atPath: folder + "/state"), "it leaves nothing behind")
            #expect(doctor.text.contains("LIVEKIT_API_SECRET"), "\(doctor.text)")
        }
    }

    @Test("doctor asks for vision models only where gestures are looked for", .timeLimit(.minutes(3)))
    func doctorWithoutGestures() async throws {
        for isOn in [true, false] {
            try await withFolder { folder in
                let doctor = try JaskProcess(
                    ["doctor"],
                    environment: [
                        "JASK_STATE_MODELS_DIRECTORY": folder, "JASK_STATE_DIRECTORY": folder + "/state",
                        "JASK_GESTURE_ENABLED": "\(isOn)",
                    ])
                _ = try await doctor.status(within: 20)
                #expect(doctor.text.contains((isOn ? "!!" : "--") + "  vision models"), "\(doctor.text)")
            }
        }
    }

    @Test(
        "doctor finds Claude's model by its alias, and names the nearest where there is none",
        .timeLimit(.minutes(3)),
        arguments: [
            ("claude-haiku-4-5", "ok  Claude           ", "claude-haiku-4-5, which is claude-haiku-4-5-20251001"),
            ("claude-haiku-5-5", "ok  Claude           ", "has the model claude-haiku-5-5"),
            ("claude-sonnet-4-5", "--  Claude           ", "it retires 2026-11-30"),
            ("claude-3-5-haiku", "!!  Claude           there is no model 'claude-3-5-haiku'", "one of: claude-"),
            (
                "claude-haiku/4.5", "!!  Claude           there is no model 'claude-haiku/4.5'",
                "one of: claude-haiku-5-5, claude-haiku-4-5-20251001, claude-opus-5-5"
            ),
        ])
    func doctorAsksForTheModel(model: String, beginning: String, part: String) async throws {
        let claude = try AnthropicStandIn.start(script: [.hint()])
        try await withFolder { folder in
            let doctor = try JaskProcess(
                ["doctor"],
                environment: [
                    "ANTHROPIC_API_KEY": claude.apiKey, "ANTHROPIC_BASE_URL": claude.baseURL,
                    "JASK_CLAUDE_MODEL": model, "JASK_STATE_DIRECTORY": folder + "/state",
                ])
            _ = try await doctor.status(within: 20)
            let line = try #require(doctor.lines(with: "  Claude  ").first?.text, "\(doctor.text)")
            #expect(line.hasPrefix(beginning) && line.contains(part), "\(line)")
            let request = doctor.lines(with: "  Claude's request").first?.text
            #expect(
                (request?.contains("is taken as it is sent") == true) != beginning.hasPrefix("!!"), "\(doctor.text)")
            #expect(claude.messageRequests.isEmpty, "what costs is not asked for")
        }
    }

    // MARK: The server

    @Test(
        "a server that is gone is tried again; one that then refuses ends the worker with its reason",
        .enabled(if: hasModel, withoutModel), .timeLimit(.minutes(3)))
    func refusedLater() async throws {
        try await withFolder { folder in
            var configuration = DevServer.Configuration()
            configuration.port = 0
            let first = try await DevServer.start(configuration)
            configuration.port = first.port
            await first.kill()
            let worker = try start(folder, url: "ws://127.0.0.1:\(configuration.port)")
            let isTrying = try await eventually(within: 10) {
                worker.lines(with: "not registered: cannot reach 127.0.0.1", "trying again").first
            }
            #expect(isTrying != nil && worker.isRunning, "\(worker.text)")
            let second = try await DevServer.start(configuration)
            #expect(try await worker.status(within: 15) == 1, "\(worker.text)")
            #expect(worker.text.contains("401"), "\(worker.text)")
            for name in ["LIVEKIT_API_KEY ('devkey')", "LIVEKIT_API_SECRET", "ws://127.0.0.1:\(configuration.port)"] {
                #expect(worker.lines(with: "Error: ", name).count == 1, "\(name)\n\(worker.text)")
            }
            let attempts = worker.lines(with: "trying again in ").map(\.text)
            #expect(attempts.allSatisfy { $0.hasSuffix(" ms") || $0.hasSuffix(" s") }, "\(attempts)")
            // Neither the secret nor the token, which the server's answer quotes.
            #expect(!worker.text.contains("hush-hush") && !worker.text.contains("eyJ"), "\(worker.text)")
            await second.stop()
        }
    }

    @Test(
        "wss to a plain server says so, and shows nothing of how jask was built",
        .enabled(if: hasModel, withoutModel), .timeLimit(.minutes(3)))
    func plainServer() async throws {
        try await withFolder { folder in
            var configuration = DevServer.Configuration()
            configuration.port = 0
            let server = try await DevServer.start(configuration)
            let url = "wss://127.0.0.1:\(server.port)"
            let worker = try start(folder, url: url)
            let told = try await eventually(within: 10) { worker.lines(with: "not registered: ").first?.text }
            let doctor = try JaskProcess(
                ["doctor", "--url", url],
                environment: Self.credentials.merging(["JASK_STATE_DIRECTORY": folder + "/state"]) { $1 })
            #expect(try await doctor.status(within: 20) == 1)
            let seen = doctor.lines(with: "LiveKit server").first?.text
            for line in [told, seen] {
                let line = try #require(line, "\(worker.text)\n\(doctor.text)")
                #expect(line.contains("does not speak TLS on this port") && line.contains("ws://"), "\(line)")
                #expect(!line.contains(".cc") && !line.contains(".swift") && !line.contains("OPENSSL"), "\(line)")
            }
            worker.signal(SIGKILL)
            await server.stop()
        }
    }

    @Test(
        "a port in use is named with its setting and with who holds it",
        .enabled(if: hasModel, withoutModel), .timeLimit(.minutes(3)))
    func portInUse() async throws {
        try await withFolder { folder in
            var configuration = DevServer.Configuration()
            configuration.port = 0
            let server = try await DevServer.start(configuration)
            let holder = "is in use by process \(ProcessInfo.processInfo.processIdentifier) ("
            let worker = try start(folder, environment: ["JASK_HEALTH_PORT": "\(server.port)"])
            #expect(try await worker.status(within: 10) == 1, "\(worker.text)")
            #expect(
                worker.lines(with: "health.port \(server.port) (JASK_HEALTH_PORT) \(holder)").count == 1,
                "\(worker.text)")
            let dev = try JaskProcess(["dev", "--port", "\(server.port)"], environment: [:])
            #expect(try await dev.status(within: 10) == 1, "\(dev.text)")
            #expect(dev.lines(with: "port \(server.port) \(holder)", "--port").count == 1, "\(dev.text)")
            #expect(!(worker.text + dev.text).contains("errno"))
            await server.stop()
        }
    }

    // MARK: Demo, tokens, settings

    @Test(
        "the demo ends with 0, and says of each hint what it was for, how fast it came and by whom",
        .enabled(if: hasModel, withoutModel),
        .enabled(if: ReleasedVision.isThere, Comment(rawValue: ReleasedVision.absence)),
        .timeLimit(.minutes(3)))
    func demo() async throws {
        let demo = try JaskProcess(["demo"], environment: [:])
        #expect(try await demo.status(within: 65) == 0, "\(demo.text)")
        for part in [
            "candidate  speaks", "candidate  falls silent", "candidate  received a hint: ",
            "camera: raises a hand", "jask       candidate raises a hand", "camera: lowers the hand",
            "camera: puts a palm to the forehead", "jask       candidate puts a palm to the forehead",
            "leans the chin on a hand: looked at, and no hint", "drinks: looked at, and no hint",
            "the assistant was not in the candidate's participant list",
        ] {
            #expect(demo.text.contains(part), "\(part)\n\(demo.text)")
        }
        for trigger in ["the long pause", "the raised hand", "the palm on the forehead"] {
            let row = demo.lines(with: trigger, "by the rehearsed coach, tier ", ", at solution.py line ").first?.text
            let times = (row ?? "").matches(of: /[0-9.]+ (s|ms)/).map(\.output.0)
            #expect(times.count == 5, "\(trigger): \(row ?? "no row")\n\(demo.text)")
        }
    }

    @Test(
        "a demo whose models cannot look at pictures shows the pause alone, says why, and ends with 0",
        .enabled(if: hasModel, withoutModel), .timeLimit(.minutes(3)))
    func demoWithoutEngine() async throws {
        try await withFolder { folder in
            let voice = try #require(SileroModel.defaultPath(environment: ProcessInfo.processInfo.environment))
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/" + SileroModel.fileName, withDestinationPath: voice)
            let demo = try JaskProcess(["demo"], environment: ["JASK_MODELS": folder])
            #expect(try await demo.status(within: 40) == 0, "\(demo.text)")
            #expect(
                demo.lines(with: "demo", "without a camera, since gestures are off", folder).count == 1, "\(demo.text)")
            #expect(demo.lines(with: "Only the pause was shown", folder).count == 1, "\(demo.text)")
            #expect(demo.lines(with: "the long pause", "by the rehearsed coach, tier 1").count == 1, "\(demo.text)")
            #expect(demo.lines(with: "the raised hand").isEmpty && demo.lines(with: "camera: ").isEmpty, "\(demo.text)")
        }
    }

    @Test(
        "a demo without a hint ends with 1 and the reason", .enabled(if: hasModel, withoutModel),
        .timeLimit(.minutes(3)))
    func demoWithoutHint() async throws {
        let demo = try JaskProcess(["demo", "--seconds", "5"], environment: [:])
        #expect(try await demo.status(within: 30) == 1, "\(demo.text)")
        #expect(demo.text.contains("the demo failed: no hint came within 5 s"), "\(demo.text)")
    }

    @Test("a printed token lets its holder in, with the role that was asked for", .timeLimit(.minutes(3)))
    func token() async throws {
        let token = try JaskProcess(
            ["token", "--room", "r", "--identity", "ada", "--role", "candidate", "--minutes", "5"],
            environment: Self.credentials)
        #expect(try await token.status(within: 10) == 0, "\(token.text)")
        let key = try APIKey(name: "devkey", secret: "hush-hush")
        let claims = try TokenVerifier(keys: [key]).verify(token.text, now: Int64(Date().timeIntervalSince1970))
        #expect(claims.identity == "ada" && claims.video?.room == "r" && claims.video?.roomJoin == true)
        #expect(claims.attributes?["jask.role"] == "candidate" && claims.video?.canUpdateOwnMetadata != true)
        let open = try JaskProcess(
            ["token", "--room", "r", "--identity", "ada", "--role", "candidate", "--update-metadata"],
            environment: Self.credentials)
        #expect(try await open.status(within: 10) == 0)
        #expect(open.text.contains("--role candidate does not count here"), "\(open.text)")
        for wrong in [["--minutes", "0"], ["--minutes", "10081"], ["--role", "admin"]] {
            let refused = try JaskProcess(
                ["token", "--room", "r", "--identity", "ada"] + wrong, environment: Self.credentials)
            #expect(try await refused.status(within: 10) != 0, "\(refused.text)")
        }
    }

    @Test("config names every setting with its value and where it comes from, and shows no secret")
    func config() async throws {
        let config = try JaskProcess(
            ["config"], environment: Self.credentials.merging(["JASK_POLICY_COOLDOWN": "90s"]) { $1 })
        #expect(try await config.status(within: 10) == 0, "\(config.text)")
        let cooldown = try #require(config.lines(with: "policy.cooldown").first?.text, "\(config.text)")
        #expect(cooldown.contains("90 s") && cooldown.contains("JASK_POLICY_COOLDOWN"), "\(cooldown)")
        #expect(!config.text.contains("hush-hush"))
    }

    @Test(
        "dev says what it is, and names an address that clients can use", .enabled(if: hasModel, withoutModel),
        .timeLimit(.minutes(3)), arguments: ["127.0.0.1", "0.0.0.0"])
    func dev(host: String) async throws {
        let dev = try JaskProcess(["dev", "--port", "0", "--host", host], environment: [:])
        let url = try await eventually(within: 20) { dev.lines(with: "url ", "ws://").first?.text }
        #expect(url?.contains("0.0.0.0") == false, "\(dev.text)")
        #expect(dev.lines(with: "not for production").count == 1, "\(dev.text)")
        #expect(dev.lines(with: "is then silent for 8.0 s").count == 1, "\(dev.text)")
        #expect(dev.lines(with: "reachable from other machines").count == (host == "0.0.0.0" ? 1 : 0))
        #expect(Self.coreLimit(of: dev.identifier) == "0 0", "nor does a crash of it leave a core dump")
        dev.signal(SIGTERM)
        #expect(try await dev.status(within: 15) == 0, "\(dev.text)")
    }

    @Test(
        "a first try with dev shows a hint within seconds, and then says once why there is no second",
        .enabled(if: hasModel, withoutModel), .timeLimit(.minutes(4)))
    func firstTry() async throws {
        // The silence is told anew each second, as often as a flood would be.
        let dev = try JaskProcess(["dev", "--port", "0"], environment: ["JASK_PAUSE_REPEAT_AFTER": "1 s"])
        let line = try await eventually(within: 20) { dev.lines(with: "url ", "ws://").first?.text }
        let url = try #require(line?.split(separator: " ").last.map(String.init), "\(dev.text)")
        let stage = try Stage(url: url, secret: "secret")
        let candidate = try stage.startCandidate(room: "r") { $0.untilHints = 99 }
        let hint = try await eventually(within: 30) { candidate.hints.first?.at }
        let silent = try #require(candidate.fellSilent)
        let after = try #require(hint, "\(dev.text)").seconds(since: silent)
        #expect(after < stage.bar(20), "\(stage.machine.report)\n\(dev.text)")
        let why = "no hint yet for the long pause: the last hint was given a short while ago (policy.cooldown"
        let told = try await eventually(within: 10) { dev.lines(with: why).first }
        #expect(told != nil, "\(dev.text)")
        let again = try await eventually(within: 10) {
            dev.lines(with: "long pause of ").count >= 5 ? true : nil
        }
        #expect(again == true && dev.lines(with: why).count == 1, "\(dev.text)")
        await candidate.leave()
        dev.signal(SIGTERM)
        #expect(try await dev.status(within: 15) == 0, "\(dev.text)")
    }

    // MARK: The log

    @Test(
        "a log that cannot be written costs lines and nothing else", .enabled(if: hasModel, withoutModel),
        .timeLimit(.minutes(3)), arguments: ["/dev/full", "a pipe without a reader"])
    func fullLog(target: String) async throws {
        try await withFolder { folder in
            let process = Process()
            process.executableURL = URL(fileURLWithPath: JaskProcess.executable)
            process.arguments = ["start", "--url", "ws://127.0.0.1:9"]
            process.environment = JaskProcess.inherited.merging(Self.credentials) { $1 }
                .merging(["JASK_STATE_DIRECTORY": folder, "JASK_HEALTH_PORT": "0"]) { $1 }
            process.standardOutput = FileHandle.nullDevice
            let pipe = Pipe()
            process.standardError = target == "/dev/full" ? try #require(FileHandle(forWritingAtPath: target)) : pipe
            try process.run()
            try pipe.fileHandleForReading.close()
            // Several lines have been written by then.
            try await Task.sleep(for: .seconds(3))
            #expect(process.isRunning)
            process.terminate()
            let ended = try await eventually(within: 10) { process.isRunning ? nil : true }
            #expect(ended == true)
            #expect(process.terminationReason == .exit && process.terminationStatus == 0)
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        }
    }

    @Test(
        "what a client makes up begins no line of the log", .enabled(if: hasModel, withoutModel),
        .timeLimit(.minutes(3)))
    func forgedLines() async throws {
        let stage = try await Stage()
        let worker = try stage.startWorker()
        try #require(try await stage.ready(worker), "\(worker.text)")
        let forged = "x\n2026-11-25T00:00:00.000 notice stopped\u{1B}[2J"
        let candidate = try stage.startCandidate(room: "r", identity: Identity(forged)) { $0.untilHints = 1 }
        let told = try await eventually(within: 15) { worker.lines(with: "told x").first }
        #expect(told != nil, "\(worker.text)")
        #expect(!worker.lines.contains { $0.text.hasPrefix("2026-11-25T00:00:00.000") }, "\(worker.text)")
        #expect(!worker.text.contains("\u{1B}"))
        worker.signal(SIGKILL)
        await candidate.leave()
        await stage.close()
    }
}
