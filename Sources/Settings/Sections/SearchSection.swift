/// When and how a camera's pictures are looked at, and what becomes a score. A recorded session cannot be replayed under
/// others of these: looks that were not made are missing.
public struct SearchSection: Sendable {
    public let lightMean = Setting<Double>(
        "search.light_mean", 0...255, unit: "luma", default: 100,
        "The mean that darker pictures are brightened to.", scope: .session, isReplayable: false)
    public let lightPeak = Setting<Double>(
        "search.light_peak", 0...255, unit: "luma", default: 245,
        "What the brightest hundredth of a picture may be brightened to.", scope: .session, isReplayable: false)
    public let lightMost = Setting<Double>(
        "search.light_most", 1...16, unit: "factor", default: 6,
        "By how much a picture is brightened at most.", scope: .session, isReplayable: false)
    public let lightFollow = Setting<Double>(
        "search.light_follow", 0...1, unit: "share", default: 0.3,
        "How fast brightening follows the light.", scope: .session, isReplayable: false)
    public let lightFrom = Setting<Double>(
        "search.light_from", 1...16, unit: "factor", default: 1.15,
        "From which factor on a picture is brightened.", scope: .session, isReplayable: false)
    public let darkFrom = Setting<Double>(
        "search.dark_from", 1...16, unit: "factor", default: 1.8,
        "From which factor on pictures are averaged over time and blurred first.", scope: .session, isReplayable: false)
    public let darkFollow = Setting<Double>(
        "search.dark_follow", 0.05...1, unit: "share", default: 0.5,
        "The share of a new picture in that average.", scope: .session, isReplayable: false)
    public let darkRenew = Setting<Double>(
        "search.dark_renew", 0...10, unit: "share", default: 0.4,
        "The share of a hand's movement that begins the average anew.", scope: .session, isReplayable: false)
    public let darkBlur = Setting<Double>(
        "search.dark_blur", 0...10, unit: "pixels", default: 1,
        "The blur's sigma, at a width of 320.", scope: .session, isReplayable: false)
    public let cellStep = Setting<Double>(
        "search.cell_step", 0...255, unit: "luma", default: 10,
        "By how much a cell of the picture must change to count as changed.", scope: .session, isReplayable: false)
    public let cellNoise = Setting<Double>(
        "search.cell_noise", 0...50, unit: "factor", default: 4,
        "How far above its own noise that must be.", scope: .session, isReplayable: false)
    public let cellEdge = Setting<Double>(
        "search.cell_edge", 0...5, unit: "share", default: 0.5,
        "And above this share of the step to its neighbours, so that a shaking camera changes nothing.",
        scope: .session, isReplayable: false)
    public let noiseFollow = Setting<Double>(
        "search.noise_follow", 0...1, unit: "share", default: 0.05,
        "How fast a cell's noise is learnt.", scope: .session, isReplayable: false)
    public let zoneAcross = Setting<Double>(
        "search.zone_across", 0...10, unit: "faces", default: 2.6,
        "How far to the side of a face movement counts.", scope: .session, isReplayable: false)
    public let zoneBelow = Setting<Double>(
        "search.zone_below", 0...10, unit: "faces", default: 1.6,
        "How far below the eyes movement counts.", scope: .session, isReplayable: false)
    public let movedCells = Setting<Double>(
        "search.moved_cells", 1...200, unit: "cells", default: 5,
        "How many cells must change at least for something to move.", scope: .session, isReplayable: false)
    public let movedArea = Setting<Double>(
        "search.moved_area", 0...5, unit: "faces", default: 0.1,
        "And which share of a face's area.", scope: .session, isReplayable: false)
    public let bigCells = Setting<Double>(
        "search.big_cells", 1...400, unit: "cells", default: 12,
        "How many cells must change at least for a movement to be big.", scope: .session, isReplayable: false)
    public let bigArea = Setting<Double>(
        "search.big_area", 0...5, unit: "faces", default: 0.3,
        "And which share of a face's area.", scope: .session, isReplayable: false)
    public let faceInterval = Setting<Duration>(
        "search.face_interval", .zero ... .seconds(60), default: .milliseconds(600),
        "How often faces are looked for while something moves or a gesture is on.", scope: .session, isReplayable: false
    )
    public let faceIdle = Setting<Duration>(
        "search.face_idle", .zero ... .seconds(60), default: .seconds(2),
        "How often otherwise; a third as often where nothing moves and faces are where they were; where nobody is, as seldom as search.idle.",
        scope: .session,
        isReplayable: false)
    public let faceFresh = Setting<Duration>(
        "search.face_fresh", .zero ... .seconds(60), default: .milliseconds(300),
        "A face older than this is looked for again before hands are.", scope: .session, isReplayable: false)
    public let faceMinimum = Setting<Double>(
        "search.face_minimum", 0...1, unit: "probability", default: 0.25,
        "From where on a face is followed.", scope: .session, isReplayable: false)
    public let faceNew = Setting<Double>(
        "search.face_new", 0...1, unit: "probability", default: 0.75,
        "From where on a new face counts at once.", scope: .session, isReplayable: false)
    public let faceNewWeak = Setting<Double>(
        "search.face_new_weak", 0...1, unit: "probability", default: 0.5,
        "From where on it counts if the face model sees it too.", scope: .session, isReplayable: false)
    public let facePresence = Setting<Double>(
        "search.face_presence", 0...1, unit: "probability", default: 0.5,
        "From where on the face model sees a face.", scope: .session, isReplayable: false)
    public let faceMatch = Setting<Double>(
        "search.face_match", 0...1, unit: "overlap", default: 0.15,
        "How much a face must overlap a known one to be it.", scope: .session, isReplayable: false)
    public let faceFollow = Setting<Double>(
        "search.face_follow", 0...1, unit: "share", default: 0.5,
        "How fast a face follows what is seen of it.", scope: .session, isReplayable: false)
    public let faceFollowCovered = Setting<Double>(
        "search.face_follow_covered", 0...1, unit: "share", default: 0.15,
        "How fast while a hand covers it, or it is much less sure than usual.", scope: .session, isReplayable: false)
    public let faceDrop = Setting<Double>(
        "search.face_drop", 0...1, unit: "score", default: 0.12,
        "How much less sure that is.", scope: .session, isReplayable: false)
    public let faceJumpOverlap = Setting<Double>(
        "search.face_jump_overlap", 0...1, unit: "overlap", default: 0.55,
        "A face that overlaps its last place by less has jumped, and is taken over at once.", scope: .session,
        isReplayable: false)
    public let faceJumpScore = Setting<Double>(
        "search.face_jump_score", 0...1, unit: "probability", default: 0.75,
        "If it is at least this sure.", scope: .session, isReplayable: false)
    public let faceStill = Setting<Double>(
        "search.face_still", 0...1, unit: "overlap", default: 0.8,
        "How much a face must overlap its last place to have stayed there: then, if nothing moves either, it is looked for a third as often.",
        scope: .session, isReplayable: false)
    public let usualFollow = Setting<Double>(
        "search.usual_follow", 0...1, unit: "share", default: 0.2,
        "How fast a face's usual score follows.", scope: .session, isReplayable: false)
    public let faceOverlap = Setting<Double>(
        "search.face_overlap", 0...1, unit: "overlap", default: 0.1,
        "A new face that overlaps a known one by more is none.", scope: .session, isReplayable: false)
    public let faceSmall = Setting<Double>(
        "search.face_small", 0...1, unit: "share of the width", default: 0.17,
        "A face below this is measured once more from nearby: of small ones the detector's boxes are too large.",
        scope: .session, isReplayable: false)
    public let farInterval = Setting<Duration>(
        "search.far_interval", .zero ... .seconds(60), default: .seconds(2),
        "How often the detector of small faces is asked while no face is known.", scope: .session, isReplayable: false)
    public let farScore = Setting<Double>(
        "search.far_score", 0...1, unit: "probability", default: 0.6,
        "From where on its face counts.", scope: .session, isReplayable: false)
    public let farAgreeNear = Setting<Double>(
        "search.far_agree_near", 0...1, unit: "probability", default: 0.3,
        "From where on a face counts that both detectors see.", scope: .session, isReplayable: false)
    public let farAgree = Setting<Double>(
        "search.far_agree", 0...1, unit: "probability", default: 0.35,
        "How sure the other must be for that.", scope: .session, isReplayable: false)
    public let farOverlap = Setting<Double>(
        "search.far_overlap", 0...1, unit: "overlap", default: 0.3,
        "And how much the two must overlap.", scope: .session, isReplayable: false)
    public let faceLost = Setting<Duration>(
        "search.face_lost", .zero ... .seconds(60), default: .milliseconds(2500),
        "After how long unseen a face is forgotten, from the last time on at which it was found or nothing had moved since.",
        scope: .session, isReplayable: false)
    public let faceLostCovered = Setting<Duration>(
        "search.face_lost_covered", .zero ... .seconds(60), default: .seconds(6),
        "The same for one that was covered just before.", scope: .session, isReplayable: false)
    public let coveredBefore = Setting<Duration>(
        "search.covered_before", .zero ... .seconds(60), default: .milliseconds(1500),
        "How long before that is.", scope: .session, isReplayable: false)
    public let coveredFor = Setting<Duration>(
        "search.covered_for", .zero ... .seconds(60), default: .milliseconds(700),
        "For how long a face counts as covered after a hand was on it.", scope: .session, isReplayable: false)
    public let mostFaces = Setting<Int>(
        "search.most_faces", 1...8, default: 3,
        "How many faces are followed.", scope: .session, isReplayable: false)
    public let foreheadFollow = Setting<Double>(
        "search.forehead_follow", 0...1, unit: "share", default: 0.2,
        "How fast the usual look of a forehead is learnt.", scope: .session, isReplayable: false)
    public let foreheadCalm = Setting<Duration>(
        "search.forehead_calm", .zero ... .seconds(60), default: .seconds(1),
        "For how long it must not have been covered for that.", scope: .session, isReplayable: false)
    public let foreheadDrop = Setting<Double>(
        "search.forehead_drop", 0...1, unit: "score", default: 0.04,
        "How much less sure than usual the face may be for that.", scope: .session, isReplayable: false)
    public let foreheadUpdates = Setting<Int>(
        "search.forehead_updates", 1...100, default: 2,
        "After how many updates it is known.", scope: .session, isReplayable: false)
    public let pictureWidth = Setting<Int>(
        "search.picture_width", 64...1920, default: 320,
        "How wide, in pixels, the pictures are that are asked of the server: it sends the smallest layer that is enough.",
        scope: .session, isReplayable: false)
    public let pictureRate = Setting<Double>(
        "search.picture_rate", 0.5...30, unit: "a second", default: 5,
        "How many pictures are looked at.", scope: .session, isReplayable: false)
    public let rate = Setting<Double>(
        "search.rate", 0.1...30, unit: "a second", default: 1,
        "How often hands are searched at most, in the long run.", scope: .session, isReplayable: false)
    public let burst = Setting<Double>(
        "search.burst", 1...100, unit: "searches", default: 4,
        "How many searches may follow each other.", scope: .session, isReplayable: false)
    public let reserve = Setting<Double>(
        "search.reserve", 0...100, unit: "searches", default: 3,
        "How many must be left for a small movement to be worth one; the rest is kept for big ones.",
        scope: .session, isReplayable: false)
    public let followUpLeft = Setting<Double>(
        "search.follow_up_left", 0...100, unit: "searches", default: 2,
        "How many must be left for another look after a big movement.", scope: .session, isReplayable: false)
    public let onInterval = Setting<Duration>(
        "search.on_interval", .zero ... .seconds(60), default: .milliseconds(1500),
        "How often hands are looked for while a gesture is on.", scope: .session, isReplayable: false)
    public let onChanged = Setting<Duration>(
        "search.on_changed", .zero ... .seconds(60), default: .milliseconds(400),
        "How soon after the last look if something changed.", scope: .session, isReplayable: false)
    public let idle = Setting<Duration>(
        "search.idle", .milliseconds(500) ... .seconds(600), default: .seconds(6),
        "How often hands are searched where nothing moves, and faces where nobody is there either.", scope: .session,
        isReplayable: false)
    public let changedInterval = Setting<Duration>(
        "search.changed_interval", .zero ... .seconds(60), default: .milliseconds(240),
        "How soon after a search there may be another.", scope: .session, isReplayable: false)
    public let retryLikeness = Setting<Double>(
        "search.retry_likeness", -1...1, unit: "correlation", default: 0.75,
        "Down to which likeness a covered forehead is worth another search.", scope: .session, isReplayable: false)
    public let retryInterval = Setting<Duration>(
        "search.retry_interval", .zero ... .seconds(60), default: .milliseconds(600),
        "How soon after the last.", scope: .session, isReplayable: false)
    public let retries = Setting<Int>(
        "search.retries", 0...100, default: 4,
        "How often, until something moves again.", scope: .session, isReplayable: false)
    public let approaches = Setting<Int>(
        "search.approaches", 0...20, default: 3,
        "For how many pictures a hand is followed that a look found at a face, in case it goes on to the forehead.",
        scope: .session, isReplayable: false)
    public let followUp = Setting<Duration>(
        "search.follow_up", .zero ... .seconds(60), default: .milliseconds(400),
        "How long after a big movement there is another look.", scope: .session, isReplayable: false)
    public let palmNear = Setting<Double>(
        "search.palm_near", 0...1, unit: "probability", default: 0.35,
        "How sure the palm detector must be near a face.", scope: .session, isReplayable: false)
    public let palmElsewhere = Setting<Double>(
        "search.palm_elsewhere", 0...1, unit: "probability", default: 0.5,
        "How sure elsewhere.", scope: .session, isReplayable: false)
    public let nearAcross = Setting<Double>(
        "search.near_across", 0...10, unit: "faces", default: 0.9,
        "How far to the side is near a face.", scope: .session, isReplayable: false)
    public let nearAbove = Setting<Double>(
        "search.near_above", 0...10, unit: "faces", default: 1.2,
        "How far above the eyes is near a face.", scope: .session, isReplayable: false)
    public let nearBelow = Setting<Double>(
        "search.near_below", 0...10, unit: "faces", default: 0.7,
        "How far below the eyes is near a face.", scope: .session, isReplayable: false)
    public let wristBelow = Setting<Double>(
        "search.wrist_below", 0...10, unit: "faces", default: 1.6,
        "A hand whose wrist is further below the eyes is left out.", scope: .session, isReplayable: false)
    public let handAcross = Setting<Double>(
        "search.hand_across", 0...10, unit: "faces", default: 2.9,
        "A hand that is further to the side is left out.", scope: .session, isReplayable: false)
    public let mostHands = Setting<Int>(
        "search.most_hands", 1...3, default: 3,
        "How many hands are looked at.", scope: .session, isReplayable: false)
    public let handKept = Setting<Double>(
        "search.hand_kept", 0...1, unit: "probability", default: 0.5,
        "How sure the hand model must be for a hand to be followed from its own landmarks.", scope: .session,
        isReplayable: false)
    public let fullPalm = Setting<Double>(
        "search.full_palm", 0...1, unit: "probability", default: 0.5,
        "From where on a palm away from faces, in which the small hand model sees no hand, is shown to the large one.",
        scope: .session, isReplayable: false)
    public let fullPresence = Setting<Double>(
        "search.full_presence", 0...1, unit: "probability", default: 0.3,
        "How sure that one must be.", scope: .session, isReplayable: false)
    public let againPresence = Setting<Double>(
        "search.again_presence", 0...1, unit: "probability", default: 0.1,
        "From where on a doubtful hand is looked at once more, from its own landmarks.", scope: .session,
        isReplayable: false)
    public let landmarkPresence = Setting<Double>(
        "search.landmark_presence", 0...1, unit: "probability", default: 0.2,
        "From where on landmarks are used rather than the palm detector's points.", scope: .session, isReplayable: false
    )
}
