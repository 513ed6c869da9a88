import Synchronization

#if canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A fixed number of threads that run the jobs of many serial queues: decoding and inference, off the event loops.
///
/// Queues take turns: a thread runs a batch of one queue's jobs and then goes on to the next in line, so that a queue
/// with much to do delays the others by a batch, not by all of its jobs.
public final class ThreadPool: Sendable {
    public enum StartError: Error, Hashable, Sendable {
        /// The system refused to start a thread; the status is an `errno` value.
        case noThread(status: Int32)
    }

    public let threadCount: Int
    private let core: ThreadPoolCore
    private let threads: Mutex<[PoolThread]>

    /// Starts the threads.
    /// - Parameters:
    ///   - threadCount: 1 or more; as many as cores may be spent.
    ///   - batchLimit: jobs of one queue that a thread runs before it turns to another.
    public init(threadCount: Int, batchLimit: Int = 8) throws(StartError) {
        self.threadCount = max(1, threadCount)
        core = ThreadPoolCore(batchLimit: batchLimit)
        var started: [PoolThread] = []
        var failure: Int32?
        for _ in 0..<self.threadCount where failure == nil {
            switch PoolThread.start(core) {
            case .success(let thread): started.append(thread)
            case .failure(let error): failure = error.status
            }
        }
        threads = Mutex(started)
        if let failure {
            shutdown(draining: false)
            throw .noThread(status: failure)
        }
    }

    deinit {
        // Without a shutdown the threads finish what is queued and then end by themselves.
        core.stop(draining: true)
        threads.withLock { threads in
            for thread in threads { pthread_detach(thread.id) }
        }
    }

    /// Makes a serial queue. It lives as long as somebody holds it or it has jobs.
    /// - Parameters:
    ///   - capacity: jobs that may wait before `overflow` applies, 1 or more.
    ///   - batchLimit: jobs that a thread runs before it turns to another queue, where they are heavier than most; never
    ///     more than the pool's.
    public func makeQueue(capacity: Int, overflow: SerialQueue.Overflow, batchLimit: Int = .max) -> SerialQueue {
        SerialQueue(core: core, capacity: capacity, overflow: overflow, batchLimit: batchLimit)
    }

    /// Makes a queue of values that are all treated alike; where it is full, it refuses.
    /// - Parameters:
    ///   - capacity: values that may wait, 1 or more.
    ///   - body: called with those that have waited longest, one or some at a time, in their order.
    @inlinable
    public func makeQueue<Value>(
        of _: Value.Type = Value.self, capacity: Int, body: @escaping @Sendable ([Value]) -> Void
    ) -> ValueQueue<Value> {
        ValueQueue(queue: makeQueue(capacity: capacity, overflow: .reject), body: body)
    }

    /// Refuses new jobs, ends the threads and waits for them. Must not be called from a job.
    /// - Parameter draining: whether jobs that wait are run first; otherwise they are counted as dropped.
    public func shutdown(draining: Bool = true) {
        core.stop(draining: draining)
        let running = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in running { pthread_join(thread.id, nil) }
    }
}

/// One started thread.
private struct PoolThread: @unchecked Sendable {
    struct Failure: Error {
        var status: Int32
    }

    let id: pthread_t

    static func start(_ core: ThreadPoolCore) -> Result<PoolThread, Failure> {
        let argument = Unmanaged.passRetained(core)
        var id = pthread_t()
        let status = pthread_create(&id, nil, runThread, argument.toOpaque())
        guard status == 0 else {
            argument.release()
            return .failure(Failure(status: status))
        }
        return .success(PoolThread(id: id))
    }
}

private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    Unmanaged<ThreadPoolCore>.fromOpaque(argument).takeRetainedValue().work()
    return nil
}
