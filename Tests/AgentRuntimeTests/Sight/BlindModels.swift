import PerceptionModels
import Pictures

/// Models that see nobody.
final class BlindModels: VisionModels {
    func facesNear(in picture: RGBPicture, from threshold: Float) throws -> [Detection] { [] }
    func facesFar(in picture: RGBPicture, from threshold: Float) throws -> [Detection] { [] }
    func facePresence(in picture: RGBPicture, of face: Detection) throws -> Float { 0 }
    func palms(in picture: RGBPicture, from threshold: Float) throws -> [Detection] { [] }
    func hand(in picture: RGBPicture, region: PictureRegion, full: Bool) throws -> HandLandmarks {
        HandLandmarks(points: [], presence: 0, rightness: 0)
    }
}
