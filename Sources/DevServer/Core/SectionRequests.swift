/// When a client that makes all offers (signalling v1) is asked for another one: once for all that changes until it comes.
///
/// The client is told how many media sections are missing. None may be, as when a section that it has is to be used: it
/// offers all the same, so that the answer can say what is sent there.
struct SectionRequests {
    /// Before its first offer there is nothing to ask for: that one brings what is subscribed by then.
    private var hasOffered = false
    private var isAsked = false

    /// Something changed that an answer must tell the client.
    /// - Returns: whether the client is to be asked now.
    mutating func request() -> Bool {
        guard hasOffered, !isAsked else { return false }
        isAsked = true
        return true
    }

    /// An offer of the client's was answered, with all that changed before.
    /// - Parameter isMissing: whether it lacks sections for what is subscribed.
    /// - Returns: whether the client is to be asked for them now.
    mutating func answered(isMissing: Bool) -> Bool {
        hasOffered = true
        isAsked = isMissing
        return isMissing
    }

    /// The client lost its signalling: what it was asked for may be lost. It offers by itself when it is back.
    mutating func abandon() { isAsked = false }
}
