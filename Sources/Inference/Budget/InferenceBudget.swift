import SansIO

/// How much of the processor all cameras of a process may take for decoding and models, and who gets it.
///
/// Every camera has an account of time. What the configured share of a core brings in is divided equally among the cameras
/// that want to look; whose account is full leaves its part to the others. A look may begin while the account is not
/// overdrawn, and costs what it took: on a slow machine a look costs more, so there are fewer. A camera that is put off is
/// told apart from one that need not look, with how often it looks.
///
/// What a camera's frames take to decode is charged to the same account. Frames that others refer to cannot be put off, so
/// a camera whose decoding leaves less for looks than key frames alone would give is told to decode those
/// (``DecodingPlan``), and all again where there is room: one camera at a time, for it takes what others could. That is
/// weighed once a window; at first, and where pictures have another size, each second, as soon as enough frames were
/// decoded to go by: a dear camera takes from the others in its first window what they do not get back.
///
/// Sans-IO, whole numbers alone: the same calls at the same times give the same answers.
public struct InferenceBudget<Camera: Hashable & Sendable>: Sendable {
    /// Any value may change while it runs.
    public var configuration: InferenceBudgetConfiguration

    private var accounts: [Account] = []
    private var indices: [Camera: Int] = [:]
    private var filled: Instant?
    private var outputs: [Output] = []
    /// When a camera last went back to all of its frames.
    private var lastReturn: Instant?

    private struct Account {
        let camera: Camera
        /// Nanoseconds of time; below zero once a look took more than there was.
        var balance: Int64
        var asked: Instant
        var window: Window
        var isPutOff = false
        var decoding = DecodingCost()
        var isOnKeyFrames = false
        /// It was removed, and owes something.
        var isGone = false
        var hasToldOfKeyFrames = false
        /// The share of a core that it took over the last window; nil before the first was over.
        var usage: Double?
        /// When its decoding is weighed before a window is over; nil once one was.
        var weighedNext: Instant?
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
        /// Decoding all of its frames would take this share of a core, which leaves less for looks than its key frames
        /// alone give. Once a camera.
        case keyFramesOnly(Camera, share: Double)
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
        accounts[index].decoding.looked(time)
    }

    /// A frame of a camera came.
    /// - Returns: which frames are decoded from now on.
    public mutating func frame(_ cost: FrameCost, by camera: Camera, at now: Instant) -> DecodingPlan {
        fill(at: now)
        let index = index(of: camera, at: now)
        if cost.hasNewSize {
            accounts[index].isOnKeyFrames = false
            accounts[index].weighedNext = now + InferenceBudgetConfiguration.firstWeighing
        }
        accounts[index].isGone = false
        closeWindow(index, at: now)
        accounts[index].asked = now
        accounts[index].decoding.take(cost)
        if let time = cost.time { charge(time, to: index) }
        weighEarly(index, at: now)
        return plan(of: index)
    }

    /// A camera is gone. What it owes is kept for a while: going and coming back pays nothing.
    public mutating func remove(_ camera: Camera) {
        guard let index = indices[camera], accounts[index].balance < 0 else { return forget { $0.camera == camera } }
        (accounts[index].isPutOff, accounts[index].isGone) = (false, true)
        accounts[index].window = Window(began: accounts[index].asked)
    }

    /// What is to be told, oldest first.
    public mutating func pollOutput() -> Output? { outputs.isEmpty ? nil : outputs.removeFirst() }

    /// Cameras that are put off at present.
    public var putOff: Int { accounts.count { $0.isPutOff } }

    /// Cameras of which only key frames are decoded.
    public var onKeyFrames: Int { accounts.count { $0.isOnKeyFrames && !$0.isGone } }

    // MARK: Accounts

    private mutating func index(of camera: Camera, at now: Instant) -> Int {
        if let index = indices[camera] { return index }
        indices[camera] = accounts.count
        var account = Account(camera: camera, balance: 0, asked: now, window: Window(began: now))
        account.weighedNext = now + InferenceBudgetConfiguration.firstWeighing
        accounts.append(account)
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
        let wanting = accounts.indices.filter { isWanting($0, at: now) }
        pay(income.wholeNanoseconds, to: wanting)
    }

