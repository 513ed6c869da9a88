import Perception
import PerceptionModels
import Pictures
import RenderedCandidate
import SansIO
import VisionModelFixtures

extension Benchmark {
    /// What looking at the film of `cameras` takes, without a network: how often each model is asked and what that and all
    /// else costs, in shares of a core. Counts are the same in every run, so that two ways to search can be told apart.
    static let looking = Benchmark(name: "looking") {
        guard ReleasedVision.isThere else { throw Skipped(reason: ReleasedVision.absence) }
        return try Film.Part.allCases.flatMap { part in
            var film = try LookedFilm()
            return try film.measure(part)
        }
    }
}

/// The film in the size and at the rate at which the worker sees it, but not coded in between.
private struct LookedFilm {
    private static let interval = Duration.milliseconds(250)
    private var camera: RenderedCamera
    private let models: CountedModels
    private let looker: GestureLooker
    private var detector = GestureDetector(participant: "candidate")
    private var reasons: [GestureLook.Reason: Int] = [:]

    init() throws {
        camera = try RenderedCamera(Film.script, width: 320, height: 180)
        models = CountedModels(try ReleasedVision.models())
        looker = GestureLooker(models: models)
    }

    /// From the middle of the part before on, of which only what `cameras` measures counts.
    mutating func measure(_ part: Film.Part) throws -> [Measurement] {
        let measured = part.start + Film.settling..<part.start + Film.settling + Film.measured
        // What was long before does not count.
        var time = max(.zero, part.start - Film.partLength / 2)
        var whole = 0.0
        while time < measured.upperBound {
            let took = try look(at: time)
            if time < measured.lowerBound {
                (models.tally, reasons) = (CountedModels.Tally(), [:])
            } else {
                whole += took
            }
            time += Self.interval
        }
        let seconds = Film.measured.inSeconds
        let tally = models.tally
        func rate(_ count: Int) -> String { number(Double(count) / seconds) }
        let why = reasons.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }.map {
            "\($0.key) \(rate($0.value))"
        }.joined(separator: ", ")
        return [
            Measurement(
                what: "looking, \(part.words)", value: whole / seconds / 10_000, unit: "% of a core",
                comparison:
                    "models \(number(tally.microseconds / seconds / 10_000)) %; a second: \(rate(tally.facesNear)) faces,"
                    + " \(rate(tally.facesFar)) far, \(rate(tally.facePresence)) sure, \(rate(tally.palms)) palms,"
                    + " \(rate(tally.hands)) hands, \(rate(tally.fullHands)) large; looks: \(why)")
        ]
    }

    /// - Returns: what it took, in microseconds.
    private mutating func look(at time: Duration) throws -> Double {
        let picture = try camera.picture(at: time)
        let now = Instant.zero + time
        return try threadMicroseconds {
            guard let look = try looker.look(at: picture, time: now, attention: detector.attention) else { return }
            reasons[look.reason, default: 0] += 1
            detector.receive(look)
            while detector.pollOutput() != nil {}
        }
    }
}

/// Models that count what they are asked.
private final class CountedModels: VisionModels {
    struct Tally {
        var facesNear = 0
        var facesFar = 0
        var facePresence = 0
        var palms = 0
        var hands = 0
        var fullHands = 0
        var microseconds = 0.0
    }

    private let models: any VisionModels
    var tally = Tally()

    init(_ models: any VisionModels) { self.models = models }

    private func timed<Answer>(_ kind: WritableKeyPath<Tally, Int>, _ run: () throws -> Answer) throws -> Answer {
        tally[keyPath: kind] += 1
        var answer: Answer?
        tally.microseconds += try threadMicroseconds { answer = try run() }
        guard let answer else { throw Failed(reason: "a model gave no answer") }
        return answer
    }

    func facesNear(in picture: RGBPicture, from threshold: Float) throws -> [Detection] {
        try timed(\.facesNear) { try models.facesNear(in: picture, from: threshold) }
    }

    func facesFar(in picture: RGBPicture, from threshold: Float) throws -> [Detection] {
        try timed(\.facesFar) { try models.facesFar(in: picture, from: threshold) }
    }

    func facePresence(in picture: RGBPicture, of face: Detection) throws -> Float {
        try timed(\.facePresence) { try models.facePresence(in: picture, of: face) }
    }

    func palms(in picture: RGBPicture, from threshold: Float) throws -> [Detection] {
        try timed(\.palms) { try models.palms(in: picture, from: threshold) }
    }

    func hand(in picture: RGBPicture, region: PictureRegion, full: Bool) throws -> HandLandmarks {
        try timed(full ? \.fullHands : \.hands) { try models.hand(in: picture, region: region, full: full) }
    }
}
