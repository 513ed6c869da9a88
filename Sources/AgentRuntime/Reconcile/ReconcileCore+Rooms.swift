import LiveKit
import SansIO

/// Rooms that nobody names: what is found in them, and what is done about it.
extension ReconcileCore {
    /// - Parameter summaries: every room with people in it, or those that were asked for by name.
    mutating func receive(_ summaries: [RoomSummary], at now: Instant) {
        guard isActive, isListing else { return }
        troubles = 0
        var named = own
        let (turn, sureTurn) = (turn, sureTurn)
        // Of the dead, as far as they are this worker's to look after, and whose they were.
        var orphans: [String: String] = [:]
        var ofTheDead: Set<String> = []
        for (instance, peer) in watch.peers {
            guard let digest = peer.digest, instance != configuration.instance else { continue }
            if peer.isAlive {
                named.formUnion(digest.rooms)
                continue
            }
            // What it had longer ago somebody may have by now who has not told this worker of it yet.
            guard let died = peer.diedAt, now < died + configuration.turnPatience else { continue }
            ofTheDead.formUnion(digest.rooms)
            // Who asked it is the first to know; of those on whose word all others go, all who look.
            let byRoom = wasLooker(instance)
            if byRoom || turn.isMine(instance) {
                for sid in digest.rooms where !byRoom || sureTurn.isMine(sid) { orphans[sid] = instance }
            }
        }
        var unnamed: [RoomKey: RoomState] = [:]
        var examined: [RoomKey] = []
        var lost: [String: [String]] = [:]
        for summary in summaries {
            let key = summary.key
            guard !named.contains(key.sid), summary.people > 0 || summary.age < Self.countingTime,
                dismissed[key.sid] == nil
            else { continue }
            var state = rooms[key] ?? RoomState(unnamedSince: now)
            if summary.people > state.people, state.nextCheck > now, state.uncoveredSince == nil {
                state.nextCheck = now
            }
            state.people = summary.people
            state.age = summary.age
            let dead = orphans[key.sid]
            var isOrphan = dead != nil
            if let dead, state.finding == nil, state.attempts == 0 {
                // Somebody else may have begun.
                isOrphan = !isForetold(key.sid, of: dead, within: configuration.turnPatience, at: now)
                if isOrphan {
                    state.finding = .uncovered(heirJoinedAt: 0)
                    lost[dead, default: []].append(key.sid)
                }
            }
            if judge(&state, summary, isMine: isOrphan || turn.isMine(key.sid) && !ofTheDead.contains(key.sid), at: now)
            {
                examined.append(key)
            }
            unnamed[key] = state
        }
        rooms = unnamed
        for (dead, sids) in lost.sorted(by: { $0.key < $1.key }) { foretell(sids, of: dead, at: now) }
        scheduleLook(at: now)
        examine(examined, at: now)
    }

    /// livekit-server counts participants every 5 s only, so a young room may have people of whom it does not know.
    static let countingTime = Duration.seconds(10)

    /// - Returns: whether the room is to be looked into.
    private mutating func judge(
        _ state: inout RoomState, _ summary: RoomSummary, isMine: Bool, at now: Instant
    ) -> Bool {
        guard !state.isPending else { return false }
        let wasServed = served[summary.key.name] != nil
        // Another looker is about to look after it.
        guard isMine || wasServed || now >= state.unnamedSince + configuration.turnPatience else { return false }
        switch state.finding {
        case .uncovered?:
            if now >= state.nextCheck { uncovered(summary.key, &state, patience: .zero, at: now) }
            return false
        case .assistant(let instance?, let at)? where isLeftover(of: instance, sid: summary.key.sid, since: at, at: now):
            state.finding = .uncovered(heirJoinedAt: 0)
            uncovered(summary.key, &state, patience: .zero, at: now)
            return false
        case .assistant?: return now >= state.nextCheck
        case nil:
            // Somebody may be about to name it.
            let isKnown = looks == 0 || wasServed
            let ready = state.unnamedSince + (isKnown ? .zero : configuration.patience)
            if now < ready { patienceEnds = earliest(patienceEnds, ready) }
            return now >= ready && now >= state.nextCheck && !mayBeNamed(since: state.dispatchedAt, at: now)
        }
    }

    /// Whether somebody who has not told of its rooms since a dispatch may be the one who came.
    private func mayBeNamed(since dispatch: Instant?, at now: Instant) -> Bool {
        guard let dispatch, now < dispatch + configuration.namingPatience else { return false }
        return watch.peers.values.contains {
            $0.isAlive && ($0.digestAt ?? now) < dispatch + configuration.patience
        }
    }

    /// Whether the room's assistant belongs to a worker that is dead, or that has said since that it has none there.
    private func isLeftover(of instance: String, sid: String, since: Instant, at now: Instant) -> Bool {
        if instance == configuration.instance { return !own.contains(sid) }
        guard let peer = watch.peers[instance] else { return false }
        if !peer.isAlive { return true }
        guard let digest = peer.digest, digest.isComplete, let told = peer.digestAt else { return false }
        return told > since + configuration.patience && !digest.rooms.contains(sid)
    }

