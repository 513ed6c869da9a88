import LiveKit
import SansIO
import Settings

/// Keeps exactly one assistant in every room that has a person and was promised one.
///
/// LiveKit offers a job once: with no worker there, or after a worker died, nobody comes by itself. So workers look for
/// rooms whose assistant is missing or dead, and have the server dispatch anew. A new assistant has the dead one's
/// identity, so that the server removes the dead one as it lets the new one in.
///
/// Not every worker looks at every room. The two living instances with the lowest ids that can be seen (those with an
/// assistant somewhere) list the rooms and ask every other worker whether it lives; its answer names all of its rooms
/// (`WorkerDigest`), so that only rooms which nobody names are looked into. The others ask those two, and look for
/// themselves only at rooms that they lost. When both lookers are gone, the next two know what they knew. Whoever knows of
/// nobody looks itself.
///
/// A room was promised an assistant if a dispatch of this agent's name is still listed for it, or if this process served
/// it before (a restarted server has forgotten its dispatches).
struct ReconcileCore: Sendable {
    enum Output: Sendable, Hashable {
        /// List the rooms, those of these names or all, and call `receive(_:own:hasRoom:at:)`.
        case listRooms(names: [RoomName])
        /// List the room's participants and call `receive(_:at:)`.
        case examine(RoomKey)
        /// List the dispatches of the room and call `receive(dispatches:of:wallClock:at:)`.
        case listDispatches(RoomKey)
        case createDispatch(RoomKey, metadata: String)
        /// Take a dead assistant out whose identity no new one will take over.
        case remove(RoomKey, identity: Identity)
        /// Ask an assistant whether it lives.
        case probe(instance: String, seat: RoomKey, question: String)
        /// Read its answer and call `receive(_:of:in:at:)`.
        case read(instance: String, seat: RoomKey)
        /// Tell the worker of the assistant in a room that these rooms of a dead worker are dispatched anew.
        case foretell(seat: RoomKey, dead: String, rooms: [String])
        /// A dispatch of ours was taken back: whoever did that does not want the assistant.
        case dismissed(RoomKey)
    }

    /// Why a call came to nothing.
    enum Failure: Sendable, Hashable {
        /// What was asked for is not there.
        case gone
        /// The server has too much to do, and says so.
        case throttled
        case other
    }

    /// A room that no living worker names.
    struct RoomState: Sendable {
        var unnamedSince: Instant
        /// What a look into it found.
        var finding: Finding?
        var isPending = false
        var uncoveredSince: Instant?
        var attempts = 0
        var dispatchedAt: Instant?
        /// The dispatch that is waited for, and when it was first seen.
        var awaited: (id: String, since: Instant)?
        var notBefore = Instant.zero
        var checks = 0
        var nextCheck = Instant.zero
        var people = 0
        var age = Duration.zero
    }

    enum Finding: Sendable, Hashable {
        /// The room has an assistant of a worker that lives, or of one that cannot be asked.
        case assistant(instance: String?, at: Instant)
        /// The room has none, or that of a dead worker, whose session began then.
        case uncovered(heirJoinedAt: Int64)
    }

    struct Memory: Sendable {
        var metadata: String
        var until: Instant
    }

    /// That a room's assistant is dead, whose it was, and whether many others were named with it.
    struct Word: Sendable {
        var at: Instant
        var dead: String
        var isOfMany: Bool
    }

    /// A room of this process that had a dispatch before the one by which we came.
    struct Takeover: Sendable {
        /// `nil` until they are listed.
        var dispatches: Set<String>?
        var nextLook: Instant
        /// When that look was to be, before it was put off.
        var due: Instant

        init(dispatches: Set<String>?, nextLook: Instant) {
            self.dispatches = dispatches
            self.nextLook = nextLook
            due = nextLook
        }
    }

    let configuration: Configuration
    var random: RandomSource
    var watch: PeerWatch
    var isActive = false
    var isListing = false
    /// Looks since the registration. At the first nothing is known yet of the others.
    var looks = 0
    /// Who looks after the same dispatches, by the first looker's word.
    var fellows: Set<String> = []
    var own: Set<String> = []
    /// Whether this worker takes a room itself.
    var hasRoom = true
    var nextLook: Instant?
    /// When waiting for an assistant that should be on its way ends in some room: the next look is not after it.
    var patienceEnds: Instant?
    var rooms: [RoomKey: RoomState] = [:]
    /// By room name.
    var served: [RoomName: Memory] = [:]
    /// Sids of rooms in which nobody wants an assistant any more.
    var dismissed: [String: Instant] = [:]
    var takeovers: [RoomKey: Takeover] = [:]
    /// Sids of rooms whose assistant is dead, by the word of whoever has them dispatched.
    var foretold: [String: Word] = [:]
    var budget: CallBudget
    /// Until when what can wait waits.
    var restsUntil: Instant?
    var troubles = 0
    var outputs: [Output] = []

