import Pictures
import Testing

@testable import PerceptionModels

/// Boxes by hand, through anchors, suppression and the way out of the letterbox.
struct DetectionDecoderTests {
    /// Four cells of 4 pixels, two anchors in each, one key point.
    private let decoder = DetectionDecoder(side: 8, layers: [(4, 2)], keyPoints: 1)

    /// Boxes at anchors as the model would say: pixels from the cell's middle, size in pixels, a key point.
    private func detections(
        _ boxes: [Int: [Float]], scores: [Int: Float], from threshold: Float = 0.5, width: Int = 8, height: Int = 8
    ) throws -> [Detection] {
        var numbers = [Float](repeating: 0, count: decoder.sizes[0])
        var logits = [Float](repeating: -100, count: decoder.sizes[1])
        for (index, box) in boxes { numbers.replaceSubrange(index * 6..<index * 6 + 6, with: box) }
        for (index, score) in scores { logits[index] = score }
        let picture = try #require(
            RGBPicture(width: width, height: height, bytes: [UInt8](repeating: 0, count: width * height * 3)))
        return numbers.withUnsafeBufferPointer { numbers in
            logits.withUnsafeBufferPointer { logits in
                decoder.detections(boxes: numbers, scores: logits, from: threshold, in: picture)
            }
        }
    }

    @Test func theReleasedModelsHaveMediaPipesAnchors() {
        #expect(VisionModelFile.faceNear.decoder?.sizes == [896 * 16, 896])
        #expect(VisionModelFile.faceFar.decoder?.sizes == [2_304 * 16, 2_304])
        #expect(VisionModelFile.palm.decoder?.sizes == [2_016 * 18, 2_016])
    }

    @Test func aBoxLiesAroundItsCellsMiddle() throws {
        // Anchor 3 is the second one of the right upper cell, whose middle is (6, 2).
        let found = try detections([3: [1, 0, 2, 4, -2, 1]], scores: [3: 0])
        let detection = try #require(found.first)
        #expect(found.count == 1 && detection.score == 0.5)
        #expect(detection.topLeft == PicturePoint(x: 6 / 8, y: 0))
        #expect(detection.bottomRight == PicturePoint(x: 1, y: 4 / 8))
        #expect(detection.keyPoints == [PicturePoint(x: 4 / 8, y: 3 / 8)])
    }

    @Test func whatIsBelowTheThresholdIsNotTold() throws {
        #expect(try detections([0: [0, 0, 2, 2, 0, 0]], scores: [0: -0.001]).isEmpty)
        #expect(try detections([0: [0, 0, 2, 2, 0, 0]], scores: [0: -0.001], from: 0.49).count == 1)
        #expect(try detections([0: [0, 0, 2, 2, 0, 0]], scores: [0: .nan]).isEmpty)
        // At the ends of the scale, and where the sigmoid itself decides.
        #expect(try !detections([0: [0, 0, 2, 2, 0, 0]], scores: [:], from: 0).isEmpty)
        #expect(try detections([0: [0, 0, 2, 2, 0, 0]], scores: [0: 100], from: 1).count == 1)
        for threshold in [0.02, 0.25, 0.35, 0.6, 0.98] as [Float] {
            let score = logit(threshold)
            for step in [-0.001, 0.001] as [Float] {
                let found = try detections([0: [0, 0, 2, 2, 0, 0]], scores: [0: score + step], from: threshold)
                #expect(found.count == (step < 0 ? 0 : 1), "\(threshold)")
            }
        }
    }

    @Test func boxesThatOverlapAreOneByTheirScoresAndKeepTheBestScore() throws {
        // Scores .5 and .75: the second lies half a pixel further right.
        let found = try detections(
            [0: [0, 0, 4, 4, 0, 0], 1: [0.5, 0, 4, 4, 1, 0]], scores: [0: 0, 1: 1.098_612_3])
        let detection = try #require(found.first)
        #expect(found.count == 1 && abs(detection.score - 0.75) < 1e-6)
        #expect(abs(detection.topLeft.x - (0 * 0.5 + 0.0625 * 0.75) / 1.25) < 1e-6)
        #expect(abs(detection.keyPoints[0].x - (0.25 * 0.5 + 0.375 * 0.75) / 1.25) < 1e-6)
    }

    @Test func boxesApartAreTwoBestFirst() throws {
        let found = try detections(
            [0: [0, 0, 2, 2, 0, 0], 6: [0, 0, 2, 2, 0, 0]], scores: [0: 1, 6: 2])
        #expect(found.map(\.topLeft.x) == [5 / 8, 1 / 8])
    }

    @Test func boxesInsideOutAreLeftOutAndThoseWithoutAnAreaEndTheSuppression() throws {
        #expect(try detections([0: [0, 0, -1, 2, 0, 0]], scores: [0: 5]).isEmpty)
        #expect(try detections([0: [.nan, 0, 1, 2, 0, 0]], scores: [0: 5]).isEmpty)
        #expect(try detections([0: [0, 0, 0, 0, 0, 0], 6: [0, 0, 0, 0, 0, 0]], scores: [0: 5, 6: 4]).count == 2)
    }

    @Test(arguments: [(8, 4), (4, 8)])
    func theBorderThatMadeThePictureSquareIsTakenAway(width: Int, height: Int) throws {
        let detection = try #require(
            try detections([0: [2, 2, 4, 4, 0, 0]], scores: [0: 1], width: width, height: height).first)
        // In the square from .25 to .75; the picture fills the middle half of it one way.
        let (wide, high): (ClosedRange<Float>, ClosedRange<Float>) = (0.25...0.75, 0...1)
        let (x, y) = width > height ? (wide, high) : (high, wide)
        #expect(detection.topLeft == PicturePoint(x: x.lowerBound, y: y.lowerBound))
        #expect(detection.bottomRight == PicturePoint(x: x.upperBound, y: y.upperBound))
    }
}
