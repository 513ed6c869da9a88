import Coach
import Perception
import SansIO
import Settings
import Wire

/// One room's session: who is who, what may be perceived, when a hint is due and whether it reached the candidate.
///
/// Sans-IO: the owner feeds inputs with their time, carries out the effects in order, and calls `timeout(at:)` once
/// `deadline` has passed. The first input is `wallClock`, then `restored` where there is a journal and `predecessor`
/// where there is that of an earlier room of the name, then `joined`.
public struct SessionCore: Sendable {
    /// The settings that count now.
    public internal(set) var configuration: SessionConfiguration
    public internal(set) var isPaused = false
    /// An interviewer ended the assistant for this session.
    public internal(set) var isEnded = false

    var processConfiguration: Configuration
    var random: RandomSource
    var wallOffset: Duration = .zero
    var room: RoomFacts?
    var job = SessionMetadata(job: "")
    var roomMetadata = SessionMetadata(room: "")

    var consent = Consent()
    var outbox = Outbox()
    var hints: HintFlow
    var early = EarlyInputs()
    var isConnected = true
    /// What was said in the room that had this name before, until it is known whether it still holds.
    var carryOver: CarryOver?
    /// Who resumed the assistant, and raised its limit, too soon after the last time.
    var resumption = Relaxation<Identity>()
    var raising = Relaxation<TierLimit>()
    /// When somebody may be told again whether the candidate is known.
    var candidateToldAt: Instant?
    /// When those are told anew what is used who were told often enough just now.
    var observedToldAt: Instant?
    /// What this room's own journal says already.
    var restoredStart = (hasBegun: false, isSteered: false)

    var spoken: Set<Identity> = []
    var standing = StandingPauses()
    var othersSpeaking: Set<Identity> = []
    /// Whose silence the journal tells of.
    var recordedSilence: Identity?
    /// What an earlier process heard of it.
    var restoredSilence: [Identity: Instant] = [:]

    var workspace = Workspace()
    /// Whose code was taken, by this process or an earlier one.
    var coded: Set<Identity> = []
    var toldProblem: String?
    var lastRun: RunResultMessage?
    /// What of the candidate's signals is a moment.
    var fusion: MomentFusion

    private var output: [SessionEffect] = []
    private var outputHead = 0

    /// The candidate's identity, where it is known; stays known while they are away.
    public var candidate: Identity? { consent.candidate }
    /// Identities whose microphones may be decoded.
    public var listening: Set<Identity> { consent.listening }
    /// Identities whose cameras may be decoded.
    public var watching: Set<Identity> { consent.watching }
    /// Whether the assistant perceives and gives hints.
    var isOn: Bool { !isPaused && !isEnded && carryOver == nil }

    /// - Parameters:
    ///   - configuration: the process's own layers.
    ///   - random: for ids.
    public init(configuration: Configuration = Configuration(), random: RandomSource) {
        processConfiguration = configuration
        self.configuration = SessionConfiguration(configuration)
        self.random = random
        hints = HintFlow(configuration: self.configuration.policy)
        fusion = MomentFusion(configuration: self.configuration.moment)
        workspace.limits = self.configuration.workspace
    }

    // MARK: Verbs

    public mutating func receive(_ input: SessionInput, at now: Instant) {
        switch input {
        case .wallClock(let offset): wallOffset = offset
        case .configuration(let configuration):
            processConfiguration = configuration
            reconfigure(at: now)
        case .restored(let entries): restore(entries, at: now)
        case .predecessor(let predecessor): take(predecessor, at: now)
        case .joined(let room, let jobMetadata): join(room, jobMetadata: jobMetadata, at: now)
        case .roomMetadata(let text): take(roomMetadata: text, at: now)
        case .participant(let facts): update(facts, at: now)
        case .participantLeft(let identity): remove(identity, at: now)
        case .cameraProblem(let identity, let problem): take(cameraProblem: problem, of: identity, at: now)
        case .signal(let signal, let participant): perceived(signal, of: participant, at: now)
        case .packet(let topic, let sender, let payload):
            received(HeldInput(topic: topic, content: .packet(payload)), from: sender, at: now)
        case .text(let topic, let sender, let attributes, let text, _):
            received(HeldInput(topic: topic, content: .text(attributes: attributes, text)), from: sender, at: now)
        case .picture(let picture, let sender, let id): received(picture, id: id, from: sender, at: now)
        case .streamFailed(let topic, let sender, let error):
            guard topic.hasPrefix(Topic.prefix) else { break }
            refuse(topic: topic, sender: sender, error, at: now)
        case .tooMuch(let sender): refuseExcess(topic: nil, of: sender, at: now)
        case .coachAnswered(let id, let outcome): answered(id, outcome, at: now)
        case .sent(let id, let instant): wasSent(id, leftAt: min(instant, now), at: now)
        case .sendUnknown(let id): mayHaveBeenSent(id, at: now)
        case .sendFailed(let id, let isForGood): wasNotSent(id, isForGood: isForGood, at: now)
        case .connection(let change):
            isConnected = change == .restored
            if isConnected { outbox.connectionRestored() }
            note(.connection(change), at: now)
        }
        advance(at: now)
    }

    public mutating func timeout(at now: Instant) {
        carryOut(hints.policy.timeout(at: now), at: now)
        advance(at: now)
    }

    /// The next thing to do; nil when there is none.
    public mutating func pollOutput() -> SessionEffect? {
        guard outputHead < output.count else {
            output.removeAll(keepingCapacity: true)
            outputHead = 0
            return nil
        }
        defer { outputHead += 1 }
        return output[outputHead]
    }

    /// When `timeout(at:)` has something to do.
    public var deadline: Instant? {
        let next = earliest(early.deadline, hints.deadline { isConnected && consent.isReachable($0) })
        return earliest(
            earliest(earliest(next, relaxationDeadline), earliest(carryOver?.until, candidateToldAt)),
            earliest(observedToldAt, outbox.deadline { isConnected && consent.isReachable($0) }))
    }

    /// What became due, whatever the input was.
    private mutating func advance(at now: Instant) {
        takeRelaxations(at: now)
        tellPutOffAmbiguity(at: now)
        tellPutOffUse(at: now)
        expireEarly(at: now)
        expireCarryOver(at: now)
        expireRequest(at: now)
        sendComposed(at: now)
        sendAgain(at: now)
        flush(at: now)
    }

    // MARK: Output

    mutating func emit(_ effect: SessionEffect) { output.append(effect) }

    mutating func note(_ kind: TimelineEvent.Kind, at now: Instant) {
        output.append(.note(TimelineEvent(at: now, kind: kind)))
    }

    mutating func record(_ event: JournalEntry.Event, at now: Instant) {
        output.append(.record(JournalEntry(at: timestamp(now).milliseconds, event: event)))
    }

    // MARK: Wall-clock time

    func timestamp(_ instant: Instant) -> Timestamp {
        Timestamp(milliseconds: (instant + wallOffset).nanoseconds / 1_000_000)
    }

    func instant(_ milliseconds: Int64) -> Instant {
        let (nanoseconds, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        return Instant(nanoseconds: overflow ? (milliseconds < 0 ? .min : .max) : nanoseconds) - wallOffset
    }

    mutating func makeID(at now: Instant) -> ULID {
        ULID(at: timestamp(now), random: &random)
    }
}
