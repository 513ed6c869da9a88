import LiveKit
import SansIO
import Settings

/// Keeps exactly one assistant in every room that has a person and was promised one.
///
/// LiveKit offers a job once: with no worker there, or after a worker died, nobody comes by itself. So each worker looks
/// at the rooms every few seconds and has the server dispatch anew where an assistant is missing or dead. A new
/// assistant has the dead one's identity, so that the server removes the dead one as it lets the new one in.
///
/// A room was promised an assistant if a dispatch of this agent's name is still listed for it, or if this process served
/// it before (a restarted server has forgotten its dispatches).
struct ReconcileCore: Sendable {
    struct Configuration: Sendable {
        var agentName = ""
        /// From one look to the next, at most; a quarter less at random. With two unanswered questions and a join, the
        /// room of a worker that died elsewhere is covered within 3 s.
        var interval: Duration = .milliseconds(1250)
        /// A room younger than this may still be waiting for the assistant of its own making.
        var youth: Duration = .seconds(4)
        /// For how long a young room must have been seen without an assistant.
        var patience: Duration = .seconds(1)
        /// A dispatch younger than this may still bring its assistant.
        var dispatchGrace: Duration = .seconds(2)
        /// How long an answer may take before the question is asked again.
        var answerTime: Duration = .milliseconds(750)
        /// Questions in a row without an answer after which an assistant counts as dead.
        var misses = 2
        /// Between dispatches into one room that bring nobody.
        var backoff = Backoff.exponential(first: .seconds(6), longest: .seconds(20))
        /// For how long a room that was served and lost is remembered.
        var memory: Duration = .seconds(600)

        init() {}
    }

    enum Output: Sendable, Hashable {
        /// List the rooms and call `receive(_:own:at:)` or `lookFailed(at:)`.
        case look
        /// List the dispatches of the room and call `receive(dispatches:ofRoom:wallClock:at:)`.
        case listDispatches(room: String)
        case createDispatch(room: String, metadata: String)
        /// Take a dead assistant out whose identity no new one will take over.
        case remove(room: String, identity: String)
        /// Ask an assistant whether it lives.
        case probe(room: String, identity: String, question: String)
        /// Look for its answer and call `receive(answer:of:inRoom:at:)` or `checkFailed(room:)`.
        case check(room: String, identity: String)
    }

    private struct RoomState: Sendable {
        var sid: String
        var uncoveredSince: Instant?
        var attempts = 0
        var notBefore = Instant.zero
        /// The dead or missing assistant's session: the judgement below is about it.
        var heir: (sid: String, joinedAt: Int64, instance: String?)?
        /// The last answer seen.
        var answer: String?
        /// By when an answer to the question under way is to be there.
        var question: Instant?
        var isChecking = false
        var misses = 0
    }

    private struct Memory: Sendable {
        var metadata: String
        var until: Instant
    }

    private let configuration: Configuration
    private var random: RandomSource
    private var isActive = false
    private var isLooking = false
    /// Whether this worker takes a room itself. One that is full leaves dispatching to others.
    private var hasRoom = true
    private var nextLook: Instant?
    /// When waiting for an assistant that should be on its way ends in some room: the next look is not after it.
    private var patienceEnds: Instant?
    private var rooms: [String: RoomState] = [:]
    /// During a look: instances with a question under way since before it, and those that need no other one.
    private var waiting: Set<String> = []
    private var asked: Set<String> = []
    /// By room name.
    private var served: [String: Memory] = [:]
    /// Sids of rooms in which nobody wants an assistant any more.
    private var dismissed: [String: Instant] = [:]
    private var outputs: [Output] = []

    init(configuration: Configuration, random: RandomSource) {
        self.configuration = configuration
        self.random = random
    }

    var deadline: Instant? {
        guard isActive else { return nil }
        let answer = rooms.values.compactMap { $0.isChecking ? nil : $0.question }.min()
        return [isLooking ? nil : nextLook, answer].compactMap { $0 }.min()
    }

    mutating func pollOutput() -> Output? { outputs.isEmpty ? nil : outputs.removeFirst() }

    // MARK: What the worker says

    /// Registered: look at once.
    mutating func start(at now: Instant) {
        isActive = true
        nextLook = now
        timeout(at: now)
    }

    /// Unregistered or draining: others look after the rooms.
    mutating func stop() {
        isActive = false
        isLooking = false
        outputs.removeAll()
    }

    /// Looks as soon as possible: a session ended that should go on.
    mutating func hurry(at now: Instant) {
        guard isActive else { return }
        nextLook = now
        timeout(at: now)
    }

    /// A session of this process ended though its room may go on; the room is still to have an assistant.
    mutating func lost(room: String, metadata: String, at now: Instant) {
        served[room] = Memory(metadata: metadata, until: now + configuration.memory)
    }

