/// One model as the Models API describes it, and what it refuses.
public struct StandInModel: Sendable {
    public var id: String
    /// `active`, `deprecated`, `retired`.
    public var lifecycle: String
    public var retiresAt: String?
    /// The most that `max_tokens` may be.
    public var maximumTokens: Int
    public var context: Int
    /// Values of `thinking.type` that are taken.
    public var thinking: Set<String>
    /// Thinks where the field is left out.
    public var thinksByDefault: Bool
    /// Empty where `effort` is refused.
    public var efforts: Set<String>
    /// Whether a tool may be forced.
    public var takesForcedTool: Bool
    /// Refuses sampling parameters and prefilled answers, as the 5.5 line does.
    public var isStrict: Bool

    public init(
        id: String, lifecycle: String = "active", retiresAt: String? = nil, maximumTokens: Int = 128_000,
        context: Int = 1_000_000, thinking: Set<String>, thinksByDefault: Bool = true,
        efforts: Set<String> = ["low", "medium", "high", "xhigh", "max"], takesForcedTool: Bool = false,
        isStrict: Bool = true
    ) {
        self.id = id
        self.lifecycle = lifecycle
        self.retiresAt = retiresAt
        self.maximumTokens = maximumTokens
        self.context = context
        self.thinking = thinking
        self.thinksByDefault = thinksByDefault
        self.efforts = efforts
        self.takesForcedTool = takesForcedTool
        self.isStrict = isStrict
    }

    /// The models of November 2026 that matter here, one of before, and one that is gone.
    public static let all: [StandInModel] = [
        StandInModel(id: "claude-opus-5-5", thinking: ["adaptive"]),
        StandInModel(id: "claude-haiku-5-5", thinking: ["adaptive", "disabled"], takesForcedTool: true),
        StandInModel(id: "claude-sonnet-5-5", thinking: ["adaptive", "between_tools"]),
        classic("claude-haiku-4-5-20251001"),
        classic("claude-sonnet-4-5-20250929", lifecycle: "deprecated", retiresAt: "2026-11-30T00:00:00Z"),
        classic("claude-3-5-haiku-20241022", lifecycle: "retired", retiresAt: "2026-02-19T00:00:00Z"),
    ]

    /// A model without effort and adaptive thinking.
    public static func classic(_ id: String, lifecycle: String = "active", retiresAt: String? = nil) -> StandInModel {
        StandInModel(
            id: id, lifecycle: lifecycle, retiresAt: retiresAt, maximumTokens: 64_000, context: 200_000,
            thinking: ["disabled", "enabled"], thinksByDefault: false, efforts: [], takesForcedTool: true,
            isStrict: false)
    }

    /// As `GET /v1/models/{id}` gives it.
    var entry: [String: Any] {
        var types: [String: Any] = [:]
        for type in ["adaptive", "between_tools", "disabled", "enabled"] {
            types[type] = ["supported": thinking.contains(type)]
        }
        var effort: [String: Any] = ["supported": !efforts.isEmpty]
        for level in ["low", "medium", "high", "xhigh", "max"] {
            effort[level] = ["supported": efforts.contains(level)]
        }
        var entry: [String: Any] = [
            "type": "model", "id": id, "display_name": "Model \(id)", "created_at": "2026-01-01T00:00:00Z",
            "lifecycle": lifecycle, "max_tokens": maximumTokens, "max_input_tokens": context,
            "capabilities": [
                "structured_outputs": ["supported": true], "effort": effort,
                "thinking": ["supported": true, "types": types],
            ] as [String: Any],
        ]
        if let retiresAt { entry["retires_at"] = retiresAt }
        return entry
    }
}
