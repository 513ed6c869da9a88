import LiveKit
import NIOCore
import RTCNetwork
import SansIO
import Session
import Settings

/// A worker on its event loop: offers, assignments, sessions, load, draining. Sessions run on loops of the group.
final class WorkerEngine {
    struct Session {
        var job: SessionJob
        var handle: SessionHandle
        var hasJoined = false
    }

    /// A job that was accepted, until its assignment.
    struct Promise {
        var roomSID: String
        var offeredAt: Instant
    }

    enum Registration: Sendable {
        case starting
        case registered
        case unregistered
        case refused(TransportError)
    }

    let eventLoop: any EventLoop
    let group: any EventLoopGroup
    let configuration: WorkerConfiguration
    let server: ServerURL
    let instance: AgentInstance
    var resources: SessionResources
    let monitor: LoadMonitor
    let liveness: @Sendable (String) -> Bool?
    let api: ServerAPI
    var agent: AgentWorker?
    var reconciler: Reconciler?
    let endedRooms: EndedRooms
    var sessions: [String: Session] = [:]
    var promises: [String: Promise] = [:]
    /// Rooms that this process left because it stops: others are to have them.
    var left: [SessionJob] = []
    var registration = Registration.starting
    var isDraining = false
    /// Told once, with the first registration or refusal.
    var onFirstAnswer: ((Registration) -> Void)?
    /// Told when the server refuses the worker after the first answer: it does not try again.
    var onRefused: ((TransportError) -> Void)?

    init(
        configuration: WorkerConfiguration, server: ServerURL, instance: AgentInstance, resources: SessionResources,
        api: ServerAPI, liveness: @escaping @Sendable (String) -> Bool?, group: any EventLoopGroup,
        eventLoop: any EventLoop
    ) {
        self.configuration = configuration
        self.server = server
        self.instance = instance
        self.resources = resources
        self.api = api
        self.liveness = liveness
        self.group = group
        self.eventLoop = eventLoop
        let metrics = resources.telemetry.metrics
        endedRooms = EndedRooms(
            api: api, stateDirectory: resources.stateDirectory, wallClock: resources.wallClock,
            onCall: { metrics.reconcileCalls.add(1, $0) })
        let load = LoadEstimator.Configuration(
            threshold: configuration.loadThreshold, maximumRooms: configuration.maximumRooms)
        monitor = LoadMonitor(configuration: load, pool: resources.pool, eventLoop: eventLoop)
    }

    /// Sids of the rooms where a session is or is about to be.
    var ownRooms: Set<String> { Set(sessions.keys).union(promises.values.map(\.roomSID)) }

    var standing: Reconciler.Standing {
        Reconciler.Standing(rooms: ownRooms, hasRoom: !isDraining && monitor.estimator.hasRoom)
    }

    var health: HealthState {
        var unready: HealthState.Unready?
        switch registration {
        case .starting: unready = .starting
        case .unregistered: unready = .unregistered
        case .refused: unready = .refused
        case .registered: unready = nil
        }
        if isDraining { unready = .draining }
        return HealthState(unready: unready, rooms: sessions.count, load: monitor.estimator.load)
    }

    func start() {
        monitor.onLoad = { [weak self] load in
            self?.agent?.setLoad(Float(load))
            self?.resources.telemetry.metrics.load.set(load)
            if let self { resources.board.update { [hasRoom = standing.hasRoom] in $0.hasRoom = hasRoom } }
        }
        monitor.start()
        agent?.start()
    }

    // MARK: Offers

    /// What this process knows by itself; a promise is made with an acceptance, so that two offers for one room at once
    /// do not both get one.
    func judge(_ offer: JobOffer) -> OfferPolicy.Verdict {
        let verdict = OfferPolicy.verdict(
            roomSID: offer.job.room.sid, ownRooms: ownRooms, isDraining: isDraining,
            hasRoom: monitor.estimator.hasRoom)
        if verdict == .accept {
            promises[offer.id] = Promise(roomSID: offer.job.room.sid, offeredAt: .onEventLoop)
            roomsChanged()
        }
        return verdict
    }

    /// The final answer: a promise that is not kept is taken back.
    func answered(_ offer: JobOffer, _ verdict: OfferPolicy.Verdict) {
        resources.telemetry.metrics.jobOffers.add(1, verdict.rawValue)
        if verdict != .accept, promises.removeValue(forKey: offer.id) != nil { roomsChanged() }
        log(.info, "job \(offer.id) for room \(offer.job.room.name): \(verdict.rawValue)")
    }

