import NIOCore
import Synchronization

/// Jobs that other threads have for an event loop, done there in their order.
///
/// Where the loop comes by at a beat anyway, they wait for it: to wake the loop costs more than most of them.
public final class LoopMailbox: Sendable {
    public typealias Job = @Sendable () -> Void

    private struct State {
        var jobs: [Job] = []
        var isBeating = false
        /// The loop has been asked to come.
        var isCalled = false
    }

    private let eventLoop: any EventLoop
    private let state = Mutex(State())

    /// Jobs that wait for a beat at most: were none to come, the loop would be woken.
    private static let mostWaiting = 16

    public init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Has a job done on the loop: at the next beat, or as soon as may be.
    public func post(_ job: @escaping Job) {
        let calls = state.withLock { state in
            state.jobs.append(job)
            guard !state.isCalled, !state.isBeating || state.jobs.count >= Self.mostWaiting else { return false }
            state.isCalled = true
            return true
        }
        if calls { eventLoop.execute { self.empty() } }
    }

    /// Says whether `empty` is called at a beat from now on. Where it no longer is, the loop is asked to do what waits: not
    /// within this call, which may be made in the middle of something.
    public func setBeating(_ isBeating: Bool) {
        let calls = state.withLock { state in
            state.isBeating = isBeating
            guard !isBeating, !state.isCalled, !state.jobs.isEmpty else { return false }
            state.isCalled = true
            return true
        }
        if calls { eventLoop.execute { self.empty() } }
    }

    /// Does what waits. On the loop.
    public func empty() {
        eventLoop.assertInEventLoop()
        let jobs = state.withLock { state in
            state.isCalled = false
            return exchange(&state.jobs, with: [])
        }
        for job in jobs { job() }
    }
}