    /// Takes what decoding took. It silences no camera beyond a burst: what it takes too much is not what it looked.
    private mutating func charge(_ time: Duration, to index: Int) {
        guard time > .zero else { return }
        let floor = -configuration.burst.wholeNanoseconds
        let cost = min(time, configuration.burst).wholeNanoseconds
        let balance = accounts[index].balance
        accounts[index].balance = max(balance - cost, min(balance, floor))
        accounts[index].window.spent += time
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
        accounts[index].usage = window.spent.inSeconds / seconds
        consider(index, at: now)
        // Of what was not measured well yet nothing was found.
        if accounts[index].decoding.isSettled || accounts[index].isOnKeyFrames { accounts[index].weighedNext = nil }
        // Of key frames it has as many looks as it asks for, and is put off all the same.
        guard !accounts[index].isOnKeyFrames else { return accounts[index].isPutOff = true }
        let pace = Pace(
            looks: Double(window.looked) / seconds, wanted: Double(window.asked) / seconds,
            share: window.spent.inSeconds / seconds)
        let isPutOff = window.looked * 5 < window.asked * 4
        guard isPutOff != accounts[index].isPutOff else { return }
        accounts[index].isPutOff = isPutOff
        outputs.append(isPutOff ? .putOff(accounts[index].camera, pace) : .free(accounts[index].camera, pace))
    }

    // MARK: Decoding

    private func plan(of index: Int) -> DecodingPlan {
        accounts[index].isOnKeyFrames ? .keyFrames(mayAsk: accounts[index].balance >= 0) : .allFrames
    }

    /// Weighs before the first window is over, whatever was measured: a camera that is found to be dear stays so until the
    /// window's end.
    private mutating func weighEarly(_ index: Int, at now: Instant) {
        guard let next = accounts[index].weighedNext, now >= next else { return }
        accounts[index].weighedNext = now + InferenceBudgetConfiguration.firstWeighing
        guard accounts[index].decoding.isSettled, !accounts[index].isOnKeyFrames else { return }
        consider(index, at: now)
    }

    /// Weighs all frames against key frames.
    private mutating func consider(_ index: Int, at now: Instant) {
        let cost = accounts[index].decoding
        guard let ofAllFrames = cost.ofAllFrames else { return accounts[index].isOnKeyFrames = false }
        let share = share(of: index, at: now)
        let keyFrames = cost.looks(ofKeyFrames: share)
        // Half as many again, so that it does not go to and fro.
        let isDear = cost.looks(ofAllFrames: share) < keyFrames * (accounts[index].isOnKeyFrames ? 1.5 : 1)
        guard isDear != accounts[index].isOnKeyFrames else { return }
        if !isDear {
            guard lastReturn.map({ $0.duration(to: now) >= configuration.window }) ?? true else { return }
            lastReturn = now
        }
        accounts[index].isOnKeyFrames = isDear
        guard isDear, !accounts[index].hasToldOfKeyFrames else { return }
        accounts[index].hasToldOfKeyFrames = true
        outputs.append(.keyFramesOnly(accounts[index].camera, share: ofAllFrames))
    }

    /// The share of a core that a camera may have: an equal part, or what the others leave.
    private func share(of index: Int, at now: Instant) -> Double {
        let others = accounts.indices.filter { $0 != index && isWanting($0, at: now) }
        let left = configuration.share - others.reduce(0) { $0 + usage(of: $1, at: now) }
        return max(configuration.share / Double(others.count + 1), left)
    }

    /// The share of a core that a camera takes.
    private func usage(of index: Int, at now: Instant) -> Double {
        let account = accounts[index]
        let seconds = account.window.began.duration(to: now).inSeconds
        let usage = account.usage ?? (seconds >= 1 ? account.window.spent.inSeconds / seconds : 0)
        // It may have been told to decode less since.
        return account.isOnKeyFrames ? min(usage, account.decoding.ofKeyFrames) : usage
    }

    private func isWanting(_ index: Int, at now: Instant) -> Bool {
        accounts[index].asked.duration(to: now) <= InferenceBudgetConfiguration.wantsFor
    }
}
