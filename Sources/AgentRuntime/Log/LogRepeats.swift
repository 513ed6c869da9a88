import SansIO

/// Says of things that come again and again how often they came, instead of each one.
///
/// The first few of a kind pass; the others are counted, and their number is told when a while has passed. Kinds are
/// bounded: beyond that, all further ones are one kind.
public struct LogRepeats: Sendable {
    /// How many of a kind pass in a while.
    private static let most = 3
    private static let span = Duration.seconds(10)
    private static let mostKinds = 512

    private struct Kind: Sendable {
        var since: Instant
        var count: Int
    }

    private var kinds: [String: Kind] = [:]

    public init() {}

    /// - Returns: whether one of this kind is to be written.
    public mutating func passes(_ kind: String, at now: Instant) -> Bool {
        let kind = kinds[kind] == nil && kinds.count >= Self.mostKinds ? "everything else" : kind
        var state = kinds[kind] ?? Kind(since: now, count: 0)
        state.count += 1
        kinds[kind] = state
        return state.count <= Self.most
    }

    /// What was held back of those kinds whose while is over.
    public mutating func settle(at now: Instant) -> [(kind: String, held: Int)] {
        var held: [(String, Int)] = []
        for (kind, state) in kinds.sorted(by: { $0.key < $1.key }) where state.since + Self.span <= now {
            kinds[kind] = nil
            if state.count > Self.most { held.append((kind, state.count - Self.most)) }
        }
        return held
    }

    public var deadline: Instant? { kinds.values.map { $0.since + Self.span }.min() }
}
