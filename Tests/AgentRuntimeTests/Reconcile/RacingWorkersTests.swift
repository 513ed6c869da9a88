import SansIO
import Simulation
import Testing

@testable import AgentRuntime

/// A server with one room, and workers that reconcile it, in virtual time: dispatches are offered to a random worker,
/// joining takes a while, the last to join takes the identity over, the dead stay listed for 15 s.
private struct Cluster {
    struct Worker {
        var core: ReconcileCore
        /// When the join of an accepted job is done.
        var joiningUntil: Instant?
        var isInRoom = false
        var isAlive = true
    }

    var random: RandomSource
    var now = Instant(nanoseconds: 500_000_000_000)
    var workers: [Worker]
    var dispatches: [RoomView.Dispatch] = []
    /// Who is listed as the assistant, since when.
    var listed: (worker: Int, joinedAt: Instant, deadSince: Instant?)?
    var joins = 0
    var uncoveredSince: Instant?
    var longestGap = Duration.zero

    init(seed: UInt64, workers count: Int) {
        random = .seeded(seed)
        workers = (0..<count).map { index in
            Worker(core: ReconcileCore(configuration: .init(), random: .seeded(seed &* 31 &+ UInt64(index))))
        }
        dispatches = [RoomView.Dispatch(id: "AD_0", agentName: "", metadata: "", createdAt: 1)]
    }

    var living: [Int] { workers.indices.filter { workers[$0].isInRoom && workers[$0].isAlive } }

    func view(by asker: Int) -> RoomView {
        let assistant = listed.map { listed in
            let liveness: RoomView.Liveness =
                listed.worker == asker || !workers[listed.worker].isAlive ? .dead : .alive
            return RoomView.Assistant(
                identity: "jask-RM", sid: "PA_\(joins)", instance: "\(listed.worker)", liveness: liveness,
                joinedAt: listed.joinedAt.nanoseconds)
        }
        return RoomView(
            name: "r", sid: "RM", age: .seconds(100), people: 1, assistants: assistant.map { [$0] } ?? [])
    }

    func owns(_ index: Int) -> Bool { workers[index].isInRoom || workers[index].joiningUntil != nil }

    mutating func drain(_ index: Int) {
        while let output = workers[index].core.pollOutput() {
            switch output {
            case .look:
                workers[index].core.receive([view(by: index)], own: owns(index) ? ["RM"] : [], at: now)
            case .listDispatches:
                workers[index].core.receive(
                    dispatches: dispatches, ofRoom: "r", wallClock: now.nanoseconds, at: now)
            case .createDispatch:
                dispatches.append(
                    RoomView.Dispatch(
                        id: "AD_\(dispatches.count)", agentName: "", metadata: "", createdAt: now.nanoseconds))
                offer(dispatches[dispatches.count - 1])
            case .remove, .probe, .check: break
            }
        }
    }

    mutating func offer(_ dispatch: RoomView.Dispatch) {
        let candidates = workers.indices.filter { workers[$0].isAlive }
        guard let chosen = candidates.randomElement(using: &random), !owns(chosen) else { return }
        let verdict = OfferPolicy.verdict(
            dispatchID: dispatch.id, agentName: "", room: view(by: chosen), dispatches: dispatches)
        guard verdict == .accept else { return }
        workers[chosen].joiningUntil = now + .milliseconds(Int.random(in: 50...900, using: &random))
    }

    mutating func step() {
        now = now + .milliseconds(10)
        for index in workers.indices where workers[index].isAlive {
            if let due = workers[index].joiningUntil, due <= now {
                workers[index].joiningUntil = nil
                for other in workers.indices { workers[other].isInRoom = false }
                workers[index].isInRoom = true
                listed = (index, now, nil)
                joins += 1
            }
            if let due = workers[index].core.deadline, due <= now {
                workers[index].core.timeout(at: now)
                drain(index)
            }
        }
        if let dead = listed?.deadSince, now - dead > .seconds(15) { listed = nil }
        if living.isEmpty {
            uncoveredSince = uncoveredSince ?? now
            longestGap = max(longestGap, now - (uncoveredSince ?? now))
        } else {
            uncoveredSince = nil
        }
    }

    mutating func run(_ seconds: Int) { for _ in 0..<(seconds * 100) { step() } }

    mutating func start() {
        for index in workers.indices {
            workers[index].core.start(at: now)
            drain(index)
        }
    }

    mutating func kill(_ index: Int) {
        workers[index].isAlive = false
        workers[index].joiningUntil = nil
        if workers[index].isInRoom { listed?.deadSince = now }
        workers[index].isInRoom = false
    }
}

@Suite struct RacingWorkersTests {
    @Test("two workers that see an empty room at once end with one assistant", arguments: 1...40 as ClosedRange<UInt64>)
    func race(seed: UInt64) {
        var cluster = Cluster(seed: seed, workers: 2)
        cluster.start()
        cluster.run(30)
        #expect(cluster.living.count == 1, "seed \(seed)")
        #expect(cluster.joins == 1, "seed \(seed): nobody was displaced")
    }

    @Test("a killed worker's room is covered again within 3 s", arguments: 1...40 as ClosedRange<UInt64>)
    func killed(seed: UInt64) throws {
        var cluster = Cluster(seed: seed, workers: 3)
        cluster.start()
        cluster.run(20)
        let victim = try #require(cluster.living.first, "seed \(seed)")
        cluster.longestGap = .zero
        cluster.kill(victim)
        cluster.run(30)
        #expect(cluster.living.count == 1, "seed \(seed)")
        #expect(cluster.longestGap <= .seconds(3), "seed \(seed): \(cluster.longestGap)")
        #expect(cluster.joins == 2, "seed \(seed)")
    }
}
