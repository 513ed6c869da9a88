import SansIO

/// The claim `roomConfig`: how the room is set up when the bearer is the first to join. Its `agents` are an explicit
/// dispatch. Keys are read in both of protobuf's JSON spellings and written in camel case.
public struct RoomConfigurationClaim: Codable, Hashable, Sendable {
    /// One agent to dispatch.
    public struct Agent: Codable, Hashable, Sendable {
        public var agentName: String
        public var metadata: String
        public var attributes: [AttributeKey: String]

        public init(agentName: String, metadata: String = "", attributes: [AttributeKey: String] = [:]) {
            self.agentName = agentName
            self.metadata = metadata
            self.attributes = attributes
        }

        public init(from decoder: any Decoder) throws {
            let fields = try ProtoJSONFields(decoder)
            agentName = try fields.value("agentName") ?? ""
            metadata = try fields.value("metadata") ?? ""
            attributes = try fields.value("attributes") ?? [:]
        }

        private enum CodingKeys: String, CodingKey {
            case agentName
            case metadata
            case attributes
        }

        /// Without what is empty: servers refuse a token with a field that they do not know yet, as livekit-server 1.11
        /// does with `attributes`.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(agentName, forKey: .agentName)
            if !metadata.isEmpty { try container.encode(metadata, forKey: .metadata) }
            if !attributes.isEmpty { try container.encode(attributes, forKey: .attributes) }
        }
    }

    public var name: RoomName?
    /// Seconds a room stays open before anyone joins.
    public var emptyTimeout: UInt32?
    /// Seconds a room stays open after the last standard participant left.
    public var departureTimeout: UInt32?
    public var maxParticipants: UInt32?
    public var metadata: String?
    public var agents: [Agent]?

    public init(agents: [Agent]? = nil) {
        self.agents = agents
    }

    public init(from decoder: any Decoder) throws {
        let fields = try ProtoJSONFields(decoder)
        name = try fields.value("name")
        emptyTimeout = try fields.value("emptyTimeout")
        departureTimeout = try fields.value("departureTimeout")
        maxParticipants = try fields.value("maxParticipants")
        metadata = try fields.value("metadata")
        agents = try fields.value("agents")
    }

    /// The same as a protocol message.
    package var message: Livekit_RoomConfiguration {
        var message = Livekit_RoomConfiguration()
        message.name = name?.text ?? ""
        message.emptyTimeout = emptyTimeout ?? 0
        message.departureTimeout = departureTimeout ?? 0
        message.maxParticipants = maxParticipants ?? 0
        message.metadata = metadata ?? ""
        message.agents = (agents ?? []).map(\.message)
        return message
    }
}

extension RoomConfigurationClaim.Agent {
    package var message: Livekit_RoomAgentDispatch {
        .with {
            $0.agentName = agentName
            $0.metadata = metadata
            $0.attributes = attributes.plain
        }
    }
}

/// Reads a JSON object whose keys may be in camel case or, as protobuf also allows, in snake case.
private struct ProtoJSONFields {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private let container: KeyedDecodingContainer<Key>

    init(_ decoder: any Decoder) throws {
        container = try decoder.container(keyedBy: Key.self)
    }

    func value<Value: Decodable>(_ name: String) throws -> Value? {
        if let value = try container.decodeIfPresent(Value.self, forKey: Key(stringValue: name)) { return value }
        let snake = name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
        return try container.decodeIfPresent(Value.self, forKey: Key(stringValue: snake))
    }
}
