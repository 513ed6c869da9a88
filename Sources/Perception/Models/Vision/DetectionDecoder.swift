import Pictures

/// From a detector's numbers to detections, as MediaPipe's graphs do it: anchors of equal size in the middle of cells,
/// sigmoid, weighted suppression of what overlaps, and away with the border that made the picture square.
struct DetectionDecoder {
    /// Pixels of a side of the model's picture; its numbers are in these.
    private let side: Float
    private let keyPoints: Int
    private let anchors: [PicturePoint]

    /// Detections that overlap more are one: the share that two boxes have in common.
    private static let leastOverlap: Float = 0.3

    /// - Parameters:
    ///   - side: pixels of a side of the model's picture.
    ///   - layers: each with the pixels from cell to cell, and the anchors in one.
    init(side: Int, layers: [(stride: Int, anchors: Int)], keyPoints: Int) {
        self.side = Float(side)
        self.keyPoints = keyPoints
        anchors = layers.flatMap { layer in
            let cells = (side + layer.stride - 1) / layer.stride
            return (0..<(cells * cells * layer.anchors)).map { index in
                let cell = index / layer.anchors
                return PicturePoint(
                    x: (Float(cell % cells) + 0.5) / Float(cells), y: (Float(cell / cells) + 0.5) / Float(cells))
            }
        }
    }

    /// Numbers in the model's two outputs.
    var sizes: [Int] { [anchors.count * width, anchors.count] }

    /// Numbers an anchor: centre, size, key points.
    private var width: Int { 4 + 2 * keyPoints }

    /// Detections in a picture, best first.
    /// - Parameters:
    ///   - boxes: the first output, of ``sizes``.
    ///   - scores: the second one.
    ///   - threshold: 0…1.
    func detections(
        boxes: UnsafeBufferPointer<Float>, scores: UnsafeBufferPointer<Float>, from threshold: Float,
        in picture: RGBPicture
    ) -> [Detection] {
        guard boxes.count == anchors.count * width, scores.count == anchors.count else { return [] }
        var found: [Detection] = []
        // Of some thousand anchors hardly one comes near the threshold: only those have their sigmoid
        // computed.
        let least = logit(min(threshold, 0.999)) - 0.01
        for index in anchors.indices where scores[index] >= least {
            let score = sigmoid(scores[index])
            guard score >= threshold else { continue }
            if let detection = detection(
                index, UnsafeBufferPointer(rebasing: boxes[index * width..<(index + 1) * width]), score)
            {
                found.append(detection)
            }
        }
        return Self.merged(found).map { $0.withoutLetterbox(of: picture) }
    }

    /// - Returns: nil where the box has no size.
    private func detection(_ index: Int, _ numbers: UnsafeBufferPointer<Float>, _ score: Float) -> Detection? {
        let anchor = anchors[index]
        let (x, y) = (numbers[0] / side + anchor.x, numbers[1] / side + anchor.y)
        let (halfWidth, halfHeight) = (numbers[2] / side / 2, numbers[3] / side / 2)
        guard halfWidth >= 0, halfHeight >= 0, x.isFinite, y.isFinite else { return nil }
        return Detection(
            score: score, topLeft: PicturePoint(x: x - halfWidth, y: y - halfHeight),
            bottomRight: PicturePoint(x: x + halfWidth, y: y + halfHeight),
            keyPoints: (0..<keyPoints).map { point in
                PicturePoint(
                    x: numbers[4 + 2 * point] / side + anchor.x, y: numbers[5 + 2 * point] / side + anchor.y)
            })
    }

    /// Takes the best one together with all that overlap it, each by its score; then the best of the rest.
    private static func merged(_ detections: [Detection]) -> [Detection] {
        var rest = detections.sorted { $0.score > $1.score }
        var merged: [Detection] = []
        while let best = rest.first {
            var (group, others): ([Detection], [Detection]) = ([], [])
            for detection in rest {
                if detection.overlap(best) > leastOverlap { group.append(detection) } else { others.append(detection) }
            }
            // A box without an area overlaps nothing, itself neither.
            if group.isEmpty { others.removeFirst() }
            merged.append(group.isEmpty ? best : average(group, score: best.score))
            rest = others
        }
        return merged
    }

    private static func average(_ group: [Detection], score: Float) -> Detection {
        let total = group.reduce(0) { $0 + $1.score }
        // Nothing can be weighed by scores that are next to nothing.
        guard total > 1e-6 else { return group[0] }
        func mean(_ point: (Detection) -> PicturePoint) -> PicturePoint {
            var (x, y): (Float, Float) = (0, 0)
            for detection in group {
                x += point(detection).x * detection.score
                y += point(detection).y * detection.score
            }
            return PicturePoint(x: x / total, y: y / total)
        }
        return Detection(
            score: score, topLeft: mean(\.topLeft), bottomRight: mean(\.bottomRight),
            keyPoints: group[0].keyPoints.indices.map { index in mean { $0.keyPoints[index] } })
    }
}

extension Detection {
    /// What two boxes have in common, as a share of what they cover together (intersection over union): 0…1.
    public func overlap(_ other: Detection) -> Float {
        let width = min(bottomRight.x, other.bottomRight.x) - max(topLeft.x, other.topLeft.x)
        let height = min(bottomRight.y, other.bottomRight.y) - max(topLeft.y, other.topLeft.y)
        guard width > 0, height > 0 else { return 0 }
        let both = width * height
        return both / (area + other.area - both)
    }

    private var area: Float { (bottomRight.x - topLeft.x) * (bottomRight.y - topLeft.y) }

    /// From places in the square that a picture was put into to those in the picture.
    fileprivate func withoutLetterbox(of picture: RGBPicture) -> Detection {
        let (width, height) = (Float(picture.width), Float(picture.height))
        let left = width < height ? (1 - width / height) / 2 : 0
        let top = height < width ? (1 - height / width) / 2 : 0
        func moved(_ point: PicturePoint) -> PicturePoint {
            PicturePoint(x: (point.x - left) / (1 - 2 * left), y: (point.y - top) / (1 - 2 * top))
        }
        return Detection(
            score: score, topLeft: moved(topLeft), bottomRight: moved(bottomRight), keyPoints: keyPoints.map(moved))
    }
}
