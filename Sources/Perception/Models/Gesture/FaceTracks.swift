import Perception
import Pictures
import SansIO

/// The faces in a camera's pictures.
struct FaceTracks {
    private(set) var tracks: [FaceTrack] = []
    /// When faces were last looked for.
    private(set) var updatedAt: Instant?
    private var farAt: Instant?

    /// The place of the track that a hand at a point belongs to; nil without a face.
    func nearest(to point: PixelPoint) -> Int? {
        tracks.indices.min { tracks[$0].frame.distance(point) < tracks[$1].frame.distance(point) }
    }

    mutating func cover(_ index: Int, at now: Instant) { tracks[index].cover(at: now) }

    /// Pictures have become so much wider and higher.
    mutating func scale(_ across: Float, _ down: Float) {
        for index in tracks.indices { tracks[index].scale(across, down) }
    }

    /// Whether there are faces, each of which was where it was before when it was last looked for, and it is known how its
    /// forehead looks.
    func areSettled(_ configuration: GestureSearchConfiguration) -> Bool {
        !tracks.isEmpty
            && tracks.allSatisfy { $0.isSteady && $0.forehead.isKnown(after: configuration.foreheadUpdates) }
    }

    /// They are where they were when they were last looked for.
    mutating func stay(at now: Instant) {
        for index in tracks.indices { tracks[index].stay(at: now) }
    }

    mutating func forgetLost(at now: Instant, _ configuration: GestureSearchConfiguration) {
        tracks.removeAll { $0.isLost(at: now, configuration) }
    }

    /// Looks for faces.
    mutating func update(
        _ view: PictureView, with models: any VisionModels, attention: GestureAttention, at now: Instant,
        _ configuration: GestureSearchConfiguration
    ) throws {
        updatedAt = now
        // Also where a model fails.
        for index in tracks.indices { tracks[index].miss() }
        var found = view.faces(try models.facesNear(in: view.picture, from: configuration.faceMinimum))
        for index in found.indices.prefix(configuration.mostFaces) {
            found[index].closeUp = try closeUp(
                of: found[index], view, models, attention, at: now, configuration)
        }
        let isAwaited = attention.contains(.decidingPalm) || attention.contains(.palmOn)
        for index in tracks.indices {
            let best = found.indices.max {
                tracks[index].frame.overlap(found[$0].frame) < tracks[index].frame.overlap(found[$1].frame)
            }
            guard let best, tracks[index].frame.overlap(found[best].frame) > configuration.faceMatch else { continue }
            tracks[index].follow(
                found[best], isAwaited: isAwaited, planes: view.planes, at: now, configuration)
            found.remove(at: best)
        }
        for face in found { try consider(face, view, models, at: now, configuration) }
        if tracks.isEmpty { try lookFar(view, models, near: found, at: now, configuration) }
    }

    /// A face once more from nearby if it is small: the detector's boxes of small faces are up to two fifths too
    /// large, and with them everything that is measured by a face too small. How sure it is stays as it was, since that is
    /// compared over time.
    ///
    /// A known face is looked at as nearby as before, and found where it was: beside a hand, or with one on
    /// it, the whole picture's box may be too large to count as small, or of the hand.
    private func closeUp(
        of face: PictureView.Face, _ view: PictureView, _ models: any VisionModels, _ attention: GestureAttention,
        at now: Instant, _ configuration: GestureSearchConfiguration
    ) throws -> CloseUp? {
        let track = tracks.filter { $0.frame.overlap(face.whole) > configuration.faceMatch }
            .min { $0.frame.width < $1.frame.width }
        // What a gesture is measured by while it is decided is measured itself.
        if !attention.isDeciding, let same = track?.sameCloseUp(of: face.whole, at: now, configuration) { return same }
        let known = track?.frame
        let width = min(face.whole.width, known?.width ?? .infinity)
        guard width < configuration.faceSmall * view.size.width,
            let (part, left, top) = view.picture.square(of: 3 * width, around: face.whole.centre)
        else { return nil }
        let size = PixelSize(width: Float(part.width), height: Float(part.height))
        let near = try models.facesNear(in: part, from: configuration.faceMinimum).compactMap {
            FaceFrame($0, size)?.moved(x: Float(left), y: Float(top))
        }
        for place in [known, face.whole].compactMap({ $0 }) {
            let best = near.max { $0.overlap(place) < $1.overlap(place) }
            if let best, best.overlap(place) > configuration.farOverlap {
                return CloseUp(whole: face.whole, near: best, madeAt: now)
            }
        }
        return nil
    }

