import SansIO

/// The accounts behind an ``InferenceBudget``, by numbers: they are gone through with each frame, and code for any kind of
/// camera is slow where it was not compiled for that kind.
struct BudgetAccounts: Sendable {
    /// Any value may change while it runs.
    var configuration: InferenceBudgetConfiguration

    private var accounts: [Account] = []
    private var indices: [Int: Int] = [:]
    private var filled: Instant?
    private var outputs: [Output] = []
    /// When a camera last went back to all of its frames.
    private var lastReturn: Instant?

    private struct Account {
        let camera: Int
        /// Nanoseconds of time; below zero once a look took more than there was.
        var balance: Int64
        var asked: Instant
        var window: Window
        var isPutOff = false
        var decoding = DecodingCost()
        var isOnKeyFrames = false
        /// A key frame was decoded for a look alone: what that took is lost where no look follows.
        var hasKeyFrame = false
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

    enum Output {
        case putOff(Int, CameraPace)
        case free(Int, CameraPace)
        case keyFramesOnly(Int, share: Double)
    }

    /// Cameras of which nothing is known any more, since they were asked for.
    private var forgotten: [Int] = []

    init(_ configuration: InferenceBudgetConfiguration) {
        self.configuration = configuration
    }

    /// A camera has a picture that it wants to look at.
    /// - Returns: whether it may, now.
    mutating func mayLook(_ camera: Int, at now: Instant) -> Bool {
        fill(at: now)
        let index = index(of: camera, at: now)
        closeWindow(index, at: now)
        accounts[index].asked = now
        accounts[index].window.asked += 1
        guard accounts[index].balance >= 0 || accounts[index].hasKeyFrame else { return false }
        accounts[index].hasKeyFrame = false
        accounts[index].window.looked += 1
        return true
    }

    /// A look that was allowed took this much of a core.
    mutating func spend(_ time: Duration, by camera: Int) {
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
    mutating func frame(_ cost: FrameCost, by camera: Int, at now: Instant) -> DecodingPlan {
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
        if let time = cost.time {
            charge(time, to: index)
            accounts[index].hasKeyFrame = accounts[index].isOnKeyFrames
        }
        weighEarly(index, at: now)
        return plan(of: index)
    }

    /// A camera is gone. What it owes is kept for a while: going and coming back pays nothing.
    mutating func remove(_ camera: Int) {
        guard let index = indices[camera], accounts[index].balance < 0 else { return forget { $0.camera == camera } }
        (accounts[index].isPutOff, accounts[index].isGone) = (false, true)
        accounts[index].window = Window(began: accounts[index].asked)
    }

    /// Which those are, once.
    mutating func takeForgotten() -> [Int] {
        defer { forgotten = [] }
        return forgotten
    }

    /// What is to be told, oldest first.
    mutating func pollOutput() -> Output? { outputs.isEmpty ? nil : outputs.removeFirst() }

    /// Cameras that are put off at present.
    var putOff: Int { accounts.count { $0.isPutOff } }

    /// Cameras of which only key frames are decoded.
    var onKeyFrames: Int { accounts.count { $0.isOnKeyFrames && !$0.isGone } }

    // MARK: Accounts

    private mutating func index(of camera: Int, at now: Instant) -> Int {
        if let index = indices[camera] { return index }
        indices[camera] = accounts.count
        var account = Account(camera: camera, balance: 0, asked: now, window: Window(began: now))
        account.weighedNext = now + InferenceBudgetConfiguration.firstWeighing
        accounts.append(account)
        return accounts.count - 1
    }

    private mutating func forget(where isGone: (Account) -> Bool) {
        guard accounts.contains(where: isGone) else { return }
        forgotten += accounts.filter(isGone).map(\.camera)
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

    /// Takes what decoding took. It silences no camera beyond a burst: what it takes too much is not what it looked. Key
    /// frames alone, of which the account says when, are paid for whole.
    private mutating func charge(_ time: Duration, to index: Int) {
        guard time > .zero else { return }
        let most = configuration.burst * (accounts[index].isOnKeyFrames ? 10 : 1)
        let floor = -most.wholeNanoseconds
        let cost = min(time, most).wholeNanoseconds
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
        if accounts[index].decoding.isKnown || accounts[index].isOnKeyFrames { consider(index, at: now) }
        // Of what was not measured well yet nothing was found.
        if accounts[index].decoding.isSettled || accounts[index].isOnKeyFrames { accounts[index].weighedNext = nil }
        // Of key frames it has as many looks as it asks for, and is put off all the same.
        guard !accounts[index].isOnKeyFrames else { return accounts[index].isPutOff = true }
        let pace = CameraPace(
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
        if isDear {
            // What it took before says nothing of what it takes from now on.
            accounts[index].usage = cost.ofKeyFrames
            accounts[index].window.spent = .zero
        }
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
        return account.usage ?? (seconds >= 1 ? account.window.spent.inSeconds / seconds : 0)
    }

    private func isWanting(_ index: Int, at now: Instant) -> Bool {
        accounts[index].asked.duration(to: now) <= InferenceBudgetConfiguration.wantsFor
    }
}