    init(configuration: Configuration, random: RandomSource) {
        self.configuration = configuration
        self.random = random
        budget = CallBudget(configuration: configuration.budget)
        watch = PeerWatch(configuration: configuration.watch, random: random)
    }

    var deadline: Instant? {
        guard isActive else { return nil }
        return earliest(earliest(isListing ? nil : nextLook, watch.deadline), takeovers.values.map(\.nextLook).min())
    }

    mutating func pollOutput() -> Output? {
        guard !outputs.isEmpty else { return nil }
        let output = outputs.removeFirst()
        if !output.call.isEmpty { budget.add() }
        return output
    }

    // MARK: What the worker says

    /// Registered: look at once.
    mutating func start(at now: Instant) {
        isActive = true
        looks = 0
        isListing = false
        nextLook = now
        timeout(at: now)
    }

    /// Unregistered or draining: others look after the rooms.
    mutating func stop() {
        isActive = false
        isListing = false
        outputs.removeAll()
        rooms.removeAll()
        fellows.removeAll()
        watch = PeerWatch(configuration: configuration.watch, random: random)
    }

    /// Looks as soon as possible: a session ended that should go on.
    mutating func hurry(at now: Instant) {
        guard isActive else { return }
        nextLook = now
        timeout(at: now)
    }

    /// A session of this process ended though its room may go on; the room is still to have an assistant.
    mutating func lost(room: String, metadata: String, at now: Instant) {
        served[RoomName(room)] = Memory(metadata: metadata, until: now + configuration.memory)
        for key in rooms.keys where key.name == RoomName(room) { rooms[key]?.nextCheck = now }
    }

    /// Nobody is to come back into this room: a person ended the assistant or took it out.
    mutating func dismiss(_ room: RoomKey, at now: Instant) {
        served[room.name] = nil
        rooms[room] = nil
        takeovers[room] = nil
        dismissed[room.sid] = now + configuration.memory
    }

    /// This process is about to serve a room that has several dispatches of ours: with the first one gone, the server
    /// would end a job that nobody has any more, so their list is looked at now and then.
    /// - Parameter dispatches: `nil` where they were not listed, but are several.
    mutating func tookOver(_ room: RoomKey, dispatches: Set<String>?, at now: Instant) {
        guard dispatches.map({ $0.count > 1 }) ?? true else { return }
        // Not all at once, where a dead worker's rooms come together.
        let latest = takeovers.values.map(\.nextLook).max() ?? now
        let next = max(now + configuration.dispatchInterval, latest + takeoverPace)
        takeovers[room] = Takeover(dispatches: dispatches, nextLook: next)
    }

    /// - Parameters:
    ///   - own: sids of the rooms where a session of this process is or is about to be.
    ///   - hasRoom: whether this process would take another room.
    mutating func update(own: Set<String>, hasRoom: Bool) {
        self.own = own
        self.hasRoom = hasRoom
    }

    /// What this machine's locks say of instances, `watch.peers` above all.
    mutating func know(_ local: [String: Bool], at now: Instant) {
        watch.know(local, at: now)
        follow(at: now)
    }

    // MARK: Who looks

    /// The living workers with an assistant that look after the same dispatches, by id.
    private var ranked: [String] {
        var ids: [String] = []
        for (instance, peer) in watch.peers where peer.isAlive && isFellow(instance, peer.digest) {
            ids.append(instance)
        }
        if !own.isEmpty { ids.append(configuration.instance) }
        return ids.sorted()
    }

    /// By its own word, or by that of the first looker.
    private func isFellow(_ instance: String, _ digest: WorkerDigest?) -> Bool {
        fellows.contains(instance) || digest.map { $0.looks && $0.agentName == configuration.agentName } ?? false
    }

    /// How many go before this worker.
    private func rank(in ranked: [String]) -> Int {
        own.isEmpty ? ranked.count : ranked.firstIndex(of: configuration.instance) ?? 0
    }

    /// How many workers there are, as far as it is known.
    var workers: Int { ranked.count + (own.isEmpty ? 1 : 0) }

    /// Between two looks at dispatches of rooms that were taken over.
    var takeoverPace: Duration { configuration.dispatchPace * max(1, workers / 4) }

    /// Whether this worker looks after all rooms.
    var isLooker: Bool { rank(in: ranked) < configuration.lookers }

    /// Those that this worker goes by where it does not look itself.
    private var lookers: [String] { ranked.prefix(configuration.lookers).filter { $0 != configuration.instance } }

    /// Which rooms are this worker's to look after first.
    var turn: Turn { turn(among: ranked) }

