import NIOCore
import SansIO

extension WorkerCore {
    /// One frame from the open socket.
    package mutating func receive(_ frame: ByteBuffer, isBinary: Bool = true, at now: Instant) {
        switch phase {
        case .registering, .registered: break
        default: return
        }
        lastHeard = now
        guard isBinary else { return outputs.append(.event(.malformed(.textFrame))) }
        let message: Livekit_ServerMessage
        do {
            message = try Livekit_ServerMessage(parsing: frame)
        } catch {
            return outputs.append(.event(.malformed(error)))
        }
        switch message.message {
        case .register(let response): handleRegistered(response, at: now)
        case .availability(let request): handleOffer(request, at: now)
        case .assignment(let assignment): handleAssignment(assignment, at: now)
        case .termination(let termination): handleTermination(termination, at: now)
        case .pong, nil: break
        }
    }

    private mutating func handleRegistered(_ response: Livekit_RegisterWorkerResponse, at now: Instant) {
        guard case .registering = phase else { return }
        phase = .registered(since: now)
        hasRegistered = true
        workerID = response.workerID
        toldStatus = nil
        nextPing = now + options.pingInterval
        outputs.append(.event(.registered(workerID: response.workerID, ServerInfo(response.serverInfo))))
        updateStatus(at: now)
    }

    private mutating func handleOffer(_ request: Livekit_AvailabilityRequest, at now: Instant) {
        let id = request.job.id
        guard isRegistered, !id.isEmpty else {
            return outputs.append(.event(.malformed(.empty(message: "AvailabilityRequest"))))
        }
        // Asked again about a job we have: the server lost our answer, or offers it twice.
        if let known = jobs[id] {
            if case .offered = known { return }
            return decline(id)
        }
        guard !isDraining else { return decline(id) }
        jobs[id] = .offered(until: now + options.answerTimeout)
        outputs.append(.event(.offered(JobOffer(job: AgentJob(request.job)))))
    }

    private mutating func handleAssignment(_ assignment: Livekit_JobAssignment, at now: Instant) {
        let id = assignment.job.id
        guard case .accepted? = jobs[id] else {
            // Given up already, or never asked for: say so, or the server counts it as running.
            if jobs[id] == nil, !id.isEmpty { report(id, .jsFailed, error: "the assignment came too late") }
            return
        }
        jobs[id] = .running
        report(id, .jsRunning, error: "")
        outputs.append(
            .event(
                .assigned(
                    JobAssignment(
                        job: AgentJob(assignment.job),
                        url: assignment.hasURL && !assignment.url.isEmpty ? assignment.url : nil,
                        token: AccessToken(jwt: assignment.token)))))
        updateStatus(at: now)
    }

    private mutating func handleTermination(_ termination: Livekit_JobTermination, at now: Instant) {
        let id = termination.jobID
        guard jobs[id] != nil else { return }
        if let until = expectedTerminations.removeValue(forKey: id), now < until {
            // The server has closed the job; our participant goes on, and the job stays ours.
            return outputs.append(.event(.terminationIgnored(jobID: id)))
        }
        let wasRunning = jobs[id] == .running
        if wasRunning {
            outputs.append(.event(.terminated(jobID: id)))
        } else {
            jobs[id] = nil
            outputs.append(.event(.offerLapsed(jobID: id)))
            updateStatus(at: now)
            checkDrained()
        }
    }

    // MARK: Time

    package mutating func timeout(at now: Instant) {
        switch phase {
        case .connecting(let until) where until <= now:
            outputs.append(.closeSocket(politely: false))
            lose(.connectionFailed(.timedOut(.connecting)), at: now)
        case .registering(let until) where until <= now:
            outputs.append(.closeSocket(politely: false))
            lose(.registrationTimedOut, at: now)
        case .waiting(let until) where until <= now: openSocket(at: now)
        case .registered: keepRegistered(at: now)
        default: break
        }
    }

