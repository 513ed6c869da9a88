import NIOCore
import RTCMedia
import RTCNetwork
import SansIO
import Settings
import Synchronization

/// Measures this process every second and tells the load. Used on one event loop.
final class LoadMonitor {
    private static let interval = TimeAmount.seconds(1)

    private(set) var estimator: LoadEstimator
    /// Told after every measurement and whenever the number of rooms changes.
    var onLoad: ((Double) -> Void)?

    private let eventLoop: any EventLoop
    private let resources = ProcessResources()
    private let probe: PoolProbe
    private var task: RepeatedTask?

    init(configuration: LoadEstimator.Configuration, pool: ThreadPool, eventLoop: any EventLoop) {
        estimator = LoadEstimator(configuration: configuration)
        probe = PoolProbe(pool: pool)
        self.eventLoop = eventLoop
    }

    func start() {
        let bound = NIOLoopBound(WeakMonitor(monitor: self), eventLoop: eventLoop)
        measure()
        task = eventLoop.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) { _ in
            bound.value.monitor?.measure()
        }
    }

    func stop() {
        task?.cancel()
        task = nil
        onLoad = nil
    }

    func setRooms(_ count: Int) {
        estimator.setRooms(count)
        onLoad?(estimator.load)
    }

    private func measure() {
        let now = Instant(eventLoop.now)
        estimator.receive(
            LoadEstimator.Sample(
                processorTime: resources.processorTime, cores: resources.cores, memory: resources.residentMemory,
                memoryLimit: resources.memoryLimit, poolWait: probe.wait(at: now)), at: now)
        probe.send(at: now)
        onLoad?(estimator.load)
    }

    private struct WeakMonitor {
        weak var monitor: LoadMonitor?
    }
}

/// Sends an empty job through the thread pool and times how long it waits: what sound would wait too.
private final class PoolProbe: Sendable {
    private struct State {
        var sentAt: Instant?
        var wait: Duration = .zero
    }

    private let queue: SerialQueue
    private let state = Mutex(State())

    init(pool: ThreadPool) {
        queue = pool.makeQueue(capacity: 1, overflow: .reject)
    }

    /// The last job's wait; that of the one under way where it is longer.
    func wait(at now: Instant) -> Duration {
        state.withLock { state in max(state.wait, state.sentAt.map { now - $0 } ?? .zero) }
    }

    func send(at now: Instant) {
        let isUnderWay = state.withLock { state in
            defer { if state.sentAt == nil { state.sentAt = now } }
            return state.sentAt != nil
        }
        guard !isUnderWay else { return }
        queue.submit { [weak self] in
            self?.state.withLock { state in
                state.wait = state.sentAt.map { max(.zero, Instant.onEventLoop - $0) } ?? .zero
                state.sentAt = nil
            }
        }
    }
}
