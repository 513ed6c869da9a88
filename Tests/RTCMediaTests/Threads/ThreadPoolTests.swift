import Dispatch
import RTCMedia
import Synchronization
import Testing

@Suite struct ThreadPoolTests {
    /// Collects numbers from any thread.
    final class Log: Sendable {
        private let numbers = Mutex<[Int]>([])
        func append(_ number: Int) { numbers.withLock { $0.append(number) } }
        var all: [Int] { numbers.withLock { $0 } }
    }

    /// Holds the pool's only thread until it is opened.
    static func block(_ queue: SerialQueue) -> DispatchSemaphore {
        let (started, gate) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        queue.submit {
            started.signal()
            gate.wait()
        }
        started.wait()
        return gate
    }

    @Test func jobsOfAQueueRunInOrderAndOneAtATime() throws {
        let pool = try ThreadPool(threadCount: 4, batchLimit: 3)
        let logs = (0..<20).map { _ in Log() }
        let running = (0..<20).map { _ in Log() }
        let queues = logs.map { _ in pool.makeQueue(capacity: 1, overflow: .unbounded) }
        for number in 0..<500 {
            for (index, queue) in queues.enumerated() {
                let (log, busy) = (logs[index], running[index])
                queue.submit {
                    let before = busy.all.count
                    busy.append(1)
                    log.append(number)
                    if busy.all.count != before + 1 { log.append(-1) }
                }
            }
        }
        pool.shutdown()
        for (log, queue) in zip(logs, queues) {
            #expect(log.all == Array(0..<500))
            #expect(queue.statistics.completed == 500 && queue.statistics.dropped == 0 && queue.depth == 0)
        }
    }

    @Test func aFullQueueRejectsOrDropsItsOldestAndCountsIt() throws {
        let pool = try ThreadPool(threadCount: 1)
        let gate = Self.block(pool.makeQueue(capacity: 1, overflow: .reject))
        let (kept, newest) = (Log(), Log())
        let rejecting = pool.makeQueue(capacity: 3, overflow: .reject)
        let dropping = pool.makeQueue(capacity: 3, overflow: .dropOldest)
        let accepted = (0..<10).map { number in rejecting.submit { kept.append(number) } }
        for number in 0..<10 { #expect(dropping.submit { newest.append(number) }) }
        #expect(rejecting.depth == 3 && dropping.depth == 3)
        gate.signal()
        pool.shutdown()
        #expect(accepted == [true, true, true] + Array(repeating: false, count: 7))
        #expect(kept.all == [0, 1, 2] && newest.all == [7, 8, 9])
        #expect(rejecting.statistics.rejected == 7 && rejecting.statistics.dropped == 0)
        #expect(dropping.statistics.dropped == 7 && dropping.statistics.rejected == 0)
        #expect(dropping.statistics.submitted == 10 && dropping.statistics.largestDepth == 3)
    }

    @Test func aQueueWithMuchToDoDelaysAnotherByOneBatchOnly() throws {
        let pool = try ThreadPool(threadCount: 1, batchLimit: 4)
        let gate = Self.block(pool.makeQueue(capacity: 1, overflow: .reject))
        let log = Log()
        let greedy = pool.makeQueue(capacity: 1, overflow: .unbounded)
        let modest = pool.makeQueue(capacity: 1, overflow: .unbounded)
        for _ in 0..<100 { greedy.submit { log.append(0) } }
        for _ in 0..<2 { modest.submit { log.append(1) } }
        gate.signal()
        pool.shutdown()
        #expect(log.all.firstIndex(of: 1) == 4 && log.all.lastIndex(of: 1) == 5)
        #expect(log.all.count == 102)
    }

    @Test func aQueueOfHeavyJobsTurnsToOthersSoonerThanThePoolWould() throws {
        let pool = try ThreadPool(threadCount: 1, batchLimit: 4)
        let gate = Self.block(pool.makeQueue(capacity: 1, overflow: .reject))
        let log = Log()
        let heavy = pool.makeQueue(capacity: 1, overflow: .unbounded, batchLimit: 1)
        let modest = pool.makeQueue(capacity: 1, overflow: .unbounded)
        for _ in 0..<20 { heavy.submit { log.append(0) } }
        for _ in 0..<5 { modest.submit { log.append(1) } }
        gate.signal()
        pool.shutdown()
        #expect(log.all.prefix(7) == [0, 1, 1, 1, 1, 0, 1])
        #expect(log.all.count == 25)
    }

    @Test func shuttingDownRunsWhatIsQueuedOrCountsItAsDropped() throws {
        for draining in [true, false] {
            let pool = try ThreadPool(threadCount: 1)
            let gate = Self.block(pool.makeQueue(capacity: 1, overflow: .reject))
            let log = Log()
            let queue = pool.makeQueue(capacity: 1, overflow: .unbounded)
            for number in 0..<50 { queue.submit { log.append(number) } }
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(50)) { gate.signal() }
            pool.shutdown(draining: draining)
            #expect(log.all.count == (draining ? 50 : 0))
            #expect(queue.statistics.dropped == (draining ? 0 : 50))
            #expect(!queue.submit { log.append(99) })
            #expect(queue.statistics.rejected == 1 && log.all.count == (draining ? 50 : 0))
        }
    }

    @Test func aPoolThatIsLetGoFinishesItsJobs() throws {
        let log = Log()
        let done = DispatchSemaphore(value: 0)
        do {
            let pool = try ThreadPool(threadCount: 2)
            let queue = pool.makeQueue(capacity: 1, overflow: .unbounded)
            for number in 0..<100 { queue.submit { log.append(number) } }
            queue.submit { done.signal() }
        }
        #expect(done.wait(timeout: .now() + .seconds(20)) == .success)
        #expect(log.all == Array(0..<100))
    }
}
