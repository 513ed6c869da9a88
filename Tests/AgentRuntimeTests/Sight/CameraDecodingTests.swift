import Inference
import Perception
import RTCMedia
import SansIO
import Synchronization
import Testing

@testable import AgentRuntime

/// What is decoded of a camera whose frames take a given time, in virtual time.
@Suite struct CameraDecodingTests {
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
        let ledger: Ledger
        private(set) var decoded = 0
        private(set) var failed = 0
        private(set) var wishes: [Instant] = []
        private var camera: GreyCamera
        private var keyFrameDue: Instant?
        private var waits = false
        private var sight: CameraSight
        private let sendsKeyFramesAlone: Bool

        init(share: Double, cost each: Duration, sendsKeyFramesAlone: Bool = false) throws {
            self.sendsKeyFramesAlone = sendsKeyFramesAlone
            camera = try GreyCamera(width: 64, height: 48, step: 3000)
            ledger = Ledger(share: share, cost: each)
            sight = CameraSight(search: GestureSearchConfiguration(), loan: ledger.loan, account: ledger.account)
        }

        func run(seconds: Int64) throws {
            for _ in 0..<seconds * 30 { try step() }
        }

        private func step() throws {
            let now = camera.now
            let isKey = sendsKeyFramesAlone || keyFrameDue.map { $0 <= now } ?? false
            if isKey { (keyFrameDue, waits) = (nil, false) }
            let frame = try camera.next(isKeyFrame: isKey)
            // As a receiver has it after it was told that decoding failed.
            guard !waits else { return }
            let outcome = sight.see(
                [frame], isBehind: false, attention: GestureAttention(), search: GestureSearchConfiguration(),
                isClosed: { false })
            decoded += outcome.decoded
            failed += outcome.failed
            let wish = outcome.reports.contains { if case .needsKeyFrame = $0 { true } else { false } }
            guard wish else { return }
            wishes.append(now)
            (keyFrameDue, waits) = (now + .milliseconds(150), true)
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

    @Test("a camera that sends key frames alone is decoded as seldom, whatever they take", arguments: [10, 400])
    func keyFramesAlone(milliseconds: Int) throws {
        let room = try Room(share: 0.1, cost: .milliseconds(milliseconds), sendsKeyFramesAlone: true)
        // A frame that is in work when it is found out, and what it owes.
        try room.run(seconds: 40)
        let before = room.ledger.cost.withLock { $0.spent }
        try room.run(seconds: 80)
        let share = (room.ledger.cost.withLock { $0.spent } - before).inSeconds / 80
        #expect(share < 0.11 && share > 0.02, "\(share)")
        #expect(room.ledger.budget.withLock { $0.onKeyFrames } == 1)
        #expect(room.failed == 0)
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
        var looked: [Instant] = []
        // Shown as 0 1 2 3 …, and sent as 0 3 1 2 6 4 5 …: ten a second.
        var shown = [0]
        for group in 0..<20 { shown += [3 * group + 3, 3 * group + 1, 3 * group + 2] }
        let film = try GreyCamera.film(shown.count, width: 64, height: 48)
        var frames: [EncodedVideoFrame] = []
        for (index, place) in shown.enumerated() {
            var frame = film[index]
            frame.rtpTimestamp = 1_000_000 + 9000 * Int64(place)
            frames.append(frame)
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
        let arrivals = ledger.looks.withLock { $0 }.map { ($0 - Instant(nanoseconds: 1_000_000_000)).wholeMilliseconds }
        #expect(arrivals == [0] + (1..<20).map { 100 + 300 * Int64($0) })
        // At the times at which those were taken.
        #expect(looked.count >= 5)
        let later = looked.filter { $0 >= Instant(nanoseconds: 1_350_000_000) }
        let steps = zip(later, later.dropFirst()).map { $0.duration(to: $1).wholeMilliseconds }
        #expect(steps.allSatisfy { $0 > 0 && ($0 + 1) % 300 <= 2 }, "\(steps)")
    }
}
