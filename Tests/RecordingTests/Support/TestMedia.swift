import Foundation
import Pictures
import RenderedCandidate
import SansIO
import Testing
import VisionModelFixtures
import VoiceModelFixtures

@testable import Recording

/// Media files that a test makes by ffmpeg of what is synthetic, in a folder of their own.
final class TestMedia {
    let folder: URL

    static let isPossible =
        MediaProcess.path(of: "ffmpeg") != nil && ReleasedModel.isThere && ReleasedVision.isThere
    static let absence = Comment(
        rawValue: MediaProcess.path(of: "ffmpeg") == nil
            ? "ffmpeg is missing: scripts/setup media installs it" : "models are missing: run scripts/fetch-models")

    /// Somebody speaks from .6 to 4.3 s and from 10.3 to 13.1 s, of 14.1.
    static let speech = Fixtures.folder.appendingPathComponent("speech.wav").path

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("jask-recording-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// Makes a file by ffmpeg.
    /// - Parameter arguments: all but the file's name.
    func make(_ name: String, _ arguments: [String]) throws -> String {
        let path = path(name)
        let (_, status, complaints) = try MediaProcess.run(
            "ffmpeg", ["-nostdin", "-v", "error", "-y"] + arguments + [path])
        try #require(status == 0, "\(complaints)")
        return path
    }

    /// A person who raises a hand from 3.5 to 6.5 s and has a palm on the forehead from 10.5 to 14 s, of 17.
    static let script = CameraScript(
        [.raised(at: .seconds(3), hold: .seconds(3)), .palm(at: .seconds(10), hold: .milliseconds(3_500))],
        duration: .seconds(17))

    /// What a rendered camera shows, ten pictures a second (YUV4MPEG2).
    func film(_ script: CameraScript = TestMedia.script, width: Int = 320, height: Int = 180) throws -> String {
        var camera = try RenderedCamera(script, width: width, height: height)
        var bytes = Data(RawFilm.header(width: width, height: height, rate: 10))
        for number in 0..<Int(script.duration.inSeconds * 10) {
            bytes += RawFilm.frame(try camera.picture(at: .milliseconds(100 * number)))
        }
        let path = path("film.y4m")
        try bytes.write(to: URL(fileURLWithPath: path))
        return path
    }

    static func perceive(_ file: String, keepsFrames: Bool = false) throws -> RecordingReport {
        let folder = try #require(ReleasedVision.folder)
        let perception = RecordingPerception(
            configuration: RecordingConfiguration(), models: RecordingModels(folder: folder))
        perception.keepsFrames = keepsFrames
        return try perception.perceive(file)
    }
}

extension CameraScript.Step {
    static func raised(at start: Duration, hold: Duration) -> Self { .init(.raiseHand, at: start, hold: hold) }
    static func palm(at start: Duration, hold: Duration) -> Self { .init(.palmToForehead, at: start, hold: hold) }
}

extension RecordingReport {
    /// The times of a signal's spans, in seconds.
    func seconds(of signal: String) -> [[Double]] {
        spans(of: signal).map { [($0.lowerBound - .zero).inSeconds, ($0.upperBound - .zero).inSeconds] }
    }
}

/// Whether times are near others, in seconds.
func isNear(_ found: [[Double]], _ wanted: [[Double]], within tolerance: Double) -> Bool {
    found.count == wanted.count
        && zip(found, wanted).allSatisfy { found, wanted in
            found.count == wanted.count && zip(found, wanted).allSatisfy { abs($0 - $1) <= tolerance }
        }
}
