import LiveKit
import NIOCore
import RTCNetwork
import SansIO

/// Drives a `ReconcileCore` with the server's API.
actor Reconciler {
    private let api: ServerAPI
    private let agentName: String
    private let environment: Environment
    private let board: WorkerBoard
    private var core: ReconcileCore
    private var task: Task<Void, Never>?
    private var sleeper: Task<Void, Never>?
    private var lastFailure: String?
    /// Calls about rooms that wait until others are done, and how many are under way.
    private var waiting: [ReconcileCore.Output] = []
    private var calls = 0
    /// What is being found out about instances elsewhere, for all offers that want to know it.
    private var judgements: [String: (task: Task<Bool, Never>, until: Instant)] = [:]

    /// What this process has and can take.
    struct Standing: Sendable {
        /// Sids of the rooms where a session is or is about to be.
        var rooms: Set<String> = []
        var hasRoom = false
    }

    /// What a reconciler is told of its process, and tells it.
    struct Environment: Sendable {
        /// Whether an instance lives that has no session of this process; `nil`: not known here.
        var isAlive: @Sendable (String) -> Bool?
        var standing: @Sendable () async -> Standing
        /// Nanoseconds since 1970.
        var wallClock: @Sendable () -> Int64
        var log: @Sendable (String) -> Void
        /// Told whether a dispatch was made or refused.
        var onDispatch: @Sendable (Bool) -> Void
        /// Told of every call of the server, by its name.
        var onCall: @Sendable (String) -> Void
        /// Nobody wants the assistant of this room any more, who is this process's.
        var onDismissal: @Sendable (RoomKey) -> Void
    }

    /// Calls about rooms at the same time.
    private static let parallelCalls = 32
    /// How long an assistant elsewhere has to answer an offer's question; the server waits 10 s for the offer's.
    private static let patience = Duration.milliseconds(1500)

    init(api: ServerAPI, configuration: ReconcileCore.Configuration, board: WorkerBoard, environment: Environment) {
        self.api = api
        agentName = configuration.agentName
        self.environment = environment
        self.board = board
        core = ReconcileCore(configuration: configuration, random: .system)
        board.onForetold = { [weak self] dead, sids in Task { [weak self] in await self?.foretold(sids, of: dead) } }
    }

    func start() {
        core.start(at: .onEventLoop)
        if task == nil { task = Task { await run() } } else { wake() }
    }

    func pause() {
        core.stop()
        waiting.removeAll()
        wake()
    }

    func stop() {
        pause()
        task?.cancel()
    }

    func lost(room: String, metadata: String) {
        core.lost(room: room, metadata: metadata, at: .onEventLoop)
        core.hurry(at: .onEventLoop)
        wake()
    }

    /// Another worker says that it has these rooms of a dead worker dispatched anew.
    private func foretold(_ sids: [String], of dead: String) { core.foretold(sids, of: dead, at: .onEventLoop) }

    /// Whether a room is one of many such.
    func isOneOfMany(_ sid: String) -> Bool { core.isOneOfMany(sid, at: .onEventLoop) }

    /// This process is about to serve a room that others were dispatched into before.
    /// - Parameter dispatches: `nil` where they were not listed.
    func tookOver(_ room: RoomKey, dispatches: Set<String>?) {
        core.tookOver(room, dispatches: dispatches, at: .onEventLoop)
        wake()
    }

    /// The server ended the job of a room. Was its dispatch taken back, then nobody is to come back.
    func terminated(_ room: RoomKey, dispatch: String) async {
        environment.onCall("ListDispatch")
        guard let listed = try? await api.listDispatch(room: room.name),
            !listed.contains(where: { $0.id == dispatch })
        else { return }
        await dismiss(room)
    }

    /// Nobody is to come back: also what other workers would go by is taken away.
    func dismiss(_ room: RoomKey) async {
        core.dismiss(room, at: .onEventLoop)
        do {
            environment.onCall("ListDispatch")
            for dispatch in try await api.listDispatch(room: room.name) where dispatch.agentName == agentName {
                environment.onCall("DeleteDispatch")
                _ = try await api.deleteDispatch(dispatch.id, room: room.name)
            }
        } catch {
            failed("dispatches of room \(room.name) were not deleted: \(error)")
        }
    }

    // MARK: What offers want to know

    /// Whether the assistant of a room, which runs elsewhere, is dead: by what this worker knows, by what those know who
    /// look after all rooms, and by asking it. Asked once for all of its rooms.
    func isDead(_ heir: RoomView.Assistant, in room: RoomKey) async -> Bool {
        guard let instance = heir.instance else { return await findOut(heir, room) }
        if core.isDead(instance) || core.isForetold(room.sid, of: instance, at: .onEventLoop) { return true }
        let now = Instant.onEventLoop
        judgements = judgements.filter { $0.value.until > now }
        if let judgement = judgements[instance] { return await judgement.task.value }
        let task = Task { await findOut(heir, room) }
        judgements[instance] = (task, now + Self.patience * 2)
        return await task.value
    }

    private func findOut(_ heir: RoomView.Assistant, _ room: RoomKey) async -> Bool {
        if let instance = heir.instance, core.isWatchedClosely(instance) {
            if let verdict = await watched(instance, for: room) { return verdict }
        }
        let api = api
        let advisers = heir.instance.map { core.advisers(on: $0) } ?? []
        return await withTaskGroup(of: Bool?.self) { group in
            group.addTask {
                let answer = await api.answer(
                    of: room, participant: heir.sid, before: .some(heir.answered), within: Self.patience)
                return answer == nil
            }
            for seat in advisers {
                group.addTask { await Self.isDead(heir.instance, by: seat, api) ? true : nil }
            }
            group.addTask { await self.awaitWord(on: heir.instance, of: room.sid) ? true : nil }
            defer { group.cancelAll() }
            for await verdict in group { if let verdict { return verdict } }
            return true
        }
    }

    /// Whether an instance is dead by the word of another worker.
    private static func isDead(_ instance: String?, by seat: RoomKey, _ api: ServerAPI) async -> Bool {
        guard let instance else { return false }
        return await api.answer(of: seat, within: patience)?.digest?.dead.contains(instance) == true
    }

    /// Whether an instance is dead though its lock is held, as by a process that stands still: by what this worker knows,
    /// and those who look after all rooms. One offer's question without an answer is no evidence against a lock.
    func isSaidDead(_ instance: String, in room: RoomKey) async -> Bool {
        if core.isDead(instance) || core.isForetold(room.sid, of: instance, at: .onEventLoop) { return true }
        let api = api
        return await withTaskGroup(of: Bool.self) { group in
            for seat in core.advisers(on: instance) {
                group.addTask { await Self.isDead(instance, by: seat, api) }
            }
            defer { group.cancelAll() }
            for await isDead in group where isDead { return true }
            return false
        }
    }

    /// Whether the word comes in time of whoever looks after all rooms.
    private func awaitWord(on instance: String?, of sid: String) async -> Bool {
        let began = Instant.onEventLoop
        while Instant.onEventLoop - began < Self.patience, !Task.isCancelled {
            if core.isForetold(sid, of: instance, at: .onEventLoop) { return true }
            try? await Task.sleep(for: .milliseconds(25))
        }
        return false
    }

    /// What this worker's own questions find in the time that they take.
    private func watched(_ instance: String, for room: RoomKey) async -> Bool? {
        let began = Instant.onEventLoop
        core.urge(instance, at: began)
        drain()
        wake()
        while Instant.onEventLoop - began < Self.patience, !Task.isCancelled {
            if let verdict = core.verdict(on: instance, since: began) { return verdict }
            if core.isForetold(room.sid, of: instance, at: .onEventLoop) { return true }
            try? await Task.sleep(for: .milliseconds(25))
        }
        return nil
    }

    // MARK: The loop

    private func run() async {
        while !Task.isCancelled {
            await learn()
            core.timeout(at: .onEventLoop)
            drain()
            let now = Instant.onEventLoop
            let due = core.deadline ?? now + .seconds(60)
            let sleeper = Task { _ = try? await Task.sleep(for: max(.zero, due - now)) }
            self.sleeper = sleeper
            await sleeper.value
        }
    }

    private func wake() { sleeper?.cancel() }

    /// What this process and this machine know.
    private func learn() async {
        let standing = await environment.standing()
        core.update(own: standing.rooms, hasRoom: standing.hasRoom)
        var local: [String: Bool] = [:]
        for instance in core.known { local[instance] = environment.isAlive(instance) }
        core.know(local, at: .onEventLoop)
    }

    /// Begins what the core wants done. Questions and their answers, on which verdicts about others hang, do not wait.
    private func drain() {
        while let output = core.pollOutput() {
            switch output {
            case .probe, .read, .foretell: Task { await perform(output) }
            case .dismissed(let room): environment.onDismissal(room)
            default: waiting.append(output)
            }
        }
        board.update { core.describe(&$0) }
        pump()
    }

    private func pump() {
        while calls < Self.parallelCalls, !waiting.isEmpty {
            let output = waiting.removeFirst()
            calls += 1
            Task {
                await perform(output)
                calls -= 1
                pump()
            }
        }
    }

    private func perform(_ output: ReconcileCore.Output) async {
        environment.onCall(output.call)
        do {
            try await attempt(output)
            lastFailure = nil
        } catch {
            core.failed(output, ReconcileCore.Failure(error), at: .onEventLoop)
            if case .createDispatch = output { environment.onDispatch(false) }
            // A room or an assistant that went meanwhile is no trouble.
            if !error.isNotFound { failed("reconciling: \(error)") }
        }
        drain()
        wake()
    }

    private func attempt(_ output: ReconcileCore.Output) async throws(ServerAPIError) {
        switch output {
        case .listRooms(let names):
            let clock = environment.wallClock()
            let summaries = try await api.listRooms(names: names).map {
                RoomSummary($0, wallClock: clock)
            }
            await learn()
            core.receive(summaries, at: .onEventLoop)
        case .examine(let room):
            let participants = try await api.listParticipants(room: room.name)
            core.receive(
                RoomView(room, participants: participants, isAlive: environment.isAlive), at: .onEventLoop)
        case .listDispatches(let room):
            let dispatches = try await api.listDispatch(room: room.name).map(RoomView.Dispatch.init)
            core.receive(dispatches: dispatches, of: room, wallClock: environment.wallClock(), at: .onEventLoop)
        case .createDispatch(let room, let metadata):
            environment.log("room \(room.name) has no assistant: dispatching one")
            _ = try await api.createDispatch(agentName: agentName, room: room.name, metadata: metadata)
            environment.onDispatch(true)
        case .remove(let room, let identity):
            environment.log("room \(room.name): removing \(identity), whose worker is dead")
            try await api.removeParticipant(identity, room: room.name)
        case .probe(_, let seat, let question): try await api.probe(seat, question: question)
        case .read(let instance, let seat):
            let (reading, _) = try await api.reading(of: seat)
            core.receive(reading, of: instance, in: seat, at: .onEventLoop)
        case .foretell(let seat, let dead, let rooms): try await api.foretell(seat, dead: dead, rooms: rooms)
        case .dismissed: break
        }
    }

    /// The same trouble once, however often it comes in a row.
    private func failed(_ text: String) {
        guard text != lastFailure else { return }
        lastFailure = text
        environment.log(text)
    }
}

