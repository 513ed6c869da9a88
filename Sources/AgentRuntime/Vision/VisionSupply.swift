import Dispatch
import Foundation
import Inference
import PerceptionModels
import SansIO
import Settings
import Synchronization

/// One camera among all of a process.
public struct CameraID: Hashable, Sendable {
    /// Where its pictures come from.
    public enum Source: Hashable, Sendable {
        case track(sid: String)
        /// By data, of one participant.
        case pictures(of: Identity)
    }

    /// The room's SID.
    public var room: String
    /// The room's name, for people.
    public var name: RoomName
    public var source: Source

    public init(room: String, name: RoomName, source: Source) {
        self.room = room
        self.name = name
        self.source = source
    }
}

/// What all cameras of a process share: the engine with its models, and the time that these may take.
///
/// Where engine or models cannot be used, gestures are off, and the reason stands in log and metrics; everything else goes
/// on. May be used by any thread.
public final class VisionSupply: Sendable {
    public enum State: Hashable, Sendable {
        /// Being read and checked.
        case loading
        case ready
        /// Pictures cannot be looked at: why, and what to do, for people.
        case off(reason: String)
    }

    private struct Shared {
        var state = State.loading
        var vision: LiteRTVision?
        var spare: [Models] = []
        var budget: InferenceBudget<CameraID>
    }

    /// Models between two owners: only ever with one.
    private struct Models: @unchecked Sendable {
        let models: LiteRTVisionModels
    }

    private let shared: Mutex<Shared>
    private let share: Double
    /// Sets of models that may still be lent. Whoever finds none waits for another's look to end, some milliseconds: a set
    /// takes 37 MB. Decoding, which may take a camera's thread for long, is not done meanwhile.
    private let sets: DispatchSemaphore
    private let metrics: JaskMetrics
    private let log: @Sendable (LogLevel, String) -> Void

    /// - Parameter mostSets: how many may look at once; nil for as many as what cameras may take fills half of.
    public init(
        _ budget: InferenceBudgetConfiguration, mostSets: Int? = nil, metrics: JaskMetrics,
        log: @escaping @Sendable (LogLevel, String) -> Void
    ) {
        sets = DispatchSemaphore(value: max(1, mostSets ?? Self.sets(share: budget.share)))
        shared = Mutex(Shared(budget: InferenceBudget(budget)))
        share = budget.share
        self.metrics = metrics
        self.log = log
    }

    /// As many as are half in use when cameras take all that they may, so that they seldom wait for each other.
    static func sets(share: Double) -> Int { Int((2 * min(share, 1000)).rounded(.up)) }

    public var state: State { shared.withLock { $0.state } }

    /// Sets of models that nobody looks with.
    var spareSets: Int { shared.withLock { $0.spare.count } }

    /// Reads and checks engine and models: some tenths of a second, so not on an event loop.
    /// - Parameter folder: nil where none is known.
    public func load(folder: String?) {
        guard let folder else {
            return turnOff("no folder for models is known: set HOME or JASK_MODELS", label: "no_folder")
        }
        do throws(LiteRTError) {
            let vision = try LiteRTVision(folder: folder)
            shared.withLock { ($0.vision, $0.state) = (vision, .ready) }
            log(.info, "vision models in \(folder) answer as they should")
        } catch {
            turnOff("\(error)", label: error.label)
        }
    }

    /// Lets a camera look at a picture, if it is its turn, and counts what that takes of this thread's time.
    /// - Returns: what `body` returns; nil where the camera is put off, or models cannot be used (see ``state``).
    /// - Throws: what `body` throws. An error of the engine turns it off for all.
    public func look<Result>(
        _ camera: CameraID, at now: Instant, _ body: (LiteRTVisionModels) throws -> Result
    ) throws -> Result? {
        guard let models = lend(to: camera, at: now) else { return nil }
        let began = Self.threadTime
        defer { takeBack(models, from: camera, after: Self.threadTime - began) }
        do {
            try models.models.prepare()
            let result = try body(models.models)
            metrics.looks.add(1, "done")
            return result
        } catch {
            metrics.looks.add(1, "failed")
            if let error = error as? LiteRTError { turnOff("\(error)", label: error.label) }
            throw error
        }
    }

