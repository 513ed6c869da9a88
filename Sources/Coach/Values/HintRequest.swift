import Wire

/// A hint that was given in this room before.
public struct HintSummary: Sendable, Hashable, Codable {
    public var tier: Int
    public var text: String
    public var anchor: Anchor?
    /// Minutes since it was sent, where that is known.
    public var minutesAgo: Double?

    public init(tier: Int, text: String, anchor: Anchor? = nil, minutesAgo: Double? = nil) {
        self.tier = tier
        self.text = text
        self.anchor = anchor
        self.minutesAgo = minutesAgo
    }
}

/// All that a coach may know when it is asked for one hint. It names nobody.
public struct HintRequest: Sendable, Hashable {
    public var trigger: TriggerFacts
    /// 1 points at a place, 2 asks a guiding question.
    public var tier: Int
    /// The problem statement.
    public var problem: String?
    /// The candidate's current file.
    public var document: SourceDocument?
    /// The hints of this room so far, oldest first.
    public var earlier: [HintSummary]
    /// `Fingerprint.ofHint` of every hint of this room, those too whose texts are not known any more.
    public var said: Set<String>
    /// The room's language as a BCP 47 tag (`en`, `de-AT`); nil for the problem statement's own.
    public var language: String?
    /// Moves the start of the rehearsed coach's rotation, so that not every room begins with the same sentence.
    public var variation: Int

    public init(
        trigger: TriggerFacts, tier: Int, problem: String? = nil, document: SourceDocument? = nil,
        earlier: [HintSummary] = [], said: Set<String> = [], language: String? = nil, variation: Int = 0
    ) {
        self.trigger = trigger
        self.tier = tier
        self.problem = problem
        self.document = document
        self.earlier = earlier
        self.said = said
        self.language = language
        self.variation = variation
    }
}
