import Perception
import Pictures
import SansIO

/// Looks at one camera's pictures for hands and faces, as seldom as will do, and hands out scores: nothing else of a
/// picture leaves.
///
/// Cheap arithmetic on every picture says whether something moved; models run only where that, or what the rules wait
/// for, is worth it. One owner at a time.
public final class GestureLooker {
    /// May change at any time.
    public var configuration: GestureSearchConfiguration

    private let models: any VisionModels
    private var light = LightMeter()
    private var grid = MovementGrid()
    private(set) var planes = WorkingPlanes()
    private(set) var faces = FaceTracks()
    private var plan: SearchPlan
    /// Those that counted in the last look, and those at a face that may go on to the forehead.
    private var hands: [HandSight] = []
    private var approaching: [HandSight] = []
    private var rgb: [UInt8] = []
    private var times = PictureTimes()
    /// When something last moved, or looking began.
    private var movedAt: Instant?

    /// What counts as a hand worth following, whatever the thresholds of the rules are: when is looked must not depend on
    /// them.
    private static let rules = GestureConfiguration()
    /// How many times more seldom faces are looked for that have settled.
    private static let settledRest = 3

    public init(models: any VisionModels, configuration: GestureSearchConfiguration = .init()) {
        self.models = models
        self.configuration = configuration
        plan = SearchPlan(configuration)
    }

    /// Takes the next picture.
    /// - Parameters:
    ///   - time: when it was taken, later than the one before.
    ///   - attention: what the rules wait for.
    /// - Returns: nil where hands were not looked for.
    /// - Throws: what a model throws; the next picture may be looked at all the same.
    public func look(
        at picture: I420Picture, time now: Instant, attention: GestureAttention
    ) throws -> GestureLook? {
        times.receive(now)
        light.measure(picture, configuration)
        grid.receive(picture, gain: light.gain, configuration)
        if grid.changedCells >= configuration.movedCells { movedAt = now }
        if isSettled(attention) { faces.stay(at: now) }
        faces.forgetLost(at: now, configuration)
        let zone = MovementZone(
            faces.tracks.map(\.frame), MovementZone.size(of: picture, planes), configuration)
        let changes = grid.changes(in: zone.mask)
        take(picture, changes, zone)
        var view: PictureView?
        if isFaceDue(attention, at: now) { try updateFaces(&view, attention, at: now) }
        let facts = SearchPlan.Facts(
            now: now, attention: attention, changes: changes, needed: zone.needed, big: zone.big,
            isAtRest: !isDark && grid.isAtRest)
        let reason = plan.reason(facts, likeness: { [self] in leastLikeness() }, configuration)
        guard let reason else { return nil }
        grid.lookedAt()
        if faces.updatedAt.map({ now - $0 > configuration.faceFresh }) ?? true {
            try updateFaces(&view, attention, at: now)
        }
        let scores = try lookForHands(&view, reason, attention, at: now)
        plan.found(handAtFace: !approaching.isEmpty, reason: reason, configuration)
        return GestureLook(at: now, interval: times.interval, reason: reason, attention: attention, hands: scores)
    }

    // MARK: Pictures

    private var isDark: Bool { light.gain >= configuration.darkFrom }

    /// In the dark the average over pictures goes on, unless something moves.
    private func take(_ picture: I420Picture, _ changes: MovementGrid.Changes, _ zone: MovementZone) {
        let isMoving = Float(changes.sincePicture) >= max(2, configuration.darkRenew * zone.needed)
        let before = planes.size
        planes.blend(picture, share: isDark && !isMoving ? configuration.darkFollow : 1)
        if planes.size != before { resize(from: before) }
    }

    /// Another layer of the same camera shows the same in other pixels; another shape shows something else.
    private func resize(from before: PixelSize) {
        let (across, down) = (planes.size.width / before.width, planes.size.height / before.height)
        // Written so that before the first picture it does not hold. Sizes are rounded to whole pixels.
        if abs(across - down) <= 0.03 * down {
            faces.scale(across, down)
        } else {
            faces = FaceTracks()
            (hands, approaching) = ([], [])
        }
    }