    /// Nobody is to come back into this room: a person ended the assistant or took it out.
    mutating func dismiss(room: String, sid: String, at now: Instant) {
        served[room] = nil
        dismissed[sid] = now + configuration.memory
    }

    // MARK: Time

    mutating func timeout(at now: Instant) {
        guard isActive else { return }
        let due = rooms.filter { !$0.value.isChecking && $0.value.question ?? .distantFuture <= now }
        for (room, state) in due.sorted(by: { $0.key < $1.key }) {
            rooms[room]?.isChecking = true
            outputs.append(.check(room: room, identity: AgentInstance.identity(ofRoom: state.sid)))
        }
        guard !isLooking, let nextLook, nextLook <= now else { return }
        isLooking = true
        outputs.append(.look)
    }

    mutating func lookFailed(at now: Instant) {
        scheduleLook(at: now)
    }

    private mutating func scheduleLook(at now: Instant) {
        isLooking = false
        let jitter = Int64.random(in: 0...max(1, configuration.interval.wholeNanoseconds / 4), using: &random)
        nextLook = now + configuration.interval - .nanoseconds(jitter)
        expedite(patienceEnds)
        patienceEnds = nil
    }

    private mutating func expedite(_ instant: Instant?) {
        guard let instant, let nextLook, instant < nextLook else { return }
        self.nextLook = instant
    }

    // MARK: What the server says

    /// - Parameters:
    ///   - views: every room with people in it.
    ///   - own: sids of the rooms where a session of this process is or is about to be.
    ///   - hasRoom: whether this process would take another room.
    mutating func receive(_ views: [RoomView], own: Set<String>, hasRoom: Bool = true, at now: Instant) {
        guard isActive else { return }
        self.hasRoom = hasRoom
        let names = Set(views.map(\.name))
        rooms = rooms.filter { names.contains($0.key) }
        served = served.filter { $0.value.until > now }
        dismissed = dismissed.filter { $0.value > now }
        for view in views { noteAnswers(view) }
        waiting = Set(rooms.values.compactMap { $0.question == nil ? nil : $0.heir?.instance })
        asked = waiting
        for view in views { judge(view, own: own, at: now) }
        scheduleLook(at: now)
    }

    private mutating func judge(_ view: RoomView, own: Set<String>, at now: Instant) {
        var state = rooms[view.name] ?? RoomState(sid: view.sid)
        if state.sid != view.sid { state = RoomState(sid: view.sid) }
        defer { rooms[view.name] = state }
        let expected = AgentInstance.identity(ofRoom: view.sid)
        guard !own.contains(view.sid), view.people > 0, dismissed[view.sid] == nil else {
            state.heir = nil
            state.question = nil
            if own.contains(view.sid) { return settled(&state, view, expected) }
            state.uncoveredSince = nil
            return
        }
        let heir = view.heir
        if heir?.sid != state.heir?.sid {
            state.heir = heir.map { ($0.sid, $0.joinedAt, $0.instance) }
            state.answer = heir?.answered
            state.question = nil
            state.isChecking = false
            state.misses = 0
        }
        if let heir, isAlive(heir, in: view, &state, at: now) { return settled(&state, view, expected) }
        // Where there is a dead one, nobody is on the way; in a young room the first may still be.
        let patience = heir == nil && view.age < configuration.youth ? configuration.patience : .zero
        uncovered(view.name, &state, patience: patience, at: now)
    }

    private mutating func uncovered(
        _ room: String, _ state: inout RoomState, patience: Duration, at now: Instant
    ) {
        let since = state.uncoveredSince ?? now
        state.uncoveredSince = since
        guard now >= since + patience else {
            patienceEnds = min(since + patience, patienceEnds ?? .distantFuture)
            return
        }
        guard hasRoom, now >= state.notBefore else { return }
        outputs.append(.listDispatches(room: room))
    }

    private mutating func settled(_ state: inout RoomState, _ view: RoomView, _ expected: String) {
        state.uncoveredSince = nil
        state.attempts = 0
        state.notBefore = .zero
        // An assistant with another identity is a leftover: there is to be one.
        for other in view.assistants where other.identity != expected && other.liveness == .dead {
            outputs.append(.remove(room: view.name, identity: other.identity))
        }
    }

