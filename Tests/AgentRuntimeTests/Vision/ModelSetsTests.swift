import Dispatch
import Inference
import Perception
import PerceptionModels
import Pictures
import RTCMedia
import SansIO
import Synchronization
import Testing
import VisionModelFixtures

@testable import AgentRuntime

@Suite struct ModelSetsTests {
    @Test("there are as many sets of models as what cameras may take fills half of, and one at least")
    func count() {
        #expect([0.01, 0.5, 0.51, 1, 1.6].map { VisionSupply.sets(share: $0) } == [1, 1, 2, 2, 4])
    }

    private func supply(sets: Int, _ metrics: JaskMetrics) -> VisionSupply {
        var limits = InferenceBudgetConfiguration()
        // Nobody is put off.
        limits.share = 64
        let supply = VisionSupply(limits, mostSets: sets, metrics: metrics) { _, _ in }
        supply.load(folder: ReleasedVision.folder)
        return supply
    }

    private static func camera(_ number: Int) -> CameraID {
        CameraID(room: "RM_\(number)", name: "r", source: .track(sid: "TR_1"))
    }

    @Test(
        "so many cameras look at once as there are sets, and the others after them",
        .enabled(if: ReleasedVision.isThere, Comment(rawValue: ReleasedVision.absence)), arguments: [1, 2])
    func atOnce(sets: Int) throws {
        let supply = supply(sets: sets, JaskMetrics())
        let pool = try ThreadPool(threadCount: 4)
        let counts = Mutex((running: 0, most: 0, done: 0))
        for number in 0..<8 {
            let camera = Self.camera(number)
            pool.makeQueue(capacity: 1, overflow: .reject).submit {
                _ = try? supply.look(camera, at: .zero) { _ in
                    counts.withLock { ($0.running, $0.most) = ($0.running + 1, max($0.most, $0.running + 1)) }
                    // Time in which others would begin.
                    _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(20))
                    counts.withLock { ($0.running, $0.done) = ($0.running - 1, $0.done + 1) }
                }
            }
        }
        pool.shutdown()
        let (_, most, done) = counts.withLock { $0 }
        #expect(most <= sets && done == 8)
        #expect(supply.spareSets <= sets && supply.spareSets >= 1)
    }

    @Test(
        "eight cameras on four threads have one set of models among them",
        .enabled(if: ReleasedVision.isThere, Comment(rawValue: ReleasedVision.absence)))
    func cameras() async throws {
        let film = try GreyCamera.film(6, step: 18_000)
        let metrics = JaskMetrics()
        let supply = supply(sets: 1, metrics)
        let pool = try ThreadPool(threadCount: 4)
        let taps = (0..<8).map { number in
            let camera = Self.camera(number)
            return CameraTap(
                search: GestureSearchConfiguration(), pool: pool,
                loan: ModelLoan(
                    look: { now, body in try supply.look(camera, at: now) { try body($0) } ?? nil },
                    isOff: { false }),
                account: DecodingAccount(threadTime: { VisionSupply.threadTime }) {
                    supply.frame($0, of: camera, at: $1)
                }, metrics: metrics
            ) { _ in }
        }
        for frame in film { for tap in taps { tap.receive(frame) } }
        let outcomes = ["decoded", "failed", "skipped", "dropped"]
        func dealtWith() -> Double { outcomes.reduce(0) { $0 + metrics.pictures.value($1) } }
        for _ in 0..<5000 where dealtWith() < Double(taps.count * film.count) {
            try await Task.sleep(for: .milliseconds(2))
        }
        pool.shutdown()
        #expect(metrics.looks.value("done") >= 4)
        #expect(supply.spareSets == 1)
    }
}
