import SansIO

/// The order that an agent is to be in a room.
public struct AgentDispatch: Sendable, Hashable {
    public var id: String
    public var agentName: String
    public var room: RoomName
    /// For the agent, which gets it with its job.
    public var metadata: String
    /// For the agent, as `metadata`.
    public var attributes: [AttributeKey: String]
    /// Nanoseconds since 1970 by the server's clock; `nil` where it is not told.
    public var createdAt: Int64?
    /// The same of its end.
    public var deletedAt: Int64?
    /// None as long as nobody was asked.
    public var jobs: [AgentJob]

    public init(id: String, agentName: String, room: RoomName, metadata: String = "") {
        self.id = id
        self.agentName = agentName
        self.room = room
        self.metadata = metadata
        attributes = [:]
        jobs = []
    }
}

extension AgentDispatch {
    package init(_ message: Livekit_AgentDispatch) {
        self.init(
            id: message.id, agentName: message.agentName, room: RoomName(message.room), metadata: message.metadata)
        attributes = .init(plain: message.attributes)
        createdAt = WireTime.nanoseconds(message.state.createdAt)
        deletedAt = WireTime.nanoseconds(message.state.deletedAt)
        jobs = message.state.jobs.map { AgentJob($0) }
    }
}
