import Dispatch
import Foundation
import NIOCore
import NIOEmbedded
import Synchronization

/// An event loop whose clock moves when it is told to, and which counts the timers that it is asked for. For one thread,
/// the one that makes it.
public final class VirtualLoop: EventLoop, @unchecked Sendable {
    /// Timers that were armed so far; callbacks and tasks alike.
    public private(set) var timersArmed = 0
    private let base = EmbeddedEventLoop()
    private let owner = Thread.current
    private let handedIn = Mutex<[@Sendable () -> Void]>([])

    public init() {}

    /// Moves the clock, and runs what falls due on the way.
    public func advance(by duration: Duration) {
        let tasks = handedIn.withLock { tasks in
            defer { tasks = [] }
            return tasks
        }
        for task in tasks { base.execute(task) }
        base.advanceTime(by: TimeAmount(duration))
    }

    public var now: NIODeadline { base.now }
    public var inEventLoop: Bool { Thread.current === owner }

    /// What other threads hand in runs when the clock is moved next.
    public func execute(_ task: @escaping @Sendable () -> Void) {
        if inEventLoop { base.execute(task) } else { handedIn.withLock { $0.append(task) } }
    }

    public func scheduleTask<T>(
        deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T
    ) -> Scheduled<T> {
        timersArmed += 1
        return base.scheduleTask(deadline: deadline, task)
    }

    public func scheduleTask<T>(in delay: TimeAmount, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
        scheduleTask(deadline: now + delay, task)
    }

    public func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
        base.shutdownGracefully(queue: queue, callback)
    }
}
