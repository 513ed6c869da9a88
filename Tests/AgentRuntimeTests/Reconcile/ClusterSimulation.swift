import SansIO
import Simulation

@testable import AgentRuntime

/// A LiveKit server with rooms, and workers on machines of their own that reconcile them, in virtual time.
///
/// The server answers calls after some milliseconds, offers a dispatch to a worker at random, and keeps the dead listed for
/// 15 s. Joining takes a while; whoever joins last takes the identity over.
struct ClusterSimulation {
    struct Worker {
        var id: String
        var core: ReconcileCore
        var isAlive = true
        /// It stands still: the server takes it for alive, and offers it jobs.
        var isFrozen = false
        /// What comes to it meanwhile.
        var held: [Event] = []
        var answers: Bool { isAlive && !isFrozen }
        /// Rooms that it is in, and those that it is about to be in.
        var joined: Set<Int> = []
        var joining: Set<Int> = []
        /// What it has asked about others for offers, and until when that is good.
        var judgements: [String: Instant] = [:]
        var due: Instant?
    }

    struct Room {
        var key: RoomKey
        var people = 1
        var createdAt: Instant
        var dispatches: [RoomView.Dispatch] = []
        var assistant: Assistant?
        var uncoveredSince: Instant?
        /// The longest time that it was without a living assistant, since that was last reset.
        var longestGap = Duration.zero
    }

    struct Assistant {
        var worker: Int
        var sid: String
        var joinedAt: Instant
        var answered: String?
        var digest: WorkerDigest?
        var diedAt: Instant?
    }

    enum Event {
        case call(Int, ReconcileCore.Output)
        case answer(worker: Int, room: Int, question: String)
        case wait(Int, heir: Int, room: Int, until: Instant, since: Instant?)
        case offer(Int, room: Int, dispatch: String)
        case foretell(room: Int, dead: String, rooms: [String])
        case accept(Int, room: Int)
        case join(Int, room: Int)
        case timeOut(room: Int, sid: String)
    }

    var random: RandomSource
    var now = Instant(nanoseconds: 500_000_000_000)
    private(set) var workers: [Worker] = []
    var rooms: [Room] = []
    private var index: [String: Int] = [:]
    private var events = EventHeap<Event>()
    private var serial = 0
    var configuration: ReconcileCore.Configuration
    /// Calls of the server's API by the second they were made in.
    private(set) var callsBySecond: [Int: Int] = [:]
    private(set) var callsByName: [String: Int] = [:]
    private(set) var joins = 0
    private(set) var dismissals: [RoomKey] = []
    /// Calls about rooms that a worker has under way at the same time, and the ones that wait.
    private var underWay: [Int: Int] = [:]
    private var waiting: [Int: [ReconcileCore.Output]] = [:]
    /// From when until when the server answers everything with 429.
    var overload: ClosedRange<Instant>?

    init(seed: UInt64, configuration: ReconcileCore.Configuration = .init()) {
        random = .seeded(seed)
        self.configuration = configuration
    }

    // MARK: The scene

    mutating func addRoom(createdAgo: Duration = .seconds(100), dispatches: Int = 1) -> Int {
        serial += 1
        let key = RoomKey(name: "room-\(serial)", sid: "RM_\(serial)")
        var room = Room(key: key, createdAt: now - createdAgo, uncoveredSince: now)
        for _ in 0..<dispatches { room.dispatches.append(dispatch(at: room.createdAt)) }
        rooms.append(room)
        index[key.sid] = rooms.count - 1
        return rooms.count - 1
    }

    private mutating func dispatch(at instant: Instant) -> RoomView.Dispatch {
        serial += 1
        return RoomView.Dispatch(id: "AD_\(serial)", agentName: "", metadata: "", createdAt: instant.nanoseconds)
    }

    /// A worker that has registered now.
    mutating func addWorker() -> Int {
        let worker = prepareWorker(in: [])
        start(worker)
        return worker
    }

    mutating func start(_ worker: Int) {
        workers[worker].core.start(at: now)
        settle(worker)
    }