    /// Creates a dispatch where one was promised and none is under way.
    /// - Parameter wallClock: nanoseconds since 1970.
    mutating func receive(
        dispatches: [RoomView.Dispatch], ofRoom room: String, wallClock: Int64, at now: Instant
    ) {
        guard isActive, var state = rooms[room], state.uncoveredSince != nil else { return }
        let promised = dispatches.filter { $0.agentName == configuration.agentName }
            .max { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
        guard let metadata = promised?.metadata ?? served[room]?.metadata else { return }
        if let promised, let wait = graceLeft(promised, state, wallClock: wallClock, at: now) {
            return expedite(now + wait)
        }
        state.notBefore = now + configuration.backoff.delay(attempt: state.attempts, using: &random)
        state.attempts += 1
        rooms[room] = state
        outputs.append(.createDispatch(room: room, metadata: metadata))
    }

    /// For how long a dispatch may still bring its assistant: it is young, and not the one that brought the dead one.
    private func graceLeft(
        _ dispatch: RoomView.Dispatch, _ state: RoomState, wallClock: Int64, at now: Instant
    ) -> Duration? {
        guard let since = state.uncoveredSince, dispatch.createdAt > state.heir?.joinedAt ?? 0 else { return nil }
        let age = Duration.nanoseconds(wallClock.subtractingReportingOverflow(dispatch.createdAt).partialValue)
        // Clocks of server and worker may differ: by this machine's own clock the wait is bounded too.
        let waited = max(now - since, age)
        return waited < configuration.dispatchGrace ? configuration.dispatchGrace - waited : nil
    }

    // MARK: Who lives

    /// Whether the room's assistant has left every question unanswered.
    func isDead(_ sid: String, inRoom room: String) -> Bool {
        guard let state = rooms[room], state.heir?.sid == sid else { return false }
        return state.misses >= configuration.misses
    }

    /// Whether the assistant's worker lives, as far as is known; asks where it is not, in one room a worker.
    private mutating func isAlive(
        _ assistant: RoomView.Assistant, in view: RoomView, _ state: inout RoomState, at now: Instant
    ) -> Bool {
        switch assistant.liveness {
        case .alive: return true
        case .dead: return false
        case .unknown: break
        }
        guard let instance = assistant.instance else { return true }
        if state.misses >= configuration.misses, !waiting.contains(instance) { return false }
        if asked.insert(instance).inserted { ask(view.name, &state, at: now) }
        return true
    }

    private mutating func ask(_ room: String, _ state: inout RoomState, at now: Instant) {
        state.question = now + configuration.answerTime
        state.isChecking = false
        outputs.append(
            .probe(
                room: room, identity: AgentInstance.identity(ofRoom: state.sid),
                question: String(random.next(), radix: 36)))
    }

    /// - Parameters:
    ///   - answer: what the assistant last answered, to whomever; `nil` if it never has.
    ///   - sid: its participant's.
    mutating func receive(answer: String?, of sid: String, inRoom room: String, at now: Instant) {
        guard isActive, var state = rooms[room], state.isChecking, let heir = state.heir else { return }
        state.isChecking = false
        state.question = nil
        rooms[room] = state
        // Another one has taken its place: the next look judges it.
        guard heir.sid == sid, let instance = heir.instance else { return }
        if answer != state.answer { return lives(instance, in: room, answer: answer) }
        missed(instance, in: room, at: now)
    }

    /// The question could not be followed up: the next look asks anew.
    mutating func checkFailed(room: String) {
        rooms[room]?.isChecking = false
        rooms[room]?.question = nil
    }

    private mutating func noteAnswers(_ view: RoomView) {
        guard let heir = view.heir, let instance = heir.instance, let state = rooms[view.name],
            state.heir?.sid == heir.sid, heir.answered != state.answer
        else { return }
        lives(instance, in: view.name, answer: heir.answered)
    }

    /// An answer is proof, late or to another worker's question too, and for all rooms of that worker.
    private mutating func lives(_ instance: String, in room: String, answer: String?) {
        rooms[room]?.answer = answer
        for name in rooms.keys where rooms[name]?.heir?.instance == instance {
            rooms[name]?.misses = 0
            rooms[name]?.question = nil
            rooms[name]?.isChecking = false
        }
    }

    /// One question without an answer has it asked again, in all rooms of that worker; another one, and it is dead.
    private mutating func missed(_ instance: String, in room: String, at now: Instant) {
        let misses = (rooms[room]?.misses ?? 0) + 1
        rooms[room]?.misses = misses
        let shared = rooms.filter { $0.value.heir?.instance == instance }.sorted { $0.key < $1.key }
        // An answer may still be under way in another room.
        if misses >= configuration.misses, shared.contains(where: { $0.value.question != nil }) { return }
        for (name, state) in shared {
            var state = state
            if misses < configuration.misses {
                guard state.question == nil else { continue }
                state.misses = max(state.misses, misses)
                ask(name, &state, at: now)
            } else if state.misses >= configuration.misses {
                uncovered(name, &state, patience: .zero, at: now)
            }
            rooms[name] = state
        }
    }
}
