import LiveKit
import NIOCore
import SansIO

extension ServerAPI {
    /// Asks an assistant whether it lives; it answers by its attribute `jask.alive`.
    func probe(_ seat: RoomKey, question: String) async throws(ServerAPIError) {
        try await sendData(
            ByteBuffer(string: question), topic: AgentInstance.probeTopic, room: seat.name,
            to: [seat.assistant])
    }

    /// Tells the worker of a room's assistant which rooms of a dead worker are dispatched anew.
    func foretell(_ seat: RoomKey, dead: String, rooms: [String]) async throws(ServerAPIError) {
        try await sendData(
            ByteBuffer(string: WorkerBoard.word(of: dead, rooms: rooms)), topic: AgentInstance.foretellTopic,
            room: seat.name, to: [seat.assistant])
    }

    /// What the room's assistant shows.
    func reading(of seat: RoomKey) async throws(ServerAPIError) -> (PeerWatch.Reading, participantSID: String) {
        let info = try await participant(seat.assistant, room: seat.name)
        let reading = PeerWatch.Reading(info, in: seat)
        return (reading, info.sid)
    }

    /// Asks the assistant of a room and waits for a new answer, also one to another worker's question.
    /// - Parameters:
    ///   - participant: the assistant's sid; `nil` for whoever has the identity.
    ///   - before: what it had answered before; `nil` where that is not known.
    /// - Returns: `nil` without an answer in time, and where another one has taken its place.
    func answer(
        of seat: RoomKey, participant: String? = nil, before: String?? = nil, within patience: Duration
    ) async -> PeerWatch.Reading? {
        let end = Instant.onEventLoop + patience
        let question = String(UInt64.random(in: 0 ... .max), radix: 36)
        var before = before
        do {
            try await probe(seat, question: question)
            var pause = Duration.milliseconds(50)
            while Instant.onEventLoop < end {
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .milliseconds(200))
                let (reading, sid) = try await reading(of: seat)
                guard participant == nil || participant == sid else { return nil }
                if reading.hasAnswered(question) { return reading }
                if let before, before != reading.answer { return reading }
                before = before ?? .some(reading.answer)
            }
        } catch {
            // Not there any more, or the server does not say: whoever comes is better than nobody.
        }
        return nil
    }
}

extension PeerWatch.Reading {
    /// What an agent shows that sits where the room's assistant does. Of anybody else nothing counts: attributes are what a
    /// participant, or whoever gave it its token, wants them to be.
    init(_ info: RoomParticipant, in seat: RoomKey) {
        guard info.kind == .agent, info.identity == seat.assistant, !info.sid.isEmpty,
            info.state != .disconnected
        else { return }
        instance = info.attributes[AgentInstance.attribute]
        answer = info.attributes[AgentInstance.aliveAttribute]
        digest = info.attributes[AgentInstance.digestAttribute].flatMap(WorkerDigest.init(text:))
    }
}

extension ReconcileCore.Failure {
    init(_ error: ServerAPIError) {
        switch error {
        case .twirp(_, 429, _, _), .twirp(_, _, "resource_exhausted", _): self = .throttled
        default: self = error.isNotFound ? .gone : .other
        }
    }
}
