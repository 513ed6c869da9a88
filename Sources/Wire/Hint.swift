/// One small hint for the candidate.
public struct Hint: Sendable, Hashable {
    /// Who wrote it; the raw value is what `jask.hint` carries.
    public enum Source: String, Sendable, Hashable, Codable {
        case claude
        /// From the written nudges, without a model.
        case rehearsed
    }

    public var tier: Int
    public var text: String
    public var anchor: Anchor?
    public var source: Source

    public init(tier: Int, text: String, anchor: Anchor? = nil, source: Source) {
        self.tier = tier
        self.text = text
        self.anchor = anchor
        self.source = source
    }
}
