import SansIO

/// What is perceived of one participant: what has become of their sound, who else speaks, what is typed, and the signals
/// that follow.
///
/// Muted, absent and interrupted are told apart here: a muted or missing track says nothing about silence, and a track
/// that should be heard but is not (the path is gone, or nothing arrives) leaves open what it would have said.
///
/// Of several microphones the first that is not muted decides whether there is silence to be heard; the participant speaks
/// while there is a voice on any.
public struct ParticipantPerception: Sendable {
    private var detector: PauseDetector
    private var microphones: [Microphone] = []
    private var isConnected = true
    /// Whether sound has come of the first microphone since it appeared, was unmuted or fell absent.
    private var isFlowing = false
    private let listenedSince: Instant

    /// Microphones beyond this are not heard.
    public static let mostMicrophones = 4

    /// - Parameters:
    ///   - hasSpoken: an earlier process heard the participant speak.
    ///   - silentSince: and fall silent then.
    ///   - listenedSince: what was said before does not count.
    init(
        participant: Identity, configuration: PauseConfiguration, hasSpoken: Bool, silentSince: Instant? = nil,
        listenedSince: Instant
    ) {
        detector = PauseDetector(
            participant: participant, configuration: configuration, hasSpoken: hasSpoken, silentSince: silentSince)
        self.listenedSince = listenedSince
    }

    var sound: PauseDetector.Sound { detector.sound }

    var configuration: PauseConfiguration {
        get { detector.configuration }
        set { if newValue != detector.configuration { detector.configuration = newValue } }
    }

    private var first: Microphone? { microphones.first { !$0.isMuted } ?? microphones.first }

    /// The participant's microphones as the server describes them; empty when there is none.
    mutating func setMicrophones(_ all: [Microphone], at now: Instant) {
        let new = Array(all.prefix(Self.mostMicrophones))
        guard new != microphones else { return }
        let before = first
        microphones = new
        if first != before, first?.sid != before?.sid || first?.isMuted != true { isFlowing = false }
        let further = new.filter { !$0.isMuted && $0.sid != first?.sid }
        detector.keepFurtherTracks { sid in further.contains { $0.sid == sid } }
        settle(at: now)
    }

    /// Whether the room's connection is up.
    mutating func setConnected(_ connected: Bool, at now: Instant) {
        guard connected != isConnected else { return }
        isConnected = connected
        if !connected {
            isFlowing = false
            detector.keepFurtherTracks { _ in false }
        }
        settle(at: now)
    }

    /// - Parameter voices: how loud everybody was of late.
    /// - Returns: the chunks that count.
    @discardableResult
    mutating func receive(
        _ piece: SoundPiece, of sid: String, beside voices: [Identity: LevelEnvelope] = [:]
    ) -> ArraySlice<VoiceChunk> {
        // What was decoded before the track was muted, replaced or taken away comes after it.
        guard let first, microphones.contains(where: { $0.sid == sid && !$0.isMuted }) else { return [] }
        switch piece {
        case .chunks(let all):
            let chunks = all.drop { $0.start < listenedSince }
            if sid == first.sid {
                hear(chunks, beside: voices)
            } else if isConnected {
                for chunk in chunks { detector.receive(chunk, ofFurtherTrack: sid, beside: voices) }
            }
            return isConnected ? chunks : []
        case .absent(let instant):
            if sid == first.sid {
                isFlowing = false
                settle(at: instant)
            } else {
                detector.keepFurtherTracks { $0 != sid }
            }
            return []
        }
    }

    private mutating func hear(_ chunks: ArraySlice<VoiceChunk>, beside voices: [Identity: LevelEnvelope]) {
        if !isFlowing, isConnected, let first = chunks.first {
            isFlowing = true
            settle(at: first.start)
        }
        for chunk in chunks { detector.receive(chunk, beside: voices) }
    }

    mutating func setOtherVoice(_ other: Identity, isActive: Bool, at instant: Instant) {
        detector.setOtherVoice(other, isActive: isActive, at: instant)
    }

    mutating func typed(at now: Instant) { detector.typed(at: now) }

    mutating func setCodeFeed(isPresent: Bool) { detector.setCodeFeed(isPresent: isPresent) }

    mutating func setPalm(isOn: Bool, at instant: Instant) { detector.setPalm(isOn: isOn, at: instant) }

    mutating func forgetPalm() { detector.forgetPalm() }

    mutating func pollOutput() -> Signal? { detector.pollOutput() }

    private mutating func settle(at instant: Instant) {
        let sound: PauseDetector.Sound
        if let first {
            if first.isMuted {
                sound = .muted
            } else {
                sound = isFlowing && isConnected ? .live : .interrupted
            }
        } else {
            sound = .absent
        }
        detector.setSound(sound, at: instant)
    }
}
