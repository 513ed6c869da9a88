import Foundation
import Inference
import Perception
import SansIO
import Settings
import Testing
import VisionModelFixtures

@testable import Recording

/// Files made by ffmpeg of synthetic speech and a rendered person, perceived with the released models.
@Suite(.enabled(if: TestMedia.isPossible, TestMedia.absence))
struct RecordingPerceptionTests {
    private static let voices = [[0.6, 4.307], [10.307, 13.1]]

    @Test("voice and pauses of a sound file are where they are", arguments: ["wav", "mp3", "opus", "m4a"])
    func sound(kind: String) throws {
        let media = try TestMedia()
        let report = try TestMedia.perceive(try media.make("speech.\(kind)", ["-i", TestMedia.speech]))
        #expect(isNear(report.seconds(of: "voice"), Self.voices, within: 0.2), "\(report.seconds(of: "voice"))")
        #expect(isNear(report.seconds(of: "pause"), [[4.307, 10.307]], within: 0.25))
        #expect(report.looks.isEmpty && report.faults == [] && report.notes == [])
        #expect(abs(report.duration.inSeconds - 14.1) < 0.1)
    }

    @Test("gestures and voice of a video are where they are", arguments: ["mp4", "webm"])
    func video(kind: String) throws {
        let media = try TestMedia()
        let film = try media.film()
        let report = try TestMedia.perceive(
            try media.make(
                "film.\(kind)",
                ["-i", film, "-itsoffset", "2", "-i", TestMedia.speech]
                    + (kind == "mp4"
                        ? ["-c:v", "libx264", "-c:a", "aac"] : ["-c:v", "libvpx", "-b:v", "1M", "-c:a", "libopus"])),
            keepsFrames: true)
        let raised = report.seconds(of: "raised_hand")
        let palm = report.seconds(of: "palm_to_forehead")
        // What is on is looked at more seldom, so that an end may be the last look's.
        #expect(isNear(raised, [[3.5, 6.5]], within: 1.3) && abs(raised[0][0] - 3.5) < 0.4, "\(raised)")
        #expect(isNear(palm, [[10.5, 14]], within: 1.3) && abs(palm[0][0] - 10.5) < 0.4, "\(palm)")
        let voices = Self.voices.map { $0.map { $0 + 2 } }
        #expect(isNear(report.seconds(of: "voice"), voices, within: 0.25), "\(report.seconds(of: "voice"))")
        let moments = report.events.filter { if case .helpMoment = $0.subject { true } else { false } }
        #expect(moments.first?.subject == .helpMoment(.raisedHand, isRequest: true))
        #expect(report.events.map(\.at) == report.events.map(\.at).sorted())
        let begins = report.events.filter { if case .gesture(_, .begin) = $0.subject { true } else { false } }
        #expect(report.frames.map(\.at) == begins.map(\.known) && begins.allSatisfy { $0.known - $0.at < .seconds(2) })
        #expect(begins.allSatisfy { ($0.confidence ?? 0) > 0.6 && !$0.reasons.isEmpty })
    }

    @Test("a picture without anybody shows no gesture, and frames are kept only where they are asked for")
    func nobody() throws {
        let media = try TestMedia()
        let report = try TestMedia.perceive(
            try media.make(
                "nobody.webm", ["-f", "lavfi", "-i", "testsrc=size=320x180:rate=10:duration=8", "-c:v", "libvpx"]))
        #expect(report.events == [] && report.chunks == [] && report.pictures > 30 && !report.looks.isEmpty)
        let seen = try TestMedia.perceive(try media.film())
        #expect(seen.events.contains { $0.subject == .gesture(.raisedHand, .begin) } && seen.frames == [])
    }

    @Test("of sound that stops for longer than two seconds nothing is known, as in a room")
    func interrupted() throws {
        let media = try TestMedia()
        for (seconds, reasons) in [(1, nil), (20, ["noCodeFeed", "fewOwnPauses", "partlyUnheard"])] {
            let file = try media.make(
                "hole.mkv",
                ["-i", TestMedia.speech, "-af", "asetpts='PTS+if(gt(T,6),\(seconds)/TB,0)'", "-c:a", "pcm_s16le"])
            let report = try TestMedia.perceive(file)
            let after = Self.voices[1].map { $0 + Double(seconds) }
            let voices = report.seconds(of: "voice")
            #expect(isNear(voices, [Self.voices[0], after], within: 0.25), "\(voices)")
            #expect(report.events.first { $0.subject == .longPause }?.reasons == reasons)
        }
    }

    @Test("sound that ends before the pictures leaves nobody speaking")
    func endedSound() throws {
        let media = try TestMedia()
        let report = try TestMedia.perceive(
            try media.make(
                "film.mkv",
                [
                    "-i", try media.film(), "-t", "3.5", "-i", TestMedia.speech, "-c:v", "libvpx", "-c:a", "pcm_s16le",
                ]))
        #expect(isNear(report.seconds(of: "voice"), [[0.6, 3.5]], within: 0.25), "\(report.seconds(of: "voice"))")
        let end = try #require(report.events.last { if case .voice(.end) = $0.subject { true } else { false } })
        #expect(end.known.duration(to: .zero + .seconds(3.5)) > .seconds(-4), "known at \(end.known)")
        #expect(report.duration > .seconds(10))
    }

    @Test("settings count as in a room")
    func settings() throws {
        var layer = Configuration.Layer()
        try layer.set("pause.minimum", to: "7s", origin: .commandLine(option: "--set"))
        try layer.set("gesture.enabled", to: "false", origin: .commandLine(option: "--set"))
        let media = try TestMedia()
        let file = try media.make(
            "film.webm", ["-i", try media.film(), "-i", TestMedia.speech, "-c:v", "libvpx", "-c:a", "libopus"])
        // Nobody looks at pictures, so their models are not needed either.
        let folder = media.path("models")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let from = try #require(ReleasedVision.folder) + "/" + SileroModel.fileName
        try FileManager.default.copyItem(atPath: from, toPath: folder + "/" + SileroModel.fileName)
        let report = try RecordingPerception(
            configuration: RecordingConfiguration(Configuration().adding(layer)),
            models: RecordingModels(folder: folder)
        ).perceive(file)
        #expect(report.seconds(of: "voice").count == 2 && report.spans(of: "pause").isEmpty && report.pictures == 0)
        #expect(throws: LiteRTError.self) {
            try RecordingPerception(configuration: .init(), models: RecordingModels(folder: folder)).perceive(file)
        }
    }
}
