/// What a server says of itself.
public struct ServerInfo: Sendable, Hashable {
    /// As `1.11.0`.
    public var version: String
    /// The protocol level of signalling.
    public var protocolLevel: Int
    /// The protocol level of agent workers.
    public var agentProtocolLevel: Int
    public var region: String
    public var nodeID: String
    /// LiveKit Cloud, not a server of one's own.
    public var isCloud: Bool
}

extension ServerInfo {
    package init(_ message: Livekit_ServerInfo) {
        version = message.version
        protocolLevel = Int(message.protocol)
        agentProtocolLevel = Int(message.agentProtocol)
        region = message.region
        nodeID = message.nodeID
        isCloud = message.edition == .cloud
    }
}
