import SansIO

/// An agent's work in one room, as the server hands it out.
public struct AgentJob: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// One for each room.
        case room
        /// One for each participant that publishes.
        case publisher
        /// One for each participant.
        case participant
    }

    public enum Status: Sendable, Hashable {
        case pending
        case running
        case success
        case failed
    }

    public var id: String
    /// The dispatch by which it came.
    public var dispatchID: String
    /// `nil` for a kind of a newer protocol.
    public var kind: Kind?
    public var room: RoomInfo
    /// Whom it is about, unless it is about the room.
    public var participant: RoomParticipant?
    public var agentName: String
    /// The dispatch's.
    public var metadata: String
    /// The dispatch's.
    public var attributes: [AttributeKey: String]
    /// `nil` for a status of a newer protocol.
    public var status: Status?
    /// Why it failed.
    public var error: String

    public init(id: String, room: RoomInfo, dispatchID: String = "", metadata: String = "") {
        self.id = id
        self.dispatchID = dispatchID
        kind = .room
        self.room = room
        agentName = ""
        self.metadata = metadata
        attributes = [:]
        status = .pending
        error = ""
    }

    /// Whether it has ended, one way or the other.
    public var isOver: Bool { status == .success || status == .failed }
}

extension AgentJob {
    package init(_ message: Livekit_Job) {
        self.init(
            id: message.id, room: RoomInfo(message.room), dispatchID: message.dispatchID, metadata: message.metadata)
        kind = Kind(message.type)
        participant = message.hasParticipant ? RoomParticipant(message.participant) : nil
        agentName = message.agentName
        attributes = .init(plain: message.attributes)
        status = Status(message.state.status)
        error = message.state.error
    }
}

extension AgentJob.Kind {
    package init?(_ message: Livekit_JobType) {
        switch message {
        case .jtRoom: self = .room
        case .jtPublisher: self = .publisher
        case .jtParticipant: self = .participant
        case .UNRECOGNIZED: return nil
        }
    }

    package var message: Livekit_JobType {
        switch self {
        case .room: .jtRoom
        case .publisher: .jtPublisher
        case .participant: .jtParticipant
        }
    }
}

extension AgentJob.Status {
    package init?(_ message: Livekit_JobStatus) {
        switch message {
        case .jsPending: self = .pending
        case .jsRunning: self = .running
        case .jsSuccess: self = .success
        case .jsFailed: self = .failed
        case .UNRECOGNIZED: return nil
        }
    }
}
