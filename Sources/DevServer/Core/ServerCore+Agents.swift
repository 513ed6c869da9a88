import LiveKit
import SansIO

extension ServerCore {
    // MARK: Workers

    func workerConnected(_ connection: WorkerConnectionID, at now: Instant) {
        workers[connection] = ConnectedWorker(connection: connection, registerBy: now + rules.registerTimeout)
    }

    /// A worker's connection is gone. Its running jobs go on, for their participants have connections of their own; a
    /// job on offer to it is lost.
    func workerClosed(_ connection: WorkerConnectionID) {
        workers[connection] = nil
        for (id, record) in jobs {
            if case .offered(to: connection, _) = record.phase { jobs[id] = nil }
        }
    }

    func receive(_ message: Livekit_WorkerMessage, from connection: WorkerConnectionID, at now: Instant) {
        guard workers[connection] != nil, let message = message.message else { return }
        if case .ping(let ping) = message {
            var pong = Livekit_WorkerPong()
            pong.lastTimestamp = ping.timestamp
            pong.timestamp = milliseconds(at: now)
            return send(.pong(pong), to: connection)
        }
        if case .register(let request) = message { return register(request, connection) }
        // Before it has registered, a worker has nothing else to say.
        guard workers[connection]?.sid != nil else { return }
        switch message {
        case .availability(let response): receive(response, from: connection, at: now)
        case .updateWorker(let update):
            if update.hasStatus { workers[connection]?.status = update.status }
            workers[connection]?.load = update.load
        case .updateJob(let update):
            guard update.status == .jsSuccess || update.status == .jsFailed else { return }
            if case .running(on: connection)? = jobs[update.jobID]?.phase { jobs[update.jobID] = nil }
        case .register, .ping: break
        }
    }

    private func register(_ request: Livekit_RegisterWorkerRequest, _ connection: WorkerConnectionID) {
        guard workers[connection]?.sid == nil else { return }
        let sid = sids.make(.worker)
        workers[connection]?.sid = sid
        workers[connection]?.registration = request
        var response = Livekit_RegisterWorkerResponse()
        response.workerID = sid
        response.serverInfo = serverInfo
        send(.register(response), to: connection)
    }

    func send(_ message: Livekit_ServerMessage.OneOf_Message, to connection: WorkerConnectionID) {
        guard workers[connection] != nil else { return }
        var wrapped = Livekit_ServerMessage()
        wrapped.message = message
        emit(.sendToWorker(wrapped, to: connection))
    }

    // MARK: Jobs

    func makeDispatch(agent: String, metadata: String, attributes: [String: String], at now: Instant) -> Dispatch {
        Dispatch(
            id: sids.make(.dispatch), agentName: agent, metadata: metadata, attributes: attributes,
            createdAt: nanoseconds(at: now))
    }

    func launchRoomJob(of dispatch: Dispatch, in room: HostedRoom, at now: Instant) {
        launch(dispatch, .jtRoom, nil, in: room, at: now)
    }

    /// The jobs that come with a participant who joined or published for the first time.
    func launchParticipantJobs(
        for participant: Participant, in room: HostedRoom, type: Livekit_JobType, at now: Instant
    ) {
        guard !participant.isDependent else { return }
        for dispatch in room.dispatches where dispatch.deletion == nil {
            launch(dispatch, type, participant, in: room, at: now)
        }
    }

    private func launch(
        _ dispatch: Dispatch, _ type: Livekit_JobType, _ participant: Participant?, in room: HostedRoom, at now: Instant
    ) {
        var job = Livekit_Job()
        job.id = sids.make(.job)
        job.dispatchID = dispatch.id
        job.type = type
        job.room = room.info
        if let participant { job.participant = participant.info }
        job.metadata = dispatch.metadata
        job.agentName = dispatch.agentName
        job.attributes = dispatch.attributes
        job.state.status = .jsRunning
        job.state.startedAt = nanoseconds(at: now)
        job.state.updatedAt = nanoseconds(at: now)
        offer(job, room: room.name, declined: [], at: now)
    }

    /// Offers a job to one worker, drawn by what load they left. Where there is none the job is lost: nothing waits.
    private func offer(_ job: Livekit_Job, room: RoomName, declined: Set<WorkerConnectionID>, at now: Instant) {
        let candidates = workers.values.filter { worker in
            worker.weight > 0 && worker.registration.type == job.type
                && worker.registration.agentName == job.agentName && !declined.contains(worker.connection)
        }.sorted { $0.connection.number < $1.connection.number }
        jobs[job.id] = nil
        guard let last = candidates.last else { return }
        var mark = sids.fraction() * candidates.reduce(0) { $0 + $1.weight }
        let chosen =
            candidates.first { worker in
                mark -= worker.weight
                return mark < 0
            } ?? last
        jobs[job.id] = JobRecord(
            job: job, room: room,
            phase: .offered(to: chosen.connection, until: now + rules.availabilityTimeout), declined: declined)
        var request = Livekit_AvailabilityRequest()
        request.job = job
        send(.availability(request), to: chosen.connection)
    }

