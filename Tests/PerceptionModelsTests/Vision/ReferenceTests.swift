import Foundation
import PerceptionModels
import Pictures
import Testing
import VisionModelFixtures

/// Against MediaPipe 0.10.14 itself. `JASK_VISION_REFERENCE` names a folder of further pictures, made by
/// `scripts/make-vision-fixtures pictures`, which are compared as well.
@Suite(.enabled(if: ReleasedVision.isThere, Comment(rawValue: ReleasedVision.absence)))
struct ReferenceTests {
    private static let folder = ProcessInfo.processInfo.environment["JASK_VISION_REFERENCE"]

    /// Thresholds that MediaPipe's graphs of faces keep: they decide what is averaged, and so where a face is.
    private static let (near, far): (Float, Float) = (0.5, 0.6)

    private func checkedIn() throws -> Comparison { try Comparison(pictures: .checkedIn()) }

    @Test func facesOfARenderedPersonAreMediaPipesToATenthOfAPixel() throws {
        let comparison = try checkedIn()
        let near = try comparison.detections(\.near) { models, picture in
            try models.facesNear(in: picture, from: Self.near)
        }
        near.expectAgreement(atLeast: 8)
        let far = try comparison.detections(\.far) { models, picture in try models.facesFar(in: picture, from: Self.far)
        }
        far.expectAgreement(atLeast: 8)
    }

    @Test func theFaceModelsAnswerIsThatOfMediaPipesSteps() throws {
        let comparison = try checkedIn()
        let differences = try comparison.presences()
        #expect(differences.count >= 8)
        #expect(differences.allSatisfy { $0 < 0.01 }, "\(differences)")
    }

    @Test func palmsOfARenderedPersonAreMediaPipesToATenthOfAPixel() throws {
        let found = try checkedIn().detections(\.light.palms) { models, picture in
            Array(try models.palms(in: picture, from: 0.4).prefix(2))
        }
        found.expectAgreement(atLeast: 8)
    }

    @Test(arguments: [false, true])
    func landmarksOfAHandAreMediaPipesToATenthOfAPixelWhereItLooked(full: Bool) throws {
        try checkedIn().hands(full: full).expectAgreement(atLeast: 8)
    }

    @Test func fromPictureToLandmarksAllStepsTogetherStayWithinATenthOfAPixel() throws {
        try checkedIn().wholeWay().expectAgreement(atLeast: 8)
    }

    @Test func whereAHandIsLookedForNextIsMediaPipesRegion() throws {
        let comparison = try checkedIn()
        #expect(try comparison.regions(full: false).allSatisfy { $0 < 0.02 })
        #expect(try comparison.palmRegions().allSatisfy { $0 < 0.02 })
    }

    @Test(.enabled(if: folder != nil, "JASK_VISION_REFERENCE names no folder"))
    func furtherPicturesAgreeToo() throws {
        let comparison = try Comparison(pictures: ReferencePictures(folder: URL(filePath: Self.folder ?? "")))
        for (what, agreement) in [
            ("near faces", try comparison.detections(\.near) { try $0.facesNear(in: $1, from: Self.near) }),
            ("far faces", try comparison.detections(\.far) { try $0.facesFar(in: $1, from: Self.far) }),
            ("palms", try comparison.detections(\.light.palms) { Array(try $0.palms(in: $1, from: 0.4).prefix(2)) }),
            ("hands", try comparison.hands(full: false)), ("hands, full", try comparison.hands(full: true)),
            ("whole way", try comparison.wholeWay()),
        ] {
            print("\(what): \(agreement)")
            #expect(agreement.median <= 0.1, "\(what)")
        }
        print("presence, largest difference: \(try comparison.presences().max() ?? 0)")
    }
}
