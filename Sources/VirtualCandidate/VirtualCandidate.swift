import LiveKit
import NIOCore
import RTCCore
import RTCMedia
import RTCNetwork
import SansIO
import Synchronization
import Wire

/// A candidate without a person: joins a room as an ordinary client, speaks, sends code, falls silent and waits for
/// hints. For the demo, tests and load.
public final class VirtualCandidate: Sendable {
    private let script: CandidateScript
    private let room: Room
    private let hasNotice = Mutex(false)
    private let hints = Mutex(0)
    private let feed: CameraFeed?
    private let pictures: PictureFeed?
    /// When the speech is to be said once more, from now on; the microphone takes them.
    private let sayings = Mutex<[Duration]>([])
    /// The revision under which the code was last sent.
    private let codeRevision = Mutex<Int?>(nil)
    private let onEvent: @Sendable (CandidateEvent) -> Void

    /// Begins to join.
    /// - Parameters:
    ///   - version: of signalling, that is tried first.
    ///   - onEvent: called from several threads, each in order.
    public init(
        script: CandidateScript, server: ServerURL, token: AccessToken, identity: DTLSIdentity, pool: ThreadPool,
        interfaces: InterfacePolicy = .init(), version: SignalVersion = .v1, on eventLoop: any EventLoop,
        onEvent: @escaping @Sendable (CandidateEvent) -> Void
    ) {
        self.script = script
        self.onEvent = onEvent
        var options = RoomOptions(
            signal: SignalOptions(server: server, token: token), identity: identity, pool: pool)
        options.interfaces = interfaces
        options.signal.preferredVersion = version
        options.offersJPEG = script.camera?.isJPEG ?? false
        let room = Room.connect(options, on: eventLoop)
        self.room = room
        pictures = script.pictures.map { PictureFeed($0, room: room) }
        feed = script.camera.map { CameraFeed($0, room: room, onEvent: onEvent) }
    }

    /// Plays the script.
    /// - Returns: the hints received, also when the script's limit came first.
    /// - Throws: `CandidateError` when the room was lost before the end.
    public func run() async throws -> Int {
        let result = await withTaskGroup(of: Result<Void, any Error>.self) { group in
            group.addTask {
                do { return .success(try await self.watch()) } catch { return .failure(error) }
            }
            if let pictures = self.pictures {
                group.addTask {
                    // They end with the room or the candidate, whose end another task tells.
                    do { try await pictures.run() } catch is CancellationError {} catch {
                        self.onEvent(.warning("the pictures ended: \(error)"))
                    }
                    try? await Task.sleep(for: self.script.limit)
                    return .success(())
                }
            }
            group.addTask {
                do { try await Task.sleep(for: self.script.limit) } catch { return .failure(error) }
                return .success(())
            }
            let first = await group.next() ?? .success(())
            group.cancelAll()
            return first
        }
        // Also when cancelled: the server would go on waiting for one that is gone without a word.
        await room.leave()
        try result.get()
        return hints.withLock { $0 }
    }

    /// Until there are hints enough, or the room is left.
    private func watch() async throws {
        for await event in room.events {
            switch event {
            case .joined(let info, _, let isRejoin):
                guard !isRejoin else { break }
                let others = try await room.perform { $0.participants.map(\.identity) } ?? []
                onEvent(.joined(room: info.name, others: others))
                try await begin()
            case .data(let data, let sender):
                onEvent(.packet(topic: data.topic, sender: sender.identity, text: String(buffer: data.payload)))
                try await take(data)
                if hints.withLock({ $0 }) >= script.untilHints { return }
            case .stream(let content):
                onEvent(
                    .text(
                        topic: content.info.topic, sender: content.info.sender.identity, text: content.text ?? ""))
            case .reconnecting(_, let cause): onEvent(.reconnecting("\(cause)"))
            case .resumed: onEvent(.resumed)
            case .warning(let text): onEvent(.warning(text))
            case .disconnected(let reason):
                onEvent(.left("\(reason)"))
                if case .leftLocally = reason { return }
                throw CandidateError.disconnected(reason)
            default: break
            }
        }
    }

    private func begin() async throws {
        if script.microphoneAfter > .zero {
            Task {
                try await Task.sleep(for: script.microphoneAfter)
                do { try await publishMicrophone() } catch {
                    onEvent(.warning("the microphone cannot be published: \(error)"))
                }
            }
        } else {
            try await publishMicrophone()
        }
        try await feed?.publish()
        pictures?.joined()
        guard script.code != nil else { return }
        Task {
            try await Task.sleep(for: script.codeAfter)
            try await sendCode()
        }
    }

    private func publishMicrophone() async throws {
        let script = script
        let onEvent = onEvent
        _ = try await room.perform { engine in
            var options = AudioPublicationOptions()
            options.opus.sampleRate = script.speech.sampleRate
            let microphone = Microphone(script: script, engine: engine, onEvent: onEvent) { [weak self] in
                !script.awaitsNotice || self?.hasNotice.withLock { $0 } ?? true
            } takeSayings: { [weak self] in
                self?.sayings.withLock { $0.drain() } ?? []
            }
            engine.publishAudio(options) { sid in
                onEvent(.microphonePublished(sid: sid))
                microphone.start()
            }
        }
    }

