import Coach

/// One whole answer of the Messages API.
public struct ClaudeMessage: Sendable, Hashable {
    /// One piece of the answer.
    public enum Block: Sendable, Hashable {
        case text(String)
        /// A call of a tool, its input as the JSON text that the model wrote.
        case toolUse(name: String, input: String)
        /// A kind that is of no use here, by its name: thinking, for example.
        case other(type: String)
    }

    public var id: String
    public var model: String
    public var blocks: [Block]
    public var stopReason: String?
    /// Why the model declined, as the API names it, where it does.
    public var refusalCategory: String?
    public var usage: TokenUsage

    public init(id: String, model: String, blocks: [Block], stopReason: String?, usage: TokenUsage) {
        self.id = id
        self.model = model
        self.blocks = blocks
        self.stopReason = stopReason
        self.usage = usage
    }

    /// What was given to the hint's tool.
    var toolInputs: [String] {
        blocks.compactMap { if case .toolUse(HintPrompt.toolName, let input) = $0 { input } else { nil } }
    }

    /// Whether there is anything to read.
    var hasContent: Bool {
        blocks.contains { block in
            switch block {
            case .text(let text): !text.allSatisfy(\.isWhitespace)
            case .toolUse: true
            case .other: false
            }
        }
    }

    var texts: [String] {
        blocks.compactMap { if case .text(let text) = $0 { text } else { nil } }
    }
}
