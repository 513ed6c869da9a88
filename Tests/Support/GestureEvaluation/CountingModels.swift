import PerceptionModels
import Pictures

/// Models that count how often each is run.
final class CountingModels: VisionModels {
    /// Runs of each model.
    struct Calls: Sendable {
        var near = 0
        var far = 0
        var presence = 0
        var palm = 0
        var hand = 0
        var handFull = 0

        /// Processor time on a quiet machine by `facts`: what these runs take of one second, in ms.
        var milliseconds: Double {
            1.2 * Double(near) + 4.1 * Double(far) + 1.4 * Double(presence) + 8.5 * Double(palm) + 4.2 * Double(hand)
                + 8.7 * Double(handFull)
        }

        static func - (left: Calls, right: Calls) -> Calls {
            Calls(
                near: left.near - right.near, far: left.far - right.far, presence: left.presence - right.presence,
                palm: left.palm - right.palm, hand: left.hand - right.hand, handFull: left.handFull - right.handFull)
        }

        static func += (left: inout Calls, right: Calls) {
            left.near += right.near
            left.far += right.far
            left.presence += right.presence
            left.palm += right.palm
            left.hand += right.hand
            left.handFull += right.handFull
        }
    }

    private let models: any VisionModels
    private(set) var calls = Calls()

    init(_ models: any VisionModels) { self.models = models }

    func facesNear(in picture: RGBPicture, from threshold: Float) throws -> [Detection] {
        calls.near += 1
        return try models.facesNear(in: picture, from: threshold)
    }

    func facesFar(in picture: RGBPicture, from threshold: Float) throws -> [Detection] {
        calls.far += 1
        return try models.facesFar(in: picture, from: threshold)
    }

    func facePresence(in picture: RGBPicture, of face: Detection) throws -> Float {
        calls.presence += 1
        return try models.facePresence(in: picture, of: face)
    }

    func palms(in picture: RGBPicture, from threshold: Float) throws -> [Detection] {
        calls.palm += 1
        return try models.palms(in: picture, from: threshold)
    }

    func hand(in picture: RGBPicture, region: PictureRegion, full: Bool) throws -> HandLandmarks {
        if full { calls.handFull += 1 } else { calls.hand += 1 }
        return try models.hand(in: picture, region: region, full: full)
    }
}
