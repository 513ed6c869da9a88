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
    /// As it was last measured from nearby.
    private var closeUp: CloseUp?

    init(_ face: PictureView.Face, at now: Instant) {
        (frame, detection, closeUp) = (face.frame, face.detection, face.closeUp)
        (score, usualScore, seenAt) = (detection.score, detection.score, now)
    }

    mutating func scale(_ across: Float, _ down: Float) {
        frame.scale(across, down)
        closeUp = nil
    }

    /// What would be seen of it from nearby, where that is known: it was measured so a moment ago, and its box in the whole
    /// picture has hardly changed since; with a hand on it that says too little.
    func sameCloseUp(
        of whole: FaceFrame, at now: Instant, _ configuration: GestureSearchConfiguration
    ) -> CloseUp? {
        guard let closeUp, now - closeUp.madeAt < CloseUp.longest, closeUp.whole.overlap(whole) >= CloseUp.likeness,
            !isCovered(within: configuration.coveredFor, at: now)
        else { return nil }
        return closeUp
    }

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
        _ face: PictureView.Face, isAwaited: Bool, planes: WorkingPlanes, at now: Instant,
        _ configuration: GestureSearchConfiguration
    ) {
        let isCovered = isCovered(within: configuration.coveredFor, at: now)
        let new = face.frame
        (seenAt, detection, closeUp) = (now, face.detection, face.closeUp)
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

/// A small face measured from nearby.
struct CloseUp {
    /// Its box in the whole picture then.
    var whole: FaceFrame
    var near: FaceFrame
    var madeAt: Instant

    /// For how long it may stand for the face.
    static let longest = Duration.seconds(2)
    /// How much the whole picture's box must overlap the one of then: a head that turns or leans in changes it by more, a
    /// hand beside it too.
    static let likeness: Float = 0.85

    /// Where the face is now, by its box in the whole picture.
    func moved(with now: FaceFrame) -> FaceFrame {
        near.moved(x: now.centre.x - whole.centre.x, y: now.centre.y - whole.centre.y)
    }
}
