import LiveKit
import NIOCore
import SansIO

/// The control plane of a LiveKit server without its sockets: rooms, participants, tracks, data, agents.
///
/// Messages, requests and media events go in with the time; effects come out of `pollEffect`, which is to be called
/// until `nil` after every other call. `deadline` says when `timeout` is due. It knows nothing of sockets, clocks and
/// peer connections, so that it runs in virtual time.
final class ServerCore {
    let rules: RoomRules
    let key: APIKey
    /// Nanoseconds since 1970 at the clock's origin.
    let epoch: Int64
    let nodeID: String
    var sids: SIDs

    var rooms: [RoomName: HostedRoom] = [:]
    var signals: [SignalID: Binding] = [:]
    var workers: [WorkerConnectionID: ConnectedWorker] = [:]
    var jobs: [String: JobRecord] = [:]
    private var effects = CircularBuffer<Effect>()

    struct Binding {
        let room: HostedRoom
        let participant: Participant
    }

    /// The release whose behaviour the captures show.
    static let version = "1.11.0"
    static let protocolLevel: Int32 = 17

    init(rules: RoomRules, key: APIKey, epoch: Int64, random: RandomSource) {
        self.rules = rules
        self.key = key
        self.epoch = epoch
        sids = SIDs(random: random)
        nodeID = sids.make(.node)
    }

    // MARK: Verbs

    func pollEffect() -> Effect? { effects.popFirst() }

    func emit(_ effect: Effect) { effects.append(effect) }

    /// When `timeout` is due next.
    var deadline: Instant? {
        let rooms = rooms.values.reduce(nil) { earliest($0, $1.deadline) }
        let workers = workers.values.reduce(rooms) { $1.sid == nil ? earliest($0, $1.registerBy) : $0 }
        return jobs.values.reduce(workers) { found, record in
            if case .offered(_, let until) = record.phase { return earliest(found, until) }
            return found
        }
    }

    /// Does what is due by `now`.
    func timeout(at now: Instant) {
        for room in rooms.values {
            for participant in room.participants { timeout(participant, in: room, at: now) }
            timeout(room, at: now)
        }
        timeoutWorkers(at: now)
    }

    // MARK: Time

    func nanoseconds(at now: Instant) -> Int64 { epoch &+ now.nanoseconds }

    func milliseconds(at now: Instant) -> Int64 { nanoseconds(at: now) / 1_000_000 }

    func seconds(at now: Instant) -> Int64 { nanoseconds(at: now) / 1_000_000_000 }

    // MARK: Sending

    func send(_ message: Livekit_SignalResponse.OneOf_Message, to signal: SignalID) {
        var response = Livekit_SignalResponse()
        response.message = message
        emit(.send(response, to: signal))
    }

    func send(_ message: Livekit_SignalResponse.OneOf_Message, to participant: Participant) {
        guard let signal = participant.signal else { return }
        send(message, to: signal)
    }

    func sendLeave(
        _ reason: Livekit_DisconnectReason, _ action: Livekit_LeaveRequest.Action, level: Int, to signal: SignalID
    ) {
        var leave = Livekit_LeaveRequest()
        leave.reason = reason
        // Below 13 a client knows no actions, only whether it may come back.
        if level > 12 { leave.action = action } else { leave.canReconnect = action != .disconnect }
        send(.leave(leave), to: signal)
    }

    var serverInfo: Livekit_ServerInfo {
        var info = Livekit_ServerInfo()
        info.version = Self.version
        info.protocol = Self.protocolLevel
        info.nodeID = nodeID
        info.agentProtocol = 1
        return info
    }
}
