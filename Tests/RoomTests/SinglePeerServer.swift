import NIOCore
import NIOPosix
import RTCCore
import RTCNetwork
import SansIO
import Synchronization
import Web

@testable import LiveKit

/// The other side of signalling v1 (`/rtc/v1`, one peer connection), as far as a client's negotiation meets it. It answers
/// offers, and asks for sections as livekit-server 1.11 does: after every answer again, for each video that has none, and
/// for ever for one that was unsubscribed before it had one. Everything of it happens on one loop.
final class SinglePeerServer: @unchecked Sendable {
    /// What came in, for tests to look at from elsewhere.
    struct Record: Sendable {
        var joins = 0
        var resumes = 0
        /// Offers that came with a join request.
        var carried: [Livekit_SessionDescription] = []
        /// Offers that came as a signal.
        var offers: [Livekit_SessionDescription] = []
        var requests: [Livekit_SignalRequest.OneOf_Message] = []
        var failures: [String] = []
        /// The sequence numbers of the data packets that came in.
        var sequences: [UInt32] = []
    }

    private let record = Mutex(Record())
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let identity: DTLSIdentity
    private var web: WebServer?

    // On the loop.
    private var participants: [Livekit_ParticipantInfo]
    private var session: Session?
    private var unanswered = 0
    private var answersResumeWithJoin = false
    private var isTakenOver = false
    private var abandoned: [PeerConnectionDriver] = []
    private var refusals = 0
    private var lastSequence: UInt32 = 0

    private init(participants: [Livekit_ParticipantInfo]) throws {
        identity = try .generate()
        self.participants = participants
    }

    /// - Parameter participants: the others in the room; each video track of theirs is subscribed at once.
    static func start(participants: [Livekit_ParticipantInfo] = []) async throws -> SinglePeerServer {
        let server = try SinglePeerServer(participants: participants)
        var routes = Routes()
        routes.onUpgrade("/rtc/v1") { request in
            guard let join = Self.joinRequest(request.query["join_request"] ?? "") else {
                return .refuse(.text("bad join request", status: .badRequest))
            }
            return .accept { server.opened($0, join) }
        }
        server.web = try await WebServer.start(routes: routes, group: server.group)
        return server
    }

    var url: String { "ws://127.0.0.1:\(web?.port ?? 0)" }

    var seen: Record { record.withLock { $0 } }

    func stop() async {
        perform { server in
            for driver in server.abandoned { driver.close() }
            server.session?.driver.close()
        }
        await web?.stop()
        try? await group.shutdownGracefully()
    }

    /// Leaves the next offers unanswered, as when the answer is lost with the socket.
    func leaveUnanswered(_ count: Int) { perform { $0.unanswered = count } }

    /// Answers the next resume with a new session.
    func answerResumeWithJoin() { perform { $0.answersResumeWithJoin = true } }

    /// From the next resume on, the client meets the session of another that joined under its identity.
    func takeOver() { perform { $0.isTakenOver = true } }

    func demand(audio: UInt32 = 0, video: UInt32 = 0) {
        perform {
            $0.send(
                .mediaSectionsRequirement(
                    .with {
                        $0.numAudios = audio
                        $0.numVideos = video
                    }))
        }
    }

    /// What the next resume is told of the packets that came in; 0 says nothing, as old servers do.
    func confirm(sequence: UInt32) { perform { $0.lastSequence = sequence } }

    /// Says something to the client.
    func tell(_ message: Livekit_SignalResponse.OneOf_Message) { perform { $0.send(message) } }

    /// Sends a packet over the client's reliable channel.
    func deliver(_ packet: Livekit_DataPacket) {
        perform { server in
            guard let session = server.session, let channel = session.reliable else { return }
            do {
                try session.driver.perform { (connection, now) throws(PeerConnectionError) in
                    try connection.send(packet.encoded(), on: channel, at: now)
                }
            } catch {
                server.record.withLock { $0.failures.append("\(error)") }
            }
        }
    }

    func cutSignal() { perform { $0.session?.signal.abort() } }

    /// Ends the media connection from this side, without a word by the signal.
    func closeMedia() { perform { $0.session?.driver.close() } }

    /// Closes the client's reliable data channel from this side, and nothing else.
    func closeChannel() {
        perform { server in
            guard let session = server.session, let channel = session.reliable else { return }
            session.driver.perform { connection, now in connection.closeDataChannel(channel, at: now) }
        }
    }

    /// Takes the client out of the room.
    func remove() {
        perform { $0.send(.leave(.with { $0.reason = .participantRemoved })) }
    }

    /// Tells the client to join again.
    func sendAway() {
        perform { server in
            if let signal = server.session?.signal { server.sendAway(over: signal) }
        }
    }

    /// Sends the next clients that join away at once, to join again.
    func sendAwayJoins(_ count: Int) { perform { $0.refusals = count } }

    private func sendAway(over signal: WebSocketConnection) {
        let leave = Livekit_LeaveRequest.with {
            $0.reason = .stateMismatch
            $0.action = .reconnect
        }
        signal.send(Livekit_SignalResponse.with { $0.leave = leave }.encoded())
        signal.close()
    }

    private func perform(_ body: @escaping @Sendable (SinglePeerServer) -> Void) {
        group.next().execute { body(self) }
    }

    // MARK: Signalling

    private static func joinRequest(_ text: String) -> Livekit_JoinRequest? {
        guard let bytes = Base64URL.decode(text),
            let wrapped = try? Livekit_WrappedJoinRequest(serializedBytes: bytes), wrapped.compression == .none
        else { return nil }
        return try? Livekit_JoinRequest(serializedBytes: wrapped.joinRequest)
    }

