import SansIO
import Wire

/// How many lines of the log one participant can bring about, by what they publish and take back: some at once, and one a
/// minute in the long run. What is left out is counted, and told with the next line.
struct LogAllowance: Sendable {
    static let most = 12
    static let each: Duration = .seconds(60)
    /// Participants that are known by themselves; all beyond are one.
    static let mostParticipants = 256

    private struct Account: Sendable {
        /// When all of the allowance is there again.
        var full: Instant
        var leftOut = 0
    }

    private var accounts: [Identity?: Account] = [:]

    /// - Returns: what is to be written; nil for nothing.
    mutating func line(_ text: @autoclosure () -> String, of identity: Identity, at now: Instant) -> String? {
        if accounts[identity] == nil, accounts.count >= Self.mostParticipants { forget(at: now) }
        let key = accounts[identity] != nil || accounts.count < Self.mostParticipants ? identity : Identity?.none
        var account = accounts[key] ?? Account(full: now)
        defer { accounts[key] = account }
        let used = max(.zero, now.duration(to: account.full))
        guard used <= Self.each * (Self.most - 1) else {
            account.leftOut += 1
            return nil
        }
        account.full = now + used + Self.each
        defer { account.leftOut = 0 }
        return account.leftOut == 0 ? text() : "\(text()) (\(account.leftOut) lines of them were left out before)"
    }

    /// Those who have all of their allowance are as good as unknown.
    private mutating func forget(at now: Instant) {
        accounts = accounts.filter { $0.key == nil || $0.value.full > now || $0.value.leftOut > 0 }
    }
}
