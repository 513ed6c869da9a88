import NIOCore
import SansIO

/// One timer on an event loop that follows a core's deadline. Used on that loop only.
///
/// Deadlines move with every packet, mostly back. A timer that would fire earlier is kept then, and waits for the rest when
/// it fires: following a deadline costs a timer each time that one runs out, not each time that the deadline moves.
public final class LoopTimer {
    /// Called at the deadline, once for each `schedule`. It may schedule again.
    public var onFire: () -> Void = {}

    private let eventLoop: any EventLoop
    private let handler = Handler()
    private var deadline: Instant?
    private var armed: (until: Instant, callback: NIOScheduledCallback)?

    public init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        handler.timer = self
    }

    deinit { armed?.callback.cancel() }

    /// Fires at `deadline` in place of what was scheduled before; not at all for `nil` and the distant future.
    public func schedule(_ deadline: Instant?) {
        self.deadline = deadline.flatMap { $0 < .distantFuture ? $0 : nil }
        arm()
    }

    private func arm() {
        guard let deadline else { return }
        if let armed {
            guard deadline < armed.until else { return }
            armed.callback.cancel()
        }
        armed = nil
        // It throws where the loop is shut down: nothing fires there any more.
        guard let callback = try? eventLoop.scheduleCallback(at: deadline.deadline, handler: handler) else { return }
        armed = (deadline, callback)
    }

    fileprivate func fired() {
        armed = nil
        guard let deadline else { return }
        guard deadline <= Instant(eventLoop.now) else { return arm() }
        self.deadline = nil
        onFire()
    }
}

/// What the loop holds, so that it does not hold the timer. Touched on the loop only.
private final class Handler: NIOScheduledCallbackHandler, @unchecked Sendable {
    weak var timer: LoopTimer?

    func handleScheduledCallback(eventLoop: some EventLoop) { timer?.fired() }
}
