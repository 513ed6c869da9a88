import Perception
import Pictures
import SansIO

/// One face over time.
struct FaceTrack {
    private(set) var frame: FaceFrame
    /// As it was last seen, for the face model.
    private(set) var detection: Detection
    private(set) var score: Float
    /// What its score is when nothing is in the way.
    private(set) var usualScore: Float
    private(set) var seenAt: Instant
    /// It was found when faces were last looked for, where it was before, with nothing in the way.
    private(set) var isSteady = false
    /// When a hand was last on it.
    private(set) var coveredAt: Instant?
    private(set) var forehead = ForeheadReference()

    init(_ frame: FaceFrame, _ detection: Detection, at now: Instant) {
        self.frame = frame
        self.detection = detection
        (score, usualScore, seenAt) = (detection.score, detection.score, now)
    }

    mutating func scale(_ across: Float, _ down: Float) { frame.scale(across, down) }

    /// A hand is on it.
    mutating func cover(at now: Instant) { coveredAt = now }

    /// Faces were looked for, and this one may not be among them.
    mutating func miss() { isSteady = false }

    /// It is where it was.
    mutating func stay(at now: Instant) { seenAt = now }

    func isCovered(within span: Duration, at now: Instant) -> Bool { coveredAt.map { now - $0 <= span } ?? false }

    func isLost(at now: Instant, _ configuration: GestureSearchConfiguration) -> Bool {
        let wasCovered = coveredAt.map { $0 >= seenAt - configuration.coveredBefore } ?? false
        return now - seenAt > (wasCovered ? configuration.faceLostCovered : configuration.faceLost)
    }

    /// The face was seen again.
    /// - Parameter isAwaited: a palm on the forehead is being decided, so that the forehead is not as usual.
    mutating func follow(
        _ new: FaceFrame, _ detection: Detection, isAwaited: Bool, planes: WorkingPlanes, at now: Instant,
        _ configuration: GestureSearchConfiguration
    ) {
        let isCovered = isCovered(within: configuration.coveredFor, at: now)
        seenAt = now
        self.detection = detection
        let overlap = frame.overlap(new)
        if overlap < configuration.faceJumpOverlap, detection.score >= configuration.faceJumpScore,
            !isCovered
        {
            (frame, score) = (new, detection.score)
            forehead.forget()
        } else if isCovered || detection.score < usualScore - configuration.faceDrop {
            move(to: new, detection.score, share: configuration.faceFollowCovered)
        } else {
            move(to: new, detection.score, share: configuration.faceFollow)
            usualScore += configuration.usualFollow * (detection.score - usualScore)
        }
        isSteady =
            overlap >= configuration.faceStill && !isCovered && score >= usualScore - configuration.foreheadDrop
        if !isAwaited, score >= usualScore - configuration.foreheadDrop,
            !self.isCovered(within: configuration.foreheadCalm, at: now)
        {
            forehead.learn(
                ForeheadReference.patch(of: frame, in: planes), share: configuration.foreheadFollow)
        }
    }

    private mutating func move(to new: FaceFrame, _ newScore: Float, share: Float) {
        frame.follow(new, share: share)
        score += share * (newScore - score)
    }

    /// What is to be seen of the forehead; nil while it is not known how it looks.
    func foreheadScores(in planes: WorkingPlanes, _ configuration: GestureSearchConfiguration) -> ForeheadScores? {
        let patch = ForeheadReference.patch(of: frame, in: planes)
        return forehead.likeness(patch, after: configuration.foreheadUpdates).map {
            ForeheadScores(likeness: Thousandths($0), drop: Thousandths(usualScore - score))
        }
    }
}
