import Foundation
import Perception
import SansIO
import Testing

@testable import Recording

@Suite struct RecordingTextTests {
    private func at(_ milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }

    private var report: RecordingReport {
        var report = RecordingReport()
        report.content = "opus sound"
        report.duration = .seconds(4_000)
        report.events = [
            RecordingEvent(.voice(.begin), at: at(1_234), known: at(1_500)),
            RecordingEvent(.voice(.end), at: at(7_934), known: at(8_200)),
            RecordingEvent(
                .gesture(.raisedHand, .begin), at: at(12_400), known: at(13_200), confidence: 0.9312,
                reasons: ["handModel"]),
            RecordingEvent(
                .longPause, at: at(3_699_960), known: at(3_700_000), since: at(3_671_860), confidence: 0.5,
                reasons: ["noCodeFeed"], threshold: .seconds(8)),
            RecordingEvent(
                .helpMoment(.longPause, isRequest: false), at: at(3_700_000), known: at(3_700_000), confidence: 0.5,
                reasons: ["noCodeFeed"]),
        ]
        report.chunks = [VoiceChunk(start: at(2_000), probability: 0.5, level: -30)]
        report.looks = [
            GestureLook(at: at(9_000), interval: .milliseconds(200), reason: .idle, attention: [], hands: [])
        ]
        return report
    }

    private func objects(_ lines: [String]) throws -> [[String: Any]] {
        try lines.map { try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
    }

    @Test("a line is a JSON object with seconds of the file, and a file's name needs no escape by hand")
    func json() throws {
        let lines = RecordingLines(file: "a \"b\"\\\n\u{1}ü.mp4", gesture: .init()).lines(of: report)
        let objects = try objects(lines)
        #expect(objects.allSatisfy { $0["file"] as? String == "a \"b\"\\\n\u{1}ü.mp4" })
        #expect(objects.map { $0["t"] as? Double } == [1.234, 7.934, 12.4, 3699.96, 3700])
        #expect(
            objects.map { $0["signal"] as? String } == ["voice", "voice", "raised_hand", "long_pause", "help_moment"])
        #expect(objects.map { $0["phase"] as? String } == ["begin", "end", "begin", nil, nil])
        #expect(objects[2]["confidence"] as? Double == 0.931 && objects[2]["known"] as? Double == 13.2)
        #expect(objects[3]["since"] as? Double == 3671.86 && objects[3]["threshold"] as? Double == 8)
        #expect(objects[4]["kind"] as? String == "long_pause" && objects[4]["request"] as? Bool == false)
    }

    @Test("scores are told only where they are asked for, in order of time")
    func scores() throws {
        let plain = RecordingLines(gesture: .init()).lines(of: report)
        #expect(plain.count == 5 && !plain.contains { $0.contains("file") || $0.contains("score") })
        let lines = try objects(RecordingLines(hasScores: true, gesture: .init()).lines(of: report))
        #expect(lines.compactMap { $0["t"] as? Double } == [1.234, 2, 7.934, 9, 12.4, 3699.96, 3700])
        #expect(lines[1]["signal"] as? String == "voice_score" && lines[1]["speech"] as? Double == 0.502)
        #expect(lines[3]["signal"] as? String == "look" && (lines[3]["hands"] as? [Any])?.isEmpty == true)
    }

    @Test("what is missing of a file has a line where it is, for people and for programs")
    func faults() throws {
        var report = report
        report.faults = [
            .damaged(complaints: 3, first: "h264: \"no\""), .endedEarly(.sound, at: at(8_000), expected: at(4_000_000)),
            .brokenOff("the disk is gone"),
        ]
        #expect(!report.isWhole)
        let objects = try objects(RecordingLines(gesture: .init()).lines(of: report))
        #expect(objects.compactMap { $0["t"] as? Double } == [1.234, 7.934, 8, 12.4, 3699.96, 3700, 4000, 4000])
        #expect(objects[2]["signal"] as? String == "ended_early" && objects[2]["part"] as? String == "sound")
        #expect(objects[2]["expected"] as? Double == 4000 && objects[6]["signal"] as? String == "damaged")
        #expect(objects[6]["complaints"] as? Int == 3 && objects[6]["reasons"] as? [String] == ["h264: \"no\""])
        #expect(
            objects[7]["signal"] as? String == "broken_off"
                && objects[7]["reasons"] as? [String] == ["the disk is gone"])
        let lines = RecordingPage().text(of: report, file: "a.opus").split(separator: "\n")
        #expect(lines.contains("  fault: ffmpeg found faults in it (3): h264: \"no\""))
        #expect(
            lines.contains { $0.hasPrefix("  fault: its sound ends at 0:00:08.0, and should go on to 1:06:40.0: ") })
        report.faults.removeLast(2)
        #expect(report.isWhole)
    }

    @Test("people read clock times, lengths, confidence and reasons")
    func page() {
        let text = RecordingPage().text(of: report, file: "a.opus")
        for line in [
            "a.opus: 1:06:40.0, opus sound",
            "  0:00:01.2  voice               begin",
            "  0:00:12.4  raised hand         begin                 confidence 0.93; known at 0:00:13.2; hand model",
            "  1:01:40.0  long pause                  28.1 s        long from 8.0 s on; confidence 0.50; no code feed",
            "  1:01:40.0  > help moment                             long pause; confidence 0.50; no code feed",
            "  speech   6.7 s of 0.0 s of sound",
            "  moments  1 in which a hint would be thought about",
        ] {
            #expect(text.split(separator: "\n").contains(Substring(line)), "\(line)\nin\n\(text)")
        }
        #expect(!text.contains("\u{1B}"))
        let coloured = RecordingPage(isColoured: true).text(of: report, file: "a.opus")
        #expect(coloured.contains("\u{1B}[35m  0:00:12.4"))
    }

    @Test("numbers are rounded, with a point, whatever they are")
    func numbers() {
        #expect(
            [0.0496, -0.0004, 12.9996, -3.14159, .nan].map { $0.decimals(3) } == [
                "0.050", "0.000", "13.000", "-3.142", "0",
            ])
        #expect(
            [59.949, 59.96, 0, 3599.96].map { (Instant.zero + .seconds($0)).clock } == [
                "0:00:59.9", "0:01:00.0", "0:00:00.0", "1:00:00.0",
            ])
    }
}
