import LiveKit
import NIOCore

/// Names one signalling connection of a client.
struct SignalID: Hashable, Sendable { let number: Int }

/// Names one connection of an agent worker.
struct WorkerConnectionID: Hashable, Sendable { let number: Int }

/// What the control plane wants done.
enum Effect: Sendable {
    case send(Livekit_SignalResponse, to: SignalID)
    /// Close in order, with 1000, after what was sent before.
    case closeSignal(SignalID)
    case sendToWorker(Livekit_ServerMessage, to: WorkerConnectionID)
    case closeWorker(WorkerConnectionID)
    case media(MediaCommand, of: ParticipantSID)
}

/// The sid of a participant's session, `PA_…`.
typealias ParticipantSID = String
/// The sid of a published track, `TR_…`.
typealias TrackSID = String

/// What the media plane is asked to do for one participant. It answers with `MediaEvent`s.
enum MediaCommand: Sendable {
    /// Make the peer connections: one for each direction, or a single one.
    case open(isSingle: Bool)
    /// Answer the client's offer on the publisher or single connection, preferring redundant audio but for the named
    /// tracks, and for pictures the codecs that their tracks were announced with.
    case answer(offer: String, id: UInt32, withoutRED: Set<String>, codecs: [String: String])
    /// Make an offer on the subscriber connection.
    case makeOffer(restartsICE: Bool)
    /// Count the sections that the client has yet to offer for what is subscribed; `sectionsCounted` follows.
    case countSections
    /// Take the client's answer on the subscriber connection.
    case accept(answer: String)
    case addCandidate(String, Livekit_SignalTarget)
    /// Give the participant a track of another; it takes effect with the next offer.
    case subscribe(ForwardedTrack)
    /// Take it away; `unsubscribed` follows when its section is free.
    case unsubscribe(TrackSID)
    /// Stop or go on forwarding a subscribed track.
    case setPaused(TrackSID, Bool)
    /// Forward no more of a subscribed track of pictures than that.
    case setWish(TrackSID, VideoWish)
    /// Stop or go on taking what the participant publishes in that section; its subscribers are sent blank frames first.
    case setMuted(mid: String, Bool)
    /// Send a data packet over the subscriber or single connection.
    case send(ByteBuffer, isReliable: Bool)
    case close
}

/// A published track as it is forwarded to one subscriber.
struct ForwardedTrack: Sendable, Hashable {
    var sid: TrackSID
    var publisher: ParticipantSID
    /// The media section of the publisher's connection that it comes in by.
    var publisherMID: String
    var isVideo: Bool
    var isEncrypted = false
}

/// Media sections, by kind.
struct SectionCount: Sendable, Hashable {
    var audio = 0
    var video = 0

    static let none = SectionCount()
}

/// What the media plane reports of one participant.
enum MediaEvent: Sendable {
    /// - Parameters:
    ///   - tracks: what is sent to the client over a single connection, by section.
    ///   - missing: the sections that it lacks for the rest.
    case answered(answer: String, id: UInt32, tracks: [String: TrackSID] = [:], missing: SectionCount = .none)
    case sectionsCounted(missing: SectionCount)
    case offered(sdp: String, tracks: [String: TrackSID])
    case negotiationFailed(Livekit_SignalTarget, reason: String)
    /// A candidate of our own, as the JSON that travels in `trickle`.
    case candidate(String, Livekit_SignalTarget, isFinal: Bool)
    case connected(Livekit_SignalTarget)
    case failed(Livekit_SignalTarget)
    /// The client's description announces a track.
    case trackAnnounced(mid: String, clientID: String, isVideo: Bool)
    /// The first packet of an announced track came in.
    case trackStarted(mid: String, mimeType: String)
    case trackEnded(mid: String)
    case data(ByteBuffer, isReliable: Bool)
    /// The first picture's packet was forwarded since subscribing or going on.
    case streamStarted(TrackSID)
    /// The section of a track that was taken away is free: it takes effect with the next offer.
    case unsubscribed(TrackSID)
}
