import SansIO

/// How long one connection may have its event loop at a time.
///
/// What others send decides how much there is to do, and other rooms wait for the same loop. So work is done in turns: after
/// a turn that was not enough comes a rest as long as the turn, in which others have the loop.
public struct LoopShare: Sendable {
    /// The longest turn; what was begun is finished.
    public static let longestTurn = Duration.milliseconds(2)
    /// The longest rest: a thread that was not running for a while has not worked all that time.
    public static let longestRest = Duration.milliseconds(50)

    private var began: Instant?
    private var restsUntil: Instant?

    public init() {}

    /// Begins a turn.
    /// - Returns: false during a rest.
    public mutating func begin(at now: Instant) -> Bool {
        if let restsUntil, now < restsUntil { return false }
        restsUntil = nil
        began = now
        return true
    }

    /// Whether the turn is over.
    public func isSpent(at now: Instant) -> Bool {
        guard let began else { return true }
        return now - began >= Self.longestTurn
    }

    /// Ends a turn that left work to be done.
    /// - Returns: when the next one may begin.
    public mutating func rest(at now: Instant) -> Instant {
        let turn = began.map { now - $0 } ?? Self.longestTurn
        let next = now + min(max(turn, Self.longestTurn), Self.longestRest)
        began = nil
        restsUntil = next
        return next
    }
}
