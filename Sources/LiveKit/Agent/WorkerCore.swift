import NIOCore
import SansIO

/// LiveKit's agent worker protocol as a state machine: registration, offers, assignments, load, termination, reconnecting.
/// It decides, its owner connects sockets and moves frames. Jobs go on while the worker's socket is away: their rooms
/// have connections of their own.
package struct WorkerCore: SocketCore {
    /// A socket to `/agent`.
    package struct Connection: Sendable {
        package var timeout: Duration
    }

    package typealias Output = SocketOutput<Connection, WorkerEvent>

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

    let options: WorkerOptions
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
    var outputs = OutputQueue<Output>()

    /// No new jobs are taken.
    package internal(set) var isDraining = false
    /// The server's name for this worker, while registered.
    package internal(set) var workerID: String?

    package init(options: WorkerOptions, random: RandomSource) {
        self.options = options
        self.random = random
    }

    /// Whether the server knows this worker now.
    package var isRegistered: Bool { workerID != nil }
    /// Jobs that were accepted or are running.
    package var activeJobs: Int { jobs.values.count { if case .offered = $0 { false } else { true } } }

    // MARK: Verbs

    package mutating func start(at now: Instant) {
        guard phase == .idle else { return }
        openSocket(at: now)
    }

    package mutating func socketOpened(at now: Instant) {
        guard case .connecting = phase else { return }
        phase = .registering(until: now + options.registerTimeout)
        lastHeard = now
        emit(
            .with {
                $0.register.type = options.jobKind.message
                $0.register.agentName = options.agentName
                $0.register.version = options.version
                $0.register.deployment = options.deployment
                $0.register.pingInterval = UInt32(clamping: options.pingInterval.components.seconds)
                $0.register.allowedPermissions = options.permissions.message
            })
    }

    package mutating func socketFailed(_ error: TransportError, at now: Instant) {
        guard case .connecting = phase else { return }
        if !hasRegistered, !error.isWorthRetrying {
            phase = .closed
            return outputs.append(.event(.refused(error)))
        }
        lose(.connectionFailed(error), at: now)
    }

    package mutating func socketEnded(_ end: WebSocketEnd, at now: Instant) {
        switch phase {
        case .connecting, .registering, .registered: lose(.socketEnded(end), at: now)
        case .idle, .waiting, .closed: break
        }
    }

    /// Answers an offer. An answer that comes too late is dropped, and `offerLapsed` says so once more: whoever judged the
    /// offer may have made a promise since the first time.
    package mutating func answer(_ answer: JobAnswer, to jobID: String, at now: Instant) {
        guard case .offered? = jobs[jobID], isRegistered else {
            if jobs[jobID] == nil { outputs.append(.event(.offerLapsed(jobID: jobID))) }
            return
        }
        switch answer {
        case .accept(let identity):
            jobs[jobID] = .accepted(until: now + options.assignmentTimeout)
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
    package mutating func finish(_ jobID: String, _ result: JobResult, at now: Instant) {
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
    package mutating func expectTakeover(of jobID: String, at now: Instant) {
        guard jobs[jobID] == .running else { return }
        expectedTerminations[jobID] = now + options.takeoverWindow
    }

    /// Our participant is in its room, so that an expected termination comes soon or not at all.
    package mutating func participantJoined(_ jobID: String, at now: Instant) {
        guard let until = expectedTerminations[jobID] else { return }
        expectedTerminations[jobID] = min(until, now + options.takeoverGrace)
    }

    /// The load of this process, 0…1.
    package mutating func setLoad(_ newLoad: Float, at now: Instant) {
        load = newLoad.isFinite ? min(max(newLoad, 0), 1) : 1
        updateStatus(at: now)
    }

    /// Takes no new jobs; `drained` follows when the last one ended.
    package mutating func drain(at now: Instant) {
        guard !isDraining else { return }
        isDraining = true
        updateStatus(at: now)
        checkDrained()
    }

    /// Ends the registration. Jobs that still run are the owner's to end.
    package mutating func close(at now: Instant) {
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

    package mutating func pollOutput() -> Output? { outputs.popFirst() }

    package var deadline: Instant? {
        switch phase {
        case .idle, .closed: return nil
        case .connecting(let until), .registering(let until), .waiting(let until): return until
        case .registered:
            var next = earliest(nextStatus, earliest(nextPing, lastHeard + options.pingTimeout))
            for case .offered(let until) in jobs.values { next = earliest(next, until) }
            for case .accepted(let until) in jobs.values { next = earliest(next, until) }
            return next
        }
    }
}
