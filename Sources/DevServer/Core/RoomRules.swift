/// The times and limits by which rooms, participants and jobs live; the defaults are livekit-server's.
public struct RoomRules: Sendable {
    /// How long a room that nobody has joined stays open.
    public var emptyTimeout: Duration = .seconds(300)
    /// How long a room stays open after its last standard participant left.
    public var departureTimeout: Duration = .seconds(20)
    /// How long a participant may take from joining to a connected transport.
    public var joinTimeout: Duration = .seconds(60)
    /// How long a participant whose transport failed may still resume.
    public var resumeWindow: Duration = .seconds(5)
    /// How long an offer may stay unanswered before the client has to reconnect in full.
    public var answerTimeout: Duration = .seconds(15)
    /// How long changes of participants that publish nothing are collected before the others are told.
    public var updateBatch: Duration = .seconds(3)
    /// How often a room's participants are counted at most; all that shows their number shows it as it was then.
    public var countInterval: Duration = .seconds(5)
    /// How long reliable data packets are kept for those who join or resume.
    public var replayWindow: Duration = .seconds(2)
    /// Bytes of reliable data packets kept a room.
    public var replayBytes = 100_000
    /// How long after an answer the next offer is made, so that several changes share one.
    public var offerDelay: Duration = .milliseconds(10)
    /// How often a client gets a new token, and how long that one is valid at least; longer if its first one is.
    public var tokenRefreshInterval: Duration = .seconds(300)
    public var refreshedTokenValidity: Duration = .seconds(600)
    /// What a client is told about pings, in seconds.
    public var pingInterval: Int32 = 5
    public var pingTimeout: Int32 = 15
    /// How long a worker may take to register, and to answer an offer of a job.
    public var registerTimeout: Duration = .seconds(10)
    public var availabilityTimeout: Duration = .seconds(10)
    /// How long an agent's own token is valid.
    public var agentTokenValidity: Duration = .seconds(3600)
    /// From a dispatch's deletion to `termination`, and from there to the participant's removal.
    public var dispatchGrace: Duration = .seconds(3)
    /// Whether joining creates a room that does not exist.
    public var createsRooms = true
    /// Tracks announced and not yet published that a participant may have.
    public var maximumPendingTracks = 20

    public init() {}
}
