import SansIO

/// One participant's pauses: from what is heard of the participant, of the others, and of the editor.
///
/// Two things are told apart. A *pause* is acoustic: the voice has been absent for 3 s, whoever else speaks. A *long
/// pause* is worth acting on: longer than this participant's own pauses, nobody else speaking, nothing being typed (up to
/// a cap); silence alone is weak evidence, so it carries a confidence. Before the participant has spoken there is no
/// pause, and a long one only where the editor speaks for it: they typed, and stopped. Neither is raised from a muted or absent track, where there is no silence to be heard: only the unknown.
///
/// The owner feeds chunks and facts in the order in which they become known, and takes `pollOutput()` until it is nil.
/// The sound itself is the clock: the jitter buffer hands out silence where nothing is sent, and sound that waits for a
/// busy decoder is not silence. So nothing is raised by the mere passing of time.
public struct PauseDetector: Sendable {
    /// What is known of the participant's sound.
    public enum Sound: String, Hashable, Sendable, Codable {
        /// It arrives; where nothing is sent (DTX), that means silence.
        case live
        /// The participant has muted the track: unknown, not silence.
        case muted
        /// There is no track.
        case absent
        /// It does not arrive though it should (the path or the client is gone for a while). A silence from before goes
        /// on if silence is heard after; meanwhile nothing is raised.
        case interrupted
    }

    private struct Silence: Sendable {
        /// Since when the voice has been absent.
        var since: Instant
        /// From when on the silence counts towards a long pause.
        var clock: Instant
        var isPauseRaised = false
        /// Whether the voice was heard to end at `since`; else nobody knows how long it had been absent before.
        var isBeginHeard: Bool
        /// Until when this silence was heard when its last long pause was raised.
        var longPauseAt: Instant?
        /// Whether that one was raised while typing went on.
        var wasTypedUntilCap = false
        var followsOther = false
        var unheard: Duration = .zero
        /// Before this, what is heard does not count yet.
        var reassuredAt: Instant?
    }

    /// Another track of the participant: a voice on it is theirs, its silence says nothing.
    private struct FurtherTrack: Sendable {
        let sid: String
        var segmenter: VoiceSegmenter
        var loudspeaker: Loudspeaker
        var heardUntil: Instant
    }

    public let participant: Identity
    /// May change at any time; what is already raised stays raised.
    public var configuration: PauseConfiguration {
        didSet {
            segmenter.configuration = configuration.voice
            for index in further.indices { further[index].segmenter.configuration = configuration.voice }
        }
    }
    public private(set) var sound = Sound.absent
    /// Whether the participant has been heard to speak.
    public private(set) var hasSpoken: Bool

    private var segmenter: VoiceSegmenter
    private var loudspeaker = Loudspeaker()
    private var further: [FurtherTrack] = []
    /// Until when there was voice on whichever track.
    private var voicedUntil = Instant.zero
    private var history = PauseHistory()
    private var silence: Silence?
    private var interruptedAt: Instant?
    private var heardUntil: Instant?
    private var others: Set<Identity> = []
    private var othersSince = Instant.zero
    private var lastTyped: Instant?
    private var hasCodeFeed = false
    /// When it became known that there is a palm on the forehead, and when it was last seen there once it is gone.
    private var palm: (knownAt: Instant, goneAt: Instant?)?
    private var output = OutputQueue<Signal>()

    private static let mostOthers = 256
    private static let mostFurtherTracks = 8

    /// - Parameters:
    ///   - hasSpoken: true where the participant is known to have spoken before, as when a session is taken over.
    ///   - silentSince: and to have fallen silent then; what came after was not heard.
    public init(
        participant: Identity, configuration: PauseConfiguration = .init(), hasSpoken: Bool = false,
        silentSince: Instant? = nil
    ) {
        self.participant = participant
        self.configuration = configuration
        self.hasSpoken = hasSpoken
        segmenter = VoiceSegmenter(configuration: configuration.voice)
        if let silentSince {
            beginSilence(at: silentSince, isBeginHeard: true)
            interruptedAt = silentSince
        }
    }

    /// How long a silence is a long pause now, before typing and others put it off.
    public var longPauseThreshold: Duration { history.longPause(configuration) }

    /// The next fact, oldest first; nil when there is none.
    public mutating func pollOutput() -> Signal? { output.popFirst() }

    // MARK: What is heard