    /// A worker that has sessions in rooms and registers later.
    mutating func prepareWorker(in rooms: [Int]) -> Int {
        var configuration = configuration
        serial += 1
        configuration.instance = String(random.next() | 1 << 63, radix: 16)
        workers.append(
            Worker(
                id: configuration.instance,
                core: ReconcileCore(configuration: configuration, random: .seeded(random.next()))))
        let worker = workers.count - 1
        for room in rooms { enter(worker, room: room) }
        tell(worker)
        return worker
    }

    /// As by a power cut.
    mutating func kill(_ worker: Int) {
        workers[worker].isAlive = false
        workers[worker].due = nil
        for room in workers[worker].joined {
            rooms[room].uncoveredSince = now
            rooms[room].assistant?.diedAt = now
            guard let sid = rooms[room].assistant?.sid else { continue }
            events.push(.timeOut(room: room, sid: sid), at: now + .seconds(15))
        }
        workers[worker].joined = []
        workers[worker].joining = []
    }

    /// As by SIGSTOP.
    mutating func freeze(_ worker: Int) {
        workers[worker].isFrozen = true
        workers[worker].due = nil
        for room in workers[worker].joined {
            rooms[room].uncoveredSince = now
            guard let sid = rooms[room].assistant?.sid else { continue }
            events.push(.timeOut(room: room, sid: sid), at: now + .seconds(15))
        }
    }

    /// It goes on, and ends as displaced where somebody has come meanwhile.
    mutating func thaw(_ worker: Int) {
        workers[worker].isFrozen = false
        for event in workers[worker].held { events.push(event, at: now + .milliseconds(20)) }
        workers[worker].held = []
        for room in workers[worker].joined {
            if rooms[room].assistant?.worker == worker { cover(room) } else { workers[worker].joined.remove(room) }
        }
        tell(worker)
        workers[worker].due = workers[worker].core.deadline
    }

    private mutating func cover(_ room: Int) {
        if let since = rooms[room].uncoveredSince {
            rooms[room].longestGap = max(rooms[room].longestGap, now - since)
        }
        rooms[room].uncoveredSince = nil
    }

    /// The room's people leave, and it with them.
    mutating func close(_ room: Int) {
        rooms[room].people = 0
        rooms[room].uncoveredSince = nil
        if let assistant = rooms[room].assistant { workers[assistant.worker].joined.remove(room) }
        rooms[room].assistant = nil
        for worker in workers.indices where workers[worker].isAlive { tell(worker) }
    }

    /// Somebody takes back the wish that the room began with.
    mutating func deleteFirstDispatch(of room: Int) { rooms[room].dispatches.removeFirst() }

    mutating func offerFirst(_ room: Int) {
        guard let id = rooms[room].dispatches.last?.id else { return }
        offer(room, id)
    }

    /// The instances, lowest first, of the living that are in rooms.
    var ranks: [Int] {
        workers.indices.filter { workers[$0].isAlive && !workers[$0].joined.isEmpty }
            .sorted { workers[$0].id < workers[$1].id }
    }

    var uncovered: [Int] { rooms.indices.filter { rooms[$0].people > 0 && rooms[$0].uncoveredSince != nil } }

    var longestGap: Duration {
        rooms.map { room in max(room.longestGap, room.uncoveredSince.map { now - $0 } ?? .zero) }.max() ?? .zero
    }

    mutating func forgetGaps() {
        for room in 0..<rooms.count { rooms[room].longestGap = .zero }
    }

    func calls(from: Instant, to: Instant) -> [Int] {
        let seconds = Int(from.nanoseconds / 1_000_000_000)..<Int(to.nanoseconds / 1_000_000_000)
        return seconds.map { callsBySecond[$0] ?? 0 }
    }

    // MARK: Time

    mutating func run(_ duration: Duration) {
        let end = now + duration
        while true {
            let due = workers.indices.compactMap { worker in workers[worker].due.map { ($0, worker) } }
                .min { $0.0 < $1.0 }
            let next = earliest(due?.0, events.next)
            guard let next, next <= end else { break }
            now = max(now, next)
            if let due, due.0 <= (events.next ?? .distantFuture) {
                workers[due.1].core.timeout(at: now)
                settle(due.1)
            } else if let event = events.pop() {
                handle(event)
            }
        }
        now = end
    }