    /// The picture as models look at it: made when the first of them does.
    private func makeView(_ view: inout PictureView?) -> PictureView? {
        if let view { return view }
        if rgb.count != planes.width * planes.height * 3 {
            rgb = Array(repeating: 0, count: planes.width * planes.height * 3)
        }
        let gain = light.gain >= configuration.lightFrom ? light.gain : 1
        let sigma = isDark ? configuration.darkBlur * Float(planes.width) / 320 : 0
        planes.writeRGB(gain: gain, sigma: sigma, into: &rgb)
        view = RGBPicture(width: planes.width, height: planes.height, bytes: rgb).map {
            PictureView(picture: $0, planes: planes)
        }
        return view
    }

    // MARK: Faces

    private func isFaceDue(_ attention: GestureAttention, at now: Instant) -> Bool {
        guard let updated = faces.updatedAt else {
            movedAt = now
            return true
        }
        let isLively = movedAt == now || attention.isDeciding || attention.isOn
        if isLively { return now - updated >= configuration.faceInterval }
        var idle = configuration.faceIdle
        if isSettled(attention) { idle = idle * Self.settledRest }
        if isDeserted(at: now) { idle = max(idle, configuration.idle) }
        return now - updated >= idle
    }

    /// Nothing has moved since faces were looked for, neither from a picture to the next nor little by little, and nothing
    /// is to be learnt of them: they are where they were. In the dark less is seen of movement.
    private func isSettled(_ attention: GestureAttention) -> Bool {
        guard !isDark, !attention.isDeciding, !attention.isOn, let updated = faces.updatedAt, let movedAt,
            movedAt < updated, grid.changedCellsSinceLook < configuration.movedCells
        else { return false }
        return faces.areSettled(configuration)
    }

    /// Nobody is there, and whoever came would have moved. In the dark less is seen of that.
    private func isDeserted(at now: Instant) -> Bool {
        faces.tracks.isEmpty && !isDark && movedAt.map { now - $0 >= configuration.idle } ?? false
    }

    private func updateFaces(
        _ view: inout PictureView?, _ attention: GestureAttention, at now: Instant
    ) throws {
        guard let view = makeView(&view) else { return }
        try faces.update(view, with: models, attention: attention, at: now, configuration)
    }

    private func leastLikeness() -> Float? {
        faces.tracks.compactMap { $0.foreheadScores(in: planes, configuration) }.map { Float($0.likeness.value) }.min()
    }

    // MARK: Hands

    private func lookForHands(
        _ view: inout PictureView?, _ reason: GestureLook.Reason, _ attention: GestureAttention, at now: Instant
    ) throws -> [HandScores] {
        // Without a face there is nothing to measure a hand by.
        guard !faces.tracks.isEmpty, let view = makeView(&view) else {
            plan.search(at: now, attention: attention)
            (hands, approaching) = ([], [])
            return []
        }
        let known = reason == .approach ? hands + approaching : hands
        var scores = try judge(try followed(known, view), view, at: now)
        if reason == .approach, !scores.isEmpty { return scores }
        if !scores.contains(where: { Self.rules.verdict(on: $0).kind != nil }) {
            plan.search(at: now, attention: attention)
            scores = try judge(try found(view), view, at: now)
        }
        return scores
    }

    /// Known hands, from their own landmarks.
    private func followed(_ known: [HandSight], _ view: PictureView) throws -> [HandSight] {
        try known.compactMap { hand in
            guard let landmarks = hand.landmarks,
                let region = PictureRegion(tracking: landmarks, width: view.picture.width, height: view.picture.height)
            else { return nil }
            let new = try models.hand(in: view.picture, region: region, full: false)
            guard new.presence >= configuration.handKept else { return nil }
            return HandSight(palmScore: hand.palmScore, presence: new.presence, landmarks: new, palm: hand.palm)
        }
    }