    private func lapsed(_ jobID: String) {
        if promises.removeValue(forKey: jobID) != nil { roomsChanged() }
    }

    // MARK: Events

    func handle(_ event: WorkerEvent) {
        switch event {
        case .registered(let workerID, let info):
            log(.info, "registered as \(workerID) with LiveKit \(info.version)")
            change(.registered)
            if !isDraining { tellReconciler { await $0.start() } }
            Task { [endedRooms] in await endedRooms.registered() }
        case .unregistered(let outage, let delay):
            log(.warning, "not registered: \(outage); trying again in \(delay.rounded)")
            change(.unregistered)
            tellReconciler { await $0.pause() }
            Task { [endedRooms] in await endedRooms.unregistered() }
        case .refused(let error):
            log(.error, "the server refuses this worker: \(configuration.explanation(of: error))")
            let isFirst = onFirstAnswer != nil
            change(.refused(error))
            if !isFirst { onRefused?(error) }
        case .assigned(let assignment): assigned(assignment)
        case .offerLapsed(let jobID), .assignmentTimedOut(let jobID):
            log(.warning, "job \(jobID) came to nothing: no assignment followed")
            lapsed(jobID)
        case .terminated(let jobID): terminated(jobID)
        case .terminationIgnored(let jobID):
            log(.info, "job \(jobID): the server ended the one that it replaced; if this one is meant, it is taken out")
        case .malformed(let error): log(.warning, "the server sent \(error)")
        case .closed:
            // They hold this engine by their callbacks.
            let bound = NIOLoopBound(WeakEngine(engine: self), eventLoop: eventLoop)
            eventLoop.execute {
                bound.value.engine?.agent = nil
                bound.value.engine?.reconciler = nil
            }
        case .offered, .drained: break
        }
    }

    private func change(_ new: Registration) {
        registration = new
        if case .registered = new { resources.telemetry.metrics.registrations.add() }
        onFirstAnswer?(new)
        onFirstAnswer = nil
    }

    private func terminated(_ jobID: String) {
        guard let session = sessions.values.first(where: { $0.job.id == jobID }) else {
            agent?.finish(jobID, .success)
            return
        }
        session.handle.stop(.terminated)
    }

    // MARK: Sessions

    private func assigned(_ assignment: JobAssignment) {
        let job = assignment.job
        let promise = promises.removeValue(forKey: job.id)
        let sid = job.room.sid
        guard !sid.isEmpty, sessions[sid] == nil else {
            agent?.finish(job.id, .failure("the room has a session of this process already"))
            return
        }
        let target: ServerURL
        do {
            target = try assignment.server(registeredAt: server)
        } catch {
            log(.error, "job \(job.id) names a server that cannot be used: \(error)")
            agent?.finish(job.id, .failure("\(error)"))
            return
        }
        let session = SessionJob(
            id: job.id, room: RoomFacts(sid: sid, name: job.room.name, metadata: job.room.metadata),
            metadata: job.metadata, dispatchID: job.dispatchID, server: target, token: assignment.token,
            offeredAt: promise?.offeredAt ?? .onEventLoop)
        let bound = NIOLoopBound(WeakEngine(engine: self), eventLoop: eventLoop)
        let eventLoop = eventLoop
        let handle = SessionHandle.start(session, resources: resources, on: group.next()) { event in
            eventLoop.execute { bound.value.engine?.handle(event, ofRoom: sid, job: job.id) }
        }
        sessions[sid] = Session(job: session, handle: handle)
        // Whoever is listed under this identity goes as we join, and the server ends that identity's jobs, ours with
        // them. A termination that means us is followed by our removal from the room.
        agent?.expectTakeover(of: job.id)
        roomsChanged()
    }

    private func handle(_ event: RoomSession.Event, ofRoom sid: String, job: String) {
        guard let session = sessions[sid], session.job.id == job else { return }
        switch event {
        case .joined:
            sessions[sid]?.hasJoined = true
            roomsChanged()
            agent?.participantJoined(job)
        case .rejoined: agent?.participantJoined(job)
        case .rejoining: agent?.expectTakeover(of: job)
        case .ending(let end):
            // The server is told first: an agent that simply leaves counts as one that failed.
            agent?.finish(job, end.result)
            session.handle.leave()
        case .ended(let end): ended(session, end)
        }
    }

