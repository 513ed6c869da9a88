import Foundation
import LiveKit
import NIOCore
import SansIO
import Simulation

@testable import DevServer

/// A control plane in virtual time, with clients, workers and a media plane that does what it is told at once.
final class World {
    let core: ServerCore
    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    /// Everything sent to each client, in order.
    var messages: [SignalID: [Livekit_SignalResponse.OneOf_Message]] = [:]
    var closedSignals: Set<SignalID> = []
    var workerMessages: [WorkerConnectionID: [Livekit_ServerMessage.OneOf_Message]] = [:]
    var closedWorkers: Set<WorkerConnectionID> = []
    var commands: [(sid: ParticipantSID, command: MediaCommand)] = []
    /// Whether clients answer the server's offers.
    var clientsAnswer = true
    /// Whether the media plane frees the section of a track at once.
    var freesSections = true
    /// Sections that clients with a single connection have offered to receive in.
    private var slots: [ParticipantSID: Int] = [:]
    private var nextNumber = 0
    static let epoch: Int64 = 1_795_337_000_000_000_000

    init(rules: RoomRules = RoomRules(), seed: UInt64 = 1) throws {
        core = ServerCore(
            rules: rules, key: try APIKey(name: "devkey", secret: "secret"), epoch: Self.epoch, random: .seeded(seed))
    }

    struct Client {
        let signal: SignalID
        let identity: String
        let sid: ParticipantSID
    }

    // MARK: Time

    func perform<Result>(_ body: (ServerCore, Instant) -> Result) -> Result {
        let result = body(core, now)
        drain()
        return result
    }

    func perform<Result>(_ body: (ServerCore, Instant) throws(TwirpError) -> Result) throws(TwirpError) -> Result {
        defer { drain() }
        return try body(core, now)
    }

    /// Lets virtual time pass, each timer on its instant.
    func pass(_ duration: Duration) {
        let end = now + duration
        while let due = core.deadline, due <= end {
            now = max(now, due)
            core.timeout(at: now)
            drain()
        }
        now = end
    }

    private func drain() {
        while let effect = core.pollEffect() {
            switch effect {
            case .send(let message, let signal):
                messages[signal, default: []].append(message.message ?? .pong(0))
                if clientsAnswer, case .offer(let offer) = message.message { answer(offer, signal) }
            case .closeSignal(let signal): closedSignals.insert(signal)
            case .sendToWorker(let message, let worker):
                if let message = message.message { workerMessages[worker, default: []].append(message) }
            case .closeWorker(let worker): closedWorkers.insert(worker)
            case .media(let command, let sid): carryOut(command, sid)
            }
        }
    }

    private func carryOut(_ command: MediaCommand, _ sid: ParticipantSID) {
        commands.append((sid, command))
        switch command {
        case .makeOffer: core.receive(.offered(sdp: "offer for \(sid)", tracks: tracks(of: sid)), of: sid, at: now)
        case .answer(let offer, let id, _, _): answered(offer, id, sid)
        case .countSections: core.receive(.sectionsCounted(missing: missing(sid)), of: sid, at: now)
        case .unsubscribe(let track) where freesSections: core.receive(.unsubscribed(track), of: sid, at: now)
        default: break
        }
    }

    /// Answers an offer on a single connection. Its text is how many sections it has to receive in.
    private func answered(_ offer: String, _ id: UInt32, _ sid: ParticipantSID) {
        slots[sid] = Int(offer) ?? 0
        let filled = subscribed(by: sid).prefix(slots[sid] ?? 0)
        let tracks = Dictionary(uniqueKeysWithValues: filled.enumerated().map { (String($0), $1) })
        core.receive(
            .answered(answer: "answer for \(sid)", id: id, tracks: tracks, missing: missing(sid)), of: sid, at: now)
    }

    private func missing(_ sid: ParticipantSID) -> SectionCount {
        SectionCount(audio: max(0, subscribed(by: sid).count - slots[sid, default: 0]))
    }

    /// The sections of a participant's subscriber connection.
    private func tracks(of sid: ParticipantSID) -> [String: TrackSID] {
        let subscribed = subscribed(by: sid)
        return Dictionary(uniqueKeysWithValues: subscribed.enumerated().map { (String($0 + 1), $1) })
    }

    private func subscribed(by sid: ParticipantSID) -> [TrackSID] {
        var subscribed: [TrackSID] = []
        for (owner, command) in commands where owner == sid {
            if case .subscribe(let track) = command { subscribed.append(track.sid) }
            if case .unsubscribe(let track) = command { subscribed.removeAll { $0 == track } }
        }
        return subscribed
    }

    private func answer(_ offer: Livekit_SessionDescription, _ signal: SignalID) {
        var answer = Livekit_SessionDescription()
        answer.type = "answer"
        answer.sdp = "answer"
        answer.id = offer.id
        core.receive(.with { $0.answer = answer }, from: signal, at: now)
    }

    // MARK: Clients

    /// Joins a room; with `connects`, its transport comes up as well.
    @discardableResult
    func join(
        _ identity: String, room: String = "r", connects: Bool = true,
        _ configure: (inout JoinRequest, inout VideoGrant) -> Void = { _, _ in }
    ) -> Client {
        let signal = newSignal()
        connect(signal, identity, room: room, configure)
        let client = Client(signal: signal, identity: identity, sid: joinResponse(signal)?.participant.sid ?? "")
        let participant = core.signals[signal]?.participant
        if connects {
            media(.connected(participant?.usesSingleConnection == true ? .publisher : .subscriber), of: client)
        }
        return client
    }

