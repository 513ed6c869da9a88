import PerceptionModels
import Pictures
import Testing
import VisionModelFixtures

/// Regions by hand: squares, turned, moved along their own axis; none of what has no extent.
struct RegionTests {
    private func palm(wrist: PicturePoint, knuckle: PicturePoint, box: (Float, Float, Float, Float)) -> Detection {
        Detection(
            score: 1, topLeft: PicturePoint(x: box.0, y: box.1), bottomRight: PicturePoint(x: box.2, y: box.3),
            keyPoints: [wrist, wrist, knuckle, knuckle, knuckle, knuckle, knuckle])
    }

    private func hand(_ point: (Int) -> PicturePoint) -> HandLandmarks {
        HandLandmarks(points: (0..<21).map(point), presence: 1, rightness: 0)
    }

    @Test func anUprightPalmsRegionIsSquareAndHalfABoxHigher() throws {
        let found = palm(
            wrist: PicturePoint(x: 0.5, y: 0.6), knuckle: PicturePoint(x: 0.5, y: 0.4), box: (0.45, 0.4, 0.55, 0.6))
        let region = try #require(PictureRegion(palm: found, width: 640, height: 360))
        #expect(abs(region.rotation) < 1e-6)
        #expect(abs(region.centre.x - 0.5) < 1e-6 && abs(region.centre.y - 0.4) < 1e-6)
        // The longer side is the lower one's 72 lines.
        #expect(abs(region.height * 360 - 72 * 2.6) < 1e-3 && abs(region.width * 640 - 72 * 2.6) < 1e-3)
    }

    @Test func aPalmThatPointsToTheRightIsLookedForToTheRight() throws {
        let found = palm(
            wrist: PicturePoint(x: 0.4, y: 0.5), knuckle: PicturePoint(x: 0.6, y: 0.5), box: (0.4, 0.4, 0.6, 0.6))
        let region = try #require(PictureRegion(palm: found, width: 400, height: 400))
        #expect(abs(region.rotation - .pi / 2) < 1e-6)
        #expect(abs(region.centre.x - 0.6) < 1e-6 && abs(region.centre.y - 0.5) < 1e-6)
    }

    @Test func aFaceThatLeansIsLookedAtLevelWithItsEyes() throws {
        let face = Detection(
            score: 1, topLeft: PicturePoint(x: 0.4, y: 0.4), bottomRight: PicturePoint(x: 0.6, y: 0.6),
            keyPoints: [PicturePoint(x: 0.45, y: 0.45), PicturePoint(x: 0.55, y: 0.55)])
        let region = try #require(PictureRegion(face: face, width: 300, height: 300))
        #expect(abs(region.rotation - .pi / 4) < 1e-6)
        #expect(abs(region.width - 0.3) < 1e-6)
    }

    @Test func whatHasNoExtentHasNoRegion() {
        let nowhere = palm(
            wrist: PicturePoint(x: 0.5, y: 0.5), knuckle: PicturePoint(x: 0.5, y: 0.5), box: (0.5, 0.5, 0.5, 0.5))
        #expect(PictureRegion(palm: nowhere, width: 640, height: 360) == nil)
        #expect(PictureRegion(face: nowhere, width: 640, height: 360) == nil)
        #expect(PictureRegion(tracking: hand { _ in PicturePoint(x: 0.3, y: 0.3) }, width: 640, height: 360) == nil)
        #expect(
            PictureRegion(tracking: hand { PicturePoint(x: .nan, y: Float($0)) }, width: 640, height: 360) == nil)
        #expect(
            PictureRegion(
                tracking: HandLandmarks(points: [], presence: 1, rightness: 1), width: 640, height: 360) == nil)
    }

    @Test(
        .enabled(if: ReleasedVision.isThere, Comment(rawValue: ReleasedVision.absence)),
        arguments: [
            (Float.nan, Float(0.5), Float(0.5)), (0.5, 0, 0.5), (0.5, -1, 0.5), (0.5, .infinity, 0.5),
            (0.5, 0.5, .nan), (1e9, 0.5, 0), (0.5, 1e9, 0),
        ])
    func aRegionThatIsNoneIsAnErrorAndNoTrap(x: Float, size: Float, rotation: Float) throws {
        let models = try ReleasedVision.models()
        let picture = try #require(RGBPicture(width: 4, height: 3, bytes: [UInt8](repeating: 9, count: 36)))
        let region = PictureRegion(
            centre: PicturePoint(x: x, y: 0.5), width: size, height: size, rotation: rotation)
        #expect(throws: VisionModelError.badRegion) { try models.hand(in: picture, region: region, full: false) }
    }

    @Test(
        .enabled(if: ReleasedVision.isThere, Comment(rawValue: ReleasedVision.absence)),
        arguments: [(1, 1), (1, 9), (9, 1), (2, 2), (3, 200)])
    func picturesOfAnySizeCanBeLookedAt(width: Int, height: Int) throws {
        let models = try ReleasedVision.models()
        let bytes = (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let picture = try #require(RGBPicture(width: width, height: height, bytes: bytes))
        for found in try models.facesNear(in: picture, from: 0) + models.palms(in: picture, from: 0) {
            #expect((0...1).contains(found.score) && found.topLeft.x.isFinite)
        }
        let region = PictureRegion(centre: PicturePoint(x: 1, y: 0), width: 60, height: 60, rotation: 9)
        #expect(try models.hand(in: picture, region: region, full: false).points.allSatisfy { $0.x.isFinite })
    }
}
