import NIOCore
import Synchronization

/// A serial queue of values that are all treated alike: queueing one costs no allocation, as a job of its own would.
///
/// Specialised where it is used (`@inlinable`): by way of witness tables each value would cost more than its place in line.
///
/// Values may be queued without waking a thread for each: waking one costs more than most of what is done with a value.
public final class ValueQueue<Value: Sendable>: Sendable {
    /// Values that are treated at once. A turn of the thread has several such calls: where heavy jobs of others make turns
    /// rare, what has gathered meanwhile is treated in one.
    @usableFromInline static var mostAtOnce: Int { 8 }

    @usableFromInline let queue: SerialQueue
    @usableFromInline let waiting = Waiting()
    /// The one job: it treats the values that have waited longest.
    @usableFromInline let job: Job

    @usableFromInline
    struct Line {
        @usableFromInline var values = CircularBuffer<Value>(initialCapacity: 8)
        /// How many of them, the last ones, are not to be treated yet.
        @usableFromInline var held = 0
        /// Jobs that wait for a thread: one for each `mostAtOnce` values, or part of them, that are not held.
        @usableFromInline var jobs = 0
        @usableFromInline var statistics = SerialQueue.Statistics()

        @inlinable
        init() {}

        /// Those that have waited longest, and are not held, for one of the jobs.
        @inlinable
        mutating func take() -> [Value] {
            jobs -= 1
            let count = min(ValueQueue.mostAtOnce, values.count - held)
            var taken: [Value] = []
            taken.reserveCapacity(count)
            while taken.count < count, let value = values.popFirst() { taken.append(value) }
            return taken
        }
    }

    @usableFromInline
    final class Waiting: Sendable {
        @usableFromInline let line = Mutex(Line())

        @inlinable
        init() {}
    }

    /// - Parameter queue: one that rejects what does not fit; it never holds more jobs than there are values.
    @inlinable
    init(queue: SerialQueue, body: @escaping @Sendable ([Value]) -> Void) {
        self.queue = queue
        let waiting = waiting
        job = Job {
            let values = waiting.line.withLock { $0.take() }
            guard !values.isEmpty else { return }
            body(values)
            waiting.line.withLock { $0.statistics.completed += values.count }
        }
    }

    /// Queues a value.
    /// - Parameter waits: whether it may wait for ``flush()``, or a value that does not wait, before a thread is woken.
    /// - Returns: whether it will be treated; where not, the queue is full or the pool is shutting down.
    @inlinable
    @discardableResult
    public func submit(_ value: Value, waits: Bool = false) -> Bool {
        // A value that is refused is let go after the lock: that may run code of its own.
        let (refused, wakes): (Value?, Bool) = waiting.line.withLock { line in
            line.statistics.submitted += 1
            guard line.values.count < queue.capacity else {
                line.statistics.rejected += 1
                // Nothing comes after it for which those that are held could wait.
                return (value, place(&line).wakes)
            }
            line.values.append(value)
            line.held += 1
            line.statistics.largestDepth = max(line.statistics.largestDepth, line.values.count)
            guard !waits else { return (nil, false) }
            let placement = place(&line)
            guard placement.isAccepted else {
                line.statistics.rejected += 1
                return (line.values.removeLast(), false)
            }
            return (nil, placement.wakes)
        }
        if wakes { queue.wake() }
        return refused == nil
    }

    /// Has the values treated that wait for it.
    @inlinable
    public func flush() {
        let wakes = waiting.line.withLock { line in line.held > 0 && place(&line).wakes }
        if wakes { queue.wake() }
    }

    /// Holds none of the values any more, and queues the jobs that are wanting for them.
    @inlinable
    func place(_ line: inout Line) -> ThreadPoolCore.Placement {
        line.held = 0
        var placement = ThreadPoolCore.Placement(isAccepted: true)
        while line.jobs * Self.mostAtOnce < line.values.count {
            let next = queue.place(job)
            guard next.isAccepted else { return next }
            line.jobs += 1
            placement.wakes = placement.wakes || next.wakes
        }
        return placement
    }

    /// Counted in values.
    public var statistics: SerialQueue.Statistics { waiting.line.withLock { $0.statistics } }
}