    private func ended(_ session: Session, _ end: SessionEnd) {
        let room = session.job.room
        sessions[room.sid] = nil
        agent?.finish(session.job.id, end.result)
        roomsChanged()
        resources.telemetry.metrics.jobsEnded.add(1, end.label)
        if case .failed(let reason) = end {
            log(.error, "room \(room.name): the session failed: \(reason)")
        } else {
            log(.info, "room \(room.name): \(end)")
        }
        if case .drained = end { left.append(session.job) }
        guard !isDraining else { return }
        let metadata = session.job.metadata
        let key = RoomKey(name: room.name, sid: room.sid)
        if end.isDismissal {
            Task { [endedRooms] in await endedRooms.add(key) }
            tellReconciler { await $0.dismiss(key) }
        } else if end == .terminated {
            let dispatch = session.job.dispatchID
            tellReconciler { await $0.terminated(key, dispatch: dispatch) }
        } else if end.leavesRoomUncovered {
            tellReconciler { await $0.lost(room: room.name.text, metadata: metadata) }
        }
    }

    /// A dispatch of ours for a room was deleted, not the one by which its session came: it is meant all the same.
    func takenBack(_ room: RoomKey) {
        guard let session = sessions[room.sid] else { return }
        log(.info, "room \(room.name): a dispatch was deleted, so the assistant is not wanted any more")
        session.handle.stop(.removed)
    }

    /// Every session has another configuration from now on, those that are yet to come too.
    func reconfigure(_ configuration: Configuration) {
        resources.configuration = configuration
        for session in sessions.values { session.handle.reconfigure(configuration) }
    }

    private func roomsChanged() {
        let rooms = ownRooms
        monitor.setRooms(rooms.count)
        let hasRoom = standing.hasRoom
        let seats = sessions.values.filter(\.hasJoined).map {
            RoomKey(name: $0.job.room.name, sid: $0.job.room.sid)
        }
        resources.board.update {
            $0.rooms = rooms
            $0.hasRoom = hasRoom
            $0.seats = Array(seats.sorted { $0.sid < $1.sid }.prefix(WorkerDigest.mostSeats))
        }
        resources.telemetry.metrics.jobsRunning.set(Double(sessions.count))
    }

    // MARK: The end

    /// Takes nothing new; running sessions go on.
    func drain() {
        guard !isDraining else { return }
        isDraining = true
        if !sessions.isEmpty { log(.info, "draining: rooms that go on: \(sessions.count)") }
        tellReconciler { await $0.stop() }
        agent?.drain()
    }

    func endSessions() {
        for session in sessions.values { session.handle.stop(.drained) }
    }

    func close() {
        isDraining = true
        Task { [endedRooms] in await endedRooms.unregistered() }
        monitor.stop()
        tellReconciler { await $0.stop() }
        agent?.close()
    }

    private func tellReconciler(_ body: @escaping @Sendable (Reconciler) async -> Void) {
        guard let reconciler else { return }
        Task { await body(reconciler) }
    }

    func log(_ level: Telemetry.Level, _ text: String) { resources.telemetry.log(level, text) }

    private struct WeakEngine {
        weak var engine: WorkerEngine?
    }
}

/// A session on its own event loop, for callers on others.
struct SessionHandle: Sendable {
    private let eventLoop: any EventLoop
    private let box: NIOLoopBoundBox<RoomSession?>

    /// Starts a session on `eventLoop`; `onEvent` is called there.
    static func start(
        _ job: SessionJob, resources: SessionResources, on eventLoop: any EventLoop,
        onEvent: @escaping @Sendable (RoomSession.Event) -> Void
    ) -> SessionHandle {
        let box = NIOLoopBoundBox.makeEmptyBox(valueType: RoomSession.self, eventLoop: eventLoop)
        eventLoop.execute {
            let session = RoomSession(job: job, resources: resources, eventLoop: eventLoop)
            box.value = session
            session.onEvent = { event in
                if case .ended = event { box.value = nil }
                onEvent(event)
            }
            session.start()
        }
        return SessionHandle(eventLoop: eventLoop, box: box)
    }

    func stop(_ reason: SessionEnd) { eventLoop.execute { [box] in box.value?.stop(reason) } }

    func leave() { eventLoop.execute { [box] in box.value?.leave() } }

    func reconfigure(_ configuration: Configuration) {
        eventLoop.execute { [box] in box.value?.reconfigure(configuration) }
    }
}
