/// What counts as a raised hand, or a palm on the forehead: the rules over the scores of looks.
///
/// Distances are in faces: widths of the nearest face's box, from its middle and from the line of its eyes.
public struct GestureSection: Sendable {
    public let enabled = Setting<Bool>(
        "gesture.enabled", default: true,
        "Whether gestures are looked for in the candidate's camera.", scope: .session)
    public let handPresence = Setting<Double>(
        "gesture.hand_presence", 0...1, unit: "probability", default: 0.5,
        "How sure the hand model must be of a hand for its landmarks to count fully.", scope: .session)
    public let palmBelow = Setting<Double>(
        "gesture.palm_below", -1...1, unit: "faces", default: 0.07,
        "How far below the eyes a palm on the forehead may lie, counted with 0.3 of its distance to the side.",
        scope: .session)
    public let palmBelowCovered = Setting<Double>(
        "gesture.palm_below_covered", -1...1, unit: "faces", default: 0.12,
        "The same where the forehead is seen to be covered.", scope: .session)
    public let palmAcross = Setting<Double>(
        "gesture.palm_across", 0...3, unit: "faces", default: 0.62,
        "How far to the side of the face's middle it may lie.", scope: .session)
    public let sideFrom = Setting<Double>(
        "gesture.side_from", 0...3, unit: "faces", default: 0.4,
        "Further to the side than this a palm must lie higher to be one: a whole hand over an ear reaches that far.",
        scope: .session)
    public let sideSlope = Setting<Double>(
        "gesture.side_slope", 0...10, unit: "faces", default: 1,
        "By how much higher for each face's width beyond it.", scope: .session)
    public let palmHigh = Setting<Double>(
        "gesture.palm_high", 0...3, unit: "faces", default: 0.6,
        "A hand further above the eyes counts only where the forehead is seen to be covered: it may be in the hair.",
        scope: .session)
    public let palmAbove = Setting<Double>(
        "gesture.palm_above", 0...3, unit: "faces", default: 1.3,
        "How far above the eyes it may lie.", scope: .session)
    public let weakPalm = Setting<Double>(
        "gesture.weak_palm", 0...1, unit: "probability", default: 0.45,
        "How sure the palm detector must be where the hand model sees no hand, for a palm on a covered forehead.",
        scope: .session)
    public let weakPalmUnknown = Setting<Double>(
        "gesture.weak_palm_unknown", 0...1, unit: "probability", default: 0.6,
        "The same where it is not known whether the forehead is covered and the face model sees no face.",
        scope: .session)
    public let weakPalmAbove = Setting<Double>(
        "gesture.weak_palm_above", 0...3, unit: "faces", default: 0.6,
        "How far above the eyes the knuckles of such a palm may lie.", scope: .session)
    public let weakFace = Setting<Double>(
        "gesture.weak_face", 0...1, unit: "probability", default: 0.5,
        "Below this the face model sees no face.", scope: .session)
    public let freeLikeness = Setting<Double>(
        "gesture.free_likeness", -1...1, unit: "correlation", default: 0.85,
        "From which likeness with its usual look a forehead is free, where the face is as sure as usual.",
        scope: .session)
    public let freeDrop = Setting<Double>(
        "gesture.free_drop", 0...1, unit: "score", default: 0.04,
        "By how much less sure than usual the face may be for a forehead to be free.", scope: .session)
    public let coveredLikeness = Setting<Double>(
        "gesture.covered_likeness", -1...1, unit: "correlation", default: 0.75,
        "Down to which likeness with its usual look a forehead is covered; not above gesture.free_likeness.",
        scope: .session)
    public let coveredDrop = Setting<Double>(
        "gesture.covered_drop", 0...1, unit: "score", default: 0.05,
        "By how much less sure than usual the face must be for a forehead to be covered.", scope: .session)
    public let atFaceAcross = Setting<Double>(
        "gesture.at_face_across", 0...3, unit: "faces", default: 0.6,
        "A hand nearer to the face's middle than this, from its hairline to its chin, is at the face and not raised.",
        scope: .session)
    public let atFaceAbove = Setting<Double>(
        "gesture.at_face_above", 0...3, unit: "faces", default: 0.6,
        "How far above the eyes a hand is still at the face.", scope: .session)
    public let atFaceBelow = Setting<Double>(
        "gesture.at_face_below", 0...3, unit: "faces", default: 0.8,
        "How far below the eyes a hand is still at the face.", scope: .session)
    public let raisedClear = Setting<Double>(
        "gesture.raised_clear", 0...3, unit: "faces", default: 0.72,
        "How clear of the face a raised hand must be to the side.", scope: .session)
    public let raisedWrist = Setting<Double>(
        "gesture.raised_wrist", 0...4, unit: "faces", default: 1.55,
        "How far below the eyes the wrist of a raised hand may be.", scope: .session)
    public let raisedKnuckles = Setting<Double>(
        "gesture.raised_knuckles", 0...4, unit: "faces", default: 1.07,
        "How far below the eyes its knuckles may be.", scope: .session)
    public let raisedAcross = Setting<Double>(
        "gesture.raised_across", 0...6, unit: "faces", default: 2.6,
        "How far to the side of the face's middle it may be.", scope: .session)
    public let raisedHanging = Setting<Double>(
        "gesture.raised_hanging", 0...3, unit: "faces", default: 0.35,
        "By how much its wrist may be above its knuckles.", scope: .session)
    public let raisedDwell = Setting<Duration>(
        "gesture.raised_dwell", .zero ... .seconds(10), default: .milliseconds(800),
        "For how long a hand must be up.", scope: .session)
    public let palmDwell = Setting<Duration>(
        "gesture.palm_dwell", .zero ... .seconds(10), default: .seconds(1),
        "For how long a palm must be on the forehead.", scope: .session)
    public let dwellSlack = Setting<Duration>(
        "gesture.dwell_slack", .zero ... .seconds(1), default: .milliseconds(100),
        "By how much less may be seen of it, for what happens between two pictures.", scope: .session)
    public let positives = Setting<Int>(
        "gesture.positives", 1...20, default: 3,
        "How many looks must see it.", scope: .session)
    public let share = Setting<Double>(
        "gesture.share", 0...1, unit: "share", default: 0.6,
        "Which share of the looks since the first must see it.", scope: .session)
    public let drop = Setting<Duration>(
        "gesture.drop", .milliseconds(100) ... .seconds(5), default: .milliseconds(650),
        "For how long it may be unseen before it counts.", scope: .session)
    public let release = Setting<Duration>(
        "gesture.release", .milliseconds(100) ... .seconds(10), default: .seconds(1),
        "For how long it may be unseen before it is over.", scope: .session)
    public let merge = Setting<Duration>(
        "gesture.merge", .zero ... .seconds(60), default: .milliseconds(2500),
        "What comes again within this time is the same gesture.", scope: .session)
    public let slowInterval = Setting<Duration>(
        "gesture.slow_interval", .milliseconds(100) ... .seconds(5), default: .milliseconds(575),
        "Pictures further apart than this are slow: two in a row that show a gesture for long enough will do.",
        scope: .session)
    public let slowGap = Setting<Duration>(
        "gesture.slow_gap", .milliseconds(500) ... .seconds(10), default: .seconds(3),
        "How far apart the two may be.", scope: .session)
    public let slowConfidence = Setting<Double>(
        "gesture.slow_confidence", 0...1, unit: "factor", default: 0.7,
        "What that does to the confidence.", scope: .session)
    public let weakConfidence = Setting<Double>(
        "gesture.weak_confidence", 0...1, unit: "factor", default: 0.7,
        "What it does to the confidence of a look that the hand model saw no hand in it.", scope: .session)
}