    private mutating func keepRegistered(at now: Instant) {
        guard now < lastHeard + options.pingTimeout else {
            outputs.append(.closeSocket(politely: false))
            return lose(.silence, at: now)
        }
        lapse(at: now)
        if let due = nextPing, due <= now {
            nextPing = now + options.pingInterval
            emit(.with { $0.ping.timestamp = now.nanoseconds / 1_000_000 })
        }
        if let due = nextStatus, due <= now { tellStatus(at: now) }
    }

    private mutating func lapse(at now: Instant) {
        var lapsed = false
        for (id, job) in jobs.sorted(by: { $0.key < $1.key }) {
            switch job {
            case .offered(let until) where until <= now:
                jobs[id] = nil
                decline(id)
                outputs.append(.event(.offerLapsed(jobID: id)))
                lapsed = true
            case .accepted(let until) where until <= now:
                jobs[id] = nil
                outputs.append(.event(.assignmentTimedOut(jobID: id)))
                lapsed = true
            default: break
            }
        }
        if lapsed {
            updateStatus(at: now)
            checkDrained()
        }
        expectedTerminations = expectedTerminations.filter { $0.value > now }
    }

    // MARK: Connection

    mutating func openSocket(at now: Instant) {
        phase = .connecting(until: now + options.connectTimeout)
        outputs.append(.connect(Connection(timeout: options.connectTimeout)))
    }

    mutating func lose(_ outage: WorkerOutage, at now: Instant) {
        if case .registered(let since) = phase, now - since >= options.stableAfter { attempt = 0 }
        workerID = nil
        nextStatus = nil
        nextPing = nil
        // The server forgets what was not yet assigned; running jobs have connections of their own.
        for (id, job) in jobs.sorted(by: { $0.key < $1.key }) {
            switch job {
            case .offered: outputs.append(.event(.offerLapsed(jobID: id)))
            case .accepted: outputs.append(.event(.assignmentTimedOut(jobID: id)))
            case .running: continue
            }
            jobs[id] = nil
        }
        let delay = options.backoff.delay(attempt: attempt, using: &random)
        attempt += 1
        phase = .waiting(until: now + delay)
        outputs.append(.event(.unregistered(outage, retryIn: delay)))
        checkDrained()
    }

    // MARK: Sending

    mutating func updateStatus(at now: Instant) {
        guard isRegistered else { return }
        if toldStatus != status || abs(load - toldLoad) >= options.loadStep { tellStatus(at: now) }
    }

    private mutating func tellStatus(at now: Instant) {
        toldStatus = status
        toldLoad = load
        nextStatus = now + options.statusInterval
        emit(
            .with {
                $0.updateWorker.status = status
                $0.updateWorker.load = load
                $0.updateWorker.jobCount = UInt32(clamping: activeJobs)
            })
    }

    private var status: Livekit_WorkerStatus {
        isDraining || load >= options.loadThreshold ? .wsFull : .wsAvailable
    }

    mutating func sendAcceptance(of jobID: String, as identity: AgentIdentity) {
        emit(
            .with {
                $0.availability.jobID = jobID
                $0.availability.available = true
                $0.availability.participantIdentity = identity.identity.text
                $0.availability.participantName = identity.name
                $0.availability.participantMetadata = identity.metadata
                $0.availability.participantAttributes = identity.attributes.plain
            })
    }

    private mutating func decline(_ jobID: String) {
        emit(
            .with {
                $0.availability.jobID = jobID
                $0.availability.available = false
            })
    }

    private mutating func report(_ jobID: String, _ status: Livekit_JobStatus, error: String) {
        emit(
            .with {
                $0.updateJob.jobID = jobID
                $0.updateJob.status = status
                $0.updateJob.error = error
            })
    }

    mutating func checkDrained() {
        guard isDraining, !hasToldDrained, jobs.isEmpty else { return }
        hasToldDrained = true
        outputs.append(.event(.drained))
    }

    mutating func emit(_ message: Livekit_WorkerMessage) {
        outputs.append(.send(message.encoded()))
    }
}
