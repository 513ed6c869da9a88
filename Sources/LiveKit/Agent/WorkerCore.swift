import NIOCore
import SansIO

/// LiveKit's agent worker protocol as a state machine: registration, offers, assignments, load, termination, reconnecting.
/// It decides, its owner connects sockets and moves frames. Jobs go on while the worker's socket is away: their rooms
/// have connections of their own.
public struct WorkerCore: SocketCore {
    public struct Configuration: Sendable {
        /// Empty: every new room is offered. Otherwise only dispatches that name it.
        public var agentName = ""
        public var jobType = Livekit_JobType.jtRoom
        public var version = "1.0"
        public var deployment = ""
        /// Copied into the job's tokens.
        public var permissions = WorkerCore.hiddenPermissions
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

    /// Hidden, may subscribe and send data, may not publish.
    public static let hiddenPermissions: Livekit_ParticipantPermission = .with {
        $0.canSubscribe = true
        $0.canPublishData = true
        $0.canUpdateMetadata = true
        $0.hidden = true
    }

    /// A socket to `/agent`.
    public struct Connection: Sendable {
        public var timeout: Duration
    }

    public typealias Output = SocketOutput<Connection, WorkerEvent>

    enum Phase: Equatable {
        case idle
        case connecting(until: Instant)
        case registering(until: Instant)
        case registered(since: Instant)
        case waiting(until: Instant)
        case closed
    }

    enum JobPhase: Equatable {
        case offered(until: Instant)
        case accepted(until: Instant)
        case running
    }

    let configuration: Configuration
    var random: RandomSource
    var phase = Phase.idle
    var attempt = 0
    var hasRegistered = false
    var jobs: [String: JobPhase] = [:]
    /// Job → until when one termination is ignored.
    var expectedTerminations: [String: Instant] = [:]
    var load: Float = 0
    var toldLoad: Float = 0
    var toldStatus: Livekit_WorkerStatus?
    var nextStatus: Instant?
    var nextPing: Instant?
    var lastHeard = Instant.zero
    var hasToldDrained = false
    var outputs: [Output] = []
    var nextOutput = 0

    /// No new jobs are taken.
    public internal(set) var isDraining = false
    /// The server's name for this worker, while registered.
    public internal(set) var workerID: String?

    public init(configuration: Configuration, random: RandomSource) {
        self.configuration = configuration
        self.random = random
    }

    /// Whether the server knows this worker now.
    public var isRegistered: Bool { workerID != nil }
    /// Jobs that were accepted or are running.
    public var activeJobs: Int { jobs.values.count { if case .offered = $0 { false } else { true } } }

    // MARK: Verbs

    public mutating func start(at now: Instant) {
        guard phase == .idle else { return }
        openSocket(at: now)
    }

    public mutating func socketOpened(at now: Instant) {
        guard case .connecting = phase else { return }
        phase = .registering(until: now + configuration.registerTimeout)
        lastHeard = now
        emit(
            .with {
                $0.register.type = configuration.jobType
                $0.register.agentName = configuration.agentName
                $0.register.version = configuration.version
                $0.register.deployment = configuration.deployment
                $0.register.pingInterval = UInt32(clamping: configuration.pingInterval.components.seconds)
                $0.register.allowedPermissions = configuration.permissions
            })
    }

    public mutating func socketFailed(_ error: TransportError, at now: Instant) {
        guard case .connecting = phase else { return }
        if !hasRegistered, !error.isWorthRetrying {
            phase = .closed
            return outputs.append(.event(.refused(error)))
        }
        lose(.connectionFailed(error), at: now)
    }

    public mutating func socketEnded(_ end: WebSocketEnd, at now: Instant) {
        switch phase {
        case .connecting, .registering, .registered: lose(.socketEnded(end), at: now)
        case .idle, .waiting, .closed: break
        }
    }

    /// Answers an offer. An answer that comes too late is dropped, and `offerLapsed` says so once more: whoever judged the
    /// offer may have made a promise since the first time.
    public mutating func answer(_ answer: JobAnswer, to jobID: String, at now: Instant) {
        guard case .offered? = jobs[jobID], isRegistered else {
            if jobs[jobID] == nil { outputs.append(.event(.offerLapsed(jobID: jobID))) }
            return
        }
        switch answer {
        case .accept(let identity):
            jobs[jobID] = .accepted(until: now + configuration.assignmentTimeout)
            sendAcceptance(of: jobID, as: identity)
        case .decline, .closeWithoutRunning:
            jobs[jobID] = nil
            emit(
                .with {
                    $0.availability.jobID = jobID
                    $0.availability.available = false
                    $0.availability.terminate = answer == .closeWithoutRunning
                })
        }
        updateStatus(at: now)
    }

    /// The job ended by itself. Call it before its participant leaves, or the server counts it as a failure.
    public mutating func finish(_ jobID: String, _ result: JobResult, at now: Instant) {
        guard jobs[jobID] == .running else { return }
        jobs[jobID] = nil
        expectedTerminations[jobID] = nil
        if isRegistered {
            emit(
                .with {
                    $0.updateJob.jobID = jobID
                    switch result {
                    case .success: $0.updateJob.status = .jsSuccess
                    case .failure(let reason):
                        $0.updateJob.status = .jsFailed
                        $0.updateJob.error = Redaction.redact(reason)
                    }
                })
        }
        updateStatus(at: now)
        checkDrained()
    }

    /// Our own participant is about to replace itself in its room (a rejoin): the server will end the job for it once,
    /// and that once is ignored.
    public mutating func expectTakeover(of jobID: String, at now: Instant) {
        guard jobs[jobID] == .running else { return }
        expectedTerminations[jobID] = now + configuration.takeoverWindow
    }

    /// Our participant is in its room, so that an expected termination comes soon or not at all.
    public mutating func participantJoined(_ jobID: String, at now: Instant) {
        guard let until = expectedTerminations[jobID] else { return }
        expectedTerminations[jobID] = min(until, now + configuration.takeoverGrace)
    }

    /// The load of this process, 0…1.
    public mutating func setLoad(_ newLoad: Float, at now: Instant) {
        load = newLoad.isFinite ? min(max(newLoad, 0), 1) : 1
        updateStatus(at: now)
    }

    /// Takes no new jobs; `drained` follows when the last one ended.
    public mutating func drain(at now: Instant) {
        guard !isDraining else { return }
        isDraining = true
        updateStatus(at: now)
        checkDrained()
    }

    /// Ends the registration. Jobs that still run are the owner's to end.
    public mutating func close(at now: Instant) {
        guard phase != .closed else { return }
        switch phase {
        case .connecting: outputs.append(.closeSocket(politely: false))
        case .registering, .registered: outputs.append(.closeSocket(politely: true))
        case .idle, .waiting, .closed: break
        }
        phase = .closed
        workerID = nil
        outputs.append(.event(.closed))
    }

    public mutating func pollOutput() -> Output? {
        guard nextOutput < outputs.count else {
            outputs.removeAll(keepingCapacity: true)
            nextOutput = 0
            return nil
        }
        defer { nextOutput += 1 }
        return outputs[nextOutput]
    }

    public var deadline: Instant? {
        switch phase {
        case .idle, .closed: return nil
        case .connecting(let until), .registering(let until), .waiting(let until): return until
        case .registered:
            var next = earliest(nextStatus, earliest(nextPing, lastHeard + configuration.pingTimeout))
            for case .offered(let until) in jobs.values { next = earliest(next, until) }
            for case .accepted(let until) in jobs.values { next = earliest(next, until) }
            return next
        }
    }
}
