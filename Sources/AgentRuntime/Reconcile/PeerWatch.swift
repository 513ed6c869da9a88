import SansIO

/// Who of the workers elsewhere lives, by questions to one of each worker's assistants.
///
/// A question is a packet; its answer, an attribute, is read some time later. Two questions in a row without one, the
/// second in several rooms, and the worker counts as dead; where its lock on this machine is held, after some more. The
/// attribute shows the latest answers, so that several workers
/// can ask at once; answers to others are proof of life since they were last looked at.
struct PeerWatch: Sendable {
    struct Configuration: Sendable {
        /// From one question to the next, at most; a tenth less at random. The others follow it.
        var interval: Duration = .milliseconds(1000)
        /// The same for those on whose word all others go.
        var nearInterval: Duration { interval * 3 / 4 }
        /// From one look at an answer to the next, for those whom another worker asks.
        var asideInterval: Duration { interval * 2 }
        /// The same for those that are watched only in case of need.
        var lazyInterval: Duration { interval * 4 }
        /// The same at least, for all but the nearest, while there is more to do than calls may be made.
        var easedInterval: Duration { interval * 5 / 2 }
        /// How long the first answer may take, and the second.
        var answerTime: Duration = .milliseconds(400)
        var secondAnswerTime: Duration = .milliseconds(700)
        /// How long at least a worker must leave questions unanswered to be dead whose lock on this machine is held: that
        /// speaks for it, but a process that stands still holds its lock as well.
        var lockedSilence: Duration = .seconds(5)
        /// In how many rooms the second question is asked.
        var secondSeats = 3
        /// How long somebody who was just met is waited for.
        var introduction: Duration = .seconds(3)
        /// How often the dead are asked, and for how long they are remembered.
        var deadInterval: Duration = .seconds(5)
        var memory: Duration = .seconds(60)

        init() {}
    }

    enum Output: Sendable, Hashable {
        case probe(instance: String, seat: RoomKey, question: String)
        /// Read the answer, and call `receive` or `failed`.
        case read(instance: String, seat: RoomKey)
    }

    enum Change: Sendable, Hashable {
        case died(String)
        /// One that was dead has answered.
        case revived(String)
        /// It has no assistant any more in the rooms where it had one: nothing is known of it, and nothing matters.
        case vanished(String)
        /// The first news, or other news than before.
        case told(String)
    }

    enum Attention: Sendable, Hashable, Comparable {
        /// Their answers to others are looked at, seldom or more often; they are asked where there is none.
        case lazy, aside
        /// They are asked, often or more often.
        case close, near

        var isClose: Bool { self >= .close }
    }

    /// What an assistant shows, as a call of the server returns it.
    struct Reading: Sendable, Hashable {
        /// The instance that the participant names now.
        var instance: String?
        /// The latest questions that it answered, newest first: several workers may ask at once.
        var answer: String?
        var digest: WorkerDigest?

        func hasAnswered(_ question: String) -> Bool {
            answer?.split(separator: " ").contains { $0 == question } == true
        }
    }

    /// What an assistant shows once it has answered a question.
    static func answer(_ question: String, after earlier: String?) -> String {
        let earlier = earlier?.split(separator: " ").prefix(mostAnswers - 1) ?? []
        return ([Substring(question)] + earlier).joined(separator: " ")
    }

    private static let mostAnswers = 8

    fileprivate struct Question: Sendable {
        /// By the room's sid.
        var texts: [String: String]
        var due: Instant
        /// Sids of the rooms whose answer is being read.
        var reading: Set<String> = []
        /// Seats in which somebody else sits by now.
        var taken = 0
        var silent = 0
        var unclear = 0
        var undelivered: Set<String> = []
    }

    struct Peer: Sendable {
        fileprivate(set) var seats: [RoomKey]
        fileprivate(set) var digest: WorkerDigest?
        /// When the digest came, and when the last sign of life.
        fileprivate(set) var digestAt: Instant?
        fileprivate(set) var heardAt: Instant?
        fileprivate(set) var diedAt: Instant?
        /// When it was first watched closely, or met.
        fileprivate var metAt: Instant
        fileprivate var answers: [String: String?] = [:]
        /// Sids of the rooms whose answer was read since it was doubted.
        fileprivate var freshSeats: Set<String> = []
        fileprivate var misses = 0
        fileprivate var missedSince = Instant.zero
        fileprivate var question: Question?
        fileprivate var isPeeking = false
        fileprivate var next: Instant

