import Coach
import Perception
import SansIO
import Settings
import Wire

/// One room's session: who is who, what may be perceived, when a hint is due and whether it reached the candidate.
///
/// Sans-IO: the owner feeds inputs with their time, carries out the effects in order, and calls `timeout(at:)` once
/// `deadline` has passed. The first input is `wallClock`, then `restored` where there is a journal, then `joined`.
public struct SessionCore: Sendable {
    /// The settings that count now.
    public internal(set) var configuration: SessionConfiguration
    /// The candidate's identity, where it is known; stays known while they are away.
    public internal(set) var candidate: String?
    public internal(set) var isPaused = false
    /// An interviewer ended the assistant for this session.
    public internal(set) var isEnded = false
    /// Identities whose microphones may be decoded.
    public internal(set) var listening: Set<String> = []

    var processConfiguration: Configuration
    var random: RandomSource
    var wallOffset: Duration = .zero
    var room: RoomFacts?
    var job = SessionMetadata(job: "")
    var roomMetadata = SessionMetadata(room: "")

    var participants: [String: Member] = [:]
    var early = EarlyInputs()
    var ambiguous: [String] = []
    var optedOut: [String: Set<ObservedSource>] = [:]
    var restoredNotices: [String: String] = [:]
    var spoken: Set<String> = []
    var othersSpeaking: Set<String> = []
    /// Whose silence the journal tells of.
    var recordedSilence: String?
    /// What an earlier process heard of it.
    var restoredSilence: [String: Instant] = [:]

    var isConnected = true
    var outbox: [Outgoing] = []
    var underWay: [String: Outgoing] = [:]
    var outgoingCount: UInt64 = 0

    var workspace = Workspace()
    var toldProblem: String?
    var lastRun: RunResultMessage?

    var policy: HintPolicy
    var moments: [HintMoment: MomentTimes] = [:]
    var momentCount: UInt64 = 0
    var request: OpenRequest?
    var given: [GivenHint] = []
    var unacknowledged: [String: UnacknowledgedHint] = [:]

    private var output: [SessionEffect] = []
    private var outputHead = 0

    /// A participant, with what the session has to remember of it.
    struct Member: Sendable {
        var facts: ParticipantFacts
        /// The sid to which the first notice went out.
        var noticedSID: String?
        /// The sid for which it is on its way.
        var noticeRequestedSID: String?
        /// What they were last told of what is used.
        var told: [NoticeMessage.Observed]?
        var wasToldAmbiguous = false
        /// What came before the notice had gone out.
        var held: [HeldInput] = []
        var allowance = NoticeAllowance()

        var isNoticed: Bool { noticedSID == facts.sid }
    }

    struct HeldInput: Sendable {
        var topic: String
        var content: Content

        enum Content: Sendable {
            case packet([UInt8])
            case text(attributes: [String: String], String)
        }

        var byteCount: Int {
            switch content {
            case .packet(let payload): payload.count
            case .text(_, let text): text.utf8.count
            }
        }
    }

    /// - Parameters:
    ///   - configuration: the process's own layers.
    ///   - random: for ids.
    public init(configuration: Configuration = Configuration(), random: RandomSource) {
        processConfiguration = configuration
        self.configuration = SessionConfiguration(configuration)
        self.random = random
        policy = HintPolicy(configuration: self.configuration.policy)
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
        case .joined(let room, let jobMetadata): join(room, jobMetadata: jobMetadata, at: now)
        case .roomMetadata(let text): take(roomMetadata: text, at: now)
        case .participant(let facts): update(facts, at: now)
        case .participantLeft(let identity): remove(identity, at: now)
        case .signal(let signal, let participant): heard(signal, from: participant, at: now)
        case .packet(let topic, let sender, let payload):
            received(topic: topic, sender: sender, .packet(payload), at: now)
        case .text(let topic, let sender, let attributes, let text, _):
            received(topic: topic, sender: sender, .text(attributes: attributes, text), at: now)
        case .streamFailed(let topic, let sender, let reason):
            guard topic.hasPrefix(Topic.prefix) else { break }
            refuse(topic: topic, sender: sender, WireError(.brokenStream, reason), at: now)
        case .coachAnswered(let id, let outcome): answered(id, outcome, at: now)
        case .sent(let id): wasSent(id, at: now)
        case .sendFailed(let id): wasNotSent(id, at: now)
        case .connection(let change):
            isConnected = change == .restored
            note(.connection(change), at: now)
        }
        advance(at: now)
    }

    public mutating func timeout(at now: Instant) {
        carryOut(policy.timeout(at: now), at: now)
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
        var next = earliest(policy.deadline, early.deadline)
        if let request { next = earliest(next, request.expiresAt) }
        var destinations: Set<String> = []
        for message in outbox {
            next = earliest(next, message.expiresAt)
            // Only the first one for each participant can be next.
            let isFirst = destinations.insert(message.to).inserted
            if isFirst, isConnected, isReachable(message.to) { next = earliest(next, message.notBefore) }
        }
        for hint in unacknowledged.values {
            next = earliest(next, isConnected && isReachable(hint.to) ? hint.resendAt : nil)
            next = earliest(next, hint.expiresAt)
        }
        return next
    }

    /// What became due, whatever the input was.
    private mutating func advance(at now: Instant) {
        expireEarly(at: now)
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
