import RenderedCandidate
import SansIO

/// What is in front of the cameras while the cost of a room is measured.
enum Film {
    /// One after the other.
    enum Part: Int, CaseIterable, Sendable {
        case nobody, still, moving, handUp

        var words: String {
            switch self {
            case .nobody: "nobody there"
            case .still: "a person who sits still"
            case .moving: "a person who moves"
            case .handUp: "a hand up"
            }
        }

        var start: Duration { Film.warmUp + Film.partLength * rawValue }
    }

    /// Until everybody has joined, and has come to rest.
    static let warmUp = Duration.seconds(14)
    static let partLength = Duration.seconds(36)
    /// Of a part, after which what was before is over: also for those that began a few seconds later.
    static let settling = Duration.seconds(8)
    static let measured = Duration.seconds(24)
    static var length: Duration { Part.handUp.start + partLength + .seconds(4) }

    /// A hand up, so that all models are there.
    static let handAlone = CameraScript(
        [.init(.raiseHand, at: .seconds(8), hold: .seconds(60))], duration: .seconds(70))

    static var script: CameraScript {
        var leave = CameraScript.Step(.leave, at: Part.nobody.start, hold: partLength - .milliseconds(3_000))
        leave.approach = .milliseconds(1_200)
        let up = CameraScript.Step(.raiseHand, at: Part.handUp.start, hold: partLength)
        return CameraScript([leave, up] + everyday(from: Part.moving.start), duration: length)
    }

    /// Types, drinks, touches chin and ear, talks; nothing that is a gesture, and hardly a second of rest.
    private static func everyday(from start: Duration) -> [CameraScript.Step] {
        let acts: [(CameraScript.Action, Double)] = [
            (.type, 4), (.drink, 1.5), (.talk, 2.5), (.chin, 3), (.type, 3), (.ear, 2), (.glasses, 0.6), (.talk, 2),
            (.cheek, 3), (.drink, 1.5),
        ]
        var (steps, time) = ([CameraScript.Step](), start + .seconds(1))
        for (action, seconds) in acts {
            let step = CameraScript.Step(action, at: time, hold: .milliseconds(Int(seconds * 1_000)))
            steps.append(step)
            time = step.over
        }
        return steps
    }
}