    /// Those that the palm detector finds.
    private func found(_ view: PictureView) throws -> [HandSight] {
        let palms = try models.palms(in: view.picture, from: min(configuration.palmNear, configuration.palmElsewhere))
        return try palms.filter { isWorthLooking(at: $0, view) }.prefix(configuration.mostHands).map {
            try hand(of: $0, view)
        }
    }

    private func isNear(_ palm: Detection, _ view: PictureView) -> Bool {
        let middle = PixelPoint.mean([PixelPoint(palm.topLeft, view.size), PixelPoint(palm.bottomRight, view.size)])
        guard let face = faces.nearest(to: middle).map({ faces.tracks[$0].frame }) else { return false }
        return abs(face.u(middle)) < configuration.nearAcross && face.v(middle) > -configuration.nearAbove
            && face.v(middle) < configuration.nearBelow
    }

    private func isWorthLooking(at palm: Detection, _ view: PictureView) -> Bool {
        guard palm.keyPoints.count == 7 else { return false }
        let points = HandSight.points(palm, view.size)
        guard let face = faces.nearest(to: points.middle).map({ faces.tracks[$0].frame }) else { return false }
        let least = isNear(palm, view) ? configuration.palmNear : configuration.palmElsewhere
        return palm.score >= least && face.v(points.wrist) <= configuration.wristBelow
            && abs(face.u(points.middle)) <= configuration.handAcross
    }

    private func hand(of palm: Detection, _ view: PictureView) throws -> HandSight {
        var sight = HandSight(palmScore: palm.score, presence: 0, landmarks: nil, palm: palm)
        let (width, height) = (view.picture.width, view.picture.height)
        guard let region = PictureRegion(palm: palm, width: width, height: height) else { return sight }
        var best = try models.hand(in: view.picture, region: region, full: false)
        sight.presence = best.presence
        if best.presence < configuration.handKept, palm.score >= configuration.fullPalm, !isNear(palm, view) {
            let full = try models.hand(in: view.picture, region: region, full: true)
            if full.presence >= configuration.fullPresence {
                best = full
                // What the larger model is sure enough of counts as what the smaller one is.
                let above = (full.presence - configuration.fullPresence) / max(1 - configuration.fullPresence, 0.001)
                sight.presence = configuration.handKept + above * (1 - configuration.handKept)
            }
        }
        if sight.presence >= configuration.againPresence, sight.presence < configuration.handKept,
            let own = PictureRegion(tracking: best, width: width, height: height)
        {
            let again = try models.hand(in: view.picture, region: own, full: false)
            if again.presence > sight.presence { (best, sight.presence) = (again, again.presence) }
        }
        if sight.presence >= configuration.landmarkPresence { sight.landmarks = best }
        return sight
    }

    /// Measures hands by the faces that they belong to, and keeps those that count.
    private func judge(_ sights: [HandSight], _ view: PictureView, at now: Instant) throws -> [HandScores] {
        (hands, approaching) = ([], [])
        return try sights.compactMap { sight in
            let points = sight.points(view.size)
            guard let index = faces.nearest(to: points.middle) else { return nil }
            let face = faces.tracks[index]
            let forehead = face.foreheadScores(in: view.planes, configuration)
            // Where nothing is known of the forehead and the hand model sees no hand, it counts whether there is a face.
            let isAsked = forehead == nil && sight.presence < configuration.handKept
            let presence = isAsked ? try models.facePresence(in: view.picture, of: face.detection) : nil
            let scores = HandScores(sight, points, by: face.frame, facePresence: presence, forehead: forehead)
            switch Self.rules.verdict(on: scores) {
            case .palmToForehead:
                faces.cover(index, at: now)
                hands.append(sight)
            case .atFace:
                faces.cover(index, at: now)
                if sight.presence >= configuration.handKept { approaching.append(sight) }
            case .raisedHand: hands.append(sight)
            case .nothing: break
            }
            return scores
        }
    }
}

extension GestureLooker {
    /// Whether a face is followed.
    package var hasFace: Bool { !faces.tracks.isEmpty }
}