    /// Takes the participant's next chunk. One that lies before what was heard already is left out.
    /// - Parameter voices: how loud everybody else was of late, so that their voices out of a loudspeaker are told apart.
    public mutating func receive(_ chunk: VoiceChunk, beside voices: [Identity: LevelEnvelope] = [:]) {
        guard sound == .live, chunk.start >= heardUntil ?? chunk.start else { return }
        settle(segmenter.quiet(until: chunk.start))
        let isAnothers = loudspeaker.isAnothers(chunk, beside: voices, configuration.voice)
        settle(segmenter.receive(chunk, isAnothers: isAnothers))
        heardUntil = chunk.end
        raise(heardUntil: chunk.end)
    }

    /// Takes the next chunk of another of the participant's tracks.
    public mutating func receive(
        _ chunk: VoiceChunk, ofFurtherTrack sid: String, beside voices: [Identity: LevelEnvelope] = [:]
    ) {
        guard let index = furtherTrack(sid, from: chunk.start), chunk.start >= further[index].heardUntil else { return }
        settle(further[index].segmenter.quiet(until: chunk.start))
        let isAnothers = further[index].loudspeaker.isAnothers(chunk, beside: voices, configuration.voice)
        settle(further[index].segmenter.receive(chunk, isAnothers: isAnothers))
        further[index].heardUntil = chunk.end
    }

    /// Ends what is being said on the other tracks for which `isKept` does not hold.
    public mutating func keepFurtherTracks(where isKept: (_ sid: String) -> Bool) {
        for index in further.indices where !isKept(further[index].sid) { settle(further[index].segmenter.interrupt()) }
        further.removeAll { !isKept($0.sid) }
    }

    private mutating func furtherTrack(_ sid: String, from start: Instant) -> Int? {
        if let index = further.firstIndex(where: { $0.sid == sid }) { return index }
        guard further.count < Self.mostFurtherTracks else { return nil }
        var segmenter = VoiceSegmenter(configuration: configuration.voice)
        segmenter.isOtherVoiceActive = !others.isEmpty
        var loudspeaker = Loudspeaker()
        for other in others.sorted() { loudspeaker.setSpeaking(other, true) }
        further.append(FurtherTrack(sid: sid, segmenter: segmenter, loudspeaker: loudspeaker, heardUntil: start))
        return further.count - 1
    }

    /// On how many tracks there is voice.
    private var voicedTracks: Int {
        further.count { $0.segmenter.isVoiced } + (segmenter.isVoiced ? 1 : 0)
    }

    private var isBurstPending: Bool {
        segmenter.pendingStart != nil || further.contains { $0.segmenter.pendingStart != nil }
    }

    /// Where something began, on whichever track, of which the model is unsure.
    private var unsureStart: Instant {
        further.reduce(segmenter.unsureStart ?? .distantFuture) { min($0, $1.segmenter.unsureStart ?? $0) }
    }

    /// Says what has become of the participant's sound at an instant.
    public mutating func setSound(_ new: Sound, at instant: Instant) {
        guard new != sound else { return }
        let old = sound
        sound = new
        switch new {
        case .live: resume(at: instant)
        case .muted, .absent:
            settle(segmenter.interrupt())
            endSilence(at: instant, .unheard)
            interruptedAt = nil
        case .interrupted:
            // What was being said goes on unheard: then there is no silence to be kept.
            let wasVoiced = voicedTracks > 0
            settle(segmenter.interrupt())
            if wasVoiced { endSilence(at: instant, .unheard) }
            if old == .live { interruptedAt = instant }
        }
    }

    private mutating func resume(at instant: Instant) {
        heardUntil = nil
        if let interruptedAt, var current = silence {
            current.unheard += max(.zero, instant - interruptedAt)
            current.reassuredAt = instant + configuration.reassurance
            silence = current
        } else {
            beginSilence(at: instant, isBeginHeard: false)
        }
        interruptedAt = nil
    }

    /// Another participant's voice began or ended at an instant (or the participant left).
    public mutating func setOtherVoice(_ other: Identity, isActive: Bool, at instant: Instant) {
        let wasActive = !others.isEmpty
        if isActive, others.count < Self.mostOthers {
            others.insert(other)
        } else if !isActive {
            others.remove(other)
        }
        segmenter.isOtherVoiceActive = !others.isEmpty
        loudspeaker.setSpeaking(other, isActive)
        for index in further.indices {
            further[index].segmenter.isOtherVoiceActive = !others.isEmpty
            further[index].loudspeaker.setSpeaking(other, isActive)
        }
        if !wasActive, !others.isEmpty { othersSince = instant }
        if wasActive, others.isEmpty { endOthersTurn(at: instant) }
    }

