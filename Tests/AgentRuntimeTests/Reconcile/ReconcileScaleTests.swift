import Foundation
import SansIO
import Testing

@testable import AgentRuntime

/// Many workers and rooms: how many calls looking after them takes, and how long a killed worker's rooms are alone.
@Suite struct ReconcileScaleTests {
    static let isLong = ProcessInfo.processInfo.environment["JASK_LONG_TESTS"] == "1"

    struct Figures {
        /// Calls in each second of quiet.
        var steady: [Int] = []
        /// Calls a second over the busiest ten seconds of the beginning.
        var beginning = 0
        /// `needless`: how often somebody came into a room that somebody else had covered already.
        var deaths: [(what: String, longestGap: Duration, calls: Int, needless: Int)] = []
        var average: Int { steady.reduce(0, +) / max(steady.count, 1) }
    }

    /// All workers begin within three seconds. After twenty seconds of quiet, a worker that only watches is killed, then
    /// one of the two that look after all rooms, then both at once.
    static func play(workers: Int, rooms: Int, seed: UInt64, lookers: Int = 2) -> Figures {
        var configuration = ReconcileCore.Configuration()
        configuration.lookers = lookers
        var cluster = ClusterSimulation(seed: seed, configuration: configuration)
        let ids = (0..<rooms).map { _ in cluster.addRoom() }
        for worker in 0..<workers { _ = cluster.prepareWorker(in: ids.filter { $0 % workers == worker }) }
        var figures = Figures()
        let start = cluster.now
        for worker in 0..<workers {
            cluster.start(worker)
            cluster.run(.milliseconds(150))
        }
        cluster.run(.seconds(10))
        figures.beginning = busiest(cluster.calls(from: start, to: cluster.now))
        let quiet = cluster.now
        // Meanwhile a room ends and one begins each second.
        for round in 0..<20 {
            let fresh = cluster.addRoom(createdAgo: .zero)
            cluster.offerFirst(fresh)
            cluster.close(ids[round])
            cluster.run(.seconds(1))
        }
        figures.steady = cluster.calls(from: quiet, to: cluster.now)
        func kill(_ what: String, _ victims: [Int]) {
            cluster.forgetGaps()
            let died = cluster.now
            let needed = cluster.joins + victims.map { cluster.workers[$0].joined.count }.reduce(0, +)
            for victim in victims { cluster.kill(victim) }
            cluster.run(.seconds(12))
            figures.deaths.append(
                (what, cluster.longestGap, busiest(cluster.calls(from: died, to: cluster.now)), cluster.joins - needed))
        }
        kill("a follower", [cluster.ranks[min(4, cluster.ranks.count - 1)]])
        kill("a looker", [cluster.ranks[0]])
        kill("both lookers", Array(cluster.ranks.prefix(2)))
        report(figures, "\(workers) workers and \(rooms) rooms", cluster)
        return figures
    }

    private static func report(_ figures: Figures, _ scene: String, _ cluster: ClusterSimulation) {
        let names = cluster.callsByName.sorted { $0.value > $1.value }.map { "\($0.key) \($0.value)" }
        print(
            "reconciling, \(scene): \(figures.average) calls a second, at most \(figures.steady.max() ?? 0); while all",
            "workers begin \(figures.beginning) (\(names.joined(separator: ", ")))")
        for death in figures.deaths {
            print(
                "  killed \(death.what): covered after at most \(death.longestGap.wholeMilliseconds) ms,",
                "\(death.calls) calls a second over ten seconds")
        }
    }

    /// Calls a second over the busiest ten seconds.
    private static func busiest(_ seconds: [Int]) -> Int {
        guard seconds.count > 10 else { return seconds.reduce(0, +) / 10 }
        return (0...(seconds.count - 10)).map { seconds[$0..<($0 + 10)].reduce(0, +) / 10 }.max() ?? 0
    }

    /// What every scene is held to: rooms without an assistant for 3 s at most, and 200 calls a second over any ten.
    private func expectBars(_ figures: Figures) {
        #expect(figures.steady.allSatisfy { $0 <= 200 })
        #expect(figures.beginning <= 200, "while all begin")
        for death in figures.deaths {
            #expect(death.longestGap <= .seconds(3), "\(death.what)")
            #expect(death.calls <= 200, "\(death.what)")
            #expect(death.needless == 0, "\(death.what): each room gets one assistant")
        }
    }

    @Test func whereEveryWorkerLooksAfterAllRoomsTheCallsGrowWithTheSquareOfTheirNumber() {
        let few = Self.play(workers: 12, rooms: 120, seed: 1)
        let all = Self.play(workers: 12, rooms: 120, seed: 1, lookers: 12)
        #expect(few.average <= 100)
        #expect(all.average > 200, "the bar above would be missed")
    }

    @Test(
        "six workers and 300 rooms take few calls, and a killed worker's rooms are covered within 3 s",
        arguments: 1...10 as ClosedRange<UInt64>)
    func few(seed: UInt64) {
        let figures = Self.play(workers: 6, rooms: 300, seed: seed)
        #expect(figures.steady.allSatisfy { $0 <= 70 })
        expectBars(figures)
    }

