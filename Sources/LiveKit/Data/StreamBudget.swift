import SansIO

/// What open streams hold, in all and by sender (its sid).
struct StreamBudget {
    struct Share {
        var streams = 0
        var bytes = 0
    }

    private(set) var total = Share()
    private var senders: [String: Share] = [:]

    func share(of sid: String) -> Share { senders[sid] ?? Share() }

    mutating func open(_ sid: String) { change(sid) { $0.streams += 1 } }

    mutating func hold(_ bytes: Int, _ sid: String) { change(sid) { $0.bytes += bytes } }

    /// A stream of that sender that held so many bytes is over.
    mutating func close(_ sid: String, bytes: Int) {
        change(sid) {
            $0.streams -= 1
            $0.bytes -= bytes
        }
        if share(of: sid).streams <= 0 { senders[sid] = nil }
    }

    /// Who has the most, by one measure; ties are broken by sid, so that it is always the same one.
    func largest(_ measure: KeyPath<Share, Int>) -> (sid: String, amount: Int)? {
        senders.max { left, right in
            (left.value[keyPath: measure], right.key) < (right.value[keyPath: measure], left.key)
        }.map { ($0.key, $0.value[keyPath: measure]) }
    }

    private mutating func change(_ sid: String, _ body: (inout Share) -> Void) {
        body(&total)
        body(&senders[sid, default: Share()])
    }
}

/// How many bytes a sender may have inflated for it: a burst, and then a rate. A few kilobytes expand to megabytes, so that
/// the size of what is sent bounds no work.
struct InflateAllowance {
    struct Account: Sendable {
        fileprivate var spent: Int
        fileprivate var at: Instant
    }

    let burst: Int
    /// Bytes a second.
    let rate: Int
    private var accounts: [String: Account] = [:]

    init(burst: Int, rate: Int) {
        self.burst = burst
        self.rate = rate
    }

    /// Bytes that the sender may have inflated now.
    func left(_ sid: String, at now: Instant) -> Int { burst - spent(accounts[sid], at: now) }

    mutating func spend(_ bytes: Int, _ sid: String, at now: Instant) {
        accounts[sid] = Account(spent: spent(accounts[sid], at: now) + bytes, at: now)
        // Hidden senders leave without a word; those who have it all back need no account.
        if accounts.count > 256 { accounts = accounts.filter { spent($0.value, at: now) > 0 } }
    }

    /// The sender of that sid is gone.
    /// - Returns: what it had spent.
    mutating func close(_ sid: String) -> Account? { accounts.removeValue(forKey: sid) }

    /// The sender of that sid had another one before: what was spent then is spent.
    mutating func resume(_ sid: String, _ former: Account, at now: Instant) {
        spend(spent(former, at: now), sid, at: now)
    }

    func isNew(_ account: Account, at now: Instant) -> Bool { spent(account, at: now) == 0 }

    private func spent(_ account: Account?, at now: Instant) -> Int {
        guard let account else { return 0 }
        let regained = Int(clamping: Int64(max(0, (now - account.at).inSeconds * Double(rate)).rounded(.down)))
        return max(0, account.spent - regained)
    }
}
