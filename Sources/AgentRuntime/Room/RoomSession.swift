import Coach
import Foundation
import LiveKit
import NIOCore
import Perception
import RTCMedia
import RTCNetwork
import SansIO
import Session
import Settings
import Wire

/// One room: wires LiveKit's room, perception, the session's core, the coach and the journal together.
/// Decides nothing itself. Everything happens on one event loop.
final class RoomSession {
    /// What is on its way when an interviewer ends the assistant may still leave.
    private static let lastWords = Duration.milliseconds(500)
    private static let wallClockCheck = Duration.seconds(30)
    /// How often a journal that could not be written is tried again.
    private static let journalRetry = Duration.seconds(2)
    /// How many questions whether this assistant lives are answered in a second, over all workers: when one is suspected
    /// of being dead, many ask at once.
    static let mostProbes = 20

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
    /// Whose cameras may be looked at.
    var watched: Set<Identity> = []
    /// Those that are, by track.
    var cameras: [String: WatchedCamera] = [:]
    /// Whose camera cannot be decoded.
    var cameraProblems: [Identity: CameraProblem] = [:]
    var logAllowance = LogAllowance()
    /// It was said that no camera can be looked at.
    var hasToldOfModels = false
    let cameraTimer: LoopTimer
    /// For pictures that are waited for.
    let stallTimer: LoopTimer
    /// How many cameras and senders of pictures were looked at so far.
    var watches = 0
    /// Until the first data can be sent, what happens waits: nothing may be perceived before notices were sent.
    var early: WaitingInputs? = WaitingInputs()
    var isConnected = false
    var hasJoined = false
    var requests: [String: Task<Void, Never>] = [:]
    /// Since when the first sound of a microphone has been waited for.
    var listenedSince: [Identity: Instant] = [:]
    /// Since when, and how many questions of other workers have been answered in that second.
    var probes = (since: Instant(nanoseconds: 0), count: 0, answer: "")
    /// The picture that the session is being told of.
    var arrivedPicture: (id: String, file: ByteBuffer)?
    /// Those whose pictures by data are looked at.
    var pictures: [Identity: WatchedPictures] = [:]
    /// Of whose encrypted data the log has told.
    var encryptedOf: Set<DataSender> = []
    static let mostEncryptedTold = 64
    /// Sound of a microphone that shares a wake of the decoders: pauses are seconds, and each wake costs more than a frame.
    static let sharedAudioWake = Duration.milliseconds(100)
    /// Steady sound and pictures are read together, as many milliseconds of them as share a wake of the decoders.
    static let sharedReading = Duration.milliseconds(100)
    var end: SessionEnd?
    var endedBy = "an interviewer"
    private var journal: JournalQueue?
    /// What an earlier session said is known. Before that nothing begins.
    private var isRestored = false
    /// What may leave only after a hint's entry was handed to the disk.
    private var barrier = WriteBarrier<() -> Void>()
    private let barrierTimer: LoopTimer
    private var journalProblem: JournalError?
    private var journalLost = 0
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
        perception = RoomPerception(configuration: core.configuration.perception)
        timer = LoopTimer(eventLoop: eventLoop)
        clockTimer = LoopTimer(eventLoop: eventLoop)
        endTimer = LoopTimer(eventLoop: eventLoop)
        journalTimer = LoopTimer(eventLoop: eventLoop)
        barrierTimer = LoopTimer(eventLoop: eventLoop)
        cameraTimer = LoopTimer(eventLoop: eventLoop)
        stallTimer = LoopTimer(eventLoop: eventLoop)
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
        barrierTimer.onFire = { [weak self] in self?.barrierLapsed() }
        cameraTimer.onFire = { [weak self] in self?.checkCameras() }
        stallTimer.onFire = { [weak self] in self?.checkStalls() }
    }

    var now: Instant { Instant(eventLoop.now) }

    /// Joins.
    func start() {
        checkWallClock()
        var options = RoomOptions(
            signal: SignalOptions(server: job.server, token: job.token), identity: resources.identity,
            pool: resources.pool)
        options.interfaces = resources.interfaces
        options.srtpEngine = resources.srtpEngine
        options.offersJPEG = resources.takesJPEG
        options.topics = .beginning([Topic.prefix])
        // An opt-out, a pause and an end are heard whatever else comes.
        options.urgentTopics = [Topic.control]
        let bound = NIOLoopBound(WeakSession(session: self), eventLoop: eventLoop)
        options.receivesVideo = true
        options.videoSink = { track in bound.value.session?.videoSink(for: track) }
        options.sharedAudioWake = Self.sharedAudioWake
        options.sharedReading = Self.sharedReading
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
        dropCameras()
        for timer in [timer, clockTimer, endTimer, journalTimer, barrierTimer] { timer.schedule(nil) }
        if isConnected { journal?.isAlive(at: wallMilliseconds) }
        if SessionEnd(reason) == .roomClosed {
            journal?.append(JournalEntry(at: wallMilliseconds, event: .closed))
        }
        // Also where the session never began: it ends in good order, so what was read did no harm.
        journal?.readingEnded()
        journal?.close()
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

    /// Takes up another configuration of the process.
    func reconfigure(_ configuration: Configuration) { feed(.configuration(configuration)) }

    /// The first data can be sent: what waited happens now.
    func begin() {
        guard isRestored, isConnected, let waiting = early else { return }
        early = nil
        tellOfModels()
        for input in waiting.inputs { feed(input) }
        if waiting.dropped > 0 {
            log(.warning, "\(waiting.dropped) messages came before the session could begin, and were passed over")
        }
        journal?.restored(at: wallMilliseconds)
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
        if !cameras.isEmpty || !pictures.isEmpty { passAttention() }
        while let signal = perception.pollOutput() { feed(.signal(signal, participant: signal.participant)) }
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
        if isConnected, early == nil { journal?.isAlive(at: wallMilliseconds) }
        clockTimer.schedule(now + Self.wallClockCheck)
    }

    private var wallMilliseconds: Int64 { resources.wallClock() / 1_000_000 }

    /// The connection was lost: until now the room was there.
    func wasAlive() { journal?.isAlive(at: wallMilliseconds) }

    // MARK: The journal

    /// Takes up what was said before. Only once in the room: a predecessor that lives has something to say until then,
    /// and the server has taken it out by now.
    func restore() {
        let journal = JournalQueue(
            stateDirectory: resources.stateDirectory, room: job.room, configuration: resources.journal,
            disk: resources.disk, lanes: resources.lanes)
        let path = journal.path
        self.journal = journal
        let bound = NIOLoopBound(WeakSession(session: self), eventLoop: eventLoop)
        journal.restore { [eventLoop] restore in
            eventLoop.execute { bound.value.session?.restored(restore, path) }
        }
    }

    private func restored(_ restore: JournalRestore, _ path: String) {
        guard onEvent != nil else { return }
        if let aside = restore.setAside {
            log(
                .error,
                "the journal of this room ended this process twice; it was put aside as \(aside), and the session begins anew"
            )
        }
        if let error = restore.error { journalFailed(error) }
        let reading = restore.reading
        if !reading.skippedLines.isEmpty {
            log(.warning, "\(path): lines \(reading.skippedLines.prefix(20)) cannot be read and are passed over")
        }
        if !reading.entries.isEmpty {
            log(.info, "\(reading.entries.count) journal entries of an earlier session of this room")
            core.receive(.restored(reading.entries), at: now)
        }
        if let predecessor = restore.predecessor {
            log(.info, "\(predecessor.entries.count) journal entries of an earlier room of this name")
            core.receive(.predecessor(predecessor), at: now)
        }
        isRestored = true
        begin()
    }

    /// Off the loop, in order. A hint's intention holds back what follows until the disk has taken it, or for a moment.
    func record(_ entry: JournalEntry) {
        guard let journal else { return }
        let token: Int? = if case .intended = entry.event { barrier.raise(at: now) } else { nil }
        barrierTimer.schedule(barrier.deadline)
        let bound = NIOLoopBound(WeakSession(session: self), eventLoop: eventLoop)
        journal.append(entry) { [eventLoop] error in
            eventLoop.execute { bound.value.session?.recorded(token, error) }
        }
    }

    private func recorded(_ token: Int?, _ error: JournalError?) {
        if let error {
            journalFailed(error)
            tryJournalLater()
        } else {
            journalWorks()
        }
        tellLostEntries()
        if let token { run(barrier.lower(token)) }
    }

    private func tellLostEntries() {
        guard let lost = journal?.lost, lost > journalLost else { return }
        if journalLost == 0 { log(.error, "journal: the disk takes too long, and entries are given up") }
        resources.telemetry.metrics.journalLost.add(Double(lost - journalLost))
        journalLost = lost
    }

    /// Does something once every hint that is intended so far was handed to the disk.
    func afterWriting(_ body: @escaping () -> Void) {
        if barrier.isRaised { run(barrier.hold(body)) } else { body() }
    }

    private func barrierLapsed() {
        let lapses = barrier.lapses
        let released = barrier.timeout(at: now)
        if barrier.lapses > lapses { resources.telemetry.metrics.journalLate.add() }
        run(released)
    }

    private func run(_ bodies: [() -> Void]) {
        barrierTimer.schedule(barrier.deadline)
        for body in bodies { body() }
    }

    private func journalWorks() {
        guard journalProblem != nil else { return }
        journalProblem = nil
        log(.info, "journal: it is written again")
    }

    private func tryJournalLater() { journalTimer.schedule(now + Self.journalRetry) }

    private func tryJournal() {
        guard let journal, onEvent != nil else { return }
        let bound = NIOLoopBound(WeakSession(session: self), eventLoop: eventLoop)
        journal.catchUp { [eventLoop] error in
            eventLoop.execute {
                guard let session = bound.value.session else { return }
                if error == nil { session.journalWorks() } else { session.tryJournalLater() }
            }
        }
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

    /// A line that a participant's doing brings about.
    func log(_ level: Telemetry.Level, of identity: Identity, _ text: @autoclosure () -> String) {
        guard let line = logAllowance.line(text(), of: identity, at: now) else { return }
        log(level, line)
    }

    struct WeakSession {
        weak var session: RoomSession?
    }
}
