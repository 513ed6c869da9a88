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

@Suite struct SightLanesTests {
    @Test("there are as many lanes as what cameras may take fills half of, one at least and no more than threads")
    func count() {
        let counts = [0.01, 0.5, 0.51, 1, 1.6, 64].map { SightLanes.count(share: $0, threads: 6) }
        #expect(counts == [1, 1, 2, 2, 4, 6])
    }

    @Test("cameras of one lane work one after the other, whatever threads there are")
    func turns() throws {
        let pool = try ThreadPool(threadCount: 4)
        let lanes = SightLanes(pool, share: 0.5)
        let counts = Mutex((running: 0, most: 0, done: 0))
        for _ in 0..<8 {
            let lane = lanes.next()
            for _ in 0..<4 {
                lane.submit {
                    counts.withLock { ($0.running, $0.most) = ($0.running + 1, max($0.most, $0.running + 1)) }
                    // Time in which others would begin.
                    _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(2))
                    counts.withLock { ($0.running, $0.done) = ($0.running - 1, $0.done + 1) }
                }
            }
        }
        pool.shutdown()
        let (_, most, done) = counts.withLock { $0 }
        #expect(most == 1 && done == 32)
    }

    @Test(
        "eight cameras on four threads have one set of models among them",
        .enabled(if: ReleasedVision.isThere, Comment(rawValue: ReleasedVision.absence)))
    func models() async throws {
        let film = try GreyCamera.film(6, step: 18_000)
        let metrics = JaskMetrics()
        var limits = InferenceBudgetConfiguration()
        // Nobody is put off.
        limits.share = 64
        let supply = VisionSupply(limits, metrics: metrics) { _, _ in }
        supply.load(folder: ReleasedVision.folder)
        let pool = try ThreadPool(threadCount: 4)
        let lanes = SightLanes(pool, share: 0.5)
        let taps = (0..<8).map { number in
            let camera = CameraID(room: "RM_\(number)", name: "r", source: .track(sid: "TR_1"))
            return CameraTap(
                search: GestureSearchConfiguration(), lanes: lanes,
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
