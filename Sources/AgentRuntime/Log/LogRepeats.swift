import SansIO
import Settings

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
        var level: LogLevel
    }

    private var kinds: [String: Kind] = [:]

    public init() {}

    /// A line of the log. Warnings tell of others' doing, which may go on without end; all else has bounds of its own.
    /// - Returns: whether it is to be written.
    public mutating func passes(_ level: LogLevel, _ text: @autoclosure () -> String, at now: Instant) -> Bool {
        level != .warning || passes(text(), level: level, at: now)
    }

    /// - Returns: whether one of this kind is to be written.
    public mutating func passes(_ kind: String, level: LogLevel = .info, at now: Instant) -> Bool {
        let kind = kinds[kind] == nil && kinds.count >= Self.mostKinds ? "everything else" : kind
        var state = kinds[kind] ?? Kind(since: now, count: 0, level: level)
        state.count += 1
        kinds[kind] = state
        return state.count <= Self.most
    }

    /// What was held back of those kinds whose while is over.
    public mutating func settle(at now: Instant) -> [(kind: String, held: Int, level: LogLevel)] {
        var held: [(String, Int, LogLevel)] = []
        for (kind, state) in kinds.sorted(by: { $0.key < $1.key }) where state.since + Self.span <= now {
            kinds[kind] = nil
            if state.count > Self.most { held.append((kind, state.count - Self.most, state.level)) }
        }
        return held
    }

    /// Whether nothing is counted.
    public var isEmpty: Bool { kinds.isEmpty }

    public var deadline: Instant? { kinds.values.map { $0.since + Self.span }.min() }
}