    /// Whether whoever would take it stands still.
    private mutating func holds(_ event: Event) -> Bool {
        let worker: Int
        switch event {
        case .call(let caller, _): worker = caller
        case .wait(let waiting, _, _, _, _): worker = waiting
        case .accept(let accepting, _): worker = accepting
        case .join(let joining, _): worker = joining
        case .offer(let offered, _, _): return workers[offered].isFrozen
        case .answer, .foretell, .timeOut: return false
        }
        guard workers[worker].isFrozen else { return false }
        workers[worker].held.append(event)
        return true
    }

    private mutating func handle(_ event: Event) {
        guard !holds(event) else { return }
        switch event {
        case .call(let worker, let output):
            if isAboutRooms(output) {
                underWay[worker, default: 0] -= 1
                pump(worker)
            }
            guard workers[worker].isAlive else { return }
            answer(worker, output)
            settle(worker)
        case .answer(let worker, let room, let question):
            guard workers[worker].answers, rooms[room].assistant?.worker == worker else { return }
            let answered = PeerWatch.answer(question, after: rooms[room].assistant?.answered)
            rooms[room].assistant?.answered = answered
            let digest = digest(of: worker)
            rooms[room].assistant?.digest = digest
        case .wait(let worker, let heir, let room, let end, let since):
            wait(worker, heir, room, until: end, since: since)
        case .offer(let worker, let room, let id): judge(worker, room, id)
        case .foretell(let room, let dead, let rooms):
            guard let worker = self.rooms[room].assistant?.worker, workers[worker].answers else { return }
            workers[worker].core.foretold(rooms, of: dead, at: now)
        case .accept(let worker, let room): accept(worker, room)
        case .join(let worker, let room):
            guard workers[worker].joining.remove(room) != nil, workers[worker].isAlive else { return }
            enter(worker, room: room)
            tell(worker)
        case .timeOut(let room, let sid):
            guard let assistant = rooms[room].assistant, assistant.sid == sid, !workers[assistant.worker].answers
            else { return }
            rooms[room].assistant = nil
        }
    }

    // MARK: A worker's calls

    private func isAboutRooms(_ output: ReconcileCore.Output) -> Bool {
        switch output {
        case .probe, .read, .foretell: false
        default: true
        }
    }

    private mutating func settle(_ worker: Int) {
        while let output = workers[worker].core.pollOutput() {
            if case .dismissed(let room) = output {
                dismissals.append(room)
            } else if isAboutRooms(output) {
                waiting[worker, default: []].append(output)
            } else {
                call(worker, output)
            }
        }
        pump(worker)
        workers[worker].due = workers[worker].isAlive ? workers[worker].core.deadline : nil
    }

    /// Thirty-two calls about rooms at a time, as the reconciler has them.
    private mutating func pump(_ worker: Int) {
        while underWay[worker, default: 0] < 32, waiting[worker]?.isEmpty == false {
            guard let output = waiting[worker]?.removeFirst() else { return }
            underWay[worker, default: 0] += 1
            call(worker, output)
        }
    }

    private mutating func call(_ worker: Int, _ output: ReconcileCore.Output) {
        count(output.call)
        events.push(.call(worker, output), at: now + .milliseconds(Int.random(in: 3...25, using: &random)))
    }

    private mutating func count(_ name: String, _ times: Int = 1) {
        callsBySecond[Int(now.nanoseconds / 1_000_000_000), default: 0] += times
        callsByName[name, default: 0] += times
    }

