import Perception
import PerceptionModels
import Pictures
import SansIO

/// Lends models for one look, if it is the camera's turn.
struct ModelLoan: Sendable {
    /// Calls the body with models, once; nil where the camera is put off or models cannot be used. Throws what the body
    /// throws.
    var look: @Sendable (_ now: Instant, _ body: (any VisionModels) throws -> GestureLook?) throws -> GestureLook?
    /// Whether models cannot be used for good.
    var isOff: @Sendable () -> Bool
}

/// The models of a looker that has them only while it looks.
final class LentModels: VisionModels {
    /// What is lent at present.
    private var models: (any VisionModels)?

    /// Nobody lends models outside of a look.
    struct NotLent: Error {}

    /// Lends models while the body runs.
    func lend<Result>(_ models: any VisionModels, _ body: () throws -> Result) rethrows -> Result {
        self.models = models
        defer { self.models = nil }
        return try body()
    }

    private func lent() throws(NotLent) -> any VisionModels {
        guard let models else { throw NotLent() }
        return models
    }

    func facesNear(in picture: RGBPicture, from threshold: Float) throws -> [Detection] {
        try lent().facesNear(in: picture, from: threshold)
    }

    func facesFar(in picture: RGBPicture, from threshold: Float) throws -> [Detection] {
        try lent().facesFar(in: picture, from: threshold)
    }

    func facePresence(in picture: RGBPicture, of face: Detection) throws -> Float {
        try lent().facePresence(in: picture, of: face)
    }

    func palms(in picture: RGBPicture, from threshold: Float) throws -> [Detection] {
        try lent().palms(in: picture, from: threshold)
    }

    func hand(in picture: RGBPicture, region: PictureRegion, full: Bool) throws -> HandLandmarks {
        try lent().hand(in: picture, region: region, full: full)
    }
}
