import SansIO

/// What becomes known of a room: all that `RoomPerception` goes by. Written down with their times, these facts replay it;
/// they hold scores, never sound.
public enum PerceptionInput: Hashable, Sendable, Codable {
    /// The thresholds that count from now on.
    case configured(PerceptionConfiguration)
    /// Whether sound and pictures can arrive at all; it cannot before this said so.
    case connection(isUp: Bool)
    /// The participant's microphones as the server describes them, the one that counts most first; empty without one.
    case microphones(Identity, [Microphone])
    /// The participant left the room.
    case left(Identity)
    /// From now on the participant's sound counts. `hasSpoken`: an earlier process heard them speak; `silentSince`: and
    /// fall silent then.
    case listen(Identity, hasSpoken: Bool, silentSince: Instant?)
    /// From now on it does not.
    case ignore(Identity)
    /// What was heard on one of the participant's tracks.
    case sound(Identity, track: String, SoundPiece)
    /// The participant's cameras, the one that counts most first; empty without one.
    case cameras(Identity, [Camera])
    /// From now on what the participant's camera shows counts.
    case watch(Identity)
    /// From now on it does not.
    case unwatch(Identity)
    /// What a look at one of the participant's cameras came to.
    case look(Identity, camera: String, GestureLook)
    /// No picture of the participant's camera has come for a while, though one should: nothing is known of what it would
    /// show until one is looked at again.
    case unseen(Identity, camera: String)
    /// Whether the participant's code arrives.
    case codeFeed(Identity, isPresent: Bool)
    /// The participant changed the code.
    case typed(Identity)
}

/// A published microphone.
public struct Microphone: Hashable, Sendable, Codable {
    /// The track's sid, as the server gave it.
    public var sid: String
    public var isMuted: Bool

    public init(sid: String, isMuted: Bool) {
        self.sid = sid
        self.isMuted = isMuted
    }
}

/// A published camera, or another source of a participant's pictures.
public struct Camera: Hashable, Sendable, Codable {
    /// The track's sid, as the server gave it; another name where it is no track.
    public var sid: String
    /// Whether there is nothing to be seen of it.
    public var isMuted: Bool

    public init(sid: String, isMuted: Bool) {
        self.sid = sid
        self.isMuted = isMuted
    }
}

/// What a piece of a track's sound came to.
public enum SoundPiece: Hashable, Sendable, Codable {
    /// In the order of their times.
    case chunks([VoiceChunk])
    /// From here on nothing is known of the track until chunks come again.
    case absent(at: Instant)
}
