import RTCMedia
import Synchronization

/// Where the cameras of a process are decoded and looked at: so many at a time as the cores that they may take call for,
/// whatever threads the pool has. Whoever looks has a set of models for that time, of some 40 MB, and there are as many
/// sets as were ever in use at once.
///
/// May be used by any thread.
final class SightLanes: Sendable {
    private let lanes: [SerialQueue]
    private let given = Atomic(0)

    /// - Parameter share: of a core that all cameras together may take.
    init(_ pool: ThreadPool, share: Double) {
        // Between two cameras others' sound has a turn of the thread.
        lanes = (0..<Self.count(share: share, threads: pool.threadCount)).map { _ in
            pool.makeQueue(capacity: 1, overflow: .unbounded, batchLimit: 1)
        }
    }

    /// Of each lane half is used at most, so that a camera seldom waits for another.
    static func count(share: Double, threads: Int) -> Int {
        max(1, min(threads, Int((2 * share).rounded(.up))))
    }

    /// The lane of a camera: the next in turn.
    func next() -> SerialQueue { lanes[given.wrappingAdd(1, ordering: .relaxed).oldValue % lanes.count] }
}
