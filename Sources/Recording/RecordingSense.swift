import Inference
import Perception
import PerceptionModels
import Pictures
import SansIO

/// One file's chunker, looker and rules.
final class RecordingSense {
    private var core: RecordingCore
    private var chunker: VoiceChunker?
    private let looker: GestureLooker?
    private var run = SoundRun()
    private var report = RecordingReport()
    private let keepsFrames: Bool
    private var thumbnails = PictureScaler()
    private var lastPicture: Instant?
    private var failedLooks = 0
    /// Up to where sound was heard when it was told that there is no more.
    private var toldAbsent: Instant?
    /// Where what was read so far ends.
    private(set) var end = Instant.zero

    /// Wide enough to see what a hand does, in pixels.
    private static let thumbnailWidth = 192
    /// More would make a plot that nothing can show.
    private static let mostFrames = 400

    /// - Parameters: nil for what the file does not have.
    init(
        _ configuration: RecordingConfiguration, voice: SileroModel?, vision: (any VisionModels)?, keepsFrames: Bool
    ) {
        core = RecordingCore(perception: configuration.perception, moments: configuration.moments)
        chunker = voice.map { VoiceChunker(model: $0) }
        looker = vision.map { GestureLooker(models: $0, configuration: configuration.search) }
        self.keepsFrames = keepsFrames
    }

    var isEmpty: Bool { run.end == nil && lastPicture == nil }

    func receive(_ piece: MediaReader.Piece) {
        switch piece {
        case .sound(let samples, let start): hear(samples, at: start)
        case .picture(let picture, let time): see(picture, at: time)
        }
    }

    /// The file is over.
    func finish() -> RecordingReport {
        tellAbsentSound(at: end)
        feed(.ended, at: end)
        report.events = report.events.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
            .map(\.element)
        report.duration = end - .zero
        if failedLooks > 0 { report.notes.append("\(failedLooks) looks failed: the models could not be run") }
        return report
    }

    /// Sound that ended, or stopped, before the pictures: nobody goes on speaking in it.
    private func tellAbsentSound(at now: Instant) {
        guard let heard = run.end, heard != toldAbsent, now - heard > SoundRun.longestHole else { return }
        toldAbsent = heard
        feed(.sound(.absent(at: heard)), at: now)
    }

    private func hear(_ samples: [Int16], at start: Instant) {
        let place = run.place(count: samples.count, at: start)
        if let since = place.absentSince { feed(.sound(.absent(at: since)), at: since) }
        let began = ContinuousClock.now
        let sound = Array(repeating: 0, count: place.silence) + samples.dropFirst(place.dropped)
        let chunks = chunker?.chunks(of: sound, at: place.start) ?? []
        report.cost.hearing += ContinuousClock.now - began
        report.chunks += chunks
        for chunk in chunks { feed(.sound(.chunks([chunk])), at: chunk.end) }
        end = max(end, run.end ?? end)
    }

    private func see(_ picture: I420Picture, at time: Instant) {
        tellAbsentSound(at: time)
        // A looker's times go on; a file's may not.
        guard let looker, lastPicture.map({ time > $0 }) ?? true else { return }
        lastPicture = time
        end = max(end, time)
        report.pictures += 1
        let began = ContinuousClock.now
        defer { report.cost.looking += ContinuousClock.now - began }
        do {
            guard let look = try looker.look(at: picture, time: time, attention: core.attention) else { return }
            report.looks.append(look)
            if feed(.look(look), at: time), keepsFrames, report.frames.count < Self.mostFrames {
                let small = thumbnails.rgb(picture, width: Self.thumbnailWidth)
                report.frames.append(RecordingFrame(at: time, picture: small))
            }
        } catch {
            failedLooks += 1
        }
    }

    /// - Returns: whether a gesture began.
    @discardableResult
    private func feed(_ input: RecordingCore.Input, at now: Instant) -> Bool {
        core.receive(input, at: now)
        var hasBegun = false
        while let event = core.pollOutput() {
            if case .gesture(_, .begin) = event.subject { hasBegun = true }
            report.events.append(event)
        }
        return hasBegun
    }
}