    @Test(
        "rooms of a worker that dies soon after it took them over are covered as soon",
        arguments: 1...5 as ClosedRange<UInt64>)
    func soonAgain(seed: UInt64) {
        var cluster = ClusterSimulation(seed: seed)
        let ids = (0..<300).map { _ in cluster.addRoom() }
        for worker in 0..<6 { _ = cluster.prepareWorker(in: ids.filter { $0 % 6 == worker }) }
        for worker in 0..<6 { cluster.start(worker) }
        cluster.run(.seconds(20))
        cluster.kill(cluster.ranks[5])
        while !cluster.uncovered.isEmpty { cluster.run(.milliseconds(100)) }
        // By then it was asked, and has told of its new rooms.
        cluster.run(.milliseconds(1100))
        cluster.forgetGaps()
        cluster.kill(cluster.ranks[4])
        cluster.run(.seconds(12))
        #expect(cluster.uncovered.isEmpty && cluster.longestGap <= .milliseconds(3500), "\(cluster.longestGap)")
    }

    /// A worker of several, with ten rooms each, stands still for 50 s.
    /// - Returns: how long its rooms were without an assistant at most.
    static func freeze(oneOf workers: Int, seed: UInt64, hasty: Int) -> Duration {
        var configuration = ReconcileCore.Configuration()
        configuration.hasty = hasty
        var cluster = ClusterSimulation(seed: seed, configuration: configuration)
        let ids = (0..<(workers * 10)).map { _ in cluster.addRoom() }
        for worker in 0..<workers { _ = cluster.prepareWorker(in: ids.filter { $0 % workers == worker }) }
        for worker in 0..<workers { cluster.start(worker) }
        cluster.run(.seconds(20))
        let victim = cluster.ranks[workers - 1]
        cluster.forgetGaps()
        cluster.freeze(victim)
        cluster.run(.seconds(50))
        let (gap, joins, left) = (cluster.longestGap, cluster.joins, cluster.uncovered)
        cluster.thaw(victim)
        cluster.run(.seconds(20))
        guard left.isEmpty else { return gap }
        #expect(cluster.joins == joins, "seed \(seed): nobody comes back for rooms that are covered")
        #expect(cluster.workers[victim].joined.isEmpty)
        return gap
    }

    /// The server takes such a worker for alive, and a job that it is offered is lost.
    @Test("rooms of a worker that stands still are covered, and it ends there when it goes on", arguments: [2, 6])
    func standsStill(workers: Int) {
        let seeds = 1...10 as ClosedRange<UInt64>
        let usual = ReconcileCore.Configuration().hasty
        let gaps = seeds.map { Self.freeze(oneOf: workers, seed: $0, hasty: usual).wholeMilliseconds }.sorted()
        let slow = seeds.map { Self.freeze(oneOf: workers, seed: $0, hasty: 0).wholeMilliseconds }.sorted()
        print(
            "reconciling, one of \(workers) workers frozen, 10 rooms each: covered after at most \(gaps) ms;",
            "with the usual waits \(slow)")
        #expect(gaps.allSatisfy { $0 <= 30_000 })
        #expect(gaps[5] < slow[5])
    }

    /// Whoever deletes any dispatch of a room that was taken over does not want the assistant, and is heard.
    @Test(
        "dispatches of rooms that were taken over are looked at however many workers there are",
        arguments: isLong ? [(100, 2000)] : [(80, 240)])
    func takenOver(workers: Int, rooms: Int) {
        var cluster = ClusterSimulation(seed: 1)
        let ids = (0..<rooms).map { _ in cluster.addRoom() }
        for worker in 0..<workers { _ = cluster.prepareWorker(in: ids.filter { $0 % workers == worker }) }
        for worker in 0..<workers {
            cluster.start(worker)
            cluster.run(.seconds(3) / workers)
        }
        // All began together, and ask in step until chance has spread them: with 100 workers for some 15 s.
        cluster.run(.seconds(20))
        let quiet = cluster.now
        cluster.run(.seconds(10))
        let steady = cluster.calls(from: quiet, to: cluster.now)
        let victim = cluster.ranks[workers / 2]
        let orphans = cluster.workers[victim].joined
        cluster.forgetGaps()
        cluster.kill(victim)
        cluster.run(.seconds(15))
        #expect(cluster.uncovered.isEmpty)
        let gap = cluster.longestGap
        for room in orphans { cluster.deleteFirstDispatch(of: room) }
        var waits: [Duration] = []
        let deleted = cluster.now
        while waits.count < orphans.count, cluster.now - deleted < .seconds(120) {
            cluster.run(.seconds(1))
            waits += Array(repeating: cluster.now - deleted, count: cluster.dismissals.count - waits.count)
        }
        let longest = waits.last.map { $0.components.seconds } ?? 0
        print(
            "reconciling, \(workers) workers and \(rooms) rooms: \(steady.reduce(0, +) / steady.count) calls a second, at most",
            "\(steady.max() ?? 0); a worker's rooms covered after at most \(gap.wholeMilliseconds) ms;",
            "\(waits.count) of \(orphans.count) deletions seen, the last after \(longest) s")
        #expect(waits.count == orphans.count)
        #expect(steady.allSatisfy { $0 <= 200 }, "\(steady)")
    }

    @Test(
        "twenty workers and 5,000 rooms take at most 200 calls a second, and a killed worker's rooms are covered within 3 s",
        arguments: isLong ? 1...10 : 1...1 as ClosedRange<UInt64>)
    func many(seed: UInt64) {
        expectBars(Self.play(workers: 20, rooms: 5000, seed: seed))
    }
}
