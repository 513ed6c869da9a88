import NIOCore
import SansIO

/// One timer on an event loop, moved as a core's deadline moves. Used on that loop only.
final class LoopTimer {
    private let eventLoop: any EventLoop
    private var scheduled: (deadline: Instant, task: Scheduled<Void>)?

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    deinit {
        scheduled?.task.cancel()
    }

    /// Runs `body` at `deadline`; replaces what was scheduled before.
    func schedule(_ deadline: Instant?, _ body: @escaping () -> Void) {
        if let scheduled, scheduled.deadline == deadline { return }
        scheduled?.task.cancel()
        scheduled = nil
        guard let deadline, deadline < .distantFuture else { return }
        let bound = NIOLoopBound(Firing(timer: self, body: body), eventLoop: eventLoop)
        let task = eventLoop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(max(0, deadline.nanoseconds)))) {
            bound.value.timer?.scheduled = nil
            bound.value.body()
        }
        scheduled = (deadline, task)
    }

    private struct Firing {
        weak var timer: LoopTimer?
        let body: () -> Void
    }
}

extension Instant {
    /// The event loop's monotonic clock.
    static func now(on eventLoop: any EventLoop) -> Instant {
        Instant(nanoseconds: Int64(clamping: eventLoop.now.uptimeNanoseconds))
    }
}

extension RandomSource {
    /// The operating system's generator.
    static let system = RandomSource {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}
