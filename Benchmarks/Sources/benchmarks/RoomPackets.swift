import CAllocationCounter
import NIOCore
import NIOPosix
import RTCCore
import RTCMedia
import ReceivingRoom
import SansIO
import Synchronization

extension Benchmark {
    /// What a packet of sound or of a picture allocates in a whole room, from the datagram to the decoder's queue, on the
    /// room's loop.
    static let roomPackets = Benchmark(name: "room-packets") {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let pool = try ThreadPool(threadCount: 1)
        let loop = group.next()
        var lines = try await loop.submit {
            let decoded = Decoded()
            let sound = ReceivingRoom.Track.sound(payload: 80) { decoded.add($0.count) }
            return try RoomPackets(sound, pool, decoded, packets: 1, on: loop).lines("a packet of sound")
        }.get()
        for packets in [1, 4, 16] {
            lines += try await loop.submit {
                let decoded = Decoded()
                let pictures = ReceivingRoom.Track.pictures(packets: packets, payload: 1_000) { _ in decoded.add() }
                return try RoomPackets(pictures, pool, decoded, packets: packets, on: loop)
                    .lines("a packet of video, \(packets) a picture")
            }.get()
        }
        pool.shutdown()
        try await group.shutdownGracefully()
        return lines
    }
}

/// Counts what reaches the decoder.
private final class Decoded: Sendable {
    private let count = Mutex(0)
    func add(_ more: Int = 1) { count.withLock { $0 += more } }
    var total: Int { count.withLock { $0 } }
}

private struct RoomPackets {
    static let rounds = 50
    /// Bursts a round, and packets a burst: as many as a socket gives at a time.
    private static let (bursts, size) = (8, 32)

    let room: ReceivingRoom
    let decoded: Decoded
    /// A piece of sound or a picture.
    let packets: Int

    init(
        _ track: ReceivingRoom.Track, _ pool: ThreadPool, _ decoded: Decoded, packets: Int, on loop: any EventLoop
    ) throws {
        room = try ReceivingRoom(track, pool: pool, on: loop)
        self.decoded = decoded
        self.packets = packets
    }

    func lines(_ what: String) throws -> [Measurement] {
        let figures = try measure()
        return [
            Measurement(
                what: "\(what): allocations, datagram → decoder's queue", value: figures.allocations, unit: "",
                comparison: "largest of \(Self.rounds) rounds: \(number(figures.largest))", bar: .atMost(0.05)),
            Measurement(what: "\(what): time, median burst", value: figures.nanoseconds, unit: "ns"),
        ]
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

    /// All that was sent has come: nothing was refused, and the queue is empty again.
    private func wait(for sent: Int) throws {
        let late = ContinuousClock.now + .seconds(10)
        while decoded.total < sent / packets {
            guard ContinuousClock.now < late else {
                throw Failed(reason: "only \(decoded.total) of \(sent / packets) came to the decoder")
            }
        }
    }
}
