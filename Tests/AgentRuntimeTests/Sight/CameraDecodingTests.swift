import Inference
import NIOCore
import Perception
import PerceptionModels
import Pictures
import RTCMedia
import RTCVideoCodecs
import SansIO
import Synchronization
import Testing

@testable import AgentRuntime

/// What is decoded of a camera whose frames take a given time, in virtual time.
@Suite struct CameraDecodingTests {
    private final class BlindModels: VisionModels {
        func facesNear(in picture: RGBPicture, from threshold: Float) throws -> [Detection] { [] }
        func facesFar(in picture: RGBPicture, from threshold: Float) throws -> [Detection] { [] }
        func facePresence(in picture: RGBPicture, of face: Detection) throws -> Float { 0 }
        func palms(in picture: RGBPicture, from threshold: Float) throws -> [Detection] { [] }
        func hand(in picture: RGBPicture, region: PictureRegion, full: Bool) throws -> HandLandmarks {
            HandLandmarks(points: [], presence: 0, rightness: 0)
        }
    }

    /// What the camera may take, and has taken.
    private final class Ledger: Sendable {
        let budget: Mutex<InferenceBudget<Int>>
        let looks = Mutex<[Instant]>([])
        /// What each frame takes; every second question for the time is after a frame.
        let cost: Mutex<(each: Duration, now: Duration, spent: Duration)>

        init(share: Double, cost each: Duration) {
            var configuration = InferenceBudgetConfiguration()
            configuration.share = share
            budget = Mutex(InferenceBudget(configuration))
            cost = Mutex((each, .zero, .zero))
        }

        var loan: ModelLoan {
            ModelLoan(
                look: { [self] now, body in
                    guard budget.withLock({ $0.mayLook(1, at: now) }) else { return nil }
                    looks.withLock { $0.append(now) }
                    budget.withLock { $0.spend(.milliseconds(5), by: 1) }
                    return try body(BlindModels())
                }, isOff: { false })
        }

        var account: DecodingAccount {
            DecodingAccount(
                threadTime: { [self] in
                    cost.withLock { cost in
                        defer { cost.now += cost.each }
                        return cost.now
                    }
                },
                frame: { [self] facts, now in
                    if let time = facts.time { cost.withLock { $0.spent += time } }
                    return budget.withLock { $0.frame(facts, by: 1, at: now) }
                })
        }
    }

    /// A camera that sends plain VP8 at 30 a second, and answers a wish for a key frame after 150 ms.
    private final class Room {
        let encoder: VideoEncoder
        let pool = PicturePool()
        let ledger: Ledger
        private(set) var decoded = 0
        private(set) var failed = 0
        private(set) var wishes: [Instant] = []
        private var index: Int64 = 0
        private var keyFrameDue: Int64? = 0
        private var waits = false
        private var sight: CameraSight

        init(share: Double, cost each: Duration) throws {
            encoder = try VideoEncoder(.vp8(VP8Encoding()))
            ledger = Ledger(share: share, cost: each)
            sight = CameraSight(search: GestureSearchConfiguration(), loan: ledger.loan, account: ledger.account)
        }

        func run(seconds: Int64) throws {
            for _ in 0..<seconds * 30 { try step() }
        }

        private func step() throws {
            defer { index += 1 }
            let picture = try pool.makePicture(width: 64, height: 48, range: .limited) { planes in
                for at in 0..<planes.stride * planes.height { planes.y[at] = UInt8(60 + (at + 7 * Int(index)) % 100) }
                for at in 0..<planes.chromaStride * planes.chromaHeight { (planes.u[at], planes.v[at]) = (128, 128) }
            }
            let isKey = keyFrameDue.map { $0 <= index } ?? false
            if isKey { (keyFrameDue, waits) = (nil, false) }
            guard
                let frame = try encoder.encode(picture, timestamp: 3000 * index, isKeyFrame: isKey)
            else { return }
            // As a receiver has it after it was told that decoding failed.
            guard !waits else { return }
            let outcome = sight.see(
                [
                    EncodedVideoFrame(
                        codec: .vp8, isKeyFrame: frame.isKeyFrame, data: frame.data, rtpTimestamp: 3000 * index,
                        size: frame.isKeyFrame ? VideoSize(width: 64, height: 48) : nil,
                        arrival: Instant(nanoseconds: 1_000_000_000 + 33_333_333 * index))
                ], isBehind: false, attention: GestureAttention(), search: GestureSearchConfiguration(),
                isClosed: { false })
            decoded += outcome.decoded
            failed += outcome.failed
            let wish = outcome.reports.contains { if case .needsKeyFrame = $0 { true } else { false } }
            guard wish else { return }
            wishes.append(Instant(nanoseconds: 1_000_000_000 + 33_333_333 * index))
            (keyFrameDue, waits) = (index + 5, true)
        }
    }

