import SansIO

/// What an interviewer said in the room that had this name before, while nobody knows whether this room goes on with it.
///
/// A server that is restarted makes a room anew, with another sid: those who are back mean the same session. The same
/// name used again for something else must silence nobody.
struct CarryOver: Sendable, Hashable {
    var isPaused: Bool
    var isEnded: Bool
    /// Who was told of the assistant in that room: when one of them is here, it is the same session.
    var witnesses: Set<Identity>
    /// After this it is another session.
    var until: Instant
}