    private mutating func answer(_ worker: Int, _ output: ReconcileCore.Output) {
        if let overload, overload.contains(now) {
            return workers[worker].core.failed(output, .throttled, at: now)
        }
        switch output {
        case .listRooms(let names):
            let wanted = Set(names)
            let summaries = rooms.filter { $0.people > 0 && (names.isEmpty || wanted.contains($0.key.name)) }
                .map { RoomSummary(key: $0.key, age: now - $0.createdAt, people: $0.people) }
            workers[worker].core.receive(summaries, at: now)
        case .examine(let key):
            guard let room = index[key.sid] else { return }
            workers[worker].core.receive(view(of: room, by: worker), at: now)
        case .listDispatches(let key):
            guard let room = index[key.sid] else { return }
            workers[worker].core.receive(
                dispatches: rooms[room].dispatches, of: key, wallClock: now.nanoseconds, at: now)
        case .createDispatch(let key, _):
            guard let room = index[key.sid] else { return }
            let dispatch = dispatch(at: now)
            rooms[room].dispatches.append(dispatch)
            offer(room, dispatch.id)
        case .probe(let instance, let seat, let question):
            guard let room = index[seat.sid], let assistant = rooms[room].assistant,
                workers[assistant.worker].id == instance
            else { return }
            events.push(.answer(worker: assistant.worker, room: room, question: question), at: now + .milliseconds(10))
        case .read(let instance, let seat):
            guard let room = index[seat.sid], rooms[room].people > 0, let assistant = rooms[room].assistant else {
                return workers[worker].core.failed(output, .gone, at: now)
            }
            let reading = PeerWatch.Reading(
                instance: workers[assistant.worker].id, answer: assistant.answered, digest: assistant.digest)
            workers[worker].core.receive(reading, of: instance, in: seat, at: now)
        case .foretell(let seat, let dead, let rooms):
            guard let room = index[seat.sid] else { return }
            events.push(.foretell(room: room, dead: dead, rooms: rooms), at: now + .milliseconds(10))
        case .remove, .dismissed: break
        }
    }

    private func view(of room: Int, by worker: Int) -> RoomView {
        let assistant = rooms[room].assistant.map { assistant in
            RoomView.Assistant(
                identity: rooms[room].key.assistant, sid: assistant.sid, instance: workers[assistant.worker].id,
                liveness: assistant.worker == worker ? .dead : .unknown, joinedAt: assistant.joinedAt.nanoseconds,
                answered: assistant.answered)
        }
        return RoomView(
            name: rooms[room].key.name, sid: rooms[room].key.sid, people: rooms[room].people,
            assistants: assistant.map { [$0] } ?? [])
    }

    private func digest(of worker: Int) -> WorkerDigest {
        var digest = WorkerDigest()
        let own = workers[worker].joined.union(workers[worker].joining)
        digest.rooms = Set(own.map { rooms[$0].key.sid })
        digest.hasRoom = true
        digest.seats = workers[worker].joined.sorted().prefix(WorkerDigest.mostSeats).map { rooms[$0].key }
        workers[worker].core.describe(&digest)
        return digest
    }

    private mutating func tell(_ worker: Int) {
        let own = workers[worker].joined.union(workers[worker].joining)
        workers[worker].core.update(own: Set(own.map { rooms[$0].key.sid }), hasRoom: true)
    }

    // MARK: Jobs

    private mutating func offer(_ room: Int, _ id: String) {
        let candidates = workers.indices.filter { workers[$0].isAlive }
        guard let chosen = candidates.randomElement(using: &random) else { return }
        events.push(.offer(chosen, room: room, dispatch: id), at: now + .milliseconds(5))
    }

