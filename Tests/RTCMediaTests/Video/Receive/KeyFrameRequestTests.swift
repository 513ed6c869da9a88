import NIOCore
import RTCMedia
import SansIO
import Simulation
import Testing

@Suite struct KeyFrameRequestTests {
    /// Loses the packets of one frame.
    private func run(losing frame: Int, frames: Int = 60) -> VideoRun<SyntheticVideo> {
        var run = VideoRun(SyntheticVideo(.vp8Bare, frames: frames, seed: 1), repairs: false)
        let timestamp = 4_294_900_000 &+ UInt32(2970 * frame)
        run.alter = { $0.timestamp == timestamp ? [] : [$0] }
        return run
    }

    @Test func aLostFrameIsWaitedForAndThenAKeyFrameIsAskedForOnce() throws {
        var run = run(losing: 10)
        try run.play()
        run.expectDecodable()
        #expect(run.requestedAt.count == 1 && run.ids.prefix(10) == Array(0..<10).prefix(10) && run.ids.last == 59)
        let request = try #require(run.requestedAt.first)
        let lost = try #require(run.sent[11]?.sentAt)
        #expect(request - lost == .milliseconds(610))
        let back = try #require(run.received.first { $0.id ?? 0 > 10 })
        #expect(back.at - request <= .milliseconds(60))
    }

    @Test func whatIsGivenUpIsNotWaitedFor() throws {
        var run = run(losing: 10)
        // The requests are answered with nothing.
        run.repairs = true
        var configuration = VideoReceiver.Configuration()
        configuration.repairPatience = .seconds(60)
        run.receiver = VideoReceiver(formats: run.source.formats, configuration: configuration)
        let timestamp = 4_294_900_000 &+ UInt32(2970 * 10)
        run.alter = { $0.timestamp == timestamp ? [] : [$0] }
        run.losesRepairs = true
        try run.play()
        run.expectDecodable()
        #expect(run.requestedAt.count == 1 && run.ids.last == 59)
        #expect(run.longestPause < .milliseconds(500))
    }

    @Test("Requests that are not answered come ever later, at least half a second apart, and not while nothing arrives")
    func backOff() throws {
        var run = run(losing: 5, frames: 600)
        run.source.answers = false
        try run.play(tail: .seconds(30))
        let steps = zip(run.requestedAt, run.requestedAt.dropFirst()).map { ($1 - $0).wholeMilliseconds }
        #expect(steps.count >= 5 && steps[0] >= 500 && steps[0] < 540)
        #expect(zip(steps, steps.dropFirst()).allSatisfy { $1 >= $0 - 40 } && steps.allSatisfy { $0 < 4100 })
        let end = try #require(run.sent.values.map(\.sentAt).max())
        #expect(run.requestedAt.allSatisfy { $0 <= end + .seconds(4) })
        #expect(run.ids == Array(0..<5))
    }

    @Test func aTrackThatIsMutedIsNotAsked() throws {
        var run = run(losing: 5)
        run.receiver.setMuted(true, at: .zero)
        try run.play()
        #expect(run.requestedAt.isEmpty)
        run.receiver.setMuted(false, at: run.now)
        run.source.framesLeft = 10
        try run.play()
        #expect(run.requestedAt.count == 1 && run.ids.last == 69)
    }

    @Test func joiningInTheMiddleAsksAtOnceAndAKeyFrameThatComesByItselfWithdrawsIt() throws {
        var run = VideoRun(SyntheticVideo(.vp8Bare, frames: 2, seed: 1), repairs: false)
        run.alter = { _ in [] }
        try run.play(tail: .zero)
        run.alter = { [$0] }
        run.source.framesLeft = 30
        try run.play()
        run.expectDecodable()
        #expect(run.requestedAt.count == 1 && run.ids.last == 31)
        // 100 ms of patience, the path twice, and a frame's time.
        #expect(run.received.first.map { $0.id ?? 0 <= 8 } == true)
    }

    @Test func aFrameThatCannotBeDecodedAsksAtOnce() throws {
        var run = VideoRun(SyntheticVideo(.h264(.inEachKeyFrame), frames: 20, seed: 1), repairs: false)
        try run.play(tail: .zero)
        run.receiver.decodingFailed(at: run.now)
        run.source.framesLeft = 20
        try run.play()
        #expect(run.requestedAt.count == 1)
        let back = try #require(run.received.first { $0.id ?? 0 >= 20 })
        #expect(back.frame.isKeyFrame && back.id ?? 0 <= 23 && run.ids.last == 39)
    }

    @Test func aKeyFrameThatIsArrivingIsNotAskedForAgain() throws {
        // A key frame of many packets over a slow path takes longer than the time between requests.
        var source = SyntheticVideo(.vp8Bare, frames: 80, seed: 1)
        source.largestFrame = 60
        var run = VideoRun(source, repairs: false)
        try run.play(tail: .zero)
        run.receiver.decodingFailed(at: run.now)
        run.source.largestFrame = 30_000
        run.source.largestPayload = 100
        run.source.requestKeyFrame()
        run.source.framesLeft = 1
        var conditions = LinkConditions()
        conditions.rate = 100 * 8 * 600
        try run.play(over: conditions, tail: .seconds(3))
        #expect(run.requestedAt.count <= 1, "\(run.requestedAt)")
    }

    /// Plays frames of which the decoder refuses each that is no key frame, as long as `refuses`.
    private func play(_ run: inout VideoRun<SyntheticVideo>, frames: Int, refusing: Bool) throws {
        for _ in 0..<frames {
            let before = run.received.count
            run.source.framesLeft = 1
            try run.play(tail: .milliseconds(33))
            for (frame, _, _) in run.received[before...] where refusing && !frame.isKeyFrame {
                run.receiver.decodingFailed(at: run.now)
            }
        }
    }

    @Test("Key frames after which decoding fails again do not bring the requests closer together")
    func refusedAgainAndAgain() throws {
        var run = VideoRun(SyntheticVideo(.vp8Bare, frames: 5, seed: 1), repairs: false)
        try run.play(tail: .zero)
        try play(&run, frames: 900, refusing: true)
        let steps = zip(run.requestedAt, run.requestedAt.dropFirst()).map { ($1 - $0).wholeMilliseconds }
        #expect(steps.count >= 5 && steps.count < 15, "\(steps)")
        #expect(steps.suffix(3).allSatisfy { $0 >= 3900 }, "\(steps)")
        // Enough frames that can be decoded: the next request is again the first of its own.
        try play(&run, frames: 200, refusing: false)
        let count = run.requestedAt.count
        try play(&run, frames: 60, refusing: true)
        let again = run.requestedAt.suffix(from: count)
        #expect(again.count >= 2 && again[count + 1] - again[count] < .seconds(1), "\(again)")
    }
}