        var isAlive: Bool { diedAt == nil }
    }

    private let configuration: Configuration
    private var random: RandomSource
    private(set) var peers: [String: Peer] = [:]
    private var attention: [String: Attention] = [:]
    /// What this machine knows of an instance by its lock.
    private var local: [String: Bool] = [:]
    /// From one look at those to the next who are watched only in case of need.
    private var lazyInterval: Duration
    private var heldUntil = Instant.zero
    private var easedUntil = Instant.zero
    private var outputs: [Output] = []
    private var changes: [Change] = []

    private static let mostPeers = 1024
    private static let mostSeats = 8

    init(configuration: Configuration, random: RandomSource) {
        self.configuration = configuration
        self.random = random
        lazyInterval = configuration.lazyInterval
    }

    mutating func pollOutput() -> Output? { outputs.isEmpty ? nil : outputs.removeFirst() }
    mutating func pollChange() -> Change? { changes.isEmpty ? nil : changes.removeFirst() }

    var deadline: Instant? {
        var next: Instant?
        for (instance, peer) in peers {
            if let question = peer.question {
                next = earliest(next, question.reading.isEmpty ? question.due : nil)
            } else if !peer.isPeeking, !peer.seats.isEmpty,
                attention[instance] != nil || !peer.isAlive
            {
                next = earliest(next, max(peer.next, heldUntil))
            }
        }
        return next
    }

    // MARK: Who there is

    /// An assistant of `instance` sits in `seat`, and has last answered `answer`.
    mutating func met(_ instance: String, in seat: RoomKey, answer: String?? = .none, at now: Instant) {
        if peers[instance] == nil {
            guard peers.count < Self.mostPeers else { return }
            peers[instance] = Peer(seats: [], metAt: now, next: now)
        }
        guard var peer = peers[instance] else { return }
        if peer.seats.first != seat {
            // The newest word counts: rooms end.
            peer.seats.removeAll { $0 == seat }
            peer.seats.insert(seat, at: 0)
            for old in peer.seats.dropFirst(Self.mostSeats) { peer.answers[old.sid] = nil }
            peer.seats = Array(peer.seats.prefix(Self.mostSeats))
        }
        let before = peer.answers[seat.sid]
        if let answer, before != .some(answer) {
            peer.answers[seat.sid] = .some(answer)
            if before != nil { heard(&peer, instance, nil, at: now) }
        }
        peers[instance] = peer
    }

    /// Forgets whom nobody speaks of any more.
    mutating func keep(only instances: Set<String>) {
        peers = peers.filter { instances.contains($0.key) || !$0.value.isAlive || $0.value.question != nil }
    }

    mutating func forget(_ instance: String) { peers[instance] = nil }

    /// Who is watched, and how closely. The dead are asked in any case.
    mutating func watch(_ attention: [String: Attention], at now: Instant) {
        for (instance, new) in attention where new > self.attention[instance] ?? .lazy {
            // What it told may be old.
            if let next = peers[instance]?.next { peers[instance]?.next = min(next, now) }
            peers[instance]?.metAt = now
        }
        self.attention = attention
    }

    /// What the machine's locks say. Whose lock is free is dead without a question.
    mutating func know(_ local: [String: Bool], at now: Instant) {
        self.local = local
        for (instance, isAlive) in local where !isAlive {
            if peers[instance]?.isAlive == true { die(instance, at: now) }
        }
    }

    /// Asks at once, where no question is under way: somebody has a reason to want to know.
    mutating func urge(_ instance: String, at now: Instant) {
        guard let next = peers[instance]?.next, next > now else { return }
        peers[instance]?.next = now
    }

    /// Whether a worker that is watched closely is found dead, or was heard of after an instant; `nil` as long as neither.
    func verdict(on instance: String, since instant: Instant) -> Bool? {
        guard let peer = peers[instance] else { return nil }
        if !peer.isAlive { return true }
        return peer.heardAt.map { $0 > instant } == true ? false : nil
    }

    /// Whether somebody who was just met has not been heard of yet.
    func isFindingOut(at now: Instant) -> Bool {
        peers.values.contains { peer in
            peer.isAlive && now < peer.metAt + configuration.introduction
                && (peer.digestAt ?? peer.heardAt ?? .zero) < peer.metAt
        }
    }

    func isWatchedClosely(_ instance: String) -> Bool {
        peers[instance] != nil && attention[instance].map(\.isClose) == true
    }

