import Foundation
import Testing

@testable import Recording

/// `jask perceive` as a process.
@Suite(.enabled(if: TestMedia.isPossible, TestMedia.absence))
struct PerceiveCommandTests {
    private struct Outcome {
        var status: Int32
        var output: String
        var errors: String

        var objects: [[String: Any]] {
            output.split(separator: "\n").map {
                (try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) ?? [:]
            }
        }
    }

    private func perceive(_ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
        let process = Process()
        let (output, errors) = (Pipe(), Pipe())
        let beside = Bundle.main.executableURL?.deletingLastPathComponent().appendingPathComponent("jask")
        process.executableURL = beside
        process.arguments = ["perceive"] + arguments
        process.environment = ProcessInfo.processInfo.environment.filter { name, _ in
            !name.hasPrefix("JASK_") || ["JASK_MODELS", "JASK_STATE_MODELS_DIRECTORY"].contains(name)
        }.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        // What it complains of fits into a pipe.
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        let complaints = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
            errors: String(decoding: complaints, as: UTF8.self))
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
            (["a.wav", "--set", "pause.minimun=3s"], 1, "did you mean pause.minimum?"),
            (["a.wav", "--set", "pause.minimum=9h"], 1, "option --set: pause.minimum: '9h' is not allowed"),
            (["a.wav", "--scores"], 64, "--scores goes with --json"),
            ([], 64, "Missing expected argument"),
        ])
    func refusals(arguments: [String], status: Int32, text: String) throws {
        let outcome = try perceive(arguments)
        #expect(outcome.status == status && outcome.errors.contains(text), "\(outcome.errors)")
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
