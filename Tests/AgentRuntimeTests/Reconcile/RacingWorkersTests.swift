import SansIO
import Simulation
import Testing

@testable import AgentRuntime

@Suite struct RacingWorkersTests {
    @Test("two workers that see an empty room at once end with one assistant", arguments: 1...40 as ClosedRange<UInt64>)
    func race(seed: UInt64) {
        var cluster = ClusterSimulation(seed: seed)
        _ = cluster.addRoom()
        _ = cluster.addWorker()
        _ = cluster.addWorker()
        cluster.run(.seconds(30))
        #expect(cluster.uncovered.isEmpty, "seed \(seed)")
        #expect(cluster.joins == 1, "seed \(seed): nobody was displaced")
    }

    @Test("a killed worker's room is covered again within 3 s", arguments: 1...40 as ClosedRange<UInt64>)
    func killed(seed: UInt64) throws {
        var cluster = ClusterSimulation(seed: seed)
        _ = cluster.addRoom()
        for _ in 0..<3 { _ = cluster.addWorker() }
        cluster.run(.seconds(20) + .milliseconds(Int64(seed) * 37))
        let victim = try #require(cluster.rooms[0].assistant?.worker, "seed \(seed)")
        cluster.forgetGaps()
        cluster.kill(victim)
        cluster.run(.seconds(30))
        #expect(cluster.uncovered.isEmpty, "seed \(seed)")
        #expect(cluster.longestGap <= .seconds(3), "seed \(seed): \(cluster.longestGap)")
        #expect(cluster.joins == 2, "seed \(seed)")
    }

    @Test("a worker alone that comes back covers all of its rooms within 3 s", arguments: 1...5 as ClosedRange<UInt64>)
    func restart(seed: UInt64) {
        var cluster = ClusterSimulation(seed: seed)
        let rooms = (0..<120).map { _ in cluster.addRoom() }
        let first = cluster.prepareWorker(in: rooms)
        cluster.start(first)
        cluster.run(.seconds(5))
        cluster.kill(first)
        cluster.run(.seconds(2))
        cluster.forgetGaps()
        for room in rooms { cluster.rooms[room].uncoveredSince = cluster.now }
        _ = cluster.addWorker()
        cluster.run(.seconds(10))
        #expect(cluster.uncovered.isEmpty)
        #expect(cluster.longestGap <= .seconds(3), "seed \(seed): \(cluster.longestGap)")
        #expect(cluster.joins == 240, "each room once")
    }

    @Test func aServerThatHasTooMuchToDoIsLeftAloneForAWhile() {
        var cluster = ClusterSimulation(seed: 1)
        let rooms = (0..<40).map { _ in cluster.addRoom() }
        for worker in 0..<4 { _ = cluster.prepareWorker(in: rooms.filter { $0 % 4 == worker }) }
        for worker in 0..<4 { cluster.start(worker) }
        cluster.run(.seconds(20))
        let before = cluster.calls(from: cluster.now - .seconds(10), to: cluster.now).reduce(0, +)
        cluster.overload = cluster.now...(cluster.now + .seconds(60))
        cluster.run(.seconds(60))
        let during = cluster.calls(from: cluster.now - .seconds(10), to: cluster.now).reduce(0, +)
        #expect(during * 5 <= before, "\(during) calls in ten seconds, \(before) without trouble")
        #expect(cluster.joins == 40, "nobody was taken for dead")
        cluster.run(.seconds(40))
        let after = cluster.calls(from: cluster.now - .seconds(10), to: cluster.now).reduce(0, +)
        #expect(after * 2 >= before, "and then they look as before")
    }
}