    @Test("a camera that can be afforded is decoded whole")
    func affordable() throws {
        let room = try Room(share: 0.5, cost: .milliseconds(1))
        try room.run(seconds: 30)
        #expect(room.decoded == 900 && room.wishes.isEmpty && room.failed == 0)
        #expect((145...155).contains(room.ledger.looks.withLock { $0.count }))
    }

    @Test("of one that cannot, key frames are decoded, at least 1.5 s apart, and nothing that refers to what was not")
    func dear() throws {
        let room = try Room(share: 0.1, cost: .milliseconds(10))
        try room.run(seconds: 20)
        let before = (room.decoded, room.ledger.looks.withLock { $0.count }, room.ledger.cost.withLock { $0.spent })
        try room.run(seconds: 60)
        let decoded = room.decoded - before.0
        #expect((30...41).contains(decoded), "\(decoded)")
        #expect((30...41).contains(room.ledger.looks.withLock { $0.count } - before.1))
        #expect(room.failed == 0)
        #expect(zip(room.wishes, room.wishes.dropFirst()).allSatisfy { $0.duration(to: $1) >= .milliseconds(1500) })
        let share = (room.ledger.cost.withLock { $0.spent } - before.2).inSeconds / 60
        #expect(share < 0.01, "\(share)")
    }

    @Test("where there is room again a key frame is asked for once, and all frames follow it")
    func back() throws {
        let room = try Room(share: 0.1, cost: .milliseconds(10))
        try room.run(seconds: 30)
        room.ledger.budget.withLock { $0.configuration.share = 2 }
        try room.run(seconds: 15)
        let (decoded, wishes) = (room.decoded, room.wishes.count)
        try room.run(seconds: 20)
        #expect(room.decoded - decoded == 600 && room.wishes.count == wishes && room.failed == 0)
    }

    @Test(
        "of frames that come in the order of decoding, the newest as they come are looked at, at their own time",
        arguments: [1, 3])
    func reordered(atATime: Int) throws {
        let ledger = Ledger(share: 1, cost: .zero)
        var sight = CameraSight(search: GestureSearchConfiguration(), loan: ledger.loan, account: ledger.account)
        let encoder = try VideoEncoder(.vp8(VP8Encoding()))
        let pool = PicturePool()
        var looked: [Instant] = []
        // Shown as 0 1 2 3 …, and sent as 0 3 1 2 6 4 5 …: ten a second.
        var shown = [0]
        for group in 0..<20 { shown += [3 * group + 3, 3 * group + 1, 3 * group + 2] }
        var frames: [EncodedVideoFrame] = []
        for (index, place) in shown.enumerated() {
            let picture = try pool.makePicture(width: 64, height: 48, range: .limited) { planes in
                for at in 0..<planes.stride * planes.height { planes.y[at] = UInt8(60 + (at + 7 * index) % 100) }
                for at in 0..<planes.chromaStride * planes.chromaHeight { (planes.u[at], planes.v[at]) = (128, 128) }
            }
            let encoded = try #require(try encoder.encode(picture, timestamp: 9000 * Int64(index)))
            frames.append(
                EncodedVideoFrame(
                    codec: .vp8, isKeyFrame: encoded.isKeyFrame, data: encoded.data,
                    rtpTimestamp: 1_000_000 + 9000 * Int64(place),
                    arrival: Instant(nanoseconds: 5_000_000_000 + 100_000_000 * Int64(index))))
            // The first alone, then those of each three as they come, or where it fell behind all of them together.
            guard index == 0 || frames.count == atATime else { continue }
            let outcome = sight.see(
                frames, isBehind: false, attention: GestureAttention(), search: GestureSearchConfiguration(),
                isClosed: { false })
            #expect(outcome.decoded == frames.count)
            frames.removeAll()
            for case .looked(let look) in outcome.reports { looked.append(look.at) }
        }
        // The first, and of each three the one that is shown last; the second comes too soon. Not each look finds something.
        let arrivals = ledger.looks.withLock { $0 }.map { ($0 - Instant(nanoseconds: 5_000_000_000)).wholeMilliseconds }
        #expect(arrivals == [0] + (1..<20).map { 100 + 300 * Int64($0) })
        // At the times at which those were taken.
        #expect(looked.count >= 5)
        let later = looked.filter { $0 >= Instant(nanoseconds: 5_350_000_000) }
        let steps = zip(later, later.dropFirst()).map { $0.duration(to: $1).wholeMilliseconds }
        #expect(steps.allSatisfy { $0 > 0 && ($0 + 1) % 300 <= 2 }, "\(steps)")
    }
}
