import Dispatch
import Foundation
import Synchronization
import Testing

/// `scripts/sanitize thread` runs them one by one; no other run has this target.
@Suite struct ThreadFaults {
    /// Must be reported.
    @Test func twoThreadsCountWithoutALock() {
        let counter = Counter()
        side { counter.value += 1 }
        #expect(counter.value > 0)
    }

    /// Must not be: the runtime of Swift, which is not instrumented, orders these.
    @Test func whatTheRuntimeOrdersIsNoRace() async {
        let list = Mutex<[Int]>([])
        side {
            list.withLock { list in
                list.append(list.count)
                if list.count > 100 { list.removeAll() }
            }
        }
        let counter = Counter()
        let queue = DispatchQueue(label: "counter")
        side { queue.async { counter.value += 1 } }
        queue.sync { #expect(counter.value == Self.threads * Self.rounds) }
        let tally = Tally()
        await withTaskGroup(of: Counter.self) { group in
            for _ in 0..<Self.rounds {
                group.addTask {
                    await tally.add()
                    return Counter()
                }
            }
            for await counter in group { counter.value += 1 }
        }
        #expect(await tally.count == Self.rounds)
    }

    /// Nor this: it goes on without having waited.
    @Test func aContinuationThatIsResumedEarlyIsNoRace() async {
        for _ in 0..<200 {
            let counter = Counter()
            await withUnsafeContinuation { continuation in
                Thread {
                    counter.value += 1
                    continuation.resume()
                }.start()
                usleep(300)
            }
            counter.value += 1
            #expect(counter.value == 2)
        }
    }

    private static let threads = 4
    private static let rounds = 5_000

    /// Runs `body` many times on each of some threads, at once.
    private func side(_ body: @escaping @Sendable () -> Void) {
        let done = DispatchSemaphore(value: 0)
        for _ in 0..<Self.threads {
            Thread {
                for _ in 0..<Self.rounds { body() }
                done.signal()
            }.start()
        }
        for _ in 0..<Self.threads { done.wait() }
    }

    private final class Counter: @unchecked Sendable {
        var value = 0
    }

    private actor Tally {
        private(set) var count = 0
        func add() { count += 1 }
    }
}
