import PerceptionModels
import Pictures
import Testing
import VisionModelFixtures

/// How far ours lies from the reference, in pixels of a picture of 360 lines.
struct Agreement: CustomStringConvertible {
    /// Of every point that both found.
    var errors: [Float] = []
    /// Scores' differences.
    var scores: [Float] = []
    /// What was found in both, in the reference alone, and here alone.
    var both = 0
    var missed = 0
    var extra = 0

    var median: Float { errors.isEmpty ? .infinity : errors.sorted()[errors.count / 2] }

    var description: String {
        "\(both) in both, \(missed) missed, \(extra) more; error median \(median), largest \(errors.max() ?? 0);"
            + " score differs by up to \(scores.max() ?? 0)"
    }

    /// Adds points that belong together.
    mutating func add(_ found: [PicturePoint], _ expected: [PicturePoint], in picture: RGBPicture) {
        let scale = 360 / Float(picture.height)
        both += 1
        for (found, expected) in zip(found, expected) {
            let x = (found.x - expected.x) * Float(picture.width) * scale
            let y = (found.y - expected.y) * Float(picture.height) * scale
            errors.append((x * x + y * y).squareRoot())
        }
    }

    /// All found, and all points where they should be.
    func expectAgreement(atLeast count: Int, _ location: SourceLocation = #_sourceLocation) {
        #expect(both >= count && missed == 0 && extra == 0, "\(self)", sourceLocation: location)
        #expect(median <= 0.1, "\(self)", sourceLocation: location)
        #expect(errors.allSatisfy { $0 < 1 }, "\(self)", sourceLocation: location)
        #expect(scores.allSatisfy { $0 < 0.01 }, "\(self)", sourceLocation: location)
    }
}

/// Our models over pictures, beside the reference.
struct Comparison {
    typealias Reference = ReferencePictures.Reference
    typealias Found = ReferencePictures.Found

    let pictures: ReferencePictures
    private let models: LiteRTVisionModels

    init(pictures: ReferencePictures) throws {
        self.pictures = pictures
        models = try ReleasedVision.models()
    }

    private func each(_ body: (Reference, RGBPicture) throws -> Void) throws {
        for (name, reference) in pictures.references.sorted(by: { $0.key < $1.key }) {
            try body(reference, try pictures.picture(name))
        }
    }

    func detections(
        _ expected: KeyPath<Reference, [Found]>, find: (LiteRTVisionModels, RGBPicture) throws -> [Detection]
    ) throws -> Agreement {
        var agreement = Agreement()
        try each { reference, picture in
            var found = try find(models, picture)
            for expected in reference[keyPath: expected] {
                let wanted = expected.detection
                guard let index = found.firstIndex(where: { $0.overlap(wanted) > 0.6 }) else {
                    agreement.missed += 1
                    continue
                }
                let ours = found.remove(at: index)
                agreement.add(ours.places, wanted.places, in: picture)
                agreement.scores.append(abs(ours.score - wanted.score))
            }
            agreement.extra += found.count
        }
        return agreement
    }

    func presences() throws -> [Float] {
        var differences: [Float] = []
        try each { reference, picture in
            for face in reference.near {
                let found = try models.facePresence(in: picture, of: face.detection)
                differences.append(abs(found - (face.presence ?? -1)))
            }
        }
        return differences
    }

    /// Landmarks in the regions where the reference looked.
    func hands(full: Bool) throws -> Agreement {
        var agreement = Agreement()
        try each { reference, picture in
            for hand in (full ? reference.full : reference.light).hands {
                let found = try models.hand(in: picture, region: hand.place, full: full)
                agreement.add(found.points, hand.landmarks.points, in: picture)
                agreement.scores.append(abs(found.rightness - hand.rightness))
            }
        }
        return agreement
    }

    /// Landmarks of palms that were found here.
    func wholeWay() throws -> Agreement {
        var agreement = Agreement()
        try each { reference, picture in
            var hands: [HandLandmarks] = []
            for palm in try models.palms(in: picture, from: 0.4).prefix(2) {
                let region = PictureRegion(palm: palm, width: picture.width, height: picture.height)
                hands.append(try models.hand(in: picture, region: try #require(region), full: false))
            }
            for (found, expected) in zip(hands, reference.light.hands) {
                agreement.add(found.points, expected.landmarks.points, in: picture)
            }
            agreement.missed += max(0, reference.light.hands.count - hands.count)
            agreement.extra += max(0, hands.count - reference.light.hands.count)
        }
        return agreement
    }

    /// How far the next regions are from the reference's, of the reference's own landmarks: pixels, and radians.
    func regions(full: Bool) throws -> [Float] {
        var differences: [Float] = []
        try each { reference, picture in
            for hand in (full ? reference.full : reference.light).hands {
                let region = PictureRegion(
                    tracking: hand.landmarks, width: picture.width, height: picture.height)
                differences.append(try #require(region).distance(hand.next, in: picture))
            }
        }
        return differences
    }

    func palmRegions() throws -> [Float] {
        var differences: [Float] = []
        try each { reference, picture in
            for (palm, hand) in zip(reference.light.palms, reference.light.hands) {
                let region = PictureRegion(palm: palm.detection, width: picture.width, height: picture.height)
                differences.append(try #require(region).distance(hand.region, in: picture))
            }
        }
        return differences
    }
}

private func points(_ numbers: [Float]) -> [PicturePoint] {
    stride(from: 0, to: numbers.count, by: 2).map { PicturePoint(x: numbers[$0], y: numbers[$0 + 1]) }
}

extension ReferencePictures.Found {
    fileprivate var detection: Detection {
        Detection(
            score: score, topLeft: PicturePoint(x: box[0], y: box[1]),
            bottomRight: PicturePoint(x: box[2], y: box[3]), keyPoints: points(keyPoints))
    }
}

extension ReferencePictures.Hand {
    fileprivate var place: PictureRegion {
        PictureRegion(
            centre: PicturePoint(x: region[0], y: region[1]), width: region[2], height: region[3], rotation: region[4])
    }

    fileprivate var landmarks: HandLandmarks {
        HandLandmarks(points: PerceptionModelsTests.points(points), presence: 1, rightness: rightness)
    }
}

extension Detection {
    fileprivate var places: [PicturePoint] { [topLeft, bottomRight] + keyPoints }
}

extension PictureRegion {
    /// The largest difference of one number: places in pixels, the angle in radians.
    fileprivate func distance(_ other: [Float], in picture: RGBPicture) -> Float {
        let (wide, high) = (Float(picture.width), Float(picture.height))
        let turn = abs(rotation - other[4])
        return max(
            abs(centre.x - other[0]) * wide, abs(centre.y - other[1]) * high, abs(width - other[2]) * wide,
            abs(height - other[3]) * high, min(turn, abs(turn - 2 * .pi)))
    }
}
