import RTCCore
import RTCMedia
import RTCNetwork
import SansIO

/// How a client takes part in a room.
public struct RoomOptions: Sendable {
    public var signal: SignalOptions
    /// Whether video is received at all. Only tracks that `videoSink` gives a sink for are: of all others the server is told,
    /// as soon as they are seen, not to send them.
    public var receivesVideo = false
    /// Whether JPEG (RFC 2435) is offered beside VP8, VP9 and H.264. livekit-server forwards none.
    public var offersJPEG = false
    /// Whether audio is received.
    public var receivesAudio = true
    /// Sections kept ready for audio and video over a single peer connection (v1); the server asks for more.
    public var readyAudioSections = 3
    public var readyVideoSections = 3
    public var interfaces = InterfacePolicy()
    /// Which library encrypts and decrypts media.
    public var srtpEngine = SRTPEngineKind.openSSL
    /// How the signalling connection is made.
    public var transport = TransportConfiguration()
    public var identity: DTLSIdentity
    /// Threads that decode, shared by all rooms of a process.
    public var pool: ThreadPool
    /// How long the peer connections may take to come up, before and after a resume.
    public var connectTimeout = Duration.seconds(15)
    /// Data packets that wait for their channel; more are refused.
    public var maximumWaitingPackets = 256
    /// Which topics of data packets and streams are taken; others are dropped before they cost anything.
    public var topics = TopicFilter.all
    /// Topics of small packets that matter whatever else their sender floods the room with: they have a budget of their own.
    public var urgentTopics: Set<TopicName> = []
    /// Gives the sink for the sound of a track, on the room's event loop, when the track is subscribed. The sink runs on
    /// the pool, with the frames that became ready together, one or some, in their order; it must not block. `nil`: the
    /// track is not decoded.
    public var audioSink: @Sendable (SubscribedTrack) -> (@Sendable ([AudioFrame]) -> Void)? = { _ in nil }
    /// How much of a track's sound may wait for more of it while packets come as they should, so that a decoder thread is
    /// woken once for several: that costs more than a frame does. The first frame never waits. Zero: none does; more
    /// than 200 ms is taken for 200 ms.
    public var sharedAudioWake = Duration.zero
    /// How long media may wait to be read together while they come steadily, so that the room's loop is woken once for several
    /// packets, and once for all of its rooms. Arrival times stay exact, and data do not wait where the system tells media
    /// apart (Linux 4.5). Zero: each packet is read as it comes.
    public var sharedReading = Duration.zero
    /// Gives the sink for the pictures of a track, and what is wanted of them, on the room's event loop, when the track is
    /// published, and again on `RoomEngine.reconsiderVideo`. It is not asked about encrypted tracks. `nil`: none are wanted.
    public var videoSink: @Sendable (SubscribedTrack) -> VideoSink? = { _ in nil }
    /// Told of each piece of a track's sound that found no room at the decoders, on the room's event loop.
    public var audioRejected: @Sendable (SubscribedTrack) -> Void = { _ in }

    public init(signal: SignalOptions, identity: DTLSIdentity, pool: ThreadPool) {
        self.signal = signal
        self.identity = identity
        self.pool = pool
    }
}