    private mutating func examine(_ keys: [RoomKey], at now: Instant) {
        // Those that were met a moment ago may name what is left.
        guard !watch.isFindingOut(at: now) else { return expedite(now + .milliseconds(300)) }
        var keys = keys
        var most = min(configuration.firstExaminations << min(looks, 8), configuration.examinations)
        if restsUntil != nil { most = min(most, configuration.firstExaminations) }
        if keys.count > most {
            keys.shuffle(using: &random)
            keys.removeLast(keys.count - most)
            // By then those that were met have told of their rooms.
            expedite(now + .milliseconds(250))
        }
        looks += 1
        for key in keys {
            rooms[key]?.isPending = true
            outputs.append(.examine(key))
        }
    }

    // MARK: A look into a room

    mutating func receive(_ view: RoomView, at now: Instant) {
        guard isActive, var state = rooms[view.key] else { return }
        defer { if rooms[view.key] != nil { rooms[view.key] = state } }
        state.isPending = false
        state.people = max(state.people, view.people)
        guard !own.contains(view.sid), dismissed[view.sid] == nil else { return postpone(&state, at: now) }
        guard view.people > 0 else { return foundEmpty(view, &state, at: now) }
        for assistant in view.assistants {
            guard let instance = assistant.instance, instance != configuration.instance else { continue }
            watch.met(
                instance, in: view.key,
                answer: assistant.identity == view.key.assistant ? .some(assistant.answered) : nil,
                at: now)
        }
        follow(at: now)
        guard let heir = view.heir else {
            state.finding = .uncovered(heirJoinedAt: 0)
            // Where nobody was yet, the first may be on the way.
            let patience = state.age < configuration.youth ? configuration.patience : .zero
            return uncovered(view.key, &state, patience: patience, at: now)
        }
        let isDead = heir.liveness == .dead || heir.instance.map { watch.isDead($0) } == true
        if isDead {
            state.finding = .uncovered(heirJoinedAt: heir.joinedAt)
            return uncovered(view.key, &state, patience: .zero, at: now)
        }
        state.finding = .assistant(instance: heir.instance, at: now)
        postpone(&state, at: now)
        // An assistant with another identity is a leftover: there is to be one.
        for other in view.assistants where other.identity != heir.identity && isDeadForSure(other) {
            outputs.append(.remove(view.key, identity: other.identity))
        }
    }

    /// Nobody is there. Whoever comes into a young room is not counted yet, so that the list of rooms does not show it.
    private mutating func foundEmpty(_ view: RoomView, _ state: inout RoomState, at now: Instant) {
        guard state.age < Self.countingTime else { return postpone(&state, at: now) }
        // Who may be on the way to it has been waited for since.
        state.uncoveredSince = view.heir == nil ? state.uncoveredSince ?? now : nil
        state.nextCheck = now + configuration.recheckPace * rooms.count
    }

    private func isDeadForSure(_ assistant: RoomView.Assistant) -> Bool {
        assistant.liveness == .dead || assistant.instance.map { watch.isDead($0) } == true
    }

    /// The room is in order, or none of ours: it is looked into again, less and less often.
    private mutating func postpone(_ state: inout RoomState, at now: Instant) {
        state.uncoveredSince = nil
        let wait = configuration.recheck.delay(attempt: state.checks, using: &random)
        state.checks += 1
        let crowd = configuration.recheckPace * rooms.count
        state.nextCheck = now + max(wait, crowd)
    }

    private mutating func uncovered(_ key: RoomKey, _ state: inout RoomState, patience: Duration, at now: Instant) {
        let since = state.uncoveredSince ?? now
        state.uncoveredSince = since
        guard now >= since + patience else {
            state.nextCheck = since + patience
            return expedite(since + patience)
        }
        guard now >= state.notBefore, someoneHasRoom else { return }
        state.isPending = true
        outputs.append(.listDispatches(key))
    }

    /// Where everybody is full, a dispatch would bring nobody.
    private var someoneHasRoom: Bool {
        hasRoom || watch.peers.contains { $0.value.isAlive && $0.value.digest?.hasRoom == true }
    }

    // MARK: Dispatches

