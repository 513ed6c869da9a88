import PerceptionModels
import Pictures
import RenderedCandidate
import SansIO
import Testing
import VisionModelFixtures

/// What MediaPipe's models see in the pictures: without it, a rendered candidate would test nothing.
@Suite(.enabled(if: ReleasedVision.isThere, Comment(rawValue: ReleasedVision.absence)))
struct VisionTests {
    private struct Seen {
        var face: Float = 0
        var palm: Float = 0
        var hand: Float = 0
    }

    private func look(
        _ models: LiteRTVisionModels, _ action: CameraScript.Action, seed: UInt64, width: Int, height: Int
    ) throws -> Seen {
        let script = CameraScript([CameraScript.Step(action, at: .zero, hold: .seconds(2))], duration: .seconds(3))
        var camera = try RenderedCamera(
            script, appearance: Appearance(seed: seed), seed: seed, width: width, height: height)
        let picture = try camera.picture(at: .milliseconds(1500)).rgb
        var seen = Seen()
        seen.face = try models.facesNear(in: picture, from: 0.3).first?.score ?? 0
        for palm in try models.palms(in: picture, from: 0.3) {
            guard let region = PictureRegion(palm: palm, width: width, height: height) else { continue }
            let hand = try models.hand(in: picture, region: region, full: false)
            guard hand.presence > seen.hand else { continue }
            (seen.palm, seen.hand) = (palm.score, hand.presence)
        }
        return seen
    }

    @Test(
        "faces, raised hands and palms on foreheads of twenty people are found at both sizes",
        arguments: [(320, 180), (640, 360)])
    func everybodyIsSeen(width: Int, height: Int) throws {
        let models = try ReleasedVision.models()
        for seed in UInt64(1)...20 {
            let raised = try look(models, .raiseHand, seed: seed, width: width, height: height)
            #expect(raised.face >= 0.75 && raised.palm >= 0.5 && raised.hand >= 0.7, "seed \(seed): \(raised)")
            let palm = try look(models, .palmToForehead, seed: seed, width: width, height: height)
            // The hand covers half of the face.
            #expect(palm.face >= 0.4 && palm.palm >= 0.5 && palm.hand >= 0.5, "seed \(seed): \(palm)")
            let talking = try look(models, .talk, seed: seed, width: width, height: height)
            #expect(talking.face >= 0.75, "seed \(seed): \(talking)")
            let nobody = try look(models, .leave, seed: seed, width: width, height: height)
            #expect(nobody.face < 0.5 && nobody.hand < 0.5, "seed \(seed): \(nobody)")
        }
    }
}

extension I420Picture {
    /// BT.601, each chroma sample for its four pixels.
    fileprivate var rgb: RGBPicture {
        get throws {
            var bytes: [UInt8] = []
            withPlanes { planes in
                for row in 0..<height {
                    for column in 0..<width {
                        let y = 1.164_384 * (Double(planes.y.samples[row * planes.y.stride + column]) - 16)
                        let chroma = row / 2 * planes.u.stride + column / 2
                        let u = Double(planes.u.samples[chroma]) - 128
                        let v = Double(planes.v.samples[chroma]) - 128
                        for value in [y + 1.596_027 * v, y - 0.391_762 * u - 0.812_968 * v, y + 2.017_232 * u] {
                            bytes.append(UInt8(max(0, min(255, value.rounded()))))
                        }
                    }
                }
            }
            return try #require(RGBPicture(width: width, height: height, bytes: bytes))
        }
    }
}