    func connect(
        _ signal: SignalID, _ identity: String, room: String = "r",
        _ configure: (inout JoinRequest, inout VideoGrant) -> Void = { _, _ in }
    ) {
        var grant = VideoGrant.join(room: RoomName(room))
        var request = JoinRequest(
            room: RoomName(room), identity: Identity(identity), claims: TokenClaims(identity: Identity(identity)))
        request.protocolLevel = 16
        configure(&request, &grant)
        request.claims.video = grant
        perform { $0.connect(signal, join: request, at: $1) }
    }

    func newSignal() -> SignalID {
        nextNumber += 1
        return SignalID(number: nextNumber)
    }

    func joinResponse(_ signal: SignalID) -> Livekit_JoinResponse? {
        for case .join(let response) in messages[signal] ?? [] { return response }
        return nil
    }

    func send(_ message: Livekit_SignalRequest.OneOf_Message, from client: Client) {
        perform { core, now in core.receive(.with { $0.message = message }, from: client.signal, at: now) }
    }

    func media(_ event: MediaEvent, of client: Client) {
        perform { $0.receive(event, of: client.sid, at: $1) }
    }

    /// Announces, offers and starts a track.
    /// - Parameter heights: of a camera's layers; empty for a microphone.
    @discardableResult
    func publish(_ client: Client, mid: String = "0", cid: String = "cid", muted: Bool = false, heights: [UInt32] = [])
        -> TrackSID
    {
        let isVideo = !heights.isEmpty
        var request = Livekit_AddTrackRequest()
        request.cid = cid
        request.name = isVideo ? "cam" : "mic"
        request.type = isVideo ? .video : .audio
        request.source = isVideo ? .camera : .microphone
        request.muted = muted
        request.layers = heights.map { height in .with { $0.height = height } }
        request.height = heights.max() ?? 0
        send(.addTrack(request), from: client)
        media(.trackAnnounced(mid: mid, clientID: cid, isVideo: isVideo), of: client)
        if !muted { media(.trackStarted(mid: mid, mimeType: isVideo ? "video/VP8" : "audio/red"), of: client) }
        for case .trackPublished(let response) in messages[client.signal] ?? [] where response.cid == cid {
            return response.track.sid
        }
        return ""
    }

    /// What was sent to a client since the last time this was asked.
    func news(_ client: Client) -> [Livekit_SignalResponse.OneOf_Message] {
        defer { messages[client.signal] = [] }
        return messages[client.signal] ?? []
    }

    func updates(_ client: Client) -> [Livekit_ParticipantInfo] {
        news(client).flatMap { message -> [Livekit_ParticipantInfo] in
            if case .update(let update) = message { return update.participants }
            return []
        }
    }

    func leave(_ client: Client) {
        var leave = Livekit_LeaveRequest()
        leave.reason = .clientInitiated
        send(.leave(leave), from: client)
    }

    func closeSignal(_ client: Client) {
        perform { $0.signalClosed(client.signal, at: $1) }
    }

    /// The data packets that went to a client.
    func packets(to client: Client) -> [Livekit_DataPacket] {
        commands.compactMap { sid, command in
            guard sid == client.sid, case .send(let buffer, _) = command else { return nil }
            return try? Livekit_DataPacket(serializedBytes: Array(buffer.readableBytesView))
        }
    }

    // MARK: Workers

    func worker(
        _ name: String = "", type: Livekit_JobType = .jtRoom, load: Float = 0,
        permissions: Livekit_ParticipantPermission? = nil
    ) -> WorkerConnectionID {
        nextNumber += 1
        let id = WorkerConnectionID(number: nextNumber)
        perform { $0.workerConnected(id, at: $1) }
        var register = Livekit_RegisterWorkerRequest()
        register.agentName = name
        register.type = type
        if let permissions { register.allowedPermissions = permissions }
        tell(.register(register), id)
        tell(
            .updateWorker(
                .with {
                    $0.status = .wsAvailable; $0.load = load
                }), id)
        return id
    }

    func tell(_ message: Livekit_WorkerMessage.OneOf_Message, _ worker: WorkerConnectionID) {
        perform { core, now in core.receive(.with { $0.message = message }, from: worker, at: now) }
    }

    func offers(_ worker: WorkerConnectionID) -> [Livekit_Job] {
        (workerMessages[worker] ?? []).compactMap {
            if case .availability(let request) = $0 { request.job } else { nil }
        }
    }

    func assignments(_ worker: WorkerConnectionID) -> [Livekit_JobAssignment] {
        (workerMessages[worker] ?? []).compactMap { if case .assignment(let found) = $0 { found } else { nil } }
    }

    func terminations(_ worker: WorkerConnectionID) -> [String] {
        (workerMessages[worker] ?? []).compactMap {
            if case .termination(let found) = $0 { found.jobID } else { nil }
        }
    }

    func accept(_ job: Livekit_Job, _ worker: WorkerConnectionID, as identity: String = "") {
        tell(
            .availability(
                .with {
                    $0.jobID = job.id
                    $0.available = true
                    $0.participantIdentity = identity
                }), worker)
    }

    func decline(_ job: Livekit_Job, _ worker: WorkerConnectionID) {
        tell(.availability(.with { $0.jobID = job.id }), worker)
    }

    /// Joins as the participant of a job, by its token.
    func join(by assignment: Livekit_JobAssignment) throws -> Client {
        let claims = try TokenVerifier(keys: [core.key]).verify(assignment.token, now: core.seconds(at: now))
        return join(claims.identity?.text ?? "", room: claims.video?.room?.text ?? "") { request, grant in
            request.claims = claims
            grant = claims.video ?? grant
        }
    }
}

extension Livekit_SignalResponse.OneOf_Message {
    /// The name of the case, for tests of order.
    var name: String {
        Mirror(reflecting: self).children.first?.label ?? "\(self)"
    }
}
