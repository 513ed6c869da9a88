import NIOCore

#if canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What the threads of a pool share: the line of queues that have work, behind one lock.
@usableFromInline
final class ThreadPoolCore: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let batchLimit: Int
    private var line = CircularBuffer<SerialQueueSlot>(initialCapacity: 16)
    private var isShuttingDown = false
    private var drains = true

    init(batchLimit: Int) {
        self.batchLimit = max(1, batchLimit)
        mutex.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    /// What has become of a job that was handed in.
    @usableFromInline
    struct Placement {
        @usableFromInline var isAccepted: Bool
        /// A thread has to be woken for it, once the caller holds no lock that the thread will want.
        @usableFromInline var wakes: Bool

        @inlinable
        init(isAccepted: Bool, wakes: Bool = false) {
            self.isAccepted = isAccepted
            self.wakes = wakes
        }
    }

    func submit(_ job: Job, to queue: SerialQueue) -> Bool {
        let placement = place(job, in: queue)
        if placement.wakes { wake() }
        return placement.isAccepted
    }

    /// Wakes a thread that waits for a job.
    func wake() { pthread_cond_signal(condition) }

    /// Queues a job, and leaves it to the caller to wake a thread for it: one that is woken under a lock that it wants goes
    /// to sleep again at once.
    func place(_ job: Job, in queue: SerialQueue) -> Placement {
        // What is pushed out is let go after the lock: its captures may run code of their own.
        var evicted: Job?
        let placement = locked {
            let slot = queue.slot
            slot.statistics.submitted += 1
            let isFull = slot.jobs.count >= queue.capacity
            if isShuttingDown || (isFull && queue.overflow == .reject) {
                slot.statistics.rejected += 1
                return Placement(isAccepted: false)
            }
            if isFull, queue.overflow == .dropOldest {
                evicted = slot.jobs.popFirst()
                slot.statistics.dropped += 1
            }
            slot.jobs.append(job)
            slot.statistics.largestDepth = max(slot.statistics.largestDepth, slot.jobs.count)
            guard !slot.isScheduled else { return Placement(isAccepted: true) }
            slot.isScheduled = true
            line.append(slot)
            return Placement(isAccepted: true, wakes: true)
        }
        _ = consume evicted
        return placement
    }

    /// The life of one thread: take the queue at the head of the line, run a batch of its jobs, put it back at the end.
    func work() {
        while let slot = nextQueue() {
            for _ in 0..<min(batchLimit, slot.batchLimit) {
                guard let job = locked({ slot.jobs.popFirst() }) else { break }
                job.run()
                locked { slot.statistics.completed += 1 }
            }
            let goesOn = locked {
                slot.isScheduled = !slot.jobs.isEmpty
                if slot.isScheduled { line.append(slot) }
                return slot.isScheduled
            }
            if goesOn { wake() }
        }
    }

    /// Stops accepting jobs and lets the threads end: after what is queued, or after what they are at.
    func stop(draining: Bool) {
        var left: [Job] = []
        locked {
            isShuttingDown = true
            drains = drains && draining
            if !drains {
                for slot in line {
                    slot.statistics.dropped += slot.jobs.count
                    left += slot.jobs
                    slot.jobs.removeAll()
                }
            }
            pthread_cond_broadcast(condition)
        }
        left.removeAll()
    }

    private func nextQueue() -> SerialQueueSlot? {
        locked {
            while true {
                if let slot = line.popFirst() {
                    if drains { return slot }
                    slot.statistics.dropped += slot.jobs.count
                    slot.jobs.removeAll()
                    slot.isScheduled = false
                    continue
                }
                if isShuttingDown { return nil }
                pthread_cond_wait(condition, mutex)
            }
        }
    }
}