    /// A frame of a camera came: what it took is part of what the camera may take.
    /// - Returns: which frames are decoded from now on.
    public func frame(_ cost: FrameCost, of camera: CameraID, at now: Instant) -> DecodingPlan {
        var told: [InferenceBudget<CameraID>.Output] = []
        let (plan, putOff, onKeyFrames) = shared.withLock { shared in
            let plan = shared.budget.frame(cost, by: camera, at: now)
            while let output = shared.budget.pollOutput() { told.append(output) }
            return (plan, shared.budget.putOff, shared.budget.onKeyFrames)
        }
        if let time = cost.time { metrics.decodeTime.observe(time) }
        metrics.camerasOnKeyFrames.set(Double(onKeyFrames))
        for output in told { tell(output, putOff) }
        return plan
    }

    /// A camera is gone.
    public func remove(_ camera: CameraID) {
        let (putOff, onKeyFrames) = shared.withLock { shared in
            shared.budget.remove(camera)
            return (shared.budget.putOff, shared.budget.onKeyFrames)
        }
        metrics.camerasPutOff.set(Double(putOff))
        metrics.camerasOnKeyFrames.set(Double(onKeyFrames))
    }

    // MARK: Owners

    private func lend(to camera: CameraID, at now: Instant) -> Models? {
        var told: [InferenceBudget<CameraID>.Output] = []
        let (mayLook, isPutOff, putOff) = shared.withLock { shared -> (Bool, Bool, Int) in
            guard shared.state == .ready else { return (false, false, 0) }
            let mayLook = shared.budget.mayLook(camera, at: now)
            while let output = shared.budget.pollOutput() { told.append(output) }
            return (mayLook, !mayLook, shared.budget.putOff)
        }
        if isPutOff { metrics.looks.add(1, "put_off") }
        // Those that ask no more are forgotten, and nothing is told of them.
        metrics.camerasPutOff.set(Double(putOff))
        for output in told { tell(output, putOff) }
        return mayLook ? takeSet() : nil
    }

    /// - Returns: nil where models cannot be used any more.
    private func takeSet() -> Models? {
        sets.wait()
        let models = shared.withLock { shared in
            shared.state == .ready
                ? shared.spare.popLast() ?? shared.vision.map { Models(models: $0.makeModels()) } : nil
        }
        if models == nil { sets.signal() }
        return models
    }

    private func takeBack(_ models: Models, from camera: CameraID, after time: Duration) {
        metrics.lookTime.observe(time)
        models.models.wipe()
        shared.withLock { shared in
            shared.budget.spend(time, by: camera)
            // After an error nothing is known of the models.
            if shared.state == .ready { shared.spare.append(models) }
        }
        sets.signal()
    }

    private func turnOff(_ reason: String, label: String) {
        let isNews = shared.withLock { shared in
            if case .off = shared.state { return false }
            (shared.state, shared.vision, shared.spare) = (.off(reason: reason), nil, [])
            return true
        }
        guard isNews else { return }
        metrics.gesturesOff.set(1, label)
        log(.warning, "gestures are off: \(reason)")
    }

    private func tell(_ output: InferenceBudget<CameraID>.Output, _ putOff: Int) {
        metrics.camerasPutOff.set(Double(putOff))
        switch output {
        case .putOff(let camera, let pace):
            log(
                .warning,
                "a camera in room \(camera.name) looks \(pace.looks.tenths) times a second instead of"
                    + " \(pace.wanted.tenths): pictures may take \(share) cores (models.core_share)")
        case .free(let camera, let pace):
            log(.info, "a camera in room \(camera.name) looks \(pace.looks.tenths) times a second again")
        case .keyFramesOnly(let camera, let share):
            log(
                .warning,
                "a camera in room \(camera.name) takes \((share * 100).tenths) % of a core to decode: it is looked at on key"
                    + " frames alone, every \(InferenceBudgetConfiguration.keyFrameInterval.inSeconds) s at most, while"
                    + " pictures may take \(self.share) cores (models.core_share)")
        }
    }

    /// How long this thread has been on a processor.
    static var threadTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

extension Double {
    fileprivate var tenths: Double { (self * 10).rounded() / 10 }
}

extension LiteRTError {
    /// A word for metrics.
    var label: String {
        switch problem {
        case .file(.unreadable): "missing_file"
        case .file(.tooLarge), .file(.wrongHash): "wrong_file"
        case .file(.hashUnavailable): "no_hash"
        case .notLoaded, .missingFunction: "not_loaded"
        case .outOfMemory: "out_of_memory"
        case .refused, .wrongTensor, .wrongShape: "refused"
        case .wrongAnswer: "wrong_answer"
        }
    }
}