    func isDead(_ instance: String) -> Bool { peers[instance].map { !$0.isAlive } ?? (local[instance] == false) }

    /// Whether a living one has left a question unanswered: the next finds it alive or dead.
    func isInDoubt(_ instance: String) -> Bool { peers[instance].map { $0.isAlive && $0.misses > 0 } ?? false }

    /// Until then less is asked of those on whose word nobody else goes.
    mutating func ease(until instant: Instant) { easedUntil = instant }

    /// Those who are watched only in case of need are looked at less often where fewer calls may be made.
    mutating func watchLazily(atMostEvery interval: Duration) {
        lazyInterval = max(configuration.lazyInterval, interval)
    }

    /// Until then nobody is asked and nobody dies: the server has enough to do.
    mutating func hold(until instant: Instant) {
        heldUntil = max(heldUntil, instant)
        for instance in peers.keys {
            peers[instance]?.question = nil
            peers[instance]?.isPeeking = false
        }
    }

    // MARK: Time

    mutating func timeout(at now: Instant) {
        for instance in peers.keys.sorted() {
            guard var peer = peers[instance] else { continue }
            if let died = peer.diedAt, died + configuration.memory <= now, peer.question == nil {
                peers[instance] = nil
                continue
            }
            step(&peer, instance, at: now)
            peers[instance] = peer
        }
    }

    private mutating func step(_ peer: inout Peer, _ instance: String, at now: Instant) {
        if var question = peer.question {
            guard question.due <= now, question.reading.isEmpty else { return }
            let seats = peer.seats.filter { question.texts[$0.sid] != nil }
            question.reading = Set(seats.map(\.sid))
            peer.question = question
            for seat in seats { outputs.append(.read(instance: instance, seat: seat)) }
            if seats.isEmpty { conclude(&peer, instance, at: now) }
            return
        }
        guard !peer.isPeeking, max(peer.next, heldUntil) <= now, let seat = peer.seats.first else { return }
        switch attention[instance] {
        case .close?, .near?: ask(&peer, instance, in: [seat], at: now)
        case .lazy? where peer.heardAt != nil && peer.isAlive, .aside? where peer.heardAt != nil && peer.isAlive:
            peer.isPeeking = true
            outputs.append(.read(instance: instance, seat: seat))
        case .lazy?, .aside?: ask(&peer, instance, in: [seat], at: now)
        case nil where !peer.isAlive: ask(&peer, instance, in: [seat], at: now)
        case nil: break
        }
    }

    private mutating func ask(_ peer: inout Peer, _ instance: String, in seats: [RoomKey], at now: Instant) {
        let wait = peer.misses == 0 ? configuration.answerTime : configuration.secondAnswerTime
        if peer.misses == 0 { peer.freshSeats = [] }
        var question = Question(texts: [:], due: now + wait)
        for seat in seats {
            let text = String(random.next(), radix: 36)
            question.texts[seat.sid] = text
            outputs.append(.probe(instance: instance, seat: seat, question: text))
        }
        peer.question = question
        let interval = peer.isAlive ? interval(of: instance, at: now) : configuration.deadInterval
        let jitter = Int64.random(in: 0...max(1, interval.wholeNanoseconds / 10), using: &random)
        peer.next = now + interval - .nanoseconds(jitter)
    }

    private func interval(of instance: String, at now: Instant) -> Duration {
        let usual =
            switch attention[instance] {
            case .near?: configuration.nearInterval
            case .close?, nil: configuration.interval
            case .aside?: configuration.asideInterval
            case .lazy?: lazyInterval
            }
        return attention[instance] != .near && now < easedUntil ? max(usual, configuration.easedInterval) : usual
    }

    // MARK: What the server says

    mutating func receive(_ reading: Reading, of instance: String, in seat: RoomKey, at now: Instant) {
        guard var peer = peers[instance] else { return }
        defer { peers[instance] = peer }
        guard reading.instance == instance else {
            if peer.question?.reading.contains(seat.sid) == true { peer.question?.taken += 1 }
            return seatGone(&peer, instance, seat, at: now)
        }
        let before = peer.answers[seat.sid]
        peer.answers[seat.sid] = .some(reading.answer)
        let asked = peer.question?.texts[seat.sid]
        let isChanged = reading.answer != nil && before != nil && before != .some(reading.answer)
        // What was answered to others may be older than the question, but where it was looked at since.
        let isProof = asked == nil || peer.freshSeats.contains(seat.sid)
        peer.freshSeats.insert(seat.sid)
        let isNew = asked.map { reading.hasAnswered($0) } == true || isChanged && isProof
        if isNew { return heard(&peer, instance, reading.digest, at: now) }
        if peer.isPeeking {
            peer.isPeeking = false
            return ask(&peer, instance, in: [seat], at: now)
        }
        guard peer.question?.reading.remove(seat.sid) != nil else { return }
        let isUnclear = peer.question?.undelivered.contains(seat.sid) == true
        if isUnclear { peer.question?.unclear += 1 } else { peer.question?.silent += 1 }
        if peer.question?.reading.isEmpty == true { conclude(&peer, instance, at: now) }
    }

