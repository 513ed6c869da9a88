import SansIO

/// What happens in a room, in order.
public enum RoomEvent: Sendable {
    /// A session began. After a rejoin, `participantJoined`, `participantUpdated` and `participantLeft` follow for what
    /// changed meanwhile.
    case joined(RoomInfo, local: RoomParticipant, isRejoin: Bool)
    /// The channel for reliable data is open: what is sent now leaves at once.
    case ready
    case roomUpdated(RoomInfo)
    case participantJoined(RoomParticipant)
    case participantUpdated(RoomParticipant)
    case participantLeft(RoomParticipant)
    case trackSubscribed(SubscribedTrack)
    case trackMuted(SubscribedTrack)
    case trackUnsubscribed(SubscribedTrack)
    /// A track that is end-to-end encrypted was left alone.
    case trackEncrypted(SubscribedTrack)
    /// The first sound of a track was decoded.
    case firstAudio(SubscribedTrack)
    case data(UserData, from: DataSender)
    case stream(DataStreamContent)
    /// A stream that did not arrive whole, and why.
    case streamFailed(DataStreamInfo?, from: DataSender, DataStreamError)
    /// A participant sends more than is read: what is beyond is dropped; told once, until they have let up.
    case dataRefused(from: DataSender)
    /// End-to-end encrypted data, for which there is no key.
    case dataEncrypted(from: DataSender)
    /// The server has a message that was sent with a receipt. `sentAt`: when its last packet left for the last time, on
    /// the event loops' clock.
    case delivered(receipt: String, sentAt: Instant)
    /// A message that was sent with a receipt was lost with its connection, and is not sent again. The server may have it
    /// all the same.
    case undelivered(receipt: String)
    /// Who speaks now: sid and level, 0…1. Zero when they stopped.
    case speakers([(sid: String, level: Float)])
    /// The server took away or gave the right to a track.
    case subscriptionAllowed(trackSID: String, Bool)
    case reconnecting(ReconnectMode, ReconnectCause)
    /// The same session goes on.
    case resumed
    /// Something worth a line in the log; the room goes on.
    case warning(String)
    /// The last event.
    case disconnected(SignalDisconnect)
}
