import SansIO

/// `jask.control`: an interviewer steers the assistant; anyone says what of theirs may be used.
public struct ControlMessage: Sendable, Hashable, Codable {
    public enum Action: String, Sendable, Hashable, Codable, CaseIterable {
        /// Interviewer: no listening and no hints until `resume`.
        case pause
        case resume
        /// Interviewer: the assistant is done with this session.
        case end
        /// Interviewer: no hints above `tier`; null lifts the limit.
        case tierLimit = "tier_limit"
        /// Of one's own `sources`.
        case optOut = "opt_out"
        case optIn = "opt_in"
    }

    public var type = Topic.control
    public var version = WireCoding.version
    public var action: Action
    /// With `tier_limit`: 0 (no hints) … 4.
    public var tier: Int?
    /// With `opt_out` and `opt_in`; left out: all of them.
    public var sources: [ObservedSource]?

    public init(action: Action, tier: Int? = nil, sources: [ObservedSource]? = nil) {
        self.action = action
        self.tier = tier
        self.sources = sources
    }

    public func encoded() -> [UInt8] { WireCoding.encode(self) }

    public init(decoding bytes: [UInt8]) throws(WireError) {
        self = try WireCoding.decode(ControlMessage.self, topic: Topic.control, from: bytes, limit: 4096)
        if let tier, !(0...4).contains(tier) { throw WireError(.outOfRange, "'tier' is \(tier), allowed are 0…4") }
        if let sources, sources.isEmpty { throw WireError(.outOfRange, "'sources' is empty") }
    }
}