    /// A question could not be delivered: that there is no answer says nothing.
    mutating func undelivered(_ instance: String, in seat: RoomKey) {
        peers[instance]?.question?.undelivered.insert(seat.sid)
    }

    /// An answer could not be read.
    /// - Parameter isGone: the assistant or its room is not there any more.
    mutating func failed(_ instance: String, in seat: RoomKey, isGone: Bool, at now: Instant) {
        guard var peer = peers[instance] else { return }
        defer { peers[instance] = peer }
        if isGone { return seatGone(&peer, instance, seat, at: now) }
        peer.isPeeking = false
        guard peer.question?.reading.remove(seat.sid) != nil else { return }
        peer.question?.unclear += 1
        if peer.question?.reading.isEmpty == true { conclude(&peer, instance, at: now) }
    }

    private mutating func seatGone(_ peer: inout Peer, _ instance: String, _ seat: RoomKey, at now: Instant) {
        peer.seats.removeAll { $0 == seat }
        peer.answers[seat.sid] = nil
        if peer.isPeeking {
            peer.isPeeking = false
            peer.next = now
        }
        peer.question?.reading.remove(seat.sid)
        if peer.question?.reading.isEmpty == true { return conclude(&peer, instance, at: now) }
        if peer.question == nil, peer.seats.isEmpty { changes.append(.vanished(instance)) }
    }

    /// Every answer was read, and none was new.
    private mutating func conclude(_ peer: inout Peer, _ instance: String, at now: Instant) {
        guard let question = peer.question else { return }
        peer.question = nil
        if peer.seats.isEmpty {
            // It has not answered before either.
            let isDead = question.taken > 0 && peer.misses > 0 && peer.isAlive && local[instance] != true
            return isDead ? die(&peer, instance, at: now) : changes.append(.vanished(instance))
        }
        // Where somebody else sits by now, others took it for dead before us.
        guard question.silent + question.taken > 0 else {
            // Nothing was learnt: in another room, or once more.
            if question.unclear == 0 { peer.next = now }
            return
        }
        if peer.misses == 0 { peer.missedSince = now }
        peer.misses += 1
        guard peer.isAlive else { return }
        if peer.misses == 1 {
            ask(&peer, instance, in: Array(peer.seats.prefix(configuration.secondSeats)), at: now)
        } else if local[instance] != true || now >= peer.missedSince + configuration.lockedSilence {
            die(&peer, instance, at: now)
        }
    }

    private mutating func heard(_ peer: inout Peer, _ instance: String, _ digest: WorkerDigest?, at now: Instant) {
        peer.misses = 0
        peer.question = nil
        peer.isPeeking = false
        peer.heardAt = now
        // Once more as soon as it is wanted, for one that was only met.
        peer.next = min(peer.next, now + interval(of: instance, at: now))
        if attention[instance].map(\.isClose) == false {
            peer.next = now + interval(of: instance, at: now)
        }
        if peer.diedAt != nil {
            peer.diedAt = nil
            changes.append(.revived(instance))
        }
        guard let digest else { return }
        if digest != peer.digest { changes.append(.told(instance)) }
        peer.digest = digest
        peer.digestAt = now
        if !digest.seats.isEmpty {
            let stale = Set(peer.seats).subtracting(digest.seats).map(\.sid)
            peer.seats = digest.seats
            for sid in stale { peer.answers[sid] = nil }
        }
    }

    private mutating func die(_ instance: String, at now: Instant) {
        guard var peer = peers[instance] else { return }
        peer.question = nil
        peer.isPeeking = false
        die(&peer, instance, at: now)
        peers[instance] = peer
    }

    private mutating func die(_ peer: inout Peer, _ instance: String, at now: Instant) {
        peer.diedAt = now
        peer.next = now + configuration.deadInterval
        changes.append(.died(instance))
    }
}
