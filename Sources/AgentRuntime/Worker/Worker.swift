import LiveKit
import NIOCore
import RTCNetwork
import SansIO
import Settings

/// A worker: registered with a LiveKit server, it takes the jobs that it has room for and looks after rooms that nobody
/// covers. Callable from anywhere.
final class Worker: Sendable {
    let eventLoop: any EventLoop
    private let engine: NIOLoopBoundBox<WorkerEngine>
    private let instance: AgentInstance
    private let configuration: WorkerConfiguration
    private let offers: OfferDesk

    init(
        configuration: WorkerConfiguration, server: ServerURL, key: APIKey, instance: AgentInstance,
        resources: SessionResources, liveness: @escaping @Sendable (String) -> Bool?,
        onRefused: @escaping @Sendable (TransportError) -> Void = { _ in }, group: any EventLoopGroup
    ) {
        let loop = group.next()
        eventLoop = loop
        self.instance = instance
        self.configuration = configuration
        let api = ServerAPI(server: server, key: key)
        let box = NIOLoopBoundBox.makeBoxSendingValue(
            WorkerEngine(
                configuration: configuration, server: server, instance: instance, resources: resources, api: api,
                liveness: liveness, group: group, eventLoop: loop), eventLoop: loop)
        engine = box
        let desk = OfferDesk(
            engine: box, api: api, instance: instance, agentName: configuration.agentName,
            liveness: liveness,
            wallClock: resources.wallClock)
        offers = desk
        let reconciler = Self.reconciler(configuration, instance, api, box, resources, liveness)
        loop.execute {
            var options = WorkerOptions()
            options.agentName = configuration.agentName
            options.loadThreshold = Float(configuration.loadThreshold)
            box.value.agent = AgentWorker(
                server: server, key: key, options: options, eventLoop: loop,
                decide: { offer in await desk.answer(offer) },
                onEvent: { event in
                    // Events come on the worker's loop already.
                    box.value.handle(event)
                })
            box.value.reconciler = reconciler
            box.value.onRefused = onRefused
        }
    }

    private static func reconciler(
        _ configuration: WorkerConfiguration, _ instance: AgentInstance, _ api: ServerAPI,
        _ engine: NIOLoopBoundBox<WorkerEngine>, _ resources: SessionResources,
        _ liveness: @escaping @Sendable (String) -> Bool?
    ) -> Reconciler? {
        guard configuration.reconcileInterval > .zero else { return nil }
        var settings = ReconcileCore.Configuration()
        settings.instance = instance.id
        settings.agentName = configuration.agentName
        settings.interval = configuration.reconcileInterval
        let telemetry = resources.telemetry
        return Reconciler(
            api: api, configuration: settings, board: resources.board,
            environment: .init(
                isAlive: liveness,
                standing: { (try? await engine.eventLoop.submit { engine.value.standing }.get()) ?? .init() },
                wallClock: resources.wallClock, log: { telemetry.log(.info, $0) },
                onDispatch: { telemetry.metrics.reconciled.add(1, $0 ? "dispatched" : "failed") },
                onCall: { telemetry.metrics.reconcileCalls.add(1, $0) },
                onDismissal: { room in engine.eventLoop.execute { engine.value.takenBack(room) } }))
    }

    /// Registers, and returns when the server has answered for the first time, or when it is clear that it does not
    /// answer now: then the worker goes on trying.
    /// - Throws: `TransportError` where the server refuses the worker, as with a wrong secret.
    func start() async throws {
        let first = eventLoop.makePromise(of: WorkerEngine.Registration.self)
        eventLoop.execute { [engine] in
            engine.value.onFirstAnswer = { first.succeed($0) }
            engine.value.start()
        }
        if case .refused(let error) = try await first.futureResult.get() { throw error }
    }

    func health() async -> HealthState {
        let state = try? await eventLoop.submit { [engine] in engine.value.health }.get()
        return state ?? HealthState(unready: .stopped, rooms: 0, load: 1)
    }

    /// Takes no new jobs and waits for the sessions, at most `drainTimeout`; those that still run then leave.
    func drain() async {
        eventLoop.execute { [engine] in engine.value.drain() }
        await waitUntilEmpty(for: configuration.drainTimeout)
        await stop()
    }

    /// Ends every session and the registration.
    func stop() async {
        eventLoop.execute { [engine] in
            engine.value.drain()
            engine.value.endSessions()
        }
        // Leaving is a handshake with a time limit of its own.
        await waitUntilEmpty(for: .seconds(5))
        await handOver()
        _ = try? await eventLoop.submit { [engine] in engine.value.close() }.get()
    }