    /// Which rooms of dead lookers are this worker's whether or not those lookers live that are in doubt. Who comes after
    /// them may have found them dead already, and shares those rooms with this worker only.
    var sureTurn: Turn {
        let ranked = ranked
        var lookers = 0
        let later = ranked.firstIndex { instance in
            if lookers == configuration.lookers { return true }
            if !watch.isInDoubt(instance) { lookers += 1 }
            return false
        }
        let sharers = ranked.prefix(later ?? ranked.count)
        return own.isEmpty ? turn(among: ranked) : Turn(of: configuration.instance, among: Array(sharers))
    }

    private func turn(among ranked: [String]) -> Turn {
        var sharers = Array(ranked.prefix(configuration.lookers))
        if own.isEmpty {
            // Nobody knows of a worker without an assistant: it goes first where the others have no room.
            let isOpen = sharers.contains { watch.peers[$0]?.digest?.hasRoom != false }
            sharers = isOpen ? sharers + [configuration.instance] : [configuration.instance]
        }
        return Turn(of: configuration.instance, among: sharers)
    }

    /// Where those can be asked who know first whether an instance is dead: the lookers, and who comes after them.
    func advisers(on instance: String) -> [RoomKey] {
        let ids = ranked.prefix(configuration.lookers + configuration.reserves + 1)
        return ids.filter { $0 != configuration.instance && $0 != instance }.compactMap { watch.peers[$0]?.seats.first }
    }

    /// Whether this worker asks an instance itself, again and again.
    func isWatchedClosely(_ instance: String) -> Bool { watch.isWatchedClosely(instance) }

    /// Has an instance asked at once whose room is offered.
    mutating func urge(_ instance: String, at now: Instant) {
        watch.urge(instance, at: now)
        timeout(at: now)
    }

    /// What the watch has found of it since.
    func verdict(on instance: String, since instant: Instant) -> Bool? { watch.verdict(on: instance, since: instant) }

    /// Whether an instance that is dead was one of those on whose word all others go.
    func wasLooker(_ instance: String) -> Bool { ranked.count { $0 < instance } < configuration.lookers }

    private mutating func attend(at now: Instant) {
        let ranked = ranked
        let rank = rank(in: ranked)
        budget.share(
            workers: ranked.count + (own.isEmpty ? 1 : 0), lookers: configuration.lookers,
            reserves: configuration.reserves, rank: rank)
        let lookers = ranked.prefix(configuration.lookers)
        let turn = turn(among: ranked)
        var attention: [String: PeerWatch.Attention] = [:]
        if rank < configuration.lookers {
            let strangers = watch.peers.filter { $0.value.isAlive && $0.value.heardAt == nil }.keys.sorted()
            let later = fellows.isEmpty ? Set(strangers.dropFirst(configuration.strangers)) : []
            for (instance, peer) in watch.peers where peer.isAlive && !later.contains(instance) {
                // Those of other dispatches look after their own.
                guard peer.digest?.agentName ?? configuration.agentName == configuration.agentName else { continue }
                // Each worker is asked by one looker; the other looks at the answers.
                attention[instance] =
                    lookers.contains(instance) ? .near : turn.isMine(instance) ? .close : .aside
            }
        } else {
            let isReserve = rank < configuration.lookers + configuration.reserves
            for instance in lookers { attention[instance] = isReserve ? .near : .lazy }
        }
        watch.watchLazily(atMostEvery: budget.halfPace * configuration.lookers)
        watch.watch(attention, at: now)
    }

    // MARK: Time

    mutating func timeout(at now: Instant) {
        guard isActive else { return }
        follow(at: now)
        restsUntil = budget.settle(at: now)
        watch.ease(until: restsUntil ?? now)
        watch.timeout(at: now)
        follow(at: now)
        checkTakeovers(at: now)
        guard !isListing, let nextLook, nextLook <= now else { return }
        look(at: now)
    }

    private mutating func look(at now: Instant) {
        served = served.filter { $0.value.until > now }
        dismissed = dismissed.filter { $0.value > now }
        if watch.isFindingOut(at: now), looks > 0, looks < 6, !watch.peers.values.contains(where: { !$0.isAlive }) {
            // What they tell may leave little to be listed.
            nextLook = now + .milliseconds(100)
        } else if isLooker {
            isListing = true
            outputs.append(.listRooms(names: []))
        } else if !served.isEmpty {
            isListing = true
            outputs.append(.listRooms(names: served.keys.sorted()))
        } else {
            rooms.removeAll()
            scheduleLook(at: now)
        }
    }

    mutating func scheduleLook(at now: Instant) {
        isListing = false
        let jitter = Int64.random(in: 0...max(1, configuration.interval.wholeNanoseconds / 4), using: &random)
        nextLook = now + configuration.interval - .nanoseconds(jitter)
        expedite(patienceEnds)
        patienceEnds = nil
    }

