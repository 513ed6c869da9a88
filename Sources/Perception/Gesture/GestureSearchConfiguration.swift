import Settings

/// When and how a camera's pictures are looked at. None of it can be replayed: it decides which looks there are.
/// Distances are in faces, see `HandScores`.
public struct GestureSearchConfiguration: Hashable, Sendable, Codable {
    /// The mean that darker pictures are brightened to.
    public var lightMean = Float(Schema.search.lightMean.defaultValue)
    /// What the brightest hundredth of a picture may be brightened to.
    public var lightPeak = Float(Schema.search.lightPeak.defaultValue)
    /// By how much a picture is brightened at most.
    public var lightMost = Float(Schema.search.lightMost.defaultValue)
    /// How fast brightening follows the light.
    public var lightFollow = Float(Schema.search.lightFollow.defaultValue)
    /// From which factor on a picture is brightened.
    public var lightFrom = Float(Schema.search.lightFrom.defaultValue)
    /// From which factor on pictures are averaged over time and blurred first.
    public var darkFrom = Float(Schema.search.darkFrom.defaultValue)
    /// The share of a new picture in that average.
    public var darkFollow = Float(Schema.search.darkFollow.defaultValue)
    /// The share of a hand's movement that begins the average anew.
    public var darkRenew = Float(Schema.search.darkRenew.defaultValue)
    /// The blur's sigma, at a width of 320.
    public var darkBlur = Float(Schema.search.darkBlur.defaultValue)
    /// By how much a cell of the picture must change to count as changed.
    public var cellStep = Float(Schema.search.cellStep.defaultValue)
    /// How far above its own noise that must be.
    public var cellNoise = Float(Schema.search.cellNoise.defaultValue)
    /// And above this share of the step to its neighbours, so that a shaking camera changes nothing.
    public var cellEdge = Float(Schema.search.cellEdge.defaultValue)
    /// How fast a cell's noise is learnt.
    public var noiseFollow = Float(Schema.search.noiseFollow.defaultValue)
    /// How far to the side of a face movement counts.
    public var zoneAcross = Float(Schema.search.zoneAcross.defaultValue)
    /// How far below the eyes movement counts.
    public var zoneBelow = Float(Schema.search.zoneBelow.defaultValue)
    /// How many cells must change at least for something to move.
    public var movedCells = Float(Schema.search.movedCells.defaultValue)
    /// And which share of a face's area.
    public var movedArea = Float(Schema.search.movedArea.defaultValue)
    /// How many cells must change at least for a movement to be big.
    public var bigCells = Float(Schema.search.bigCells.defaultValue)
    /// And which share of a face's area.
    public var bigArea = Float(Schema.search.bigArea.defaultValue)
    /// How often faces are looked for while something moves or a gesture is on.
    public var faceInterval = Schema.search.faceInterval.defaultValue
    /// How often otherwise; a third as often where they have settled.
    public var faceIdle = Schema.search.faceIdle.defaultValue
    /// A face older than this is looked for again before hands are.
    public var faceFresh = Schema.search.faceFresh.defaultValue
    /// From where on a face is followed.
    public var faceMinimum = Float(Schema.search.faceMinimum.defaultValue)
    /// From where on a new face counts at once.
    public var faceNew = Float(Schema.search.faceNew.defaultValue)
    /// From where on it counts if the face model sees it too.
    public var faceNewWeak = Float(Schema.search.faceNewWeak.defaultValue)
    /// From where on the face model sees a face.
    public var facePresence = Float(Schema.search.facePresence.defaultValue)
    /// How much a face must overlap a known one to be it.
    public var faceMatch = Float(Schema.search.faceMatch.defaultValue)
    /// How fast a face follows what is seen of it.
    public var faceFollow = Float(Schema.search.faceFollow.defaultValue)
    /// How fast while a hand covers it, or it is much less sure than usual.
    public var faceFollowCovered = Float(Schema.search.faceFollowCovered.defaultValue)
    /// How much less sure that is.
    public var faceDrop = Float(Schema.search.faceDrop.defaultValue)
    /// A face that overlaps its last place by less has jumped, and is taken over at once.
    public var faceJumpOverlap = Float(Schema.search.faceJumpOverlap.defaultValue)
    /// If it is at least this sure.
    public var faceJumpScore = Float(Schema.search.faceJumpScore.defaultValue)
    /// A face that overlaps its last place by this has stayed where it was.
    public var faceStill = Float(Schema.search.faceStill.defaultValue)
    /// How fast a face's usual score follows.
    public var usualFollow = Float(Schema.search.usualFollow.defaultValue)
    /// A new face that overlaps a known one by more is none.
    public var faceOverlap = Float(Schema.search.faceOverlap.defaultValue)
    /// A face that is narrower than this share of the picture is measured once more from nearby.
    public var faceSmall = Float(Schema.search.faceSmall.defaultValue)
    /// How often the detector of small faces is asked while no face is known.
    public var farInterval = Schema.search.farInterval.defaultValue
    /// From where on its face counts.
    public var farScore = Float(Schema.search.farScore.defaultValue)
    /// From where on a face counts that both detectors see.
    public var farAgreeNear = Float(Schema.search.farAgreeNear.defaultValue)
    /// How sure the other must be for that.
    public var farAgree = Float(Schema.search.farAgree.defaultValue)
    /// And how much the two must overlap.
    public var farOverlap = Float(Schema.search.farOverlap.defaultValue)
    /// After how long unseen a face is forgotten.
    public var faceLost = Schema.search.faceLost.defaultValue
    /// The same for one that was covered just before.
    public var faceLostCovered = Schema.search.faceLostCovered.defaultValue
    /// How long before that is.
    public var coveredBefore = Schema.search.coveredBefore.defaultValue
    /// For how long a face counts as covered after a hand was on it.
    public var coveredFor = Schema.search.coveredFor.defaultValue
    /// How many faces are followed.
    public var mostFaces = Schema.search.mostFaces.defaultValue
    /// How fast the usual look of a forehead is learnt.
    public var foreheadFollow = Float(Schema.search.foreheadFollow.defaultValue)
    /// For how long it must not have been covered for that.
    public var foreheadCalm = Schema.search.foreheadCalm.defaultValue
    /// How much less sure than usual the face may be for that.
    public var foreheadDrop = Float(Schema.search.foreheadDrop.defaultValue)
    /// After how many updates it is known.
    public var foreheadUpdates = Schema.search.foreheadUpdates.defaultValue
    /// How wide the pictures are that are asked for, in pixels.
    public var pictureWidth = Schema.search.pictureWidth.defaultValue
    /// How many pictures a second are looked at.
    public var pictureRate = Schema.search.pictureRate.defaultValue
    /// How often hands are searched at most, in the long run.
    public var rate = Float(Schema.search.rate.defaultValue)
    /// How many searches may follow each other.
    public var burst = Float(Schema.search.burst.defaultValue)
    /// How many must be left for a small movement to be worth one; the rest is kept for big ones.
    public var reserve = Float(Schema.search.reserve.defaultValue)
    /// How many must be left for another look after a big movement.
    public var followUpLeft = Float(Schema.search.followUpLeft.defaultValue)
    /// How often hands are looked for while a gesture is on.
    public var onInterval = Schema.search.onInterval.defaultValue
    /// How soon after the last look if something changed.
    public var onChanged = Schema.search.onChanged.defaultValue
    /// How often hands are searched where nothing moves.
    public var idle = Schema.search.idle.defaultValue
    /// How soon after a search there may be another.
    public var changedInterval = Schema.search.changedInterval.defaultValue
    /// Down to which likeness a covered forehead is worth another search.
    public var retryLikeness = Float(Schema.search.retryLikeness.defaultValue)
    /// How soon after the last.
    public var retryInterval = Schema.search.retryInterval.defaultValue
    /// How often, until something moves again.
    public var retries = Schema.search.retries.defaultValue
    /// For how many pictures a hand is followed that a look found at a face, in case it goes on to the forehead.
    public var approaches = Schema.search.approaches.defaultValue
    /// How long after a big movement there is another look.
    public var followUp = Schema.search.followUp.defaultValue
    /// How sure the palm detector must be near a face.
    public var palmNear = Float(Schema.search.palmNear.defaultValue)
    /// How sure elsewhere.
    public var palmElsewhere = Float(Schema.search.palmElsewhere.defaultValue)
    /// How far to the side is near a face.
    public var nearAcross = Float(Schema.search.nearAcross.defaultValue)
    /// How far above the eyes is near a face.
    public var nearAbove = Float(Schema.search.nearAbove.defaultValue)
    /// How far below the eyes is near a face.
    public var nearBelow = Float(Schema.search.nearBelow.defaultValue)
    /// A hand whose wrist is further below the eyes is left out.
    public var wristBelow = Float(Schema.search.wristBelow.defaultValue)
    /// A hand that is further to the side is left out.
    public var handAcross = Float(Schema.search.handAcross.defaultValue)
    /// How many hands are looked at.
    public var mostHands = Schema.search.mostHands.defaultValue
    /// How sure the hand model must be for a hand to be followed from its own landmarks.
    public var handKept = Float(Schema.search.handKept.defaultValue)
    /// From where on a palm away from faces, in which the small hand model sees no hand, is shown to the large one.
    public var fullPalm = Float(Schema.search.fullPalm.defaultValue)
    /// How sure that one must be.
    public var fullPresence = Float(Schema.search.fullPresence.defaultValue)
    /// From where on a doubtful hand is looked at once more, from its own landmarks.
    public var againPresence = Float(Schema.search.againPresence.defaultValue)
    /// From where on landmarks are used rather than the palm detector's points.
    public var landmarkPresence = Float(Schema.search.landmarkPresence.defaultValue)

    public init() {}
}
