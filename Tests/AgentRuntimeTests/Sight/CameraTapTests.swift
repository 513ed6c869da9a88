import NIOCore
import Perception
import Pictures
import RTCMedia
import SansIO
import Synchronization
import Testing

@testable import AgentRuntime

@Suite struct CameraTapTests {
    private struct Broken: Error {}

    /// A tap, what it reported, and when models were lent.
    private final class Bench: Sendable {
        let pool: ThreadPool
        let metrics = JaskMetrics()
        private let record = Mutex<(reports: [CameraTap.Report], lent: [Instant])>(([], []))
        private let made = Mutex<CameraTap?>(nil)
        var tap: CameraTap {
            get throws { try #require(made.withLock { $0 }) }
        }

        /// - Parameter isOff: whether models are lent at all.
        init(isOff: Bool = false, fails: Bool = false, change: (inout GestureSearchConfiguration) -> Void = { _ in })
            throws
        {
            pool = try ThreadPool(threadCount: 2)
            var search = GestureSearchConfiguration()
            change(&search)
            let loan = ModelLoan(
                look: { [weak self] now, body in
                    self?.record.withLock { $0.lent.append(now) }
                    if fails { throw Broken() }
                    return isOff ? nil : try body(BlindModels())
                }, isOff: { isOff })
            let account = DecodingAccount(threadTime: { .zero }, frame: { _, _ in .allFrames })
            let tap = CameraTap(
                search: search, pool: pool, loan: loan, account: account, metrics: metrics
            ) { [weak self] report in
                self?.record.withLock { $0.reports.append(report) }
            }
            made.withLock { $0 = tap }
        }

        /// Ends the threads after what they have to do, and tells what came of it.
        func finish() -> (reports: [CameraTap.Report], lent: [Instant]) {
            pool.shutdown()
            return record.withLock { $0 }
        }

        /// Waits until all that was given is dealt with.
        func settle(_ frames: Int) async throws {
            for _ in 0..<2000 {
                let names = ["decoded", "failed", "skipped", "dropped"]
                if names.reduce(0, { $0 + metrics.pictures.value($1) }) >= Double(frames) { return }
                try await Task.sleep(for: .milliseconds(2))
            }
            Issue.record("frames wait for ever: \(metrics.registry.rendered())")
        }
    }

    private func began(_ reports: [CameraTap.Report]) -> [VideoSize] {
        reports.compactMap { if case .began(_, let size) = $0 { size } else { nil } }
    }

    private func requests(_ reports: [CameraTap.Report]) -> Int {
        reports.count { if case .needsKeyFrame = $0 { true } else { false } }
    }

    @Test("all frames are decoded, and models run on five pictures a second")
    func pace() async throws {
        let bench = try Bench()
        for (index, frame) in try GreyCamera.film(40).enumerated() {
            try bench.tap.receive(frame)
            // As they come: one is dealt with before the next.
            try await bench.settle(index + 1)
        }
        let (reports, lent) = bench.finish()
        #expect(bench.metrics.pictures.value("decoded") == 40)
        #expect((19...21).contains(lent.count), "\(lent.count)")
        #expect(began(reports) == [VideoSize(width: 320, height: 180)] && requests(reports) == 0)
    }

    @Test("of what waits only the newest picture is looked at, and everything is decoded")
    func behind() async throws {
        let bench = try Bench()
        let film = try GreyCamera.film(30)
        let gate = Mutex(false)
        // Both threads are busy while the frames come.
        let blockers = (0..<2).map { _ in bench.pool.makeQueue(capacity: 1, overflow: .reject) }
        for blocker in blockers { blocker.submit { while !gate.withLock({ $0 }) {} } }
        for frame in film { try bench.tap.receive(frame) }
        gate.withLock { $0 = true }
        try await bench.settle(30)
        let (_, lent) = bench.finish()
        #expect(bench.metrics.pictures.value("decoded") == 30)
        #expect(lent == [film[29].arrival])
    }

    @Test("pictures of another size are told, and what frames weigh is counted")
    func sizes() async throws {
        let bench = try Bench()
        let films = [try GreyCamera.film(2), try GreyCamera.film(2, width: 160, height: 90)]
        for (number, film) in films.enumerated() {
            for frame in film { try bench.tap.receive(frame) }
            try await bench.settle(2 * (number + 1))
        }
        let (reports, _) = bench.finish()
        #expect(began(reports) == [VideoSize(width: 320, height: 180), VideoSize(width: 160, height: 90)])
        let bytes = films.joined().reduce(0) { $0 + $1.data.readableBytes }
        #expect(bytes > 100 && bench.metrics.cameraBytes.value() == Double(bytes))
    }

    @Test("a broken frame asks for a key frame once, what follows is left out, and the next key frame is decoded")
    func broken() async throws {
        let bench = try Bench()
        var film = try GreyCamera.film(10)
        var again = try GreyCamera.film(6)
        film[3].data = ByteBuffer(repeating: 0xFF, count: 40)
        for index in again.indices {
            again[index].rtpTimestamp += 90_000
            again[index].arrival = again[index].arrival + .seconds(1)
        }
        for (index, frame) in (film + again).enumerated() {
            try bench.tap.receive(frame)
            try await bench.settle(index + 1)
        }
        let (reports, _) = bench.finish()
        #expect(requests(reports) == 1)
        #expect(bench.metrics.pictures.value("decoded") == 9)
        #expect(bench.metrics.pictures.value("failed") == 1 && bench.metrics.pictures.value("skipped") == 6)
        #expect(try bench.tap.progress == .init(decoded: 9, failed: 1, codec: .vp8))
    }

