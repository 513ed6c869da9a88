import NIOCore
import RTCNetwork
import SansIO

/// Calls for one blank frame after the other, at their pace, for a while. Confined to one event loop.
final class BlankRun {
    private let eventLoop: any EventLoop
    private let began = Instant.onEventLoop
    private let interval: Duration
    private let count: Int
    private let send: () -> Void
    private let ended: () -> Void
    private var sent = 0
    private var next: Scheduled<Void>?
    private var isOver = false

    /// - Parameter ended: called after the last frame, unless the run is cancelled.
    init(
        every interval: Duration, for duration: Duration, on eventLoop: any EventLoop, send: @escaping () -> Void,
        ended: @escaping () -> Void
    ) {
        self.eventLoop = eventLoop
        self.interval = interval
        count = max(1, Int((duration.inSeconds / interval.inSeconds).rounded()))
        self.send = send
        self.ended = ended
    }

    func begin() { tick() }

    func cancel() {
        isOver = true
        next?.cancel()
    }

    /// Sends the frames that are due, also when the loop was late, and waits for the next.
    private func tick() {
        while !isOver, sent < count, began + interval * sent <= .onEventLoop {
            sent += 1
            send()
        }
        guard !isOver else { return }
        let due = began + interval * sent
        if sent == count, due <= .onEventLoop {
            isOver = true
            return ended()
        }
        let isolated = NIOLoopBound(self, eventLoop: eventLoop)
        next = eventLoop.scheduleTask(deadline: due.deadline) { isolated.value.tick() }
    }
}