    private func opened(_ signal: WebSocketConnection, _ join: Livekit_JoinRequest) {
        signal.onMessage { [weak self] message in
            guard case .binary(let frame) = message, let request = try? Livekit_SignalRequest(parsing: frame),
                let content = request.message
            else { return }
            self?.received(content)
        }
        if join.reconnect, let session, !answersResumeWithJoin {
            record.withLock { $0.resumes += 1 }
            session.signal = signal
            if isTakenOver { replaceConnection(of: signal) }
            return send(.reconnect(.with { $0.lastMessageSeq = lastSequence }))
        }
        answersResumeWithJoin = false
        begin(signal, join)
    }

    /// Another connection, with a certificate of its own, answers from now on.
    private func replaceConnection(of signal: WebSocketConnection) {
        guard let other = try? DTLSIdentity.generate() else { return }
        // Its goodbye would tell the client before the answer does.
        if let session { abandoned.append(session.driver) }
        let session = Session(signal: signal, identity: other)
        self.session = session
        session.driver.gatherHostCandidates([.loopback]).assumeIsolated().whenComplete { [weak self] _ in
            session.isGathered = true
            for offer in session.early { self?.answer(offer, in: session) }
        }
    }

    private func begin(_ signal: WebSocketConnection, _ join: Livekit_JoinRequest) {
        if join.hasPublisherOffer { record.withLock { $0.carried.append(join.publisherOffer) } }
        session?.driver.close()
        guard refusals == 0 else {
            refusals -= 1
            session = nil
            return sendAway(over: signal)
        }
        let number = record.withLock {
            $0.joins += 1
            return $0.joins
        }
        let session = Session(signal: signal, identity: identity)
        session.unmatched = participants.flatMap(\.tracks).count { $0.type == .video }
        self.session = session
        session.driver.onEvent = { [weak self, weak session] event in
            switch event {
            case .dataChannelOpened(let handle, "_reliable"): session?.reliable = handle
            case .dataChannelMessage(_, _, let message):
                guard let packet = try? Livekit_DataPacket(parsing: message) else { return }
                self?.record.withLock { $0.sequences.append(packet.sequence) }
            default: break
            }
        }
        send(
            .join(
                .with {
                    $0.room.sid = "RM_1"
                    $0.participant.sid = "PA_own\(number)"
                    $0.otherParticipants = participants
                    $0.pingInterval = 5
                    $0.pingTimeout = 15
                }))
        let offer = join.hasPublisherOffer ? join.publisherOffer : nil
        session.driver.gatherHostCandidates([.loopback]).assumeIsolated().whenComplete { [weak self] _ in
            session.isGathered = true
            for offer in [offer].compactMap({ $0 }) + session.early { self?.answer(offer, in: session) }
        }
    }

    private func received(_ request: Livekit_SignalRequest.OneOf_Message) {
        record.withLock {
            $0.requests.append(request)
            if case .offer(let offer) = request { $0.offers.append(offer) }
        }
        guard let session else { return }
        switch request {
        case .offer(let offer):
            if session.isGathered { answer(offer, in: session) } else { session.early.append(offer) }
        case .subscription(let update) where !update.subscribe:
            // Its transceiver stays, without a section, and no section fits it any more.
            let orphans = min(update.trackSids.count, session.unmatched)
            session.unmatched -= orphans
            session.orphans += orphans
        default: break
        }
    }

    private func answer(_ offer: Livekit_SessionDescription, in session: Session) {
        guard unanswered == 0 else { return unanswered -= 1 }
        do {
            let sdp = try session.driver.perform { (connection, now) throws(PeerConnectionError) in
                try connection.setRemoteOffer(offer.sdp, at: now)
                return try connection.createAnswer(at: now)
            }
            send(
                .answer(
                    .with {
                        $0.type = "answer"
                        $0.sdp = sdp
                        $0.id = offer.id
                    }))
        } catch {
            record.withLock { $0.failures.append("\(error)") }
        }
        let sections = offer.sdp.split(whereSeparator: \.isNewline).count { $0.hasPrefix("m=video") }
        session.unmatched -= min(session.unmatched, sections - session.videoSections)
        session.videoSections = sections
        let missing = session.unmatched + session.orphans
        if missing > 0 { send(.mediaSectionsRequirement(.with { $0.numVideos = UInt32(missing) })) }
    }

    private func send(_ message: Livekit_SignalResponse.OneOf_Message) {
        var response = Livekit_SignalResponse()
        response.message = message
        session?.signal.send(response.encoded())
    }

    private final class Session {
        var signal: WebSocketConnection
        let driver: PeerConnectionDriver
        /// The channel of that label which the client opened.
        var reliable: DataChannelID?
        var isGathered = false
        /// Offers that came before the sockets were bound.
        var early: [Livekit_SessionDescription] = []
        /// Video transceivers that no section fits yet.
        var unmatched = 0
        /// Those that were unsubscribed before one did.
        var orphans = 0
        var videoSections = 0

        init(signal: WebSocketConnection, identity: DTLSIdentity) {
            self.signal = signal
            let random = RandomSource {
                var generator = SystemRandomNumberGenerator()
                return generator.next()
            }
            driver = PeerConnectionDriver(
                connection: PeerConnection(
                    configuration: PeerConnection.Configuration(identity: identity), random: random),
                eventLoop: signal.eventLoop)
        }
    }
}