    private mutating func endOthersTurn(at instant: Instant) {
        guard var current = silence else { return }
        if instant - othersSince >= configuration.otherTurn {
            current.clock = max(current.clock, instant)
            current.followsOther = true
            current.longPauseAt = nil
        } else {
            current.clock = current.clock + max(.zero, instant - max(othersSince, current.clock))
        }
        silence = current
    }

    // MARK: The editor

    /// The participant changed the code at an instant.
    public mutating func typed(at instant: Instant) {
        hasCodeFeed = true
        lastTyped = max(instant, lastTyped ?? instant)
    }

    /// Whether the participant's code arrives, so that no typing means an idle editor. Where it does not any more, a silence
    /// that was long by what the editor said is judged anew without.
    public mutating func setCodeFeed(isPresent: Bool) {
        if hasCodeFeed, !isPresent { silence?.longPauseAt = nil }
        hasCodeFeed = isPresent
    }

    // MARK: The camera

    /// It became known at an instant that the participant has a palm on the forehead; or it was last seen there then.
    public mutating func setPalm(isOn: Bool, at instant: Instant) {
        if isOn { palm = (instant, nil) } else { palm?.goneAt = instant }
    }

    /// The camera is not to be used any more, nor what it has shown.
    public mutating func forgetPalm() { palm = nil }

    /// Since when it is known that there is a palm on the forehead in this silence.
    private func palmKnownAt(_ silence: Silence) -> Instant? {
        guard let palm, palm.goneAt ?? .distantFuture > silence.clock else { return nil }
        return palm.knownAt
    }

    // MARK: Silences

    private mutating func settle(_ transition: VoiceSegmenter.Transition?) {
        switch transition {
        case .began(let instant):
            // There is voice on another track already.
            guard voicedTracks == 1 else { break }
            hasSpoken = true
            voicedUntil = instant
            learn(untilVoiceAt: instant)
            // Of two tracks one may be decoded later than the other.
            endSilence(at: max(instant, silence?.since ?? instant), .voice)
            output.append(.voiceBegan(participant: participant, at: instant))
        case .ended(let instant):
            voicedUntil = max(voicedUntil, instant)
            guard voicedTracks == 0 else { break }
            output.append(.voiceEnded(participant: participant, at: voicedUntil))
            // Elsewhere there is no silence to be heard.
            if sound == .live { beginSilence(at: voicedUntil, isBeginHeard: true) }
        case nil: break
        }
    }

    /// Takes the silence for one of the participant's own pauses, unless part of it was not heard or was listening.
    private mutating func learn(untilVoiceAt instant: Instant) {
        guard let silence, silence.isBeginHeard, silence.unheard == .zero, !silence.followsOther, others.isEmpty else {
            return
        }
        history.record(instant - silence.clock, configuration)
    }

    private mutating func beginSilence(at instant: Instant, isBeginHeard: Bool) {
        silence = Silence(since: instant, clock: instant, isBeginHeard: isBeginHeard)
    }

    private mutating func endSilence(at instant: Instant, _ cause: PauseEnd) {
        // Of who has not spoken there is no pause, but a long one may have been raised: their voice ends it by itself.
        let isUnspokenOver = cause == .unheard && silence?.longPauseAt != nil
        if let current = silence, current.isPauseRaised || isUnspokenOver {
            output.append(.pauseEnded(participant: participant, since: current.since, at: instant, cause: cause))
        }
        silence = nil
    }

    private var pauseDue: Instant? {
        guard hasSpoken, let silence, !silence.isPauseRaised else { return nil }
        return max(silence.since + configuration.pause, silence.reassuredAt ?? silence.since)
    }

