import NIOCore

/// A serial queue of jobs that shares the threads of a ``ThreadPool`` with other queues.
///
/// Jobs of one queue run in order, one at a time, on whichever thread is free.
public final class SerialQueue: Sendable {
    /// What happens to a job when the queue already holds `capacity` jobs.
    public enum Overflow: Hashable, Sendable {
        /// The oldest waiting job makes room, and is counted as dropped. For pictures, where only the newest matters.
        case dropOldest
        /// The new job is refused, and counted as rejected. For sound, where the sender must know.
        case reject
        /// The job is queued all the same; the capacity is not looked at.
        case unbounded
    }

    /// What has become of a queue's jobs.
    public struct Statistics: Hashable, Sendable {
        /// Jobs handed in.
        public var submitted = 0
        /// Jobs that have run.
        public var completed = 0
        /// Jobs that made room for newer ones, or were left over at a shutdown without draining.
        public var dropped = 0
        /// Jobs refused: the queue was full, or the pool is shutting down.
        public var rejected = 0
        /// The most jobs that have waited at once.
        public var largestDepth = 0

        public init() {}
    }

    /// Jobs that may wait.
    public let capacity: Int
    public let overflow: Overflow
    let slot: SerialQueueSlot
    private let core: ThreadPoolCore

    init(core: ThreadPoolCore, capacity: Int, overflow: Overflow, batchLimit: Int) {
        self.core = core
        self.capacity = max(1, capacity)
        self.overflow = overflow
        slot = SerialQueueSlot(batchLimit: max(1, batchLimit))
    }

    /// Queues a job.
    /// - Returns: whether it will run; with `dropOldest`, unless a newer one takes its place.
    @discardableResult
    public func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        submit(Job(run: job))
    }

    func submit(_ job: Job) -> Bool { core.submit(job, to: self) }

    /// Queues a job; whoever calls wakes a thread where the placement says so.
    @usableFromInline
    func place(_ job: Job) -> ThreadPoolCore.Placement { core.place(job, in: self) }

    @usableFromInline
    func wake() { core.wake() }

    /// Jobs that wait at the moment, the running one not included.
    public var depth: Int { core.locked { slot.jobs.count } }

    public var statistics: Statistics { core.locked { slot.statistics } }
}

/// A closure in a struct: a container would wrap a bare one in another, with an allocation each.
@usableFromInline
struct Job: Sendable {
    @usableFromInline let run: @Sendable () -> Void

    @inlinable
    init(run: @escaping @Sendable () -> Void) { self.run = run }
}

/// A queue's mutable part; touched only under the lock of its ``ThreadPoolCore``.
final class SerialQueueSlot: @unchecked Sendable {
    var jobs = CircularBuffer<Job>(initialCapacity: 8)
    var statistics = SerialQueue.Statistics()
    /// Whether a thread works on the queue, or it stands in line for one.
    var isScheduled = false
    let batchLimit: Int

    init(batchLimit: Int) { self.batchLimit = batchLimit }
}