    /// The whole file, each time under a higher revision.
    private func sendCode() async throws {
        guard let code = script.code else { return }
        let revision = codeRevision.withLock { last in
            let next = last.map { $0 + 1 } ?? code.revision
            last = next
            return next
        }
        try await room.sendText(
            code.text, topic: Topic.code,
            attributes: CodeMessage(
                path: DocumentPath(code.path), language: code.language, revision: revision, text: code.text
            ).attributes)
        onEvent(.codeSent(path: code.path, bytes: code.text.utf8.count))
    }

    /// An assistant that has come since the code was sent, or asks for it, does not have it.
    private func take(_ notice: NoticeMessage) async throws {
        hasNotice.withLock { $0 = true }
        guard notice.kind == .observing || notice.resend == NoticeMessage.wholeText,
            codeRevision.withLock({ $0 != nil })
        else { return }
        try await sendCode()
    }

    private func react(_ reaction: CandidateScript.Reaction) {
        if let gap = reaction.speaksAfter { sayings.withLock { $0.append(gap) } }
        feed?.react(with: reaction.steps)
    }

    /// What cannot be read is told, and counts for nothing.
    private func take(_ data: UserData) async throws {
        let bytes = Array(data.payload.readableBytesView)
        var (hint, notice): (HintMessage?, NoticeMessage?)
        do throws(WireError) {
            switch data.topic {
            case Topic.notice:
                // Whatever it says, its addressee knows of the assistant.
                notice = try NoticeMessage(decoding: bytes)
            case Topic.frame:
                pictures?.take(try FrameMessage(decoding: bytes))
                return
            case Topic.hint: hint = try HintMessage(decoding: bytes)
            default: return
            }
        } catch {
            return onEvent(.warning("\(data.topic) cannot be read: \(error)"))
        }
        if let notice { return try await take(notice) }
        guard let hint else { return }
        onEvent(.hint(hint))
        let number = hints.withLock { hints in
            defer { hints += 1 }
            return hints
        }
        if script.reactions.indices.contains(number) { react(script.reactions[number]) }
        guard script.acknowledges else { return }
        let acknowledgement = AckMessage(id: hint.id, status: .seen).encoded()
        try await room.send(UserData(payload: ByteBuffer(bytes: acknowledgement), topic: Topic.ack))
    }
}

/// Feeds the published track in real time: the speech, then silence for as long as the room lasts, but for what is said
/// in reaction to a hint. Lives on the room's loop.
private final class Microphone {
    private static let frame = Duration.milliseconds(20)

    private let script: CandidateScript
    private weak var engine: RoomEngine?
    private let onEvent: @Sendable (CandidateEvent) -> Void
    private let frameSize: Int
    private var timeline: [Int16]
    private let maySpeak: () -> Bool
    private let takeSayings: () -> [Duration]
    private var sent = 0
    /// From which frame on the speech is said once more, each time.
    private var later: [Int] = []
    /// Frames of silence before the timeline; `nil` until it begins.
    private var lead: Int?
    private var began: Instant?
    private var isSpeaking = false

    init(
        script: CandidateScript, engine: RoomEngine, onEvent: @escaping @Sendable (CandidateEvent) -> Void,
        maySpeak: @escaping () -> Bool, takeSayings: @escaping () -> [Duration]
    ) {
        self.maySpeak = maySpeak
        self.takeSayings = takeSayings
        self.script = script
        self.engine = engine
        self.onEvent = onEvent
        let rate = script.speech.sampleRate
        frameSize = rate / 50
        let gap = [Int16](repeating: 0, count: Int(script.gap.inSeconds * Double(rate)))
        timeline = (0..<max(0, script.repetitions)).flatMap { _ in gap + script.speech.samples }
    }

    /// Begins, or goes on after a rejoin: the timeline is not begun anew.
    func start() {
        guard began == nil else { return }
        began = .onEventLoop
        tick()
    }

    /// Sends the frames that are due, then waits for the next: a late tick sends several, so that none is lost.
    private func tick() {
        guard let engine, let began else { return }
        let now = Instant.onEventLoop
        while began + Self.frame * sent <= now {
            send(on: engine)
            sent += 1
        }
        let next = began + Self.frame * sent
        let bound = NIOLoopBound(self, eventLoop: engine.eventLoop)
        engine.eventLoop.scheduleTask(deadline: next.deadline) { bound.value.tick() }
    }

    private func send(on engine: RoomEngine) {
        if lead == nil, maySpeak() { lead = sent }
        guard let lead else { return send([], on: engine) }
        let start = (sent - lead) * frameSize
        later += takeSayings().map { sent + Int($0 / Self.frame) }
        if start >= timeline.count, let next = later.first, next <= sent {
            later.removeFirst()
            timeline += [Int16](repeating: 0, count: start - timeline.count) + script.speech.samples
        }
        let samples = Array(timeline.dropFirst(start).prefix(frameSize))
        if samples.isEmpty == isSpeaking {
            isSpeaking.toggle()
            onEvent(isSpeaking ? .beganSpeaking : .fellSilent)
        }
        send(samples, on: engine)
    }

    /// - Parameter samples: a frame's at most; the rest of it is silent.
    private func send(_ samples: [Int16], on engine: RoomEngine) {
        let samples = samples + repeatElement(0, count: frameSize - samples.count)
        // A frame that cannot be encoded is 20 ms of silence, which the next one ends.
        try? engine.sendAudio(samples)
    }
}