    private mutating func judge(_ worker: Int, _ room: Int, _ id: String) {
        let owns = workers[worker].joined.contains(room) || workers[worker].joining.contains(room)
        guard workers[worker].isAlive, rooms[room].people > 0, !owns else { return }
        if now - rooms[room].createdAt < .seconds(5) { return accept(worker, room) }
        workers[worker].joining.insert(room)
        tell(worker)
        if workers[worker].core.isOneOfMany(rooms[room].key.sid, at: now) {
            return takeOver(worker, room, dispatches: nil)
        }
        count("ListParticipants")
        count("ListDispatch")
        let view = view(of: room, by: worker)
        let verdict = OfferPolicy.verdict(
            dispatchID: id, agentName: "", room: view, dispatches: rooms[room].dispatches)
        guard verdict == .accept else {
            // Whoever refuses for good ends the job.
            if let index = rooms[room].dispatches.firstIndex(where: { $0.id == id }) {
                rooms[room].dispatches[index].isOver = true
            }
            return refuse(worker, room)
        }
        let dispatches = Set(rooms[room].dispatches.map(\.id))
        guard let heir = rooms[room].assistant, view.heir?.liveness == .unknown,
            !workers[worker].core.isDead(workers[heir.worker].id),
            !workers[worker].core.isForetold(rooms[room].key.sid, of: workers[heir.worker].id, at: now)
        else { return takeOver(worker, room, dispatches: dispatches) }
        workers[worker].core.tookOver(rooms[room].key, dispatches: dispatches, at: now)
        askAround(worker, heir.worker, room)
    }

    private mutating func takeOver(_ worker: Int, _ room: Int, dispatches: Set<String>?) {
        workers[worker].core.tookOver(rooms[room].key, dispatches: dispatches, at: now)
        events.push(.accept(worker, room: room), at: now + .milliseconds(30))
    }

    /// The offer's own questions: to the assistant, and to those who look after all rooms.
    private mutating func askAround(_ worker: Int, _ heir: Int, _ room: Int) {
        let id = workers[heir].id
        if workers[worker].core.isWatchedClosely(id) {
            workers[worker].core.urge(id, at: now)
            settle(worker)
            return wait(worker, heir, room, until: now + .milliseconds(1500), since: now)
        }
        let advisers = workers[worker].core.advisers(on: id)
        let knows = workers.contains { worker in
            worker.answers && worker.core.isDead(id)
                && advisers.contains { worker.joined.contains(index[$0.sid] ?? -1) }
        }
        let wait: Duration = knows || workers[heir].answers ? .milliseconds(100) : .milliseconds(1500)
        let until = workers[worker].judgements[id] ?? .zero
        if until <= now {
            count("SendData", 1 + advisers.count)
            count("GetParticipant", (1 + advisers.count) * (knows || workers[heir].answers ? 2 : 8))
            workers[worker].judgements[id] = now + wait
        }
        if workers[heir].answers { return refuse(worker, room) }
        let end = max(until, now + (until > now ? .zero : wait))
        events.push(
            .wait(worker, heir: heir, room: room, until: end, since: nil), at: min(end, now + .milliseconds(25)))
    }

    /// Until others have answered, or for what the worker's own watch finds; and for a word of whoever looks after rooms.
    private mutating func wait(_ worker: Int, _ heir: Int, _ room: Int, until end: Instant, since: Instant?) {
        guard workers[worker].isAlive else { return }
        let core = workers[worker].core
        if core.isForetold(rooms[room].key.sid, of: workers[heir].id, at: now) || now >= end {
            return accept(worker, room)
        }
        switch since.flatMap({ core.verdict(on: workers[heir].id, since: $0) }) {
        case true?: accept(worker, room)
        case false?: refuse(worker, room)
        case nil:
            events.push(
                .wait(worker, heir: heir, room: room, until: end, since: since), at: min(end, now + .milliseconds(25)))
        }
    }

    private mutating func refuse(_ worker: Int, _ room: Int) {
        workers[worker].joining.remove(room)
        tell(worker)
    }

    private mutating func accept(_ worker: Int, _ room: Int) {
        guard workers[worker].isAlive else { return }
        workers[worker].joining.insert(room)
        tell(worker)
        let wait = Duration.milliseconds(Int.random(in: 50...500, using: &random))
        events.push(.join(worker, room: room), at: now + wait)
    }

    private mutating func enter(_ worker: Int, room: Int) {
        guard rooms[room].people > 0 else { return }
        if let old = rooms[room].assistant?.worker, old != worker, !workers[old].isFrozen {
            workers[old].joined.remove(room)
            if workers[old].isAlive { tell(old) }
        }
        joins += 1
        rooms[room].assistant = Assistant(worker: worker, sid: "PA_\(joins)", joinedAt: now)
        workers[worker].joined.insert(room)
        cover(room)
    }
}
