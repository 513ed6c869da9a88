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
    private var accounts: BudgetAccounts
    private var numbers: [Camera: Int] = [:]
    private var cameras: [Int: Camera] = [:]
    private var given = 0

    public typealias Pace = CameraPace

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
        accounts = BudgetAccounts(configuration)
    }

    /// Any value may change while it runs.
    public var configuration: InferenceBudgetConfiguration {
        get { accounts.configuration }
        set { accounts.configuration = newValue }
    }

    /// A camera has a picture that it wants to look at.
    /// - Returns: whether it may, now.
    public mutating func mayLook(_ camera: Camera, at now: Instant) -> Bool {
        let number = number(of: camera)
        defer { forget(but: number) }
        return accounts.mayLook(number, at: now)
    }

    /// A look that was allowed took this much of a core.
    public mutating func spend(_ time: Duration, by camera: Camera) {
        guard let number = numbers[camera] else { return }
        accounts.spend(time, by: number)
    }

    /// A frame of a camera came.
    /// - Returns: which frames are decoded from now on.
    public mutating func frame(_ cost: FrameCost, by camera: Camera, at now: Instant) -> DecodingPlan {
        let number = number(of: camera)
        defer { forget(but: number) }
        return accounts.frame(cost, by: number, at: now)
    }

    /// A camera is gone. What it owes is kept for a while: going and coming back pays nothing.
    public mutating func remove(_ camera: Camera) {
        guard let number = numbers[camera] else { return }
        accounts.remove(number)
        forget(but: nil)
    }

    /// What is to be told, oldest first.
    public mutating func pollOutput() -> Output? {
        while let output = accounts.pollOutput() {
            switch output {
            case .putOff(let number, let pace): if let camera = cameras[number] { return .putOff(camera, pace) }
            case .free(let number, let pace): if let camera = cameras[number] { return .free(camera, pace) }
            case .keyFramesOnly(let number, let share):
                if let camera = cameras[number] { return .keyFramesOnly(camera, share: share) }
            }
        }
        return nil
    }

    /// Cameras that are put off at present.
    public var putOff: Int { accounts.putOff }

    /// Cameras of which only key frames are decoded.
    public var onKeyFrames: Int { accounts.onKeyFrames }

    // MARK: Numbers

    private mutating func number(of camera: Camera) -> Int {
        if let number = numbers[camera] { return number }
        given += 1
        (numbers[camera], cameras[given]) = (given, camera)
        return given
    }

    /// - Parameter number: of a camera whose account was forgotten and begun anew.
    private mutating func forget(but number: Int?) {
        for gone in accounts.takeForgotten() where gone != number {
            guard let camera = cameras.removeValue(forKey: gone) else { continue }
            numbers[camera] = nil
        }
    }
}

/// How often a camera looks.
public struct CameraPace: Hashable, Sendable {
    /// Looks a second.
    public var looks: Double
    /// Looks that were wanted a second.
    public var wanted: Double
    /// The share of a core that they took.
    public var share: Double
}
