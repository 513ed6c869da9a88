/// The tracks that were there when a session began, are wanted, and that no section carries yet (signalling v1).
///
/// The server subscribes while it answers the offer of the join request. Where the answer is first it is without the
/// track, and the server waits 150 ms (livekit-server's `negotiationFrequency`) before it asks for another offer. One that
/// comes by itself is answered at once.
struct AwaitedTracks {
    /// Offers made for their sake in one session. More than one: the first can still overtake the subscription.
    static let mostOffers = 2

    private var awaited: Set<String> = []
    private var allowed: Set<String> = []
    private var offersLeft = 0

    /// A session begins with these tracks in the room.
    mutating func begin(_ sids: some Sequence<String>) {
        awaited = Set(sids)
        allowed = []
        offersLeft = Self.mostOffers
    }

    /// The server says that a track may be received, which it does on subscribing us to it.
    mutating func allow(_ sid: String) {
        if awaited.contains(sid) { allowed.insert(sid) }
    }

    /// Whether an offer is to be made now, while none is open.
    /// - Parameter isCarried: whether a section carries a track.
    mutating func takeOffer(isCarried: (String) -> Bool) -> Bool {
        guard !allowed.isEmpty else { return false }
        for sid in allowed where isCarried(sid) {
            allowed.remove(sid)
            awaited.remove(sid)
        }
        guard !allowed.isEmpty, offersLeft > 0 else { return false }
        offersLeft -= 1
        return true
    }
}