    /// Creates a dispatch where one was promised and none is under way.
    /// - Parameter wallClock: nanoseconds since 1970.
    mutating func receive(
        dispatches: [RoomView.Dispatch], of room: RoomKey, wallClock: Int64, at now: Instant
    ) {
        guard isActive else { return }
        let ours = dispatches.filter { $0.agentName == configuration.agentName }
        if takeovers[room] != nil, own.contains(room.sid) { return checkTakeover(room, Set(ours.map(\.id)), at: now) }
        guard var state = rooms[room] else { return }
        defer { rooms[room] = state }
        state.isPending = false
        guard state.uncoveredSince != nil, !own.contains(room.sid) else { return }
        let promised = ours.max { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
        guard let metadata = promised?.metadata ?? served[room.name]?.metadata else {
            return postpone(&state, at: now)
        }
        if let promised, let wait = graceLeft(promised, &state, wallClock: wallClock, at: now) {
            state.nextCheck = now + wait
            return expedite(now + wait)
        }
        state.notBefore = now + waitForAnother(after: state.attempts)
        state.attempts += 1
        state.dispatchedAt = now
        state.checks = 0
        // Whoever came in the end need not name the room.
        state.finding = nil
        state.nextCheck = state.notBefore
        outputs.append(.createDispatch(room, metadata: metadata))
    }

    /// - Parameter attempts: earlier dispatches that brought nobody.
    private mutating func waitForAnother(after attempts: Int) -> Duration {
        guard attempts < configuration.hasty, watch.peers.contains(where: { !$0.value.isAlive }) else {
            return configuration.backoff.delay(attempt: attempts, using: &random)
        }
        let longest = configuration.soonAgain
        return longest - .nanoseconds(Int64.random(in: 0...(longest.wholeNanoseconds / 4), using: &random))
    }

    /// For how long a dispatch may still bring its assistant: it is young, and not the one that brought the dead one.
    private func graceLeft(
        _ dispatch: RoomView.Dispatch, _ state: inout RoomState, wallClock: Int64, at now: Instant
    ) -> Duration? {
        var heirSince: Int64 = 0
        if case .uncovered(let joinedAt)? = state.finding { heirSince = joinedAt }
        guard dispatch.createdAt > heirSince else { return nil }
        // Not since the room was found without one: another's dispatch may be much younger than that.
        let since = state.awaited?.id == dispatch.id ? state.awaited?.since ?? now : now
        state.awaited = (dispatch.id, since)
        let age = Duration.nanoseconds(wallClock.subtractingReportingOverflow(dispatch.createdAt).partialValue)
        // Clocks of server and worker may differ: by this machine's own clock the wait is bounded too.
        let waited = max(now - since, age)
        let isNew = state.age < configuration.youth + configuration.patience
        let grace = isNew || dispatch.isOver ? configuration.dispatchGrace : configuration.raceGrace
        return waited < grace ? grace - waited : nil
    }

    // MARK: Rooms that were taken over

    mutating func checkTakeovers(at now: Instant) {
        takeovers = takeovers.filter { own.contains($0.key.sid) || $0.value.nextLook > now }
        for key in takeovers.keys.sorted(by: { $0.sid < $1.sid }) {
            guard let takeover = takeovers[key], takeover.nextLook <= now else { continue }
            if let restsUntil, now < takeover.due + configuration.dispatchPatience {
                let next = min(restsUntil + takeoverPace, takeover.due + configuration.dispatchPatience)
                takeovers[key]?.nextLook = next
                continue
            }
            let interval = max(configuration.dispatchInterval, takeoverPace * takeovers.count)
            let jitter = Int64.random(in: 0...max(1, interval.wholeNanoseconds / 4), using: &random)
            takeovers[key] = Takeover(
                dispatches: takeover.dispatches, nextLook: now + interval - .nanoseconds(jitter))
            outputs.append(.listDispatches(key))
        }
    }

    private mutating func checkTakeover(_ room: RoomKey, _ ids: Set<String>, at now: Instant) {
        guard let takeover = takeovers[room] else { return }
        // Where they were not listed, there was one before the one by which we came.
        let isWhole = takeover.dispatches.map { $0.isSubset(of: ids) } ?? (ids.count > 1)
        if isWhole {
            takeovers[room]?.dispatches = ids
        } else {
            takeovers[room] = nil
            outputs.append(.dismissed(room))
        }
    }

    // MARK: Trouble

    /// A call came to nothing.
    mutating func failed(_ output: Output, _ failure: Failure, at now: Instant) {
        guard isActive else { return }
        switch output {
        case .listRooms: scheduleLook(at: now)
        case .examine(let room), .listDispatches(let room):
            rooms[room]?.isPending = false
            if failure == .gone { rooms[room] = nil }
        case .probe(let instance, let seat, _): watch.undelivered(instance, in: seat)
        case .read(let instance, let seat): watch.failed(instance, in: seat, isGone: failure == .gone, at: now)
        case .createDispatch, .remove, .foretell, .dismissed: break
        }
        if failure == .throttled { relieve(at: now) }
        follow(at: now)
    }

    /// The server has too much to do: longer and longer waits, until it lists rooms again.
    private mutating func relieve(at now: Instant) {
        if let nextLook, troubles > 0, nextLook > now + configuration.interval { return }
        let wait = configuration.relief.delay(attempt: troubles, using: &random)
        troubles += 1
        nextLook = now + wait
        watch.hold(until: now + wait)
        takeovers = takeovers.mapValues {
            Takeover(dispatches: $0.dispatches, nextLook: max($0.nextLook, now + wait))
        }
    }
}
