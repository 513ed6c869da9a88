import SansIO

/// The way by which one other's voice comes out of a participant's loudspeaker into their microphone: how much later it is
/// heard there than on the other's own track, and how much louder.
///
/// A loudspeaker stays where it is, so lag and gain stay the same: the path is believed once the two tracks' levels have
/// been alike for a second with the same lag and gain. From then on the other's track says how loud the bleed may
/// be, from the first chunk of a turn on, and what is louder is the participant's own. What should be heard of the other
/// and is not (a headset, a loudspeaker turned down) speaks against it.
struct LoudspeakerPath: Sendable {
    /// In slots.
    private var lag: Int64 = 0
    /// In sixteenths of a step.
    private var gain = 0
    private var evidence = 0
    /// How much more often of late a longer lag fitted than a shorter one.
    private var drift: Int64 = 0

    /// Bleed is heard after what it is of, but for how well two tracks' times are known. In slots.
    static let lags: ClosedRange<Int64> = -4...24
    /// How far one's decoder may be behind the other's, for a window to be compared. In slots.
    private static let mostLate: Int64 = 16
    /// For how long the last that is known of the other stands for what is not known yet. In slots.
    private static let mostHeld: Int64 = 4
    /// One window in so many is compared, and speaks for as many: the next is nearly the same.
    private static let vote: Int64 = 4
    /// Chunks that must have spoken for the path before it counts, and the most that are remembered.
    static let enough = 32
    static let most = 128
    private static let decibel = LevelEnvelope.stepsPerDecibel
    /// How far two gains may be apart and be the same.
    private static let gainTolerance = 6 * decibel
    /// Whoever leads is the source. Where it is not clear who does, the fainter one is the bleed.
    private static let mostGain = 6 * decibel
    private static let mostGainWhereUnclear = -6 * decibel
    /// Below this (-50 dBFS) the other is not loud enough to be looked for, whether it explains or speaks against.
    private static let heard = 15 * decibel
    /// Of a window, what is no further below its loudest says how loud one is against the other.
    private static let loudestPart = 15 * decibel
    /// By how much too little must be heard to speak against the path.
    private static let shortfall = 12 * decibel
    /// What reverberates two slots later is this much fainter.
    private static let decay = 6 * decibel

    var isBelieved: Bool { evidence >= Self.enough }
    var isForgotten: Bool { evidence == 0 }

    /// Whether the newest of the microphone's chunks is no more than what the path brings.
    func explains(
        _ own: LevelEnvelope, of other: LevelEnvelope, _ configuration: VoiceSegmenter.Configuration
    ) -> Bool {
        guard isBelieved, configuration.bleedLikeness < 1, let source = source(own, other), source.loudest > Self.heard
        else { return false }
        let excess = Int((configuration.bleedExcess * Float(Self.decibel)).rounded())
        return Int(own[own.newest]) <= source.loudest + gain / 16 + excess
    }

    /// Learns from the newest chunk.
    /// - Parameter isSpeaking: whether the other is; else there is nothing to be alike.
    mutating func learn(
        _ own: LevelEnvelope, of other: LevelEnvelope, isSpeaking: Bool, _ configuration: VoiceSegmenter.Configuration
    ) {
        if evidence > 0, let source = source(own, other), source.loudest > Self.heard,
            source.loudest + gain / 16 > Self.shortfall / 2,
            Int(own[own.newest]) < source.faintest + gain / 16 - Self.shortfall
        {
            evidence -= 1
        }
        guard isSpeaking, configuration.bleedLikeness < 1, own.newest % Self.vote == 0,
            let match = Self.match(own, other, configuration),
            match.gain <= (match.lag > 0 ? Self.mostGain : Self.mostGainWhereUnclear)
        else { return }
        if evidence == 0 {
            (lag, gain, evidence, drift) = (match.lag, 16 * match.gain, Int(Self.vote), 0)
        } else if (match.lag - lag).magnitude <= 1, (match.gain - gain / 16).magnitude <= Self.gainTolerance {
            evidence = min(evidence + Int(Self.vote), Self.most)
            gain += (16 * match.gain - gain) / 4
            follow(match.lag)
        } else {
            evidence = max(evidence - Int(Self.vote), 0)
        }
    }

    private mutating func follow(_ matched: Int64) {
        drift += matched - lag
        guard drift.magnitude > 2 else { return }
        lag += drift.signum()
        drift = 0
    }

