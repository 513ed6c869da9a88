/// What the scores of one hand say.
public enum HandVerdict: Hashable, Sendable {
    /// `isWeak`: the hand model saw no hand, the palm detector and the forehead speak for it.
    case palmToForehead(isWeak: Bool)
    case raisedHand
    /// At the face, but not on the forehead.
    case atFace
    case nothing

    public var kind: Gesture.Kind? {
        switch self {
        case .palmToForehead: .palmToForehead
        case .raisedHand: .raisedHand
        case .atFace, .nothing: nil
        }
    }
}

extension GestureConfiguration {
    /// By the scores alone: the same scores have the same verdict.
    public func verdict(on hand: HandScores) -> HandVerdict {
        let isStrong = hand.presence.value >= handPresence
        if isAtForehead(hand) {
            if isStrong { return .palmToForehead(isWeak: false) }
            if isWeakPalm(hand) { return .palmToForehead(isWeak: true) }
        }
        if hand.across.value < atFaceAcross, hand.below > -atFaceAbove, hand.below < atFaceBelow { return .atFace }
        return isStrong && isRaised(hand) ? .raisedHand : .nothing
    }

    func isFree(_ forehead: ForeheadScores?) -> Bool {
        guard let forehead else { return false }
        return forehead.likeness.value >= freeLikeness && forehead.drop.value < freeDrop
    }

    func isCovered(_ forehead: ForeheadScores?) -> Bool {
        guard let forehead else { return false }
        return forehead.likeness.value <= coveredLikeness || forehead.drop.value >= coveredDrop
    }

    private func isAtForehead(_ hand: HandScores) -> Bool {
        let lowest = isCovered(hand.forehead) ? palmBelowCovered : palmBelow
        let higher = sideSlope * max(hand.across.value - sideFrom, 0)
        return hand.lin.value <= lowest - higher && hand.across.value <= palmAcross
            && hand.below >= -palmAbove && !isFree(hand.forehead)
            && (hand.below >= -palmHigh || isCovered(hand.forehead) || isNearAnUnknownForehead(hand))
    }

    /// Of palms that nothing is known behind: how far from between the eyes they lie. Those of labelled pictures are .81
    /// away at most; what is taken for a hand above a head in the dark is .87 to .97.
    private static let farthestUnknown = 0.84

    private func isNearAnUnknownForehead(_ hand: HandScores) -> Bool {
        let across = hand.across.value
        return hand.forehead == nil
            && across * across + hand.below * hand.below <= Self.farthestUnknown * Self.farthestUnknown
    }

    private func isWeakPalm(_ hand: HandScores) -> Bool {
        guard hand.palm.value >= weakPalm, hand.knuckles.value >= -weakPalmAbove else { return false }
        guard hand.forehead == nil else { return isCovered(hand.forehead) }
        return hand.palm.value >= weakPalmUnknown && hand.facePresence.map { $0.value < weakFace } ?? false
    }

    /// A palm that is seen this broad, as a share of its length, is not seen edge-on: raised hands of
    /// rendered people are from .56 on in 99 of 100 looks, hands at their ears below .34.
    private static let broadPalm = 0.5
    /// How much clearer of the face a hand must be for what its palm lacks of that: a hand that is seen
    /// edge-on beside the head lies along it, as at an ear, .81 clear at most; raised hands that are turned
    /// away are clear by 1.08.
    private static let edgeOnClear = 0.5

    private func isClear(_ hand: HandScores) -> Bool {
        guard let clear = hand.clear else { return true }
        let lacking = hand.breadth.map { max(Self.broadPalm - $0.value, 0) } ?? 0
        return clear.value >= raisedClear + Self.edgeOnClear * lacking
    }

    private func isRaised(_ hand: HandScores) -> Bool {
        isClear(hand) && hand.wrist.value <= raisedWrist
            && hand.knuckles.value <= raisedKnuckles && hand.across.value <= raisedAcross
            && hand.wrist.value > hand.knuckles.value - raisedHanging
    }
}
