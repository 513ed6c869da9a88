import SansIO

/// A track that arrives, with whose it is.
public struct SubscribedTrack: Sendable, Hashable {
    public var track: RoomTrack
    public var participantSID: String
    public var participantIdentity: Identity

    public init(track: RoomTrack, participantSID: String, participantIdentity: Identity) {
        self.track = track
        self.participantSID = participantSID
        self.participantIdentity = participantIdentity
    }
}
