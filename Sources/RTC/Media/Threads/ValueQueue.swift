import NIOCore
import Synchronization

/// A serial queue of values that are all treated alike: queueing one costs no allocation, as a job of its own would.
public final class ValueQueue<Value: Sendable>: Sendable {
    let queue: SerialQueue
    private let waiting = Waiting()
    /// The one job: it treats the value that has waited longest.
    private let job: Job

    private final class Waiting: Sendable {
        let values = Mutex(CircularBuffer<Value>(initialCapacity: 8))
    }

    /// - Parameter queue: one that rejects what does not fit, so that there is a job for each value.
    init(queue: SerialQueue, body: @escaping @Sendable (Value) -> Void) {
        self.queue = queue
        let waiting = waiting
        job = Job {
            guard let value = waiting.values.withLock({ $0.popFirst() }) else { return }
            body(value)
        }
    }

    /// Queues a value.
    /// - Returns: whether it will be treated; where not, the queue is full or the pool is shutting down.
    @discardableResult
    public func submit(_ value: Value) -> Bool {
        // A value that is refused is let go after the lock: that may run code of its own.
        let (refused, wakes): (Value?, Bool) = waiting.values.withLock { values in
            values.append(value)
            let placement = queue.place(job)
            return (placement.isAccepted ? nil : values.removeLast(), placement.wakes)
        }
        if wakes { queue.wake() }
        return refused == nil
    }

    public var statistics: SerialQueue.Statistics { queue.statistics }
}
