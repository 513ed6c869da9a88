import Coach
import Perception
import SansIO
import Settings
import Simulation
import Testing
import Wire

@testable import Session

/// A session in virtual time, with a connection that can break and a coach that answers when told to.
struct Stage {
    struct Message {
        var at: Instant
        var id: String
        var topic: TopicName
        var to: String
        var payload: [UInt8] = []
        var text: String?
        var streamID: String?
    }

    var core: SessionCore
    var now = Instant(nanoseconds: 5_000_000_000)
    /// 22 November 2026, 10:00 UTC, at the clock's origin.
    var wallOffset = Duration.seconds(1_795_341_600)
    /// Whether sends succeed.
    var isOpen = true
    /// Sends fail for good where they fail.
    var isBroken = false
    /// Sends are neither confirmed nor refused.
    var isMute = false
    private(set) var sent: [Message] = []
    /// What was neither confirmed nor refused.
    private(set) var muted: [Message] = []
    private(set) var journal: [JournalEntry] = []
    private(set) var asks: [(id: String, request: HintRequest)] = []
    private(set) var cancelled: [String] = []
    private(set) var notes: [TimelineEvent.Kind] = []
    /// Effects in short, in order.
    private(set) var log: [String] = []
    private(set) var failedSends = 0
    /// Since when those have been silent who were silent when they were first listened to.
    private(set) var silences: [Identity: Instant] = [:]
    /// What perception is told, until it is taken.
    private var perceived: [PerceptionInput] = []

    /// Settings that keep most tests short: no quiet start, a cooldown of a minute.
    static let quick = ["policy.quiet_start": "0s", "policy.cooldown": "60s", "policy.settle": "2s"]

    init(
        settings: [String: String] = [:], journal: [JournalEntry] = [], jobMetadata: String = "",
        roomMetadata: String = "", seed: UInt64 = 1, at start: Instant? = nil
    ) {
        var layer = Configuration.Layer()
        for (key, value) in Self.quick.merging(settings, uniquingKeysWith: { $1 }) {
            do { try layer.set(key, to: value, origin: .builtIn) } catch { Issue.record(error) }
        }
        core = SessionCore(configuration: Configuration().adding(layer), random: .seeded(seed))
        if let start { now = start }
        give(.wallClock(offset: wallOffset))
        if !journal.isEmpty { give(.restored(journal)) }
        give(.joined(room: RoomFacts(sid: "RM_1", name: "room", metadata: roomMetadata), jobMetadata: jobMetadata))
    }

    init(core: SessionCore) {
        self.core = core
    }

    /// What the session's owner writes.
    mutating func addToJournal(_ event: JournalEntry.Event) {
        journal.append(JournalEntry(at: core.timestamp(now).milliseconds, event: event))
    }

    mutating func cutJournal(to count: Int) { journal.removeSubrange(min(count, journal.count)...) }

    mutating func dropFromJournal(_ isMeant: (JournalEntry.Event) -> Bool) { journal.removeAll { isMeant($0.event) } }

    // MARK: Driving

    mutating func give(_ input: SessionInput) {
        core.receive(input, at: now)
        drain()
    }

    /// Lets time pass, with every deadline on the way.
    mutating func pass(_ duration: Duration, sourceLocation: SourceLocation = #_sourceLocation) {
        let end = now + duration
        var rounds = 0
        while let deadline = core.deadline, deadline <= end {
            rounds += 1
            guard rounds < 1000 else {
                Issue.record("the deadline does not move on from \(deadline)", sourceLocation: sourceLocation)
                return
            }
            now = max(now, deadline)
            core.timeout(at: now)
            drain()
        }
        now = end
    }

    private mutating func drain() {
        while let effect = core.pollOutput() {
            switch effect {
            case .send(let id, let topic, let payload, let to):
                handOver(
                    Message(at: now, id: id, topic: topic, to: to.map(\.text).joined(separator: ","), payload: payload))
            case .sendText(let id, let topic, let text, let streamID, _, let to):
                handOver(
                    Message(
                        at: now, id: id, topic: topic, to: to.map(\.text).joined(separator: ","), text: text,
                        streamID: streamID))
            case .ask(let id, let request):
                asks.append((id, request))
                log.append("ask \(request.trigger.kind) tier \(request.tier)")
            case .cancelAsk(let id):
                cancelled.append(id)
                log.append("cancel")
            case .record(let entry): journal.append(entry)
            case .listen(let participant, let enabled, let hasSpoken, let since):
                perceived.append(
                    enabled
                        ? .listen(participant, hasSpoken: hasSpoken, silentSince: since) : .ignore(participant))
                log.append("\(enabled ? "listen" : "deafen") \(participant)")
                silences[participant] = since
            case .watch(let participant, let enabled): log.append("\(enabled ? "watch" : "unwatch") \(participant)")
            case .look(let id, let participant, _): log.append("look \(id) \(participant)")
            case .codeFeed(let participant, let isPresent):
                log.append("feed \(participant) \(isPresent)")
                perceived.append(.codeFeed(participant, isPresent: isPresent))
            case .typed(let participant):
                log.append("typed \(participant)")
                perceived.append(.typed(participant))
            case .configured(let configuration): perceived.append(.configured(configuration.perception))
            case .note(let event): notes.append(event.kind)
            }
        }
    }

    mutating func takePerceived() -> [PerceptionInput] {
        defer { perceived = [] }
        return perceived
    }

