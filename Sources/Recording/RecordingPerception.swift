import Perception
import PerceptionModels
import Pictures
import SansIO

/// Perceives media files as a room would perceive a candidate's microphone and camera: the same models, rules and settings,
/// with the time of the file instead of a clock's.
///
/// A file is decoded by ffmpeg and held a piece at a time. What remains of it are events and scores, and small pictures of
/// what began where these are asked for; nothing is written. One owner at a time.
public final class RecordingPerception {
    public let configuration: RecordingConfiguration
    /// Whether reports have small pictures of what was seen.
    public var keepsFrames = false
    private let models: RecordingModels

    /// How far a file was read.
    public struct Progress: Hashable, Sendable {
        public var at: Duration
        /// How long the file says that it is; nil where it does not.
        public var of: Duration?
        public var took: Duration
    }

    public init(configuration: RecordingConfiguration, models: RecordingModels) {
        self.configuration = configuration
        self.models = models
    }

    /// Reads one file.
    /// - Parameter progress: called with each piece.
    /// - Throws: ``MediaError`` where nothing of the file can be perceived, and what a missing model throws; each says what
    ///   to do. A file that ends early gives a report with faults.
    public func perceive(_ file: String, progress: (Progress) -> Void = { _ in }) throws -> RecordingReport {
        let began = ContinuousClock.now
        let reader = try MediaReader(
            file: file, width: configuration.search.pictureWidth, rate: configuration.search.pictureRate,
            wantsPictures: configuration.looksForGestures)
        let description = reader.description
        let sense = RecordingSense(
            configuration,
            voice: description.sound == nil ? nil : try models.voiceModel(),
            vision: description.pictures == nil ? nil : try models.visionModels(), keepsFrames: keepsFrames)
        let whole = description.end.map { Duration.seconds($0) }
        var faults: [RecordingFault] = []
        do throws(MediaError) {
            while let piece = try reader.next() {
                sense.receive(piece)
                progress(Progress(at: sense.end - .zero, of: whole, took: ContinuousClock.now - began))
            }
        } catch {
            guard !sense.isEmpty else { throw error }
            faults = [.brokenOff(error.description)]
        }
        guard !sense.isEmpty else { throw MediaError.noStreams(found: ["streams without content"]) }
        var report = sense.finish()
        report.faults = reader.faults + faults
        report.content = description.text
        report.notes = reader.notes + report.notes
        if description.pictures?.isStill == true {
            report.notes.append(
                "a single picture shows no gesture, since a gesture must last; --json --scores shows its scores")
        }
        report.cost.all = ContinuousClock.now - began
        return report
    }
}