    @Test("what nothing refers to is not decoded where no picture is due")
    func discardable() async throws {
        let bench = try Bench()
        var film = try GreyCamera.film(1)
        // Whatever stands in them: they are not opened.
        for index in 1..<20 as Range<Int64> {
            var frame = film[0]
            (frame.isKeyFrame, frame.isDiscardable) = (false, true)
            frame.data = ByteBuffer()
            frame.rtpTimestamp = 900 * index
            frame.arrival = frame.arrival + .milliseconds(10 * index)
            if index < 15 { film.append(frame) }
        }
        for (index, frame) in film.enumerated() {
            try bench.tap.receive(frame)
            try await bench.settle(index + 1)
        }
        _ = bench.finish()
        #expect(bench.metrics.pictures.value("skipped") == Double(film.count - 1))
        #expect(bench.metrics.pictures.value("failed") == 0)
    }

    @Test("a tap that was closed decodes nothing and reports nothing")
    func closed() async throws {
        let bench = try Bench()
        let film = try GreyCamera.film(5)
        try bench.tap.receive(film[0])
        try await bench.settle(1)
        try bench.tap.close()
        for frame in film.dropFirst() { try bench.tap.receive(frame) }
        let (reports, _) = bench.finish()
        #expect(bench.metrics.pictures.value("decoded") == 1)
        #expect(reports.count <= 2)
    }

    @Test("a picture that waits to be looked at is not, once the tap is closed")
    func closedWithPicture() throws {
        let lent = Mutex(0)
        let loan = ModelLoan(
            look: { _, body in
                lent.withLock { $0 += 1 }
                return try body(BlindModels())
            }, isOff: { false })
        for isClosed in [true, false] {
            let account = DecodingAccount(threadTime: { .zero }, frame: { _, _ in .allFrames })
            var sight = CameraSight(search: GestureSearchConfiguration(), loan: loan, account: account)
            let film = try GreyCamera.film(2)
            let first = sight.see(film, isBehind: true, attention: [], search: GestureSearchConfiguration()) { false }
            #expect(first.decoded == 2 && lent.withLock { $0 } == 0)
            _ = sight.see([], isBehind: false, attention: [], search: GestureSearchConfiguration()) { isClosed }
            #expect(lent.withLock { $0 } == (isClosed ? 0 : 1))
        }
    }

    @Test("where models cannot be used that is told once")
    func modelsOff() async throws {
        let bench = try Bench(isOff: true)
        for (index, frame) in try GreyCamera.film(10).enumerated() {
            try bench.tap.receive(frame)
            try await bench.settle(index + 1)
        }
        let (reports, lent) = bench.finish()
        #expect(lent.count >= 4)
        #expect(reports.count { if case .modelsOff = $0 { true } else { false } } == 1)
    }

    @Test("a look that fails is told, and the next picture is looked at all the same")
    func failingLooks() async throws {
        let bench = try Bench(fails: true)
        for (index, frame) in try GreyCamera.film(10).enumerated() {
            try bench.tap.receive(frame)
            try await bench.settle(index + 1)
        }
        let (reports, lent) = bench.finish()
        #expect(lent.count >= 4)
        #expect(reports.count { if case .lookFailed = $0 { true } else { false } } == lent.count)
    }

    @Test("a rate that is changed counts from the next picture on, and pictures may change their size")
    func changes() async throws {
        let bench = try Bench()
        let film = try GreyCamera.film(20) + GreyCamera.film(20, width: 640, height: 360)
        for (index, frame) in film.enumerated() {
            if index == 20 {
                var search = GestureSearchConfiguration()
                search.pictureRate = 1
                try bench.tap.setSearch(search)
            }
            var frame = frame
            frame.rtpTimestamp = 9000 * Int64(index)
            frame.arrival = Instant(nanoseconds: 1_000_000_000 + 100_000_000 * Int64(index))
            try bench.tap.receive(frame)
            try await bench.settle(index + 1)
        }
        let (reports, lent) = bench.finish()
        #expect((11...13).contains(lent.count), "\(lent.count)")
        #expect(bench.metrics.pictures.value("decoded") == 40 && began(reports).count == 2)
    }

    @Test("models are there only while they are lent")
    func notLent() throws {
        let models = LentModels()
        let picture = try #require(RGBPicture(width: 4, height: 4, bytes: Array(repeating: 0, count: 48)))
        #expect(throws: LentModels.NotLent.self) { try models.facesNear(in: picture, from: 0) }
        let palms = try models.lend(BlindModels()) { try models.palms(in: picture, from: 0) }
        #expect(palms.isEmpty)
        #expect(throws: LentModels.NotLent.self) { try models.palms(in: picture, from: 0) }
    }
}