    /// A face that is not known yet: a sure one, or one that the face model sees too.
    private mutating func consider(
        _ face: PictureView.Face, _ view: PictureView, _ models: any VisionModels, at now: Instant,
        _ configuration: GestureSearchConfiguration
    ) throws {
        guard tracks.count < configuration.mostFaces, face.detection.score >= configuration.faceNewWeak,
            !tracks.contains(where: { $0.frame.overlap(face.frame) > configuration.faceOverlap })
        else { return }
        if face.detection.score < configuration.faceNew {
            let presence = try models.facePresence(in: view.picture, of: face.detection)
            guard presence >= configuration.facePresence else { return }
        }
        tracks.append(FaceTrack(face, at: now))
    }

    /// Small faces, and those that are covered from the start.
    private mutating func lookFar(
        _ view: PictureView, _ models: any VisionModels, near: [PictureView.Face], at now: Instant,
        _ configuration: GestureSearchConfiguration
    ) throws {
        if near.isEmpty, let farAt, now - farAt < configuration.farInterval { return }
        farAt = now
        let lowest = min(configuration.farAgree, configuration.farScore)
        for detection in try models.facesFar(in: view.picture, from: lowest) {
            guard tracks.count < configuration.mostFaces else { break }
            guard let far = FaceFrame(far: detection, view.size) else { continue }
            if detection.score >= configuration.farScore {
                add(PictureView.Face(whole: far, detection: detection), at: now, configuration)
            } else if let both = near.first(where: {
                $0.detection.score >= configuration.farAgreeNear && $0.frame.overlap(far) > configuration.farOverlap
            }) {
                add(both, at: now, configuration)
            }
        }
    }

    private mutating func add(
        _ face: PictureView.Face, at now: Instant, _ configuration: GestureSearchConfiguration
    ) {
        guard !tracks.contains(where: { $0.frame.overlap(face.frame) > configuration.faceOverlap }) else { return }
        tracks.append(FaceTrack(face, at: now))
    }
}

/// One picture as models look at it.
struct PictureView {
    struct Face {
        /// By the whole picture.
        var whole: FaceFrame
        var detection: Detection
        /// Where it is small.
        var closeUp: CloseUp?

        /// The better of the two.
        var frame: FaceFrame { closeUp?.moved(with: whole) ?? whole }
    }

    let picture: RGBPicture
    let planes: WorkingPlanes

    var size: PixelSize { PixelSize(width: Float(picture.width), height: Float(picture.height)) }

    /// Those that can be measured by.
    func faces(_ detections: [Detection]) -> [Face] {
        detections.compactMap { detection in
            FaceFrame(detection, size).map { Face(whole: $0, detection: detection) }
        }
    }
}

extension RGBPicture {
    /// A square of so many pixels around a place, as far as the picture goes; with the column and row of its
    /// first pixel.
    fileprivate func square(of side: Float, around centre: PixelPoint) -> (part: RGBPicture, left: Int, top: Int)? {
        let half = side / 2
        guard half >= 1, half.isFinite, centre.x.isFinite, centre.y.isFinite else { return nil }
        func pixel(_ value: Float, _ count: Int) -> Int { Int(max(0, min(Float(count), value))) }
        let (left, right) = (pixel(centre.x - half, width), pixel(centre.x + half, width))
        let (top, bottom) = (pixel(centre.y - half, height), pixel(centre.y + half, height))
        guard right - left >= 8, bottom - top >= 8 else { return nil }
        var part: [UInt8] = []
        part.reserveCapacity((right - left) * (bottom - top) * 3)
        for row in top..<bottom { part += bytes[(row * width + left) * 3..<(row * width + right) * 3] }
        return RGBPicture(width: right - left, height: bottom - top, bytes: part).map { ($0, left, top) }
    }
}