    /// Has the rooms that were left dispatched anew, where somebody is in them: another worker need not find out first.
    private func handOver() async {
        let (left, api) =
            (try? await eventLoop.submit { [engine] in (engine.value.left, engine.value.api) }.get()) ?? ([], nil)
        guard let api else { return }
        await withTaskGroup(of: Void.self) { group in
            for job in left {
                group.addTask { [agentName = configuration.agentName] in
                    let people = try? await api.listParticipants(room: job.room.name).contains {
                        $0.kind == .standard
                    }
                    guard people == true else { return }
                    _ = try? await api.createDispatch(
                        agentName: agentName, room: job.room.name, metadata: job.metadata)
                }
            }
        }
    }

    private func waitUntilEmpty(for limit: Duration) async {
        let end = Instant.onEventLoop + limit
        while Instant.onEventLoop < end, !Task.isCancelled {
            let count = try? await eventLoop.submit { [engine] in engine.value.ownRooms.count }.get()
            guard let count, count > 0 else { return }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Gives every session another configuration; settings of the process stay as they are.
    func reconfigure(_ configuration: Configuration) {
        eventLoop.execute { [engine] in engine.value.reconfigure(configuration) }
    }

    // MARK: Faults, for tests

    /// Cuts the registration's socket.
    func cutSocket() { eventLoop.execute { [engine] in engine.value.agent?.cutSocket() } }
}

/// Answers offers: by what the process knows, then, for rooms that are not new, by what the server lists.
struct OfferDesk: Sendable {
    /// A room that is younger has no other assistant yet.
    private static let youth = Duration.seconds(5)

    let engine: NIOLoopBoundBox<WorkerEngine>
    let api: ServerAPI
    let instance: AgentInstance
    let agentName: String
    let liveness: @Sendable (String) -> Bool?
    let wallClock: @Sendable () -> Int64

    func answer(_ offer: JobOffer) async -> JobAnswer {
        let engine = engine
        var verdict = (try? await engine.eventLoop.submit { engine.value.judge(offer) }.get()) ?? .draining
        if verdict == .accept, !isNew(offer) { verdict = await lookUp(offer) }
        if verdict == .accept {
            let ended = try? await engine.eventLoop.submit { engine.value.endedRooms }.get()
            await ended?.offered(RoomKey(name: offer.job.room.name, sid: offer.job.room.sid))
        }
        let final = verdict
        let name = try? await engine.eventLoop.submit {
            engine.value.answered(offer, final)
            return engine.value.resources.configuration[Schema.hint.assistantName]
        }.get()
        return JobAnswer(
            final,
            identity: AgentIdentity(
                identity: Identity(AgentInstance.identity(ofRoom: offer.job.room.sid)),
                name: name ?? Schema.hint.assistantName.defaultValue,
                attributes: [AgentInstance.attribute: instance.id]))
    }

    /// Whether an assistant of another machine lives. Who does not look after rooms asks it, and nobody else.
    private func isAlive(_ heir: RoomView.Assistant, in room: RoomKey, _ reconciler: Reconciler?) async -> Bool {
        if let reconciler { return await !reconciler.isDead(heir, in: room) }
        let answer = await api.answer(
            of: room, participant: heir.sid, before: .some(heir.answered), within: .milliseconds(1500))
        return answer != nil
    }

    private func isNew(_ offer: JobOffer) -> Bool {
        let age = RoomView.age(of: offer.job.room, wallClock: wallClock())
        return age >= .zero && age < Self.youth
    }

    private func lookUp(_ offer: JobOffer) async -> OfferPolicy.Verdict {
        let room = offer.job.room
        let reconciler = try? await engine.eventLoop.submit { [engine] in engine.value.reconciler }.get()
        let key = RoomKey(name: room.name, sid: room.sid)
        if let reconciler, await reconciler.isOneOfMany(room.sid) {
            await reconciler.tookOver(key, dispatches: nil)
            return .accept
        }
        do {
            async let listed = api.listParticipants(room: room.name)
            async let dispatched = api.listDispatch(room: room.name)
            var view = RoomView(room, participants: try await listed, isAlive: liveness)
            if let heir = view.heir, heir.liveness == .alive, let instance = heir.instance,
                await reconciler?.isSaidDead(instance, in: key) == true
            {
                view.assistants = view.assistants.map { $0.standingStill(instance) }
            }
            let dispatches = try await dispatched.map(RoomView.Dispatch.init)
            let verdict = OfferPolicy.verdict(
                dispatchID: offer.job.dispatchID, agentName: agentName, room: view, dispatches: dispatches)
            guard verdict == .accept else { return verdict }
            if let heir = view.heir, heir.liveness == .unknown, await isAlive(heir, in: view.key, reconciler) {
                return .covered
            }
            let ours = dispatches.filter { $0.agentName == agentName }.map(\.id)
            await reconciler?.tookOver(key, dispatches: Set(ours))
            return .accept
        } catch {
            // Without the lists it is better to come twice than not at all: the server lets only the last one stay.
            return .accept
        }
    }
}
