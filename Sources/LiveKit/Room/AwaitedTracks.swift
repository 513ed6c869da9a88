import SansIO

/// The tracks that the server has subscribed us to and that no section carries yet (signalling v1).
///
/// livekit-server waits 150 ms (its `negotiationFrequency`) after a subscription before it asks for an offer; one that
/// comes by itself is answered at once. That is so for tracks that were there before us, where the answer to the offer of
/// the join request overtook the subscription, and for those that are published later.
struct AwaitedTracks {
    /// Offers made for the sake of one track. More than one: the first can still overtake the subscription.
    static let mostOffers = 2
    /// Offers made in a row for all tracks. A participant can publish again and again, and what the server asks for itself
    /// comes at its own pace in any case.
    static let mostAtOnce = 8
    /// How long it takes until one more may be made: what the server leaves between two.
    static let pace: Duration = .milliseconds(150)
    /// Tracks that are waited for at a time.
    static let mostTracks = 64

    /// How many offers may still be made for each track.
    private var offersLeft: [String: Int] = [:]
    private var allowance = AwaitedTracks.mostAtOnce
    private var refilledAt: Instant?

    /// A session begins: nothing of the one before counts.
    mutating func begin() { self = AwaitedTracks() }

    /// The server says that a track may be received, which it does on subscribing us to it.
    mutating func allow(_ sid: String) {
        guard offersLeft[sid] == nil, offersLeft.count < Self.mostTracks else { return }
        offersLeft[sid] = Self.mostOffers
    }

    /// What is waited for.
    var sids: some Collection<String> { offersLeft.keys }

    /// The track is gone, or may not be received any more.
    mutating func forget(_ sid: String) { offersLeft[sid] = nil }

    /// Whether an offer is to be made now, while none is open.
    /// - Parameter isSettled: whether a section carries a track, or it is of no use to us.
    mutating func takeOffer(at now: Instant, isSettled: (String) -> Bool) -> Bool {
        offersLeft = offersLeft.filter { $1 > 0 && !isSettled($0) }
        guard !offersLeft.isEmpty else { return false }
        refill(at: now)
        guard allowance > 0 else { return false }
        allowance -= 1
        offersLeft = offersLeft.mapValues { $0 - 1 }
        return true
    }

    private mutating func refill(at now: Instant) {
        guard allowance < Self.mostAtOnce, let before = refilledAt else { return refilledAt = now }
        let (more, most) = ((now - before) / Self.pace, Double(Self.mostAtOnce - allowance))
        guard more >= 1 else { return }
        let whole = min(more.rounded(.down), most)
        allowance += Int(whole)
        // What is left of the time counts towards the next.
        refilledAt = whole < most ? before + Self.pace * Int(whole) : now
    }
}