    /// When the silence is a long pause (again) if nothing happens; nil while others speak.
    ///
    /// One that was raised while typing went on says little, and does not use the silence up: once typing has stopped
    /// there is another. Beyond that a silence that goes on is a long pause again by `repeatAfter` alone.
    private var longPauseDue: Instant? {
        guard let silence, others.isEmpty else { return nil }
        guard hasSpoken else { return unspokenDue(silence) }
        var due = silence.clock + longPauseThreshold
        if let known = palmKnownAt(silence) {
            // Not before it was known.
            due = min(due, max(silence.clock + shortened(longPauseThreshold), known))
        }
        var cap = silence.clock + configuration.longestLongPause
        if let raised = silence.longPauseAt {
            if silence.wasTypedUntilCap, let lastTyped {
                due = lastTyped + configuration.typingQuiet
                cap = due
            } else if let again = configuration.repeatAfter {
                due = raised + again
                cap = due + configuration.longestLongPause
            } else {
                return nil
            }
        }
        if hasCodeFeed, let lastTyped {
            due = max(due, min(lastTyped + configuration.typingQuiet, cap))
        }
        return max(due, silence.reassuredAt ?? due)
    }

    private func shortened(_ threshold: Duration) -> Duration {
        // A threshold is a million seconds at most.
        max(.nanoseconds(Int64(threshold.inSeconds * configuration.palmFactor * 1e9)), configuration.pause)
    }

    /// The same before the participant has spoken: by what was typed. New typing begins anew; without it `repeatAfter`
    /// counts.
    private func unspokenDue(_ silence: Silence) -> Instant? {
        guard let unspoken = configuration.unspoken, hasCodeFeed, let lastTyped else { return nil }
        var due = max(lastTyped, silence.clock) + unspoken
        if let raised = silence.longPauseAt, lastTyped <= raised {
            guard let again = configuration.repeatAfter else { return nil }
            due = max(due, raised + again)
        }
        return max(due, silence.reassuredAt ?? due)
    }

    /// Raises what is due by what has been heard, unless a burst has begun that may turn out to be voice, or before it was
    /// due something of which the model is unsure.
    private mutating func raise(heardUntil heard: Instant) {
        guard !isBurstPending, var current = silence else { return }
        let unsureStart = unsureStart
        if let pauseDue, heard >= pauseDue, unsureStart > pauseDue {
            current.isPauseRaised = true
            silence = current
            output.append(.pause(participant: participant, since: current.since))
        }
        if let due = longPauseDue, heard >= due, unsureStart > due {
            let pause = longPause(current, at: due)
            output.append(.longPause(pause))
            current.wasTypedUntilCap = pause.reasons.contains(.typedUntilCap)
            // Not `due`: where that is long past, as after a change of settings, there is to be one and not many.
            current.longPauseAt = heard
            silence = current
        }
    }

    private func longPause(_ silence: Silence, at due: Instant) -> LongPause {
        let weights = configuration.confidence
        var (confidence, reason) = editorEvidence(silence, at: due)
        var reasons = [reason]
        func weigh(_ factor: Double, _ why: LongPause.Reason) {
            confidence *= factor
            reasons.append(why)
        }
        if Double(history.count) < configuration.priorWeight { weigh(weights.fewOwnPauses, .fewOwnPauses) }
        if silence.followsOther { weigh(weights.afterAnotherVoice, .afterAnotherVoice) }
        if silence.unheard > .zero {
            let share = silence.unheard.inSeconds / max((due - silence.since).inSeconds, 0.001)
            weigh(1 - min(share, 1) * (1 - weights.unheard), .partlyUnheard)
        }
        if palmKnownAt(silence) != nil {
            confidence += (1 - confidence) * weights.palm
            reasons.append(.palmToForehead)
        }
        if silence.longPauseAt != nil { reasons.append(.repeated) }
        var pause = LongPause(
            participant: participant, since: silence.clock, at: due, threshold: longPauseThreshold,
            confidence: min(max(confidence, 0), 1), reasons: reasons)
        if !hasSpoken {
            pause.since = max(silence.clock, lastTyped ?? silence.clock)
            pause.threshold = configuration.unspoken ?? pause.threshold
        }
        return pause
    }

    private func editorEvidence(_ silence: Silence, at due: Instant) -> (Double, LongPause.Reason) {
        let weights = configuration.confidence
        guard hasSpoken else { return (weights.neverSpoke, .neverSpoke) }
        guard hasCodeFeed else { return (weights.noCodeFeed, .noCodeFeed) }
        guard let lastTyped, lastTyped >= silence.clock else { return (weights.editorIdle, .editorIdle) }
        let isQuiet = due - lastTyped >= configuration.typingQuiet
        return isQuiet ? (weights.typingStopped, .typingStopped) : (weights.typedUntilCap, .typedUntilCap)
    }
}
