import Coach
import Foundation
import LiveKit
import NIOCore
import Perception
import RTCMedia
import RTCNetwork
import SansIO
import Session
import Wire

/// One room: wires LiveKit's room, perception, the session's core, the coach and the journal together.
/// Decides nothing itself. Everything happens on one event loop.
final class RoomSession {
    /// What is on its way when an interviewer ends the assistant may still leave.
    private static let lastWords = Duration.milliseconds(500)
    private static let wallClockCheck = Duration.seconds(30)
    /// How often a journal that could not be written is tried again.
    private static let journalRetry = Duration.seconds(2)

    enum Event: Sendable {
        /// In the room, for the first time.
        case joined
        /// Is about to replace its own participant.
        case rejoining
        /// In the room again, with a new participant.
        case rejoined
        /// Wants to leave: call `leave()`, after the server was told about the job.
        case ending(SessionEnd)
        /// The last event.
        case ended(SessionEnd)
    }

    let job: SessionJob
    let eventLoop: any EventLoop
    var onEvent: ((Event) -> Void)?

    let resources: SessionResources
    var core: SessionCore
    var engine: RoomEngine?
    var perception: RoomPerception
    /// Whose microphones may be decoded: without a sink nothing is.
    var listened: Set<Identity> = []
    var participants: [Identity: RoomParticipant] = [:]
    /// Until the first data can be sent, what happens waits: nothing may be perceived before notices were sent.
    var early: [SessionInput]? = []
    var isConnected = false
    var hasJoined = false
    var requests: [String: Task<Void, Never>] = [:]
    /// Since when the first sound of a microphone has been waited for.
    var listenedSince: [Identity: Instant] = [:]
    var end: SessionEnd?
    var endedBy = "an interviewer"
    private var journal: JournalWriter?
    private var journalProblem: JournalError?
    private var inputs: [SessionInput] = []
    private var isWorking = false
    /// The assistant was ended and leaves as soon as its last words are out.
    private var isEnding = false
    private var wallOffset: Duration = .zero
    private let timer: LoopTimer
    private let clockTimer: LoopTimer
    private let endTimer: LoopTimer
    private let journalTimer: LoopTimer

    init(job: SessionJob, resources: SessionResources, eventLoop: any EventLoop) {
        eventLoop.preconditionInEventLoop()
        self.job = job
        self.resources = resources
        self.eventLoop = eventLoop
        core = SessionCore(configuration: resources.configuration, random: .system)
        perception = RoomPerception(configuration: core.configuration.pause)
        timer = LoopTimer(eventLoop: eventLoop)
        clockTimer = LoopTimer(eventLoop: eventLoop)
        endTimer = LoopTimer(eventLoop: eventLoop)
        journalTimer = LoopTimer(eventLoop: eventLoop)
        timer.onFire = { [weak self] in
            guard let self else { return }
            core.timeout(at: now)
            work()
        }
        clockTimer.onFire = { [weak self] in self?.checkWallClock() }
        endTimer.onFire = { [weak self] in
            guard let self else { return }
            stop(.ended(by: endedBy))
        }
        journalTimer.onFire = { [weak self] in self?.tryJournal() }
    }

    var now: Instant { Instant(eventLoop.now) }

    /// Joins.
    func start() {
        checkWallClock()
        var options = RoomOptions(
            signal: SignalOptions(server: job.server, token: job.token), identity: resources.identity,
            pool: resources.pool)
        options.interfaces = resources.interfaces
        options.topics = .beginning([TopicName(Topic.prefix)])
        let bound = NIOLoopBound(WeakSession(session: self), eventLoop: eventLoop)
        options.audioSink = { track in bound.value.session?.sink(for: track) }
        options.audioRejected = { [drops = resources.telemetry.metrics.drops] _ in drops.add(1, "sound") }
        let engine = RoomEngine(options: options, eventLoop: eventLoop)
        engine.onEvent = { [weak self] event in self?.handle(event) }
        self.engine = engine
        engine.connect()
    }

    /// Ends the session from outside; `ending` follows.
    func stop(_ reason: SessionEnd) {
        guard end == nil else { return }
        end = reason
        for task in requests.values { task.cancel() }
        onEvent?(.ending(reason))
    }

