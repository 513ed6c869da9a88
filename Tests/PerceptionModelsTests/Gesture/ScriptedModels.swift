import Pictures
import SansIO

@testable import PerceptionModels

/// Models that find what they are told to, and count how often they are asked.
final class ScriptedModels: VisionModels {
    var near: [Detection] = []
    /// In a part of the picture.
    var nearby: [Detection] = []
    var far: [Detection] = []
    var foundPalms: [Detection] = []
    var landmarks: [HandLandmarks] = []
    var presence: Float = 1
    /// Fails instead of finding faces.
    var failure: (any Error)?
    private(set) var nearCalls = 0
    private(set) var farCalls = 0
    private(set) var palmCalls = 0
    private(set) var handCalls = 0
    private(set) var fullCalls = 0
    private(set) var lastPicture: RGBPicture?

    func facesNear(in picture: RGBPicture, from threshold: Float) throws -> [Detection] {
        nearCalls += 1
        if let failure { throw failure }
        if !nearby.isEmpty, picture.width < Int(Scene.size.width) { return nearby.filter { $0.score >= threshold } }
        lastPicture = picture
        return near.filter { $0.score >= threshold }
    }

    func facesFar(in picture: RGBPicture, from threshold: Float) throws -> [Detection] {
        farCalls += 1
        return far.filter { $0.score >= threshold }
    }

    func facePresence(in picture: RGBPicture, of face: Detection) throws -> Float { presence }

    func palms(in picture: RGBPicture, from threshold: Float) throws -> [Detection] {
        palmCalls += 1
        return foundPalms.filter { $0.score >= threshold }
    }

    func hand(in picture: RGBPicture, region: PictureRegion, full: Bool) throws -> HandLandmarks {
        if full { fullCalls += 1 } else { handCalls += 1 }
        return landmarks.first ?? HandLandmarks(points: [], presence: 0, rightness: 0)
    }
}

/// Pictures, faces and hands in the middle of a picture of 320 x 180, drawn and scripted.
enum Scene {
    static let pool = PicturePool()
    static let size = PixelSize(width: 320, height: 180)

    /// - Parameter luma: of a pixel, 16…235.
    static func picture(_ luma: (_ x: Int, _ y: Int) -> UInt8) throws -> I420Picture {
        try pool.makePicture(width: 320, height: 180, range: .limited) { planes in
            for row in 0..<planes.height {
                for column in 0..<planes.stride { planes.y[row * planes.stride + column] = luma(column, row) }
            }
            for index in 0..<(planes.chromaStride * planes.chromaHeight) {
                planes.u[index] = 128
                planes.v[index] = 128
            }
        }
    }

    /// A face of 60 pixels, its eyes at 80.
    static func face(score: Float = 0.9, x: Float = 160, y: Float = 88) -> Detection {
        detection(
            score, (x - 30, y - 30), (x + 30, y + 30), [(x - 10, y - 8), (x + 10, y - 8), (x, y), (x, y + 12)])
    }

    /// A palm whose knuckles and wrist are at these places in faces.
    static func palm(score: Float = 0.8, u: Float, wrist: Float, knuckles: Float) -> Detection {
        let (x, down, up) = (160 + 60 * u, 80 + 60 * wrist, 80 + 60 * knuckles)
        return detection(
            score, (x - 15, min(up, down)), (x + 15, max(up, down)),
            [(x, down), (x - 6, up), (x - 2, up), (x + 2, up), (x + 6, up), (x - 8, down), (x - 10, up)])
    }

    /// A hand with its wrist, knuckles and fingertips at these places in faces.
    static func hand(presence: Float = 0.9, u: Float, wrist: Float, knuckles: Float, tips: Float) -> HandLandmarks {
        var points = Array(repeating: point(u, knuckles), count: 21)
        points[0] = point(u, wrist)
        for (finger, root) in [1, 5, 9, 13, 17].enumerated() {
            let across = u + 0.08 * Float(finger - 2)
            for step in 0..<4 {
                let share = Float(step) / 3
                points[root + step] = point(across, knuckles + share * (tips - knuckles))
            }
        }
        return HandLandmarks(points: points, presence: presence, rightness: 0.5)
    }

    static let raised = hand(u: 1.3, wrist: 0.9, knuckles: 0.4, tips: -0.1)
    static let raisedPalm = palm(u: 1.3, wrist: 0.9, knuckles: 0.4)

    private static func point(_ u: Float, _ v: Float) -> PicturePoint {
        PicturePoint(x: (160 + 60 * u) / 320, y: (80 + 60 * v) / 180)
    }

    private static func detection(
        _ score: Float, _ topLeft: (Float, Float), _ bottomRight: (Float, Float), _ points: [(Float, Float)]
    ) -> Detection {
        func place(_ point: (Float, Float)) -> PicturePoint { PicturePoint(x: point.0 / 320, y: point.1 / 180) }
        return Detection(
            score: score, topLeft: place(topLeft), bottomRight: place(bottomRight), keyPoints: points.map(place))
    }
}
