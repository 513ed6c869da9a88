import SansIO

/// How a room is set up that is created by the server API.
public struct CreateRoomOptions: Sendable, Hashable {
    /// How long the room stays open before anyone joins; `nil` for the server's default.
    public var emptyTimeout: Duration?
    /// How long the room stays open after the last standard participant left; `nil` for the server's default.
    public var departureTimeout: Duration?
    /// How many may be in the room at once; `nil` for any number.
    public var maxParticipants: Int?
    public var metadata = ""
    /// Agents that are dispatched to the room at once.
    public var agents: [RoomConfigurationClaim.Agent] = []

    public init() {}
}

extension CreateRoomOptions {
    package func message(creating room: RoomName) -> Livekit_CreateRoomRequest {
        .with {
            $0.name = room.text
            $0.emptyTimeout = WireTime.seconds(emptyTimeout)
            $0.departureTimeout = WireTime.seconds(departureTimeout)
            $0.maxParticipants = UInt32(clamping: maxParticipants ?? 0)
            $0.metadata = metadata
            $0.agents = agents.map(\.message)
        }
    }
}
