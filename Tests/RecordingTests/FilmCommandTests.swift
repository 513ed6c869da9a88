import Foundation
import Testing

@testable import Recording

/// `jask film` as a process.
@Suite(.enabled(if: TestMedia.isPossible, TestMedia.absence))
struct FilmCommandTests {
    @Test("what a film shows is perceived at the times that were told", arguments: ["webm", "mp4"])
    func film(kind: String) throws {
        let media = try TestMedia()
        let file = media.path("film.\(kind)")
        let actions = "cup,raised_hand,palm_to_forehead"
        let outcome = try JaskCommand.run(["film", file, "--do", actions, "--width", "320", "--rate", "10"])
        try #require(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
        let told = outcome.output.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(told.compactMap { $0.last.map(String.init) } == actions.split(separator: ",").map(String.init))
        let report = try TestMedia.perceive(file)
        for words in told.dropFirst() {
            let times = [Double(words[0]), Double(words[3])].compactMap(\.self)
            let found = report.seconds(of: String(words[5]))
            // What is on is looked at more seldom, so that an end may be the last look's.
            #expect(times.count == 2 && isNear(found, [times], within: 1.3), "\(words): \(found)")
        }
        #expect(report.faults == [] && report.spans(of: "voice").count == 2, "\(report.seconds(of: "voice"))")
    }

    @Test(
        "what cannot be filmed is refused, with what there is",
        arguments: [
            (["film.webm", "--do", "juggling"], Int32(64), "raised_hand, palm_to_forehead, talking"),
            (["film.webm", "--do", ""], 64, "from one action to 50"),
            (["film.webm", "--light", "0"], 64, "from 0.05 to 2 is allowed"),
            (["/nowhere/at/all/film.webm"], 64, "there is no folder /nowhere/at/all"),
            (["film.avi"], 64, "must end in .webm, .mp4, .mkv"),
        ])
    func refusals(arguments: [String], status: Int32, text: String) throws {
        let media = try TestMedia()
        let name = arguments[0].hasPrefix("/") ? arguments[0] : media.path(arguments[0])
        let outcome = try JaskCommand.run(["film", name] + arguments.dropFirst())
        #expect(outcome.status == status && outcome.errors.contains(text), "\(outcome.errors)")
    }

    @Test("a film that is not finished lies under no name that looks whole, and nothing is left where ffmpeg fails")
    func unfinished() throws {
        let media = try TestMedia()
        let folder = URL(fileURLWithPath: media.path("film.webm")).deletingLastPathComponent()
        let broken = folder.appendingPathComponent("broken-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: broken, withIntermediateDirectories: true)
        let stub = broken.appendingPathComponent("ffmpeg")
        // Writes something to its last argument, reads a while, and fails.
        try
            "#!/bin/sh\nfor last; do :; done\necho x > \"${last#file:}\"\nls > \"$(dirname \"$0\")/seen\" \"\(folder.path)\"\nexit 3\n"
            .write(to: stub, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: stub.path)
        let file = media.path("half.webm")
        let outcome = try JaskCommand.run(
            ["film", file, "--width", "160", "--rate", "1"], environment: ["PATH": "\(broken.path):/usr/bin:/bin"])
        #expect(outcome.status == 1 && outcome.errors.contains("ffmpeg could not write it"), "\(outcome.errors)")
        let seen = try String(contentsOf: broken.appendingPathComponent("seen"), encoding: .utf8).split(separator: "\n")
        #expect(seen.contains("unfinished-half.webm") && !seen.contains("half.webm"), "\(seen)")
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.contains("half") }
        #expect(left == [], "\(left)")
    }

    @Test("without ffmpeg it says what to install")
    func missing() throws {
        let media = try TestMedia()
        let outcome = try JaskCommand.run(["film", media.path("film.webm")], environment: ["PATH": "/nowhere"])
        #expect(outcome.status == 1 && outcome.errors.contains("apt-get install ffmpeg"), "\(outcome.errors)")
    }
}
