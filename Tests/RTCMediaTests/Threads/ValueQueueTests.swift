import Synchronization
import Testing

@testable import RTCMedia

@Suite struct ValueQueueTests {
    private final class Log: Sendable {
        private let values = Mutex<[Int]>([])
        private let sizes = Mutex<[Int]>([])
        func append(_ new: [Int]) {
            values.withLock { $0 += new }
            sizes.withLock { $0.append(new.count) }
        }
        /// How many values each call brought.
        var calls: [Int] { sizes.withLock { $0 } }
        var all: [Int] { values.withLock { $0 } }
    }

    @Test("values are treated once each and in their order, though many threads stand ready")
    func order() throws {
        let pool = try ThreadPool(threadCount: 4, batchLimit: 3)
        let logs = (0..<20).map { _ in Log() }
        let queues = logs.map { log in pool.makeQueue(of: Int.self, capacity: 500) { log.append($0) } }
        for value in 0..<500 {
            for queue in queues { #expect(queue.submit(value)) }
        }
        pool.shutdown()
        for (log, queue) in zip(logs, queues) {
            #expect(log.all == Array(0..<500))
            #expect(queue.statistics.completed == 500)
        }
    }

    @Test("a full queue refuses the newest value, and treats those that wait")
    func full() throws {
        let pool = try ThreadPool(threadCount: 1)
        let gate = ThreadPoolTests.block(pool.makeQueue(capacity: 1, overflow: .reject))
        let log = Log()
        let queue = pool.makeQueue(of: Int.self, capacity: 3) { log.append($0) }
        let accepted = (0..<10).map { queue.submit($0) }
        #expect(queue.statistics.rejected == 7)
        gate.signal()
        while queue.statistics.completed < 3 {}
        #expect(queue.submit(10), "there is room again")
        pool.shutdown()
        #expect(accepted == [true, true, true] + Array(repeating: false, count: 7))
        #expect(log.all == [0, 1, 2, 10])
        #expect(!queue.submit(11), "the pool has ended")
    }

    @Test("all values share one closure, so that none is made for a packet")
    func oneClosure() throws {
        let pool = try ThreadPool(threadCount: 1)
        let gate = ThreadPoolTests.block(pool.makeQueue(capacity: 1, overflow: .reject))
        let queue = pool.makeQueue(of: Int.self, capacity: 100) { _ in }
        for value in 0..<100 { queue.submit(value) }
        // A closure is a function and what it captured: a pointer each.
        let captured = Set(queue.queue.slot.jobs.map { unsafeBitCast($0, to: (Int, Int).self).1 })
        #expect(queue.queue.depth == 13 && captured.count == 1)
        #expect(captured.first != 0, "it has captured something")
        gate.signal()
        pool.shutdown()
    }

    @Test("values that may wait are treated with the next that does not, in one call")
    func shared() throws {
        let pool = try ThreadPool(threadCount: 1)
        let log = Log()
        let queue = pool.makeQueue(of: Int.self, capacity: 100) { log.append($0) }
        for value in 0..<4 { #expect(queue.submit(value, waits: true)) }
        #expect(queue.queue.depth == 0 && queue.queue.statistics.submitted == 0, "no thread has been asked for")
        queue.submit(4)
        while queue.statistics.completed < 5 {}
        queue.submit(5, waits: true)
        queue.flush()
        queue.flush()
        pool.shutdown()
        #expect(log.all == Array(0...5))
        #expect(log.calls == [5, 1])
        #expect(queue.queue.statistics.submitted == 2, "a flush of nothing costs nothing")
    }

    @Test("more values that wait than are treated at once are all treated, and never above the capacity")
    func manyShared() throws {
        let pool = try ThreadPool(threadCount: 1)
        let gate = ThreadPoolTests.block(pool.makeQueue(capacity: 1, overflow: .reject))
        let log = Log()
        let queue = pool.makeQueue(of: Int.self, capacity: 21) { log.append($0) }
        let accepted = (0..<25).map { queue.submit($0, waits: true) }
        #expect(accepted.filter { $0 }.count == 21 && queue.statistics.rejected == 4)
        queue.flush()
        gate.signal()
        pool.shutdown()
        #expect(log.all == Array(0..<21))
        #expect(log.calls == [8, 8, 5])
    }

    @Test("a queue full of values that wait has them treated, for nothing comes that they could wait for")
    func fullOfWaiting() throws {
        let pool = try ThreadPool(threadCount: 1)
        let log = Log()
        let queue = pool.makeQueue(of: Int.self, capacity: 3) { log.append($0) }
        for value in 0..<3 { queue.submit(value, waits: true) }
        #expect(!queue.submit(3))
        #expect(queue.queue.statistics.submitted == 1)
        pool.shutdown()
        #expect(log.all == [0, 1, 2])
    }

    @Test("values that come while a thread is awaited need no job of their own, and so leave room for others")
    func fewJobs() throws {
        let pool = try ThreadPool(threadCount: 1)
        let gate = ThreadPoolTests.block(pool.makeQueue(capacity: 1, overflow: .reject))
        let queue = pool.makeQueue(of: Int.self, capacity: 100) { _ in }
        for value in 0..<17 { queue.submit(value) }
        #expect(queue.queue.depth == 3)
        gate.signal()
        pool.shutdown()
        #expect(queue.statistics.completed == 17 && queue.queue.statistics.submitted == 3)
    }

    @Test("a queue with much to do is treated in eight calls a turn, and then leaves the thread to others")
    func turns() throws {
        let pool = try ThreadPool(threadCount: 1)
        let gate = ThreadPoolTests.block(pool.makeQueue(capacity: 1, overflow: .reject))
        let log = Log()
        let long = pool.makeQueue(of: Int.self, capacity: 100) { log.append($0) }
        let short = pool.makeQueue(of: Int.self, capacity: 100) { log.append($0) }
        for value in 0..<90 { long.submit(value) }
        short.submit(100)
        gate.signal()
        pool.shutdown()
        #expect(log.all.firstIndex(of: 100) == 64)
    }
}
