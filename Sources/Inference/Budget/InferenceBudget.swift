import SansIO

/// How much of the processor all cameras of a process may take for models, and who gets it.
///
/// Every camera has an account of time. What the configured share of a core brings in is divided equally among the cameras
/// that want to look; whose account is full leaves its part to the others. A look may begin while the account is not
/// overdrawn, and costs what it took: on a slow machine a look costs more, so there are fewer. A camera that is put off is
/// told apart from one that need not look, with how often it looks.
///
/// Sans-IO, whole numbers alone: the same calls at the same times give the same answers.
public struct InferenceBudget<Camera: Hashable & Sendable>: Sendable {
    /// Any value may change while it runs.
    public var configuration: InferenceBudgetConfiguration

    private var accounts: [Account] = []
    private var indices: [Camera: Int] = [:]
    private var filled: Instant?
    private var outputs: [Output] = []

    private struct Account {
        let camera: Camera
        /// Nanoseconds of time for models; below zero once a look took more than there was.
        var balance: Int64
        var asked: Instant
        var window: Window
        var isPutOff = false
    }

    /// What happened since a while.
    private struct Window {
        var began: Instant
        var asked = 0
        var looked = 0
        var spent: Duration = .zero
    }

    /// How often a camera looks.
    public struct Pace: Hashable, Sendable {
        /// Looks a second.
        public var looks: Double
        /// Looks that were wanted a second.
        public var wanted: Double
        /// The share of a core that they took.
        public var share: Double
    }

    public enum Output: Hashable, Sendable {
        /// The camera looks less often than it wants to: for a while more than a fifth of its looks were refused.
        case putOff(Camera, Pace)
        /// It looks as often as it wants again.
        case free(Camera, Pace)
    }

    public init(_ configuration: InferenceBudgetConfiguration = InferenceBudgetConfiguration()) {
        self.configuration = configuration
    }

    /// A camera has a picture that it wants to look at.
    /// - Returns: whether it may, now.
    public mutating func mayLook(_ camera: Camera, at now: Instant) -> Bool {
        fill(at: now)
        let index = index(of: camera, at: now)
        closeWindow(index, at: now)
        accounts[index].asked = now
        accounts[index].window.asked += 1
        guard accounts[index].balance >= 0 else { return false }
        accounts[index].window.looked += 1
        return true
    }

    /// A look that was allowed took this much of a core.
    public mutating func spend(_ time: Duration, by camera: Camera) {
        guard let index = indices[camera], time > .zero else { return }
        // One look must not silence a camera for ever, whatever the machine did meanwhile.
        let cost = min(time, configuration.burst * 10)
        accounts[index].balance -= cost.wholeNanoseconds
        accounts[index].balance = max(accounts[index].balance, (configuration.burst * -10).wholeNanoseconds)
        accounts[index].window.spent += time
    }

    /// A camera is gone. What it owes is kept for a while: going and coming back pays nothing.
    public mutating func remove(_ camera: Camera) {
        guard let index = indices[camera], accounts[index].balance < 0 else { return forget { $0.camera == camera } }
        accounts[index].isPutOff = false
        accounts[index].window = Window(began: accounts[index].asked)
    }

    /// What is to be told, oldest first.
    public mutating func pollOutput() -> Output? { outputs.isEmpty ? nil : outputs.removeFirst() }

    /// Cameras that are put off at present.
    public var putOff: Int { accounts.count { $0.isPutOff } }

    // MARK: Accounts

    private mutating func index(of camera: Camera, at now: Instant) -> Int {
        if let index = indices[camera] { return index }
        indices[camera] = accounts.count
        accounts.append(Account(camera: camera, balance: 0, asked: now, window: Window(began: now)))
        return accounts.count - 1
    }

    private mutating func forget(where isGone: (Account) -> Bool) {
        guard accounts.contains(where: isGone) else { return }
        accounts.removeAll(where: isGone)
        indices = Dictionary(uniqueKeysWithValues: accounts.enumerated().map { ($0.element.camera, $0.offset) })
    }

    /// Pays in what came since the last time.
    private mutating func fill(at now: Instant) {
        guard let last = filled else { return filled = now }
        let passed = last.duration(to: now)
        typealias Limits = InferenceBudgetConfiguration
        guard passed >= Limits.grain else { return }
        filled = now
        forget { $0.asked.duration(to: now) > Limits.forgottenAfter }
        let income = min(passed, Limits.forgottenAfter) * configuration.share
        let wanting = accounts.indices.filter { accounts[$0].asked.duration(to: now) <= Limits.wantsFor }
        pay(income.wholeNanoseconds, to: wanting)
    }

    /// Divides an amount equally; what one has no room for goes to the others.
    private mutating func pay(_ amount: Int64, to wanting: [Int]) {
        let full = configuration.burst.wholeNanoseconds
        var amount = amount
        // The fullest first: what it leaves is then divided among all that follow.
        let ordered = wanting.sorted { (accounts[$0].balance, $1) > (accounts[$1].balance, $0) }
        for (position, index) in ordered.enumerated() {
            let part = amount / Int64(ordered.count - position)
            let taken = min(part, max(0, full - accounts[index].balance))
            accounts[index].balance += taken
            amount -= taken
        }
    }

    // MARK: Telling

    private mutating func closeWindow(_ index: Int, at now: Instant) {
        let window = accounts[index].window
        let length = window.began.duration(to: now)
        guard length >= configuration.window else { return }
        accounts[index].window = Window(began: now)
        let seconds = length.inSeconds
        let pace = Pace(
            looks: Double(window.looked) / seconds, wanted: Double(window.asked) / seconds,
            share: window.spent.inSeconds / seconds)
        let isPutOff = window.looked * 5 < window.asked * 4
        guard isPutOff != accounts[index].isPutOff else { return }
        accounts[index].isPutOff = isPutOff
        outputs.append(isPutOff ? .putOff(accounts[index].camera, pace) : .free(accounts[index].camera, pace))
    }
}
