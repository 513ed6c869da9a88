import Foundation
import Inference
import Perception
import RTCMedia
import SansIO
import Synchronization
import Testing

@testable import AgentRuntime

/// Alone, since memory is the whole process's.
@Suite(.serialized) struct CameraMemoryTests {
    @Test("memory does not grow over 1,000 cameras that are watched, decoded, looked at and let go of")
    func flat() throws {
        let film = try GreyCamera.film(2, step: 18_000)
        let pool = try ThreadPool(threadCount: 1)
        defer { pool.shutdown() }
        let metrics = JaskMetrics()
        let supply = VisionSupply(.init(), metrics: metrics) { _, _ in }
        let looked = Mutex(0)
        let done = DispatchSemaphore(value: 0)
        func watch(_ number: Int) {
            let camera = CameraID(room: "RM_1", name: "r", source: .track(sid: "TR_\(number)"))
            let loan = ModelLoan(
                look: { _, body in
                    looked.withLock { $0 += 1 }
                    defer { done.signal() }
                    return try body(BlindModels())
                }, isOff: { false })
            let account = DecodingAccount(
                threadTime: { VisionSupply.threadTime }, frame: { supply.frame($0, of: camera, at: $1) })
            let tap = CameraTap(
                search: GestureSearchConfiguration(), pool: pool, loan: loan, account: account, metrics: metrics
            ) { _ in }
            for frame in film {
                tap.receive(frame)
                // One look a frame: they are as far apart as looks are.
                #expect(done.wait(timeout: .now() + 20) == .success)
            }
            tap.close()
            supply.remove(camera)
        }
        func watch(_ numbers: Range<Int>) { for number in numbers { watch(number) } }
        watch(0..<100)
        let growth = Memory.growth(bound: Self.bound) { watch($0 * 1_000..<$0 * 1_000 + 1_000) }
        print("\(growth / 1024) KiB more after 1,000 cameras")
        #expect(looked.withLock { $0 } >= 2_200)
        #expect(growth < Self.bound || !Memory.tellsOfLeaks)
    }

    /// A tenth of what the decoded pictures of 1,000 cameras take.
    private static let bound = 8 << 20
}
