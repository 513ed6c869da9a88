import CAllocationCounter
import NIOCore
import NIOPosix
import RTCCore
import RTCMedia
import ReceivingRoom
import SansIO
import Synchronization

extension Benchmark {
    /// What a packet of sound allocates in a whole room, from the datagram to the decoder's queue, on the room's loop.
    static let roomPackets = Benchmark(name: "room-packets") {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let pool = try ThreadPool(threadCount: 1)
        let decoded = Decoded()
        let loop = group.next()
        let figures = try await loop.submit { try RoomPackets(pool, decoded, on: loop).measure() }.get()
        pool.shutdown()
        try await group.shutdownGracefully()
        return [
            Measurement(
                what: "allocations a packet, datagram → decoder's queue", value: figures.allocations, unit: "",
                comparison: "largest of \(RoomPackets.rounds) rounds: \(number(figures.largest))", bar: .atMost(0.05)),
            Measurement(
                what: "time a packet, datagram → decoder's queue, median burst", value: figures.nanoseconds, unit: "ns"),
        ]
    }
}

/// Counts on the decoders' thread.
private final class Decoded: Sendable {
    private let count = Mutex(0)
    func add() { count.withLock { $0 += 1 } }
    var total: Int { count.withLock { $0 } }
}

private struct RoomPackets {
    static let rounds = 50
    /// Bursts a round, and packets a burst: as many as a socket gives at a time.
    private static let (bursts, size) = (8, 32)

    let room: ReceivingRoom
    let decoded: Decoded

    init(_ pool: ThreadPool, _ decoded: Decoded, on loop: any EventLoop) throws {
        room = try ReceivingRoom(payload: 80, pool: pool, on: loop) { _ in decoded.add() }
        self.decoded = decoded
    }

    /// Medians; the first two rounds fill buffers, and their allocations do not count.
    func measure() throws -> (allocations: Double, largest: Double, nanoseconds: Double) {
        var (allocations, nanoseconds): ([Double], [Double]) = ([], [])
        var sent = 0
        for round in 0..<Self.rounds {
            var made = UInt64(0)
            for _ in 0..<Self.bursts {
                var burst = room.makeBurst(Self.size)
                let before = allocation_count()
                let began = ContinuousClock.now
                room.receive(&burst)
                let took = ContinuousClock.now - began
                made += allocation_count() - before
                nanoseconds.append(Double(took.wholeNanoseconds) / Double(Self.size))
                sent += Self.size
                try wait(for: sent)
            }
            guard round > 1 else { continue }
            allocations.append(Double(made) / Double(Self.bursts * Self.size))
        }
        return (allocations.median, allocations.max() ?? 0, nanoseconds.median)
    }

    /// All that was sent is decoded: nothing was refused, and the queue is empty again.
    private func wait(for sent: Int) throws {
        let late = ContinuousClock.now + .seconds(10)
        while decoded.total < sent {
            guard ContinuousClock.now < late else {
                throw Failed(reason: "only \(decoded.total) of \(sent) packets were decoded")
            }
        }
    }
}