    private mutating func handOver(_ message: Message) {
        if isMute {
            muted.append(message)
            return
        }
        guard isOpen else {
            failedSends += 1
            core.receive(.sendFailed(messageID: message.id, isForGood: isBroken), at: now)
            return
        }
        sent.append(message)
        log.append("send \(message.topic) \(message.to)")
        core.receive(.sent(messageID: message.id, at: now), at: now)
    }

    // MARK: People

    mutating func join(
        _ identity: Identity, sid: String? = nil, role: String? = nil, canUpdateMetadata: Bool = false,
        microphone: Bool = true, attributes: [AttributeKey: String] = [:], kind: ParticipantFacts.Kind = .standard,
        isHidden: Bool = false, isActive: Bool = true, isEncrypted: Bool = false, isMuted: Bool = false,
        camera: Bool = false
    ) {
        var attributes = attributes
        attributes["jask.role"] = role
        give(
            .participant(
                ParticipantFacts(
                    identity: identity, sid: sid ?? "PA_\(identity)", attributes: attributes,
                    canUpdateMetadata: canUpdateMetadata, kind: kind, isHidden: isHidden, isActive: isActive,
                    isPublisher: microphone || isEncrypted, publishesMicrophone: microphone && !isEncrypted,
                    isMuted: isMuted, publishesCamera: camera,
                    hasEncryptedTracks: isEncrypted)))
    }

    /// A candidate and an interviewer by their tokens.
    mutating func joinBoth(attributes: [AttributeKey: String] = [:]) {
        join("ada", role: "candidate", attributes: attributes)
        join("ivo", role: "interviewer")
    }

    mutating func packet(_ topic: TopicName, from sender: Identity?, _ text: String) {
        give(.packet(topic: topic, sender: sender, payload: Array(text.utf8)))
    }

    mutating func control(
        _ action: ControlMessage.Action, from sender: Identity, sources: [ObservedSource]? = nil, tier: Int? = nil
    ) {
        give(
            .packet(
                topic: Topic.control, sender: sender,
                payload: ControlMessage(action: action, tier: tier, sources: sources).encoded()))
    }

    mutating func ask(from sender: Identity) {
        give(.packet(topic: Topic.ask, sender: sender, payload: AskMessage().encoded()))
    }

    mutating func code(from sender: Identity, revision: Int, _ text: String, path: DocumentPath = "solution.py") {
        give(
            .packet(
                topic: Topic.code, sender: sender,
                payload: CodeMessage(path: path, language: "python", revision: revision, text: text).encoded()))
    }

    // MARK: Perception and coach

    mutating func speak(_ identity: Identity, for duration: Duration = .seconds(1)) {
        give(.signal(.voiceBegan(participant: identity, at: now), participant: identity))
        pass(duration)
        give(.signal(.voiceEnded(participant: identity, at: now), participant: identity))
    }

    mutating func longPause(_ identity: Identity = "ada", confidence: Double = 0.8) {
        let pause = LongPause(
            participant: identity, since: now - .seconds(10), at: now, threshold: .seconds(10),
            confidence: confidence,
            reasons: [.editorIdle])
        give(.signal(.longPause(pause), participant: identity))
    }

    mutating func gesture(_ kind: Gesture.Kind, of identity: Identity = "ada", confidence: Double = 0.9) {
        let gesture = Gesture(
            participant: identity, kind: kind, since: now - .seconds(1), at: now, confidence: confidence,
            reasons: [.handModel])
        give(.signal(.gestureBegan(gesture), participant: identity))
    }

    mutating func gestureEnds(_ kind: Gesture.Kind, of identity: Identity = "ada") {
        give(
            .signal(
                .gestureEnded(participant: identity, kind: kind, since: now - .seconds(2), at: now, cause: .unmade),
                participant: identity))
    }

    mutating func answer(_ text: String = "Look at line 1.", after delay: Duration = .milliseconds(800)) {
        pass(delay)
        guard let ask = asks.last else {
            Issue.record("nothing was asked")
            return
        }
        let hint = Hint(
            tier: ask.request.tier, text: text,
            anchor: ask.request.document.map {
                Anchor(path: $0.path.text, revision: $0.revision, startLine: 1, endLine: 1)
            }, source: .claude)
        give(.coachAnswered(requestID: ask.id, CoachOutcome(hint: hint, elapsed: delay)))
    }

    // MARK: What was said

    func messages(_ topic: TopicName, to identity: Identity? = nil) -> [Message] {
        sent.filter { $0.topic == topic && (identity == nil || $0.to == identity?.text) }
    }

    func hints(to identity: Identity = "ada") -> [HintMessage] {
        messages(Topic.hint, to: identity).compactMap { message in
            do { return try HintMessage(decoding: message.payload) } catch {
                Issue.record(error)
                return nil
            }
        }
    }

    func notices(_ kind: NoticeMessage.Kind? = nil, to identity: Identity? = nil) -> [NoticeMessage] {
        messages(Topic.notice, to: identity).compactMap { message in
            do { return try NoticeMessage(decoding: message.payload) } catch {
                Issue.record(error)
                return nil
            }
        }.filter { kind == nil || $0.kind == kind }
    }

    func dropped() -> [String] {
        notes.compactMap {
            switch $0 {
            case .dropped(_, let reason), .hintDropped(_, let reason), .withdrawn(_, let reason): reason
            default: nil
            }
        }
    }

    /// Why moments wait, or are held.
    func waiting() -> [String] {
        notes.compactMap { if case .waiting(_, let reason) = $0 { reason } else { nil } }
    }

    func refusals() -> [String] {
        notes.compactMap { if case .refused(_, _, let code) = $0 { code } else { nil } }
    }
}
