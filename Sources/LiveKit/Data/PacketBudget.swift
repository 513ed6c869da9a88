import SansIO

/// How many packets, and bytes of them, of one sender are parsed: a burst, and then a rate. Packets of topics that nobody
/// reads are not among them.
package struct PacketBudget: Sendable {
    package struct Limits: Sendable {
        /// A file of 4 MiB is some 300 packets.
        package var packets = 1000
        package var packetsPerSecond = 250
        package var bytes = 16 << 20
        package var bytesPerSecond = 1 << 20

        package init() {}
    }

    /// What became of a packet.
    enum Verdict {
        case taken
        /// Beyond the budget; `isNews`: for the first time since the sender was well within it.
        case refused(isNews: Bool)
    }

    /// What a sender has left.
    struct Account: Sendable {
        fileprivate var packets: Double
        fileprivate var bytes: Double
        fileprivate var at: Instant
        fileprivate var isTold = false
    }

    private let limits: Limits
    /// The most senders with an account; they leave, or have it all back after seconds.
    private static let mostAccounts = 1024
    private var accounts: [String: Account] = [:]

    init(limits: Limits) { self.limits = limits }

    mutating func take(_ bytes: Int, of sid: String, at now: Instant) -> Verdict {
        if accounts.count >= Self.mostAccounts, accounts[sid] == nil, !sid.isEmpty {
            accounts = accounts.filter { !isFull(regained($0.value, at: now)) }
            // So many at once are no room of people: they share what one may.
            if accounts.count >= Self.mostAccounts { return take(bytes, of: "", at: now) }
        }
        var account = regained(accounts[sid] ?? new(at: now), at: now)
        // Of a flood that goes on some is always within: it is news again only after the sender has let up.
        if account.packets >= Double(limits.packets) / 2, account.bytes >= Double(limits.bytes) / 2 {
            account.isTold = false
        }
        let isWithin = account.packets >= 1 && account.bytes >= Double(bytes)
        let isNews = !isWithin && !account.isTold
        if isWithin {
            account.packets -= 1
            account.bytes -= Double(bytes)
        } else {
            account.isTold = true
        }
        accounts[sid] = account
        return isWithin ? .taken : .refused(isNews: isNews)
    }

    /// The sender of that sid is gone.
    /// - Returns: what it had left.
    mutating func close(_ sid: String) -> Account? { accounts.removeValue(forKey: sid) }

    /// The sender of that sid had another one before: what was spent then is spent.
    mutating func resume(_ sid: String, _ former: Account, at now: Instant) {
        let former = regained(former, at: now)
        var account = regained(accounts[sid] ?? new(at: now), at: now)
        account.packets = max(0, account.packets - (Double(limits.packets) - former.packets))
        account.bytes = max(0, account.bytes - (Double(limits.bytes) - former.bytes))
        account.isTold = account.isTold || former.isTold
        accounts[sid] = account
    }

    /// Whether the account is as good as a new one.
    func isNew(_ account: Account, at now: Instant) -> Bool { isFull(regained(account, at: now)) }

    private func new(at now: Instant) -> Account {
        Account(packets: Double(limits.packets), bytes: Double(limits.bytes), at: now)
    }

    private func regained(_ account: Account, at now: Instant) -> Account {
        let seconds = max(0, (now - account.at).inSeconds)
        var account = account
        account.packets = min(Double(limits.packets), account.packets + seconds * Double(limits.packetsPerSecond))
        account.bytes = min(Double(limits.bytes), account.bytes + seconds * Double(limits.bytesPerSecond))
        account.at = now
        return account
    }

    private func isFull(_ account: Account) -> Bool {
        account.packets >= Double(limits.packets) && account.bytes >= Double(limits.bytes)
    }
}
