import Coach
import Settings

/// How one model is asked: what makes it answer with JSON, what is said about thinking, and at which effort.
public struct RequestMode: Sendable, Hashable, CustomStringConvertible {
    /// The value of `thinking.type`.
    public enum Thinking: String, Sendable, Hashable {
        case disabled
        /// Only between calls of tools, of which a hint has one at most: as good as off.
        case betweenTools = "between_tools"
        case adaptive
    }

    /// Never `auto`.
    public var output: ClaudeOutputMode
    /// Nil to say nothing.
    public var thinking: Thinking?
    /// Nil to say nothing.
    public var effort: ClaudeEffort?
    /// The model may think before it answers, which takes tokens and time.
    public var mayThink: Bool
    /// The most that `max_tokens` may be, where that is known.
    public var tokenLimit: Int?

    public var description: String {
        let said = [thinking.map { "thinking \($0.rawValue)" }, effort.map { "effort \($0.rawValue)" }]
        return ([output.rawValue] + said.compactMap(\.self)).joined(separator: ", ")
    }

    /// By what the settings ask for, what the API says of the model, and else by its name.
    public init(_ configuration: ClaudeConfiguration, entry: ModelEntry? = nil) {
        let family = ModelFamily(name: entry?.id ?? configuration.model)
        let capabilities = entry?.capabilities
        let types = capabilities?.thinking ?? [:]
        // What `thinking` is omitted of thinks all the same, where thinking adapts itself.
        let isThinking = types["adaptive"] ?? family.isThinking
        let asked = configuration.thinking
        thinking = Self.thinking(asked, isThinking: isThinking, types: types, family: family)
        mayThink = isThinking && (thinking == nil || thinking == .adaptive)
        effort = Self.effort(
            configuration.effort, available: capabilities?.efforts, isThinking: isThinking,
            isOff: asked == .off && thinking != nil)
        tokenLimit = entry?.maximumTokens
        output = configuration.outputMode
        if output == .auto {
            output = isThinking && capabilities?.structuredOutputs != false ? .jsonSchema : .forcedTool
        }
    }

    private static func thinking(
        _ asked: ClaudeThinking, isThinking: Bool, types: [String: Bool], family: ModelFamily
    ) -> Thinking? {
        guard isThinking else { return nil }
        switch asked {
        case .auto: return nil
        case .on: return .adaptive
        case .off:
            if types["disabled"] == true { return .disabled }
            if types["between_tools"] == true { return .betweenTools }
            // Both are known not to be taken: it thinks always.
            return types["disabled"] == false && types["between_tools"] == false ? nil : family.off
        }
    }

    private static func effort(
        _ asked: ClaudeEffort, available: Set<String>?, isThinking: Bool, isOff: Bool
    ) -> ClaudeEffort? {
        let levels = ClaudeEffortLevels.all
        guard isThinking, var level = levels.firstIndex(of: asked.rawValue) else { return nil }
        // Above `high`, thinking cannot be off.
        if isOff { level = min(level, 2) }
        guard let available else { return ClaudeEffort(rawValue: levels[level]) }
        return levels[...level].last(where: available.contains).flatMap(ClaudeEffort.init(rawValue:))
    }

    /// For thinking, which counts toward `max_tokens`, beside the answer.
    static let thinkingTokens = 4096

    /// The value of `max_tokens`.
    func maximumTokens(_ configured: Int) -> Int {
        min(mayThink ? max(configured, Self.thinkingTokens) : configured, tokenLimit ?? .max)
    }
}

/// How the model is asked from now on: what its settings, the Models API and its refusals came to. Sans-IO.
struct ModeChoice: Sendable {
    /// What of a mode a refusal may be about; each changes once at most, or requests would be refused in turn for ever.
    enum Aspect: Sendable, Hashable { case output, thinking, effort }

    private(set) var mode: RequestMode
    private var changed: Set<Aspect> = []

    init(_ mode: RequestMode) { self.mode = mode }

    /// The Models API has answered: what was learnt from a refusal stays.
    mutating func learn(_ mode: RequestMode) {
        var mode = mode
        if changed.contains(.output) { mode.output = self.mode.output }
        if changed.contains(.thinking) {
            mode.thinking = self.mode.thinking
            mode.mayThink = self.mode.mayThink
        }
        if changed.contains(.effort) { mode.effort = self.mode.effort }
        self.mode = mode
    }

    /// A request was refused as invalid (400).
    /// - Parameter used: the mode that it was made in.
    /// - Returns: whether it is worth making again at once, in what is now the mode.
    mutating func refused(_ used: RequestMode, message: String) -> Bool {
        // Another room's request has found out already.
        if used != mode { return true }
        let aspects = Self.aspects(of: message.lowercased(), used).subtracting(changed)
        guard !aspects.isEmpty else { return false }
        var next = used
        if aspects.contains(.output) { next.output = used.output == .jsonSchema ? .forcedTool : .jsonSchema }
        if aspects.contains(.effort) { next.effort = nil }
        if aspects.contains(.thinking) {
            next.thinking = Self.other(than: used.thinking, message: message)
            next.mayThink = next.thinking == nil || next.thinking == .adaptive
        }
        guard next != used else { return false }
        changed.formUnion(aspects)
        mode = next
        return true
    }

    /// What the API's sentence blames, among what the request said.
    private static func aspects(of message: String, _ used: RequestMode) -> Set<Aspect> {
        if message.contains("tool_choice") || message.contains("tools.") {
            return used.output == .jsonSchema ? [] : [.output]
        }
        let format = ["output_config.format", "output_format", "json_schema", "structured output"]
        if format.contains(where: message.contains) { return used.output == .jsonSchema ? [.output] : [] }
        if message.contains("thinking") {
            // A forced tool and thinking exclude each other.
            if used.thinking == nil { return used.output == .forcedTool ? [.output] : [] }
            return [.thinking]
        }
        if message.contains("effort") { return used.effort == nil ? [] : [.effort] }
        guard message.contains("output_config") else { return [] }
        return used.output == .jsonSchema ? [.output, .effort] : [.effort]
    }

    private static func other(than thinking: RequestMode.Thinking?, message: String) -> RequestMode.Thinking? {
        switch thinking {
        case .disabled: message.contains("between_tools") ? .betweenTools : nil
        case .betweenTools: message.contains("disabled") ? .disabled : nil
        case .adaptive, nil: nil
        }
    }
}
