import Coach

/// What the Models API says of one model.
public struct ModelEntry: Sendable, Hashable {
    /// As the API resolves an alias.
    public var id: String
    /// `active`, `deprecated` or `retired`; nil from a gateway that does not say.
    public var lifecycle: String?
    /// When it stops answering, as the API writes it (RFC 3339).
    public var retiresAt: String?
    /// The most that `max_tokens` may be.
    public var maximumTokens: Int?
    /// Nil where the API does not say.
    public var capabilities: Capabilities?

    public struct Capabilities: Sendable, Hashable {
        /// Whether answers can be bound to a schema.
        public var structuredOutputs: Bool?
        /// The levels of effort there are; empty where the field itself is refused.
        public var efforts: Set<String>?
        /// By the value of `thinking.type`: false exactly where sending it is refused.
        public var thinking: [String: Bool]

        public init(structuredOutputs: Bool?, efforts: Set<String>?, thinking: [String: Bool]) {
            self.structuredOutputs = structuredOutputs
            self.efforts = efforts
            self.thinking = thinking
        }
    }

    public init(
        id: String, lifecycle: String? = nil, retiresAt: String? = nil, maximumTokens: Int? = nil,
        capabilities: Capabilities? = nil
    ) {
        self.id = id
        self.lifecycle = lifecycle
        self.retiresAt = retiresAt
        self.maximumTokens = maximumTokens
        self.capabilities = capabilities
    }

    /// Nil where the value is not a model. Texts are cut and cleared by `quoter`.
    init?(_ value: JSONValue, quoter: Quoter) {
        guard let id = value["id"]?.string else { return nil }
        self.init(
            id: quoter.quote(id, limit: 256), lifecycle: value["lifecycle"]?.string.map { quoter.quote($0, limit: 40) },
            retiresAt: value["retires_at"]?.string.map { quoter.quote($0, limit: 40) },
            maximumTokens: value["max_tokens"]?.integer, capabilities: Capabilities(value["capabilities"]))
    }
}

extension ModelEntry.Capabilities {
    init?(_ value: JSONValue?) {
        guard let value, case .object = value else { return nil }
        var efforts: Set<String>?
        if let effort = value["effort"], let isSupported = effort["supported"]?.bool {
            efforts = isSupported ? Set(ClaudeEffortLevels.all.filter { effort[$0]?["supported"]?.bool ?? true }) : []
        }
        var thinking: [String: Bool] = [:]
        for type in ["adaptive", "between_tools", "disabled", "enabled"] {
            thinking[type] = value["thinking"]?["types"]?[type]?["supported"]?.bool
        }
        self.init(
            structuredOutputs: value["structured_outputs"]?["supported"]?.bool, efforts: efforts, thinking: thinking)
    }
}

/// The levels of effort that the API knows, the least first.
enum ClaudeEffortLevels {
    static let all = ["low", "medium", "high", "xhigh", "max"]
}