    /// Leaves the room; `ended` follows.
    func leave() {
        if let engine { engine.leave() } else { finish(.leftLocally) }
    }

    func finish(_ reason: SignalDisconnect) {
        guard let callback = onEvent else { return }
        onEvent = nil
        for task in requests.values { task.cancel() }
        requests.removeAll()
        for timer in [timer, clockTimer, endTimer, journalTimer] { timer.schedule(nil) }
        if let journal {
            // Closing waits for the disk.
            DispatchQueue.global(qos: .utility).async { journal.close() }
        }
        engine = nil
        callback(.ended(end ?? SessionEnd(reason)))
    }

    // MARK: The core

    /// Hands the core an input and carries out what follows, in order. May be called from within.
    func feed(_ input: SessionInput) {
        if early != nil {
            early?.append(input)
            return
        }
        inputs.append(input)
        work()
    }

    /// The first data can be sent: what waited happens now.
    func begin() {
        guard let waiting = early else { return }
        early = nil
        for input in waiting { feed(input) }
    }

    private func work() {
        guard !isWorking, onEvent != nil else { return }
        isWorking = true
        while true {
            while let effect = core.pollOutput() { perform(effect) }
            guard !inputs.isEmpty else { break }
            core.receive(inputs.removeFirst(), at: now)
        }
        isWorking = false
        timer.schedule(core.deadline)
        if core.isEnded, end == nil, !isEnding {
            isEnding = true
            endTimer.schedule(now + Self.lastWords)
        }
    }

    /// Hands perception a fact, and the session's core what follows.
    func perceive(_ input: PerceptionInput) {
        guard onEvent != nil else { return }
        perception.receive(input, at: now)
        while let signal = perception.pollOutput() { feed(.signal(signal, participant: signal.participant.text)) }
    }

    private func checkWallClock() {
        let offset = Duration.nanoseconds(resources.wallClock()) - .nanoseconds(now.nanoseconds)
        let change = offset - wallOffset
        if change > .milliseconds(500) || change < .milliseconds(-500) {
            wallOffset = offset
            if early != nil {
                core.receive(.wallClock(offset: offset), at: now)
            } else {
                feed(.wallClock(offset: offset))
            }
        }
        clockTimer.schedule(now + Self.wallClockCheck)
    }

    // MARK: The journal

    /// Takes up what was said before. Only once in the room: a predecessor that lives has something to say until then,
    /// and the server has taken it out by now.
    func restore() {
        let path = Journal.path(stateDirectory: resources.stateDirectory, roomSID: job.room.sid)
        journal = JournalWriter(path: path, configuration: resources.journal)
        do {
            let reading = try Journal.read(path)
            if !reading.skippedLines.isEmpty {
                log(.warning, "\(path): lines \(reading.skippedLines) cannot be read and are passed over")
            }
            guard !reading.entries.isEmpty else { return }
            log(.info, "\(reading.entries.count) journal entries of an earlier session of this room")
            core.receive(.restored(reading.entries), at: now)
        } catch {
            journalFailed(error)
        }
    }

    func record(_ entry: JournalEntry) {
        guard let error = journal?.append(entry) else { return journalWorks() }
        journalFailed(error)
        tryJournalLater()
    }

    private func journalWorks() {
        guard journalProblem != nil else { return }
        journalProblem = nil
        log(.info, "journal: it is written again")
    }

    private func tryJournalLater() { journalTimer.schedule(now + Self.journalRetry) }

    private func tryJournal() {
        guard let journal, journal.isBehind else { return }
        if journal.catchUp() == nil { journalWorks() } else { tryJournalLater() }
    }

    /// The session goes on without: what is at stake is a repetition after a crash.
    private func journalFailed(_ problem: JournalError) {
        resources.telemetry.metrics.journalErrors.add()
        guard problem != journalProblem else { return }
        journalProblem = problem
        log(.error, "journal: \(problem)")
    }

    func log(_ level: Telemetry.Level, _ text: String) {
        resources.telemetry.log(level, "room \(job.room.name): \(text)")
    }

    struct WeakSession {
        weak var session: RoomSession?
    }
}
