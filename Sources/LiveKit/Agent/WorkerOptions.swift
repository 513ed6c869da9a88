/// How a worker registers with a server and stays so.
public struct WorkerOptions: Sendable {
    /// Empty: every new room is offered. Otherwise only dispatches that name it.
    public var agentName = ""
    /// What a job is made for.
    public var jobKind = AgentJob.Kind.room
    public var version = "1.0"
    public var deployment = ""
    /// Copied into the job's tokens.
    public var permissions = ParticipantPermission.hiddenListener
    /// From this load on, the worker says it is full. 0…1.
    public var loadThreshold: Float = 0.7
    /// A load that differs this much from the last one told is told at once. 0…1.
    public var loadStep: Float = 0.05
    /// How often the load is told in any case.
    public var statusInterval = Duration.milliseconds(2500)
    public var connectTimeout = Duration.seconds(10)
    public var registerTimeout = Duration.seconds(10)
    /// The server waits 10 s for an answer, and an offer without one is lost: decline before that.
    public var answerTimeout = Duration.seconds(8)
    public var assignmentTimeout = Duration.milliseconds(7500)
    public var pingInterval = Duration.seconds(5)
    public var pingTimeout = Duration.seconds(12)
    /// A job is not offered again without a worker, so the longest wait is short.
    public var backoff = Backoff.exponential(first: .milliseconds(400), longest: .milliseconds(2500))
    /// A registration that held this long starts the waits anew.
    public var stableAfter = Duration.seconds(15)
    /// How long an expected termination is waited for while the participant is joining.
    public var takeoverWindow = Duration.seconds(30)
    /// How long it is waited for once the participant is in the room: the server removes the old one before it
    /// answers the new one, so what comes later means the job itself.
    public var takeoverGrace = Duration.seconds(2)

    public init() {}
}
