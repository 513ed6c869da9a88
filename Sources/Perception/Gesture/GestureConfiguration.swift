import Settings

/// Every threshold of `GestureDetector`: what a look's scores say, and for how long they must. Any value may change while
/// it runs. Distances are in faces, see `HandScores`.
public struct GestureConfiguration: Hashable, Sendable, Codable {
    /// How sure the hand model must be of a hand for its landmarks to count fully.
    public var handPresence = Schema.gesture.handPresence.defaultValue
    /// How far below the eyes a palm on the forehead may lie, counted with 0.3 of its distance to the side.
    public var palmBelow = Schema.gesture.palmBelow.defaultValue
    /// The same where the forehead is seen to be covered.
    public var palmBelowCovered = Schema.gesture.palmBelowCovered.defaultValue
    /// How far to the side of the face's middle it may lie.
    public var palmAcross = Schema.gesture.palmAcross.defaultValue
    /// Further to the side than this a palm must lie higher to be one: a whole hand over an ear reaches that far.
    public var sideFrom = Schema.gesture.sideFrom.defaultValue
    /// By how much higher for each face's width beyond it.
    public var sideSlope = Schema.gesture.sideSlope.defaultValue
    /// A hand further above the eyes counts only where the forehead, if it is known, is covered.
    public var palmHigh = Schema.gesture.palmHigh.defaultValue
    /// How far above the eyes it may lie.
    public var palmAbove = Schema.gesture.palmAbove.defaultValue
    /// How sure the palm detector must be where the hand model sees no hand, for a palm on a covered forehead.
    public var weakPalm = Schema.gesture.weakPalm.defaultValue
    /// The same where it is not known whether the forehead is covered and the face model sees no face.
    public var weakPalmUnknown = Schema.gesture.weakPalmUnknown.defaultValue
    /// How far above the eyes the knuckles of such a palm may lie.
    public var weakPalmAbove = Schema.gesture.weakPalmAbove.defaultValue
    /// Below this the face model sees no face.
    public var weakFace = Schema.gesture.weakFace.defaultValue
    /// From which likeness with its usual look a forehead is free, where the face is as sure as usual.
    public var freeLikeness = Schema.gesture.freeLikeness.defaultValue
    /// By how much less sure than usual the face may be for a forehead to be free.
    public var freeDrop = Schema.gesture.freeDrop.defaultValue
    /// Down to which likeness with its usual look a forehead is covered; not above gesture.free_likeness.
    public var coveredLikeness = Schema.gesture.coveredLikeness.defaultValue
    /// By how much less sure than usual the face must be for a forehead to be covered.
    public var coveredDrop = Schema.gesture.coveredDrop.defaultValue
    /// A hand nearer to the face's middle than this, from its hairline to its chin, is at the face and not raised.
    public var atFaceAcross = Schema.gesture.atFaceAcross.defaultValue
    /// How far above the eyes a hand is still at the face.
    public var atFaceAbove = Schema.gesture.atFaceAbove.defaultValue
    /// How far below the eyes a hand is still at the face.
    public var atFaceBelow = Schema.gesture.atFaceBelow.defaultValue
    /// How clear of the face a raised hand must be to the side.
    public var raisedClear = Schema.gesture.raisedClear.defaultValue
    /// How far below the eyes the wrist of a raised hand may be.
    public var raisedWrist = Schema.gesture.raisedWrist.defaultValue
    /// How far below the eyes its knuckles may be.
    public var raisedKnuckles = Schema.gesture.raisedKnuckles.defaultValue
    /// How far to the side of the face's middle it may be.
    public var raisedAcross = Schema.gesture.raisedAcross.defaultValue
    /// By how much its wrist may be above its knuckles.
    public var raisedHanging = Schema.gesture.raisedHanging.defaultValue
    /// For how long a hand must be up.
    public var raisedDwell = Schema.gesture.raisedDwell.defaultValue
    /// For how long a palm must be on the forehead.
    public var palmDwell = Schema.gesture.palmDwell.defaultValue
    /// By how much less may be seen of it, for what happens between two pictures.
    public var dwellSlack = Schema.gesture.dwellSlack.defaultValue
    /// How many looks must see it.
    public var positives = Schema.gesture.positives.defaultValue
    /// Which share of the looks since the first must see it.
    public var share = Schema.gesture.share.defaultValue
    /// For how long it may be unseen before it counts.
    public var drop = Schema.gesture.drop.defaultValue
    /// For how long it may be unseen before it is over.
    public var release = Schema.gesture.release.defaultValue
    /// What comes again within this time is the same gesture.
    public var merge = Schema.gesture.merge.defaultValue
    /// Pictures further apart than this are slow: two in a row that show a gesture for long enough will do. Above half a
    /// second, for timers of two pictures a second are late.
    public var slowInterval = Schema.gesture.slowInterval.defaultValue
    /// How far apart the two may be.
    public var slowGap = Schema.gesture.slowGap.defaultValue
    /// What that does to the confidence.
    public var slowConfidence = Schema.gesture.slowConfidence.defaultValue
    /// What it does to the confidence of a look that the hand model saw no hand in it.
    public var weakConfidence = Schema.gesture.weakConfidence.defaultValue

    public init() {}

    /// From the settings that count.
    public init(_ settings: Configuration) {
        handPresence = settings[Schema.gesture.handPresence]
        palmBelow = settings[Schema.gesture.palmBelow]
        palmBelowCovered = settings[Schema.gesture.palmBelowCovered]
        palmAcross = settings[Schema.gesture.palmAcross]
        sideFrom = settings[Schema.gesture.sideFrom]
        sideSlope = settings[Schema.gesture.sideSlope]
        palmHigh = settings[Schema.gesture.palmHigh]
        palmAbove = settings[Schema.gesture.palmAbove]
        weakPalm = settings[Schema.gesture.weakPalm]
        weakPalmUnknown = settings[Schema.gesture.weakPalmUnknown]
        weakPalmAbove = settings[Schema.gesture.weakPalmAbove]
        weakFace = settings[Schema.gesture.weakFace]
        freeLikeness = settings[Schema.gesture.freeLikeness]
        freeDrop = settings[Schema.gesture.freeDrop]
        coveredLikeness = settings[Schema.gesture.coveredLikeness]
        coveredDrop = settings[Schema.gesture.coveredDrop]
        atFaceAcross = settings[Schema.gesture.atFaceAcross]
        atFaceAbove = settings[Schema.gesture.atFaceAbove]
        atFaceBelow = settings[Schema.gesture.atFaceBelow]
        raisedClear = settings[Schema.gesture.raisedClear]
        raisedWrist = settings[Schema.gesture.raisedWrist]
        raisedKnuckles = settings[Schema.gesture.raisedKnuckles]
        raisedAcross = settings[Schema.gesture.raisedAcross]
        raisedHanging = settings[Schema.gesture.raisedHanging]
        raisedDwell = settings[Schema.gesture.raisedDwell]
        palmDwell = settings[Schema.gesture.palmDwell]
        dwellSlack = settings[Schema.gesture.dwellSlack]
        positives = settings[Schema.gesture.positives]
        share = settings[Schema.gesture.share]
        drop = settings[Schema.gesture.drop]
        release = settings[Schema.gesture.release]
        merge = settings[Schema.gesture.merge]
        slowInterval = settings[Schema.gesture.slowInterval]
        slowGap = settings[Schema.gesture.slowGap]
        slowConfidence = settings[Schema.gesture.slowConfidence]
        weakConfidence = settings[Schema.gesture.weakConfidence]
    }
}