    mutating func expedite(_ instant: Instant?) {
        guard let instant, let nextLook, instant < nextLook else { return }
        self.nextLook = instant
    }

    /// Takes up what the watch found.
    mutating func follow(at now: Instant) {
        attend(at: now)
        while let change = watch.pollChange() {
            switch change {
            case .died:
                // Its rooms are the next look's, and that is now. A follower may have become a looker.
                nextLook = earliest(nextLook, now)
            case .revived: break
            case .told(let instance): heardOf(instance, at: now)
            case .vanished(let instance): watch.forget(instance)
            }
            attend(at: now)
        }
        while let output = watch.pollOutput() {
            switch output {
            case .probe(let instance, let seat, let question):
                outputs.append(.probe(instance: instance, seat: seat, question: question))
            case .read(let instance, let seat): outputs.append(.read(instance: instance, seat: seat))
            }
        }
    }

    /// Who is not known yet is met; by the first looker's word also forgotten, where this worker does not look itself.
    private mutating func heardOf(_ instance: String, at now: Instant) {
        guard let digest = watch.peers[instance]?.digest, isFellow(instance, digest) else { return }
        let isGuide = !isLooker && instance == lookers.first
        for (other, seat) in digest.peers where other != configuration.instance && !watch.isDead(other) {
            // A looker hears from everyone itself.
            if isGuide || watch.peers[other] == nil { watch.met(other, in: seat, at: now) }
        }
        guard isGuide else { return }
        fellows = Set(digest.peers.keys)
        watch.keep(only: Set(digest.peers.keys).union(lookers))
    }

    // MARK: What the watch hears

    mutating func receive(_ reading: PeerWatch.Reading, of instance: String, in seat: RoomKey, at now: Instant) {
        guard isActive else { return }
        watch.receive(reading, of: instance, in: seat, at: now)
        follow(at: now)
    }

    /// What this worker knows of the others, for its own digest.
    func describe(_ digest: inout WorkerDigest) {
        digest.looks = isActive
        digest.agentName = configuration.agentName
        digest.dead = Set(watch.peers.filter { !$0.value.isAlive }.keys)
        let living = watch.peers.filter { $0.value.isAlive && isFellow($0.key, $0.value.digest) }
        digest.peers = living.compactMapValues { $0.seats.first }
    }

    // MARK: Rooms of the dead

    /// Another worker has found an instance dead, and has its rooms dispatched anew: these.
    mutating func foretold(_ sids: [String], of dead: String, at now: Instant) {
        foretold = foretold.filter { $0.value.at + configuration.foretoldMemory > now }
        let word = Word(at: now, dead: dead, isOfMany: sids.count >= configuration.many)
        for sid in sids.prefix(Self.mostForetold - min(foretold.count, Self.mostForetold)) { foretold[sid] = word }
    }

    /// Whether whoever looks after all rooms has said that this one's assistant is dead, where it is an instance's: the next
    /// one's may live.
    func isForetold(_ sid: String, of instance: String?, within memory: Duration? = nil, at now: Instant) -> Bool {
        guard let word = foretold[sid], word.dead == instance else { return false }
        return word.at + (memory ?? configuration.foretoldMemory) > now
    }

    /// Whether it is one of so many that who is offered one does not look into it: right after the word, when nobody else
    /// can have come.
    func isOneOfMany(_ sid: String, at now: Instant) -> Bool {
        foretold[sid].map { $0.isOfMany && $0.at + configuration.turnPatience > now } ?? false
    }

    /// Tells everybody, so that nobody who is offered one of these rooms has to ask around, or to look into it where they
    /// are many. Not who has no assistant: several such may not know of each other, and lists show whose dispatch wins.
    mutating func foretell(_ sids: [String], of dead: String, at now: Instant) {
        guard !sids.isEmpty, !own.isEmpty else { return }
        foretold(sids, of: dead, at: now)
        let seats = watch.peers.filter { $0.value.isAlive && isFellow($0.key, $0.value.digest) }
        for seat in seats.compactMap({ $0.value.seats.first }).sorted(by: { $0.sid < $1.sid }) {
            for start in stride(from: 0, to: sids.count, by: Self.mostToldAtOnce) {
                let some = Array(sids[start..<min(start + Self.mostToldAtOnce, sids.count)])
                outputs.append(.foretell(seat: seat, dead: dead, rooms: some))
            }
        }
    }

    /// A packet of the server's API is to stay below 15,000 bytes.
    private static let mostToldAtOnce = 400
    private static let mostForetold = 10_000

    /// Instances about which the machine's locks may know something.
    var known: [String] { Array(watch.peers.keys) }

    /// Whether this worker found the instance dead.
    func isDead(_ instance: String) -> Bool { watch.isDead(instance) }
}
