import NIOCore
import RTCNetwork
import SansIO

/// One timer on an event loop that follows a core's deadline. Used on that loop only.
final class LoopTimer {
    private let eventLoop: any EventLoop
    private var pending: (due: Instant, task: Scheduled<Void>)?

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    deinit { pending?.task.cancel() }

    /// Runs `body` at `due` in place of what was scheduled before; `nil` and the distant future run nothing.
    func schedule(_ due: Instant?, _ body: @escaping () -> Void) {
        if let pending, pending.due == due { return }
        pending?.task.cancel()
        pending = nil
        guard let due, due < .distantFuture else { return }
        let bound = NIOLoopBound(Shot(timer: self, body: body), eventLoop: eventLoop)
        let task = eventLoop.scheduleTask(deadline: due.deadline) {
            bound.value.timer?.pending = nil
            bound.value.body()
        }
        pending = (due, task)
    }

    private struct Shot {
        weak var timer: LoopTimer?
        let body: () -> Void
    }
}
