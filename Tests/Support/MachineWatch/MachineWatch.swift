import Foundation
import Synchronization

/// How much the machine has to do beside the tests, since the watch was made. A bound in real time is meant for a machine
/// that has nothing else to do; on another one it would say more of the machine than of what is tested.
public final class MachineWatch: Sendable {
    private let began = ContinuousClock.now

    public init() { Sampler.shared.begin() }

    /// What a bound becomes on this machine, in this run: it grows as work does that needs a processor, and by four times
    /// the longest that a thread or a task was woken too late.
    public func allows(_ bar: Duration) -> Duration {
        let found = Sampler.shared.found(since: began)
        return bar * (Self.instrumentation * found.slowness) + found.late * 4
    }

    /// What was measured, for a test's message.
    public var report: String {
        let found = Sampler.shared.found(since: began)
        let slowness = (found.slowness * 100).rounded() / 100
        return "this machine takes \(slowness) times as long as an idle one, and was up to \(found.late) late"
    }

    /// How much slower the code under test may be for its sanitizer.
    public static let instrumentation =
        ["__tsan_init", "__asan_init"].contains { (name: String) in dlsym(nil, name) != nil } ? 10.0 : 1
}

/// Measures from its first use to the end of the process, with a fiftieth of one processor.
private final class Sampler: Sendable {
    static let shared = Sampler()

    struct Sample {
        var at: ContinuousClock.Instant
        var late = Duration.zero
        /// Of a piece of work, its time and the processor's part in it.
        var work = Duration.zero
        var processor = Duration.zero
    }

    /// The last ten minutes and more.
    private static let limit = 1 << 16
    private static let interval = Duration.milliseconds(20)
    private static let piece = Duration.milliseconds(6)

    private let samples = Mutex<[Sample]>([])
    private let isRunning = Mutex(false)

    func begin() {
        guard
            isRunning.withLock({ isRunning in
                defer { isRunning = true }
                return !isRunning
            })
        else { return }
        Thread.detachNewThread {
            var round = 0
            while true {
                let before = ContinuousClock.now
                Thread.sleep(forTimeInterval: Self.interval / .seconds(1))
                var sample = Sample(at: .now, late: max(.zero, ContinuousClock.now - before - Self.interval))
                round += 1
                if round % 15 == 1 { Self.work(&sample) }
                self.add(sample)
            }
        }
        Task.detached {
            while true {
                let before = ContinuousClock.now
                try? await Task.sleep(for: Self.interval)
                self.add(Sample(at: .now, late: max(.zero, ContinuousClock.now - before - Self.interval)))
            }
        }
    }

    private static func work(_ sample: inout Sample) {
        let began = ContinuousClock.now
        let (start, end) = (processorTime, processorTime + piece)
        while processorTime < end {}
        sample.work = ContinuousClock.now - began
        sample.processor = processorTime - start
    }

    /// Of this thread.
    private static var processorTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    private func add(_ sample: Sample) {
        samples.withLock { samples in
            if samples.count >= Self.limit { samples.removeFirst(Self.limit / 2) }
            samples.append(sample)
        }
    }

    func found(since began: ContinuousClock.Instant) -> (late: Duration, slowness: Double) {
        let seen = samples.withLock { $0.filter { $0.at >= began } }
        let (work, processor) = seen.reduce((Duration.zero, Duration.zero)) { ($0.0 + $1.work, $0.1 + $1.processor) }
        let slowness = processor > .zero ? max(1, work / processor) : 1
        return (seen.map(\.late).max() ?? .zero, slowness)
    }
}