extension RoomSummary {
    init(_ room: RoomInfo, wallClock: Int64) {
        self.init(
            key: RoomKey(name: room.name, sid: room.sid), age: RoomView.age(of: room, wallClock: wallClock),
            people: room.participantCount)
    }
}

extension RoomView {
    init(
        _ room: RoomInfo, participants: [RoomParticipant], isAlive: (String) -> Bool?
    ) {
        self.init(RoomKey(name: room.name, sid: room.sid), participants: participants, isAlive: isAlive)
    }

    init(_ key: RoomKey, participants: [RoomParticipant], isAlive: (String) -> Bool?) {
        name = key.name
        sid = key.sid
        let present = participants.filter { $0.state != .disconnected }
        people = present.count { $0.kind == .standard && !$0.isHidden }
        assistants = present.compactMap { Assistant($0, room: key.sid, isAlive: isAlive) }
    }

    /// By the server's and this machine's clocks.
    static func age(of room: RoomInfo, wallClock: Int64) -> Duration {
        .nanoseconds(wallClock.subtractingReportingOverflow(room.createdAt ?? 0).partialValue)
    }
}

extension RoomView.Assistant {
    /// `nil` for whoever is no assistant of this kind.
    init?(_ info: RoomParticipant, room sid: String, isAlive: (String) -> Bool?) {
        let instance = info.attributes[AgentInstance.attribute]
        guard info.kind == .agent, instance != nil || info.identity == Identity(AgentInstance.identity(ofRoom: sid))
        else {
            return nil
        }
        identity = info.identity
        self.sid = info.sid
        self.instance = instance
        switch instance.flatMap(isAlive) {
        case true?: liveness = .alive
        case false?: liveness = .dead
        case nil: liveness = .unknown
        }
        joinedAt = info.joinedAt ?? 0
        answered = info.attributes[AgentInstance.aliveAttribute]
    }
}

extension RoomView.Dispatch {
    init(_ dispatch: AgentDispatch) {
        // A new dispatch lists no job yet.
        let jobs = dispatch.jobs
        self.init(
            id: dispatch.id, agentName: dispatch.agentName, metadata: dispatch.metadata,
            createdAt: dispatch.createdAt ?? 0,
            isOver: !jobs.isEmpty && jobs.allSatisfy(\.isOver))
    }
}