    /// The other's level where the newest chunk would come from: the loudest that may be heard of it, with what
    /// reverberates, and the faintest that should be.
    private func source(_ own: LevelEnvelope, _ other: LevelEnvelope) -> (loudest: Int, faintest: Int)? {
        let wanted = own.newest - lag
        let slot = min(wanted, other.newest)
        guard other.knows(3, upTo: slot), wanted - slot <= Self.mostHeld else { return nil }
        let (now, before) = (Int(other[slot]), Int(other[slot - 1]))
        let next = slot < other.newest ? Int(other[slot + 1]) : now
        let loudest = max(now, before, next, Int(other[slot - 2]) - Self.decay)
        return (loudest, wanted == slot ? min(now, before, next) : 0)
    }

    // MARK: Likeness

    private struct Match {
        var lag: Int64
        var gain: Int
    }

    /// The lag at which the two are most alike, if they are alike enough there.
    private static func match(
        _ own: LevelEnvelope, _ other: LevelEnvelope, _ configuration: VoiceSegmenter.Configuration
    ) -> Match? {
        let count = configuration.bleedSlots
        // Not the newest chunk where the other's sound is known later: every lag is to be looked at.
        let end = min(own.newest, other.newest &+ lags.lowerBound)
        guard own.newest &- end <= mostLate, own.knows(count, upTo: end) else { return nil }
        return own.withSlots(count, upTo: end) { ours in
            let sums = Sums(ours)
            var best = Double(configuration.bleedLikeness) * Double(configuration.bleedLikeness)
            var found: Int64?
            guard sums.varies else { return nil }
            for lag in lags where other.knows(count, upTo: end - lag) {
                let likeness = other.withSlots(count, upTo: end - lag) { sums.likeness(ours, $0) }
                if likeness > best { (best, found) = (likeness, lag) }
            }
            return found.map { lag in
                Match(lag: lag, gain: other.withSlots(count, upTo: end - lag) { Self.gain(ours, $0) })
            }
        }
    }

    /// What is the same for every lag.
    private struct Sums {
        private let sum: Int
        private let spread: Int

        init(_ levels: UnsafeBufferPointer<Int16>) {
            var (sum, squares) = (0 as Int32, 0 as Int32)
            for level in levels {
                sum &+= Int32(level)
                squares &+= Int32(level) &* Int32(level)
            }
            self.sum = Int(sum)
            spread = levels.count * Int(squares) - Int(sum) * Int(sum)
            varies = Self.varies(spread, levels.count)
        }

        /// What hardly varies (by 2 dB on average) is like anything.
        let varies: Bool

        private static func varies(_ spread: Int, _ count: Int) -> Bool {
            spread > count * count * (2 * LoudspeakerPath.decibel) * (2 * LoudspeakerPath.decibel)
        }

        /// The square of the two's correlation; 0 where one falls as the other rises.
        func likeness(_ ours: UnsafeBufferPointer<Int16>, _ theirs: UnsafeBufferPointer<Int16>) -> Double {
            // Steps are at most 130: no sum of a window leaves 32 bits.
            var (sum, squares, products) = (0 as Int32, 0 as Int32, 0 as Int32)
            for index in 0..<min(ours.count, theirs.count) {
                let (one, other) = (Int32(ours[index]), Int32(theirs[index]))
                sum &+= other
                squares &+= other &* other
                products &+= one &* other
            }
            let count = ours.count
            let theirSpread = count * Int(squares) - Int(sum) * Int(sum)
            let common = count * Int(products) - self.sum * Int(sum)
            guard common > 0, Self.varies(theirSpread, count) else { return 0 }
            return Double(common) * Double(common) / (Double(spread) * Double(theirSpread))
        }
    }

    /// By how many steps ours are above theirs, where they are loud.
    private static func gain(_ ours: UnsafeBufferPointer<Int16>, _ theirs: UnsafeBufferPointer<Int16>) -> Int {
        let limit = Int(theirs.max() ?? 0) - loudestPart
        var (difference, count) = (0, 0)
        for index in 0..<min(ours.count, theirs.count) where Int(theirs[index]) > limit {
            difference += Int(ours[index]) - Int(theirs[index])
            count += 1
        }
        return difference / max(count, 1)
    }
}
