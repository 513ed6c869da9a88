import Perception
import SansIO

/// What is known of one participant's sound, and the signals that follow: the pipeline without threads and timers.
///
/// Muted, absent and interrupted are told apart here: a muted or missing track says nothing about silence, and a track
/// that should be heard but is not (the path is gone, or nothing arrives) leaves open what it would have said.
struct PipelineCore: Sendable {
    /// A published microphone.
    struct Track: Sendable, Hashable {
        var sid: String
        var isMuted: Bool
    }

    private var detector: PauseDetector
    private var track: Track?
    private var isConnected = true
    /// Whether sound has come since the track appeared, was unmuted or fell absent.
    private var isFlowing = false

    init(participant: String, configuration: PauseConfiguration, hasSpoken: Bool, silentSince: Instant? = nil) {
        detector = PauseDetector(
            participant: participant, configuration: configuration, hasSpoken: hasSpoken, silentSince: silentSince)
    }

    var participant: String { detector.participant }
    var sound: PauseDetector.Sound { detector.sound }
    var hasSpoken: Bool { detector.hasSpoken }

    mutating func setConfiguration(_ configuration: PauseConfiguration) {
        if detector.configuration != configuration { detector.configuration = configuration }
    }

    /// The participant's microphone as the server describes it; `nil` when there is none.
    mutating func setTrack(_ new: Track?, at now: Instant) {
        guard new != track else { return }
        if new?.sid != track?.sid || new?.isMuted != true { isFlowing = false }
        track = new
        settle(at: now)
    }

    /// Whether the room's connection is up.
    mutating func setConnected(_ connected: Bool, at now: Instant) {
        guard connected != isConnected else { return }
        isConnected = connected
        if !connected { isFlowing = false }
        settle(at: now)
    }

    mutating func receive(_ piece: VoiceTap.Piece, of sid: String, at now: Instant) {
        // What was decoded before the track was muted, replaced or taken away comes after it.
        guard let track, track.sid == sid, !track.isMuted else { return }
        switch piece {
        case .chunks(let chunks):
            if !isFlowing, isConnected, let first = chunks.first {
                isFlowing = true
                settle(at: first.start)
            }
            for chunk in chunks { detector.receive(chunk) }
        case .absent(let instant):
            isFlowing = false
            settle(at: instant)
        }
    }

    mutating func setOtherVoice(_ other: String, isActive: Bool, at instant: Instant) {
        detector.setOtherVoice(other, isActive: isActive, at: instant)
    }

    mutating func typed(at now: Instant) { detector.typed(at: now) }

    mutating func setCodeFeed(isPresent: Bool) { detector.setCodeFeed(isPresent: isPresent) }

    mutating func pollOutput() -> Signal? { detector.pollOutput() }

    private mutating func settle(at instant: Instant) {
        let sound: PauseDetector.Sound
        if let track {
            if track.isMuted {
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
