import Foundation
import Testing

@testable import Recording

/// `jask perceive` as a process.
@Suite(.enabled(if: TestMedia.isPossible, TestMedia.absence))
struct PerceiveCommandTests {
    private func perceive(_ arguments: [String], environment: [String: String] = [:]) throws -> JaskCommand.Outcome {
        try JaskCommand.run(["perceive"] + arguments, environment: environment)
    }

    @Test("a line of JSON a signal, in order of time, with phases, under --set; no progress without a terminal")
    func json() throws {
        let outcome = try perceive(["--json", TestMedia.speech, "--set", "pause.minimum=5s"])
        #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
        let objects = outcome.objects
        #expect(
            objects.map { "\($0["signal"] ?? "") \($0["phase"] ?? "")" } == [
                "voice begin", "voice end", "pause begin", "voice begin", "pause end", "voice end",
            ]
                || objects.map { "\($0["signal"] ?? "") \($0["phase"] ?? "")" } == [
                    "voice begin", "voice end", "pause begin", "pause end", "voice begin", "voice end",
                ], "\(outcome.output)")
        let times = objects.compactMap { $0["t"] as? Double }
        #expect(times.count == 6 && times == times.sorted() && objects.allSatisfy { $0["file"] == nil })
        let longer = try perceive(["--json", TestMedia.speech], environment: ["JASK_PAUSE_MINIMUM": "7s"])
        #expect(longer.objects.count == 4, "the environment counts too: \(longer.output)")
    }

    @Test("of several files each is named, one that cannot be read is told, and the others are perceived all the same")
    func several() throws {
        let media = try TestMedia()
        let bad = media.path("none.wav")
        let outcome = try perceive(["--json", TestMedia.speech, bad, TestMedia.speech])
        #expect(outcome.status == 1 && outcome.objects.count == 12)
        #expect(outcome.objects.allSatisfy { $0["file"] as? String == TestMedia.speech })
        #expect(outcome.errors == "jask: \(bad): there is no such file\n")
    }

    @Test("text is for people, without colours where no terminal is")
    func text() throws {
        let outcome = try perceive([TestMedia.speech])
        #expect(
            outcome.status == 0 && outcome.output.contains("  0:00:04.") && outcome.output.contains("  pauses   1,"))
        #expect(!outcome.output.contains("\u{1B}") && outcome.errors == "")
    }

    @Test(
        "what was asked for wrongly is refused, with what is right",
        arguments: [
            (["a.wav", "--set", "pause.minimum"], Int32(64), "key=value is what it takes"),
            (["a.wav", "--set", "pause.minimun=3s"], 64, "did you mean pause.minimum?"),
            (["a.wav", "--set", "zebra=3s"], 64, "there is no such setting; 'jask config' lists all"),
            (
                ["a.wav", "--set", "pause.minimum=9h"], 64,
                "option --set: pause.minimum: '9h' is not allowed: duration, "
            ),
            (["a.wav", "--set", "pause.shortest_long=30s"], 64, "at most pause.longest_long, which is 20 s"),
            (["a.wav", "--set", "claude.api_key=two words"], 64, "'(redacted)' is not allowed"),
            (["a.wav", "--plot", "a.pdf"], 64, "--plot a.pdf: name an .svg or a .png"),
            (["a.wav", "--plot", "/nowhere/at/all/a.svg"], 64, "there is no folder /nowhere/at/all"),
            (["a.wav", "--plot", "/proc/a.svg"], 64, "in /proc, the system says 'No such file or directory'"),
            (["a.wav", "--scores"], 64, "--scores goes with --json"),
            ([], 64, "Missing expected argument"),
        ])
    func refusals(arguments: [String], status: Int32, text: String) throws {
        let outcome = try perceive(arguments)
        #expect(outcome.status == status && outcome.errors.contains(text), "\(outcome.errors)")
        #expect(!outcome.errors.contains("jask <subcommand>"), "the usage of another command: \(outcome.errors)")
    }

    @Test("where a plot goes is seen to before the work, not after it")
    func plotPath() throws {
        let media = try TestMedia()
        let folder = media.path("a.svg")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let outcome = try perceive([TestMedia.speech, "--plot", folder])
        #expect(outcome.status == 64 && outcome.errors.contains("it is a folder") && outcome.output == "")
        let missing = try perceive(["--plot", media.path("b.svg"), media.path("none.wav")])
        #expect(missing.status == 1 && !FileManager.default.fileExists(atPath: media.path("b.svg")))
        let without = try perceive(
            ["--plot", media.path("a.png"), TestMedia.speech], environment: ["PATH": "/nowhere"])
        #expect(without.status == 1 && without.errors.contains("a PNG needs an ffmpeg"), "\(without.errors)")
    }

    @Test("a setting that the file or the environment has wrong is no fault of the command")
    func foreignFault() throws {
        let outcome = try perceive([TestMedia.speech], environment: ["JASK_PAUSE_SHORTEST_LONG": "30s"])
        #expect(outcome.status == 1 && outcome.errors.contains("environment JASK_PAUSE_SHORTEST_LONG"))
    }

    @Test("a recording that was cut off is told as such, in text and in JSON, and is not passed as whole")
    func cutOff() throws {
        let media = try TestMedia()
        let whole = try Data(contentsOf: URL(fileURLWithPath: try media.make("speech.mp3", ["-i", TestMedia.speech])))
        let file = media.path("cut.mp3")
        try whole.prefix(whole.count * 6 / 10).write(to: URL(fileURLWithPath: file))
        let text = try perceive([file])
        #expect(text.status == 1 && text.errors.hasPrefix("jask: \(file): it ends at 0:00:08."), "\(text.errors)")
        #expect(
            text.output.contains("  fault: it ends at 0:00:08.") && text.output.contains("that it is 0:00:14.2 long"))
        let json = try perceive(["--json", file])
        let last = try #require(json.objects.last)
        #expect(json.status == 1 && last["signal"] as? String == "ended_early" && last["part"] as? String == "file")
        #expect(last["t"] as? Double ?? 0 < 9 && last["expected"] as? Double ?? 0 > 14, "\(last)")
    }

    @Test(
        "a crash leaves no core dump with what was heard and seen, unless that is wanted",
        .enabled(if: CoreLimit.mayBeRaised, "this process may have no core dumps itself"), arguments: [false, true])
    func coreDumps(isWanted: Bool) throws {
        let media = try TestMedia()
        // Nobody writes into it: ffprobe waits for as long as it is looked at.
        let pipe = media.path("endless.webm")
        try #require(mkfifo(pipe, 0o600) == 0)
        let process = try JaskCommand.process(
            ["perceive", pipe], environment: ["JASK_WORKER_CORE_DUMPS": "\(isWanted)"])
        try process.run()
        defer {
            // Whoever opens it and goes away ends the waiting.
            let descriptor = open(pipe, O_RDWR)
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            close(descriptor)
        }
        var limit: String?
        for _ in 0..<600 where limit != "0 0" {
            usleep(10_000)
            limit = CoreLimit.text(of: process.processIdentifier)
            if isWanted, Self.hasChild(process.processIdentifier) { break }
        }
        #expect(limit == (isWanted ? CoreLimit.text(of: getpid()) : "0 0"))
    }

    /// Whether a process has begun its work.
    private static func hasChild(_ process: Int32) -> Bool {
        let children = try? String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)
        return children?.isEmpty == false
    }

    @Test("without ffmpeg it says what to install, without a model what to fetch")
    func missing() throws {
        let without = try perceive([TestMedia.speech], environment: ["PATH": "/nowhere"])
        #expect(without.status == 1 && without.errors.contains("apt-get install ffmpeg"), "\(without.errors)")
        let media = try TestMedia()
        let bare = try perceive([TestMedia.speech], environment: ["JASK_STATE_MODELS_DIRECTORY": media.folder.path])
        #expect(bare.status == 1 && bare.errors.contains("scripts/fetch-models"), "\(bare.errors)")
    }
}

/// How large a core dump may be.
private enum CoreLimit {
    /// The soft and the hard limit.
    static func text(of process: Int32) -> String? {
        let limits = try? String(contentsOfFile: "/proc/\(process)/limits", encoding: .utf8)
        let line = limits?.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
        return line?.split(separator: " ").dropFirst(4).prefix(2).joined(separator: " ")
    }

    static let mayBeRaised = text(of: getpid()).map { $0 != "0 0" } ?? false
}