    private func receive(
        _ response: Livekit_AvailabilityResponse, from connection: WorkerConnectionID, at now: Instant
    ) {
        guard let record = jobs[response.jobID], case .offered(to: connection, _) = record.phase else { return }
        if response.terminate {
            jobs[response.jobID] = nil
        } else if response.available {
            assign(record, response, to: connection, at: now)
        } else {
            offer(record.job, room: record.room, declined: record.declined.union([connection]), at: now)
        }
    }

    private func assign(
        _ record: JobRecord, _ response: Livekit_AvailabilityResponse, to connection: WorkerConnectionID,
        at now: Instant
    ) {
        guard let worker = workers[connection], let room = rooms[record.room] else { return }
        var record = record
        let identity = Identity(
            response.participantIdentity.isEmpty ? "agent-\(record.job.id)" : response.participantIdentity)
        record.job.state.participantIdentity = identity.text
        record.job.state.workerID = worker.sid ?? ""
        record.job.state.startedAt = nanoseconds(at: now)
        record.job.state.updatedAt = nanoseconds(at: now)
        record.phase = .running(on: connection)
        var claims = TokenClaims(identity: identity, video: grant(of: worker.registration, room: room.name))
        claims.name = response.participantName
        claims.kind = "agent"
        claims.metadata = response.participantMetadata.isEmpty ? nil : response.participantMetadata
        claims.attributes = .init(
            plain: response.participantAttributes.merging(["lk.agent_name": record.job.agentName]) { $1 })
        guard let token = mint(claims, validity: rules.agentTokenValidity, at: now) else { return }
        jobs[record.job.id] = record
        if let index = room.dispatches.firstIndex(where: { $0.id == record.job.dispatchID }) {
            room.dispatches[index].jobs.append(record.job)
        }
        var assignment = Livekit_JobAssignment()
        assignment.job = record.job
        assignment.token = token
        send(.assignment(assignment), to: connection)
    }

    private func grant(of registration: Livekit_RegisterWorkerRequest, room: RoomName) -> VideoGrant {
        var grant = VideoGrant.join(room: room)
        grant.agent = true
        let isOpen = !registration.hasAllowedPermissions
        let allowed = registration.allowedPermissions
        grant.canSubscribe = isOpen || allowed.canSubscribe
        grant.canPublish = isOpen || allowed.canPublish
        grant.canPublishData = isOpen || allowed.canPublishData
        grant.canUpdateOwnMetadata = isOpen || allowed.canUpdateMetadata
        grant.hidden = allowed.hidden
        grant.canSubscribeMetrics = allowed.canSubscribeMetrics
        return grant
    }

    /// The participant of a job has left, whatever the reason: its worker is told.
    func endJobs(of identity: Identity, in room: HostedRoom) {
        for (id, record) in jobs
        where record.room == room.name && Identity(record.job.state.participantIdentity) == identity {
            guard case .running = record.phase else { continue }
            terminate(id)
        }
    }

    private func terminate(_ id: String) {
        guard let record = jobs.removeValue(forKey: id), case .running(let connection) = record.phase else { return }
        var termination = Livekit_JobTermination()
        termination.jobID = id
        send(.termination(termination), to: connection)
    }

    // MARK: Time

    func timeoutWorkers(at now: Instant) {
        for worker in workers.values where worker.sid == nil && worker.registerBy <= now {
            workers[worker.connection] = nil
            emit(.closeWorker(worker.connection))
        }
        for (id, record) in jobs {
            if case .offered(_, let until) = record.phase, until <= now { jobs[id] = nil }
        }
    }

    func timeoutDispatches(of room: HostedRoom, at now: Instant) {
        for dispatch in room.dispatches {
            switch dispatch.deletion {
            case .terminates(let time) where time <= now:
                guard let index = room.dispatches.firstIndex(where: { $0.id == dispatch.id }) else { continue }
                // Who has the identity of a job that is over came by another, and stays.
                let running = dispatch.jobs.filter { jobs[$0.id] != nil }
                for job in running { terminate(job.id) }
                room.dispatches[index].jobs = running
                room.dispatches[index].deletion = .removes(at: time + rules.dispatchGrace)
            case .removes(let time) where time <= now:
                room.dispatches.removeAll { $0.id == dispatch.id }
                for job in dispatch.jobs {
                    guard let agent = room.participant(identity: Identity(job.state.participantIdentity)) else {
                        continue
                    }
                    remove(agent, from: room, reason: .participantRemoved, at: now)
                }
            default: break
            }
        }
    }
}
