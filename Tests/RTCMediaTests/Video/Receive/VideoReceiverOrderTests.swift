import NIOCore
import RTCMedia
import SansIO
import Simulation
import Testing

@Suite struct VideoReceiverOrderTests {
    typealias Style = SyntheticVideo.Style

    @Test("Frames of every payload format come out as they went in, each with its last packet", arguments: Style.all)
    func whole(style: Style) throws {
        var source = SyntheticVideo(style, frames: 120, seed: 7)
        source.keyFrameEvery = 50
        source.packetiser.padding = 0.1
        var run = VideoRun(source)
        try run.play()
        run.expectDecodable()
        #expect(run.ids == Array(0..<120), "\(style) \(run.receiver.statistics)")
        #expect(run.requestedAt.isEmpty && run.receiver.statistics.malformed == 0)
        #expect(run.received.allSatisfy { $0.at == $0.frame.arrival })
        #expect(run.received.map(\.frame.rtpTimestamp) == (0..<120).map { 4_294_900_000 + 2970 * $0 })
    }

    @Test("Reordered and repeated packets change nothing", arguments: Style.all)
    func disorder(style: Style) throws {
        for seed in 1...2 as ClosedRange<UInt64> {
            var source = SyntheticVideo(style, frames: 120, seed: seed)
            source.keyFrameEvery = 40
            source.packetiser.padding = 0.1
            var conditions = LinkConditions()
            conditions.reorder = 0.2
            conditions.reorderDelay = .milliseconds(12)
            conditions.duplication = 0.1
            var run = VideoRun(source, repairs: false)
            try run.play(over: conditions, seed: seed)
            run.expectDecodable("seed \(seed)")
            // The very first packets tell nothing of those before them.
            #expect(
                run.ids.suffix(115) == Array(5..<120).suffix(115), "\(style) seed \(seed) \(run.receiver.statistics)")
            #expect(run.requestedAt.count <= 1, "\(style) seed \(seed)")
        }
    }

    @Test(
        "Two key frames of different sizes within 10 ms both come out",
        arguments: [Style.vp8Bare, .h264(.inEachKeyFrame)])
    func layerSwitch(style: Style) throws {
        var run = VideoRun(SyntheticVideo(style, frames: 10, seed: 3))
        try run.play(tail: .zero)
        for size in [VideoSize(width: 320, height: 180), VideoSize(width: 1280, height: 720)] {
            run.source.framesLeft = 1
            run.source.switchSize(size, after: .milliseconds(1))
            try run.play(tail: .zero)
        }
        run.source.framesLeft = 20
        try run.play()
        run.expectDecodable()
        #expect(run.ids == Array(0..<32) && run.requestedAt.isEmpty)
        #expect(run.received.compactMap(\.frame.size).count == 3)
    }

    @Test func aPauseIsNoLoss() throws {
        var run = VideoRun(SyntheticVideo(.vp8Bare, frames: 20, seed: 5))
        try run.play(tail: .zero)
        run.receiver.setMuted(true, at: run.now)
        run.source.pause(.seconds(40))
        run.source.framesLeft = 20
        run.receiver.setMuted(false, at: run.now)
        try run.play()
        run.expectDecodable()
        #expect(run.ids == Array(0..<40) && run.requestedAt.isEmpty)
    }

    @Test("A source that begins its numbers anew is followed from its next key frame on")
    func restart() throws {
        var run = VideoRun(SyntheticVideo(.vp8Bare, frames: 20, seed: 5))
        try run.play(tail: .zero)
        run.source.packetiser.sequenceNumber = 20_000
        run.source.framesLeft = 60
        try run.play()
        run.expectDecodable()
        #expect(run.receiver.statistics.restarts == 1 && run.requestedAt.count == 1)
        #expect(run.ids.last == 79 && run.longestPause < .milliseconds(300))
    }

    @Test("A frame without a marker ends where the next begins")
    func missingMarkers() throws {
        for style in [Style.vp8Bare, .h264(.inEachKeyFrame), .vp9Fixed(spatial: 2, temporal: 1)] {
            var run = VideoRun(SyntheticVideo(style, frames: 30, seed: 9))
            run.alter = { packet in
                var packet = packet
                packet.marker = false
                return [packet]
            }
            try run.play()
            run.expectDecodable()
            #expect(run.ids == Array(0..<29), "\(style)")
        }
    }

    @Test("Blank frames at the end of a source are not handed out and not missed")
    func blanks() throws {
        for style in [Style.vp8Bare, .h264(.inEachKeyFrame)] {
            var run = VideoRun(SyntheticVideo(style, frames: 20, seed: 5))
            try run.play(tail: .zero)
            run.source.switchSize(
                style == .vp8Bare ? VideoSize(width: 8, height: 8) : VideoSize(width: 2, height: 2),
                after: .milliseconds(33))
            run.source.keyFrameEvery = 1
            run.source.framesLeft = 6
            try run.play()
            run.expectDecodable()
            #expect(run.ids == Array(0..<20) && run.requestedAt.isEmpty)
            #expect(run.receiver.statistics.blank == 6)
            run.source.keyFrameEvery = 0
            run.source.switchSize(VideoSize(width: 640, height: 360), after: .seconds(1))
            run.source.framesLeft = 5
            try run.play()
            #expect(run.ids == Array(0..<20) + Array(26..<31) && run.requestedAt.isEmpty)
        }
    }
}
