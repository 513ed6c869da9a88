import NIOCore
import RTCMedia
import SansIO
import Simulation
import Testing

@Suite struct VideoReceiverLossTests {
    typealias Style = SyntheticVideo.Style

    @Test("What is lost and sent again leaves no trace but a little time", arguments: Style.all)
    func repaired(style: Style) throws {
        for seed in 1...2 as ClosedRange<UInt64> {
            var source = SyntheticVideo(style, frames: 150, seed: seed)
            source.packetiser.padding = 0.05
            var run = VideoRun(source)
            try run.play(over: .lossy(0.05), seed: seed)
            run.expectDecodable("seed \(seed)")
            // Those before the first packet that came are not known to be missing.
            let lost = 150 - run.ids.count
            #expect(lost <= 12, "\(style) seed \(seed) lost \(lost) \(run.receiver.statistics)")
            #expect(run.requestedAt.count <= 1, "\(style) seed \(seed) \(run.requestedAt)")
        }
    }

    @Test(
        "Without repair every loss ends with a key frame, soon, and nothing goes out that cannot be decoded",
        arguments: Style.all.filter { $0 != .h264(.inTheFirstKeyFrame) })
    func unrepaired(style: Style) throws {
        for seed in 1...1 as ClosedRange<UInt64> {
            for loss in [0.01, 0.05] {
                var source = SyntheticVideo(style, frames: 300, seed: seed)
                source.largestFrame = 900
                source.discards = true
                var configuration = VideoReceiver.Configuration()
                configuration.repairPatience = .milliseconds(100)
                var run = VideoRun(source, repairs: false, configuration: configuration)
                try run.play(over: .lossy(loss), seed: seed)
                run.expectDecodable("seed \(seed) loss \(loss)")
                #expect(run.ids.count > 30, "\(style) seed \(seed) loss \(loss) \(run.receiver.statistics)")
                #expect((run.ids.last ?? 0) > 200, "\(style) seed \(seed) loss \(loss)")
                #expect(
                    run.longestPause < .seconds(loss < 0.02 ? 3 : 6),
                    "\(style) seed \(seed) loss \(loss) \(run.longestPause)")
            }
        }
    }

    @Test(
        "A lost packet of a higher temporal layer costs no key frame",
        arguments: [
            Style.vp8Layered(3, bits: 15), .vp8Layered(2, bits: 7), .vp9Fixed(spatial: 1, temporal: 3),
            .vp9Flexible(spatial: 2, temporal: 3, upperOnly: false),
        ])
    func layers(style: Style) throws {
        for seed in 1...5 as ClosedRange<UInt64> {
            var run = VideoRun(SyntheticVideo(style, frames: 200, seed: seed), repairs: false)
            var random = SplitMix64(seed: seed)
            let isVP8 = style.codec == .vp8
            run.alter = { packet in
                let layer =
                    isVP8 ? Self.vp8Layer(packet) : packet.payload.getInteger(at: 3, as: UInt8.self).map { $0 >> 5 }
                return layer ?? 0 > 0 && Int.random(in: 0..<20, using: &random) == 0 ? [] : [packet]
            }
            try run.play(seed: seed)
            run.expectDecodable("seed \(seed)")
            #expect(run.requestedAt.isEmpty, "\(style) seed \(seed)")
            #expect(
                run.ids.count(where: { run.sent[$0]?.temporalLayer == 0 })
                    == run.sent.values.count(where: { $0.temporalLayer == 0 }))
            #expect(run.longestPause <= .milliseconds(240), "\(style) seed \(seed) \(run.longestPause)")
            #expect(run.ids.count < 200 && run.ids.count > 60, "\(style) seed \(seed) \(run.ids.count)")
        }
    }

    private static func vp8Layer(_ packet: VideoPacket) -> UInt8? {
        try? VP8PayloadDescriptor(parsing: packet.payload).temporalLayer
    }

    @Test(
        "Layers above the wanted one, and frames that nothing refers to, are left out",
        arguments: [
            Style.vp8Layered(3, bits: 15), .vp9Fixed(spatial: 1, temporal: 3),
            .vp9Flexible(spatial: 3, temporal: 3, upperOnly: true),
        ])
    func ceiling(style: Style) throws {
        for most in 0...1 as ClosedRange<UInt8> {
            var run = VideoRun(SyntheticVideo(style, frames: 100, seed: 11))
            run.receiver.maximumTemporalLayer = most
            try run.play(over: .lossy(0.02), seed: 3)
            run.expectDecodable()
            let wanted = run.sent.values.filter { $0.temporalLayer <= most }.map(\.id).sorted()
            #expect(run.ids.suffix(20) == wanted.suffix(20) && run.ids.count > wanted.count - 8)
            // More is wanted: it comes as soon as a frame of it stands on what went out.
            run.receiver.maximumTemporalLayer = nil
            run.source.framesLeft = 60
            try run.play()
            run.expectDecodable()
            #expect(run.ids.suffix(10) == Array(150..<160).suffix(10), "\(style) \(run.ids.suffix(10))")
            #expect(run.requestedAt.isEmpty)
        }
    }

    @Test("Frames that nothing refers to are left out where that is wanted")
    func discardable() throws {
        for style in [Style.vp8Layered(3, bits: 15), .vp8Layered(2, bits: 7)] {
            var source = SyntheticVideo(style, frames: 100, seed: 2)
            source.discards = true
            var run = VideoRun(source)
            run.receiver.skipsDiscardable = true
            try run.play()
            run.expectDecodable()
            let wanted = run.sent.values.filter { !$0.isDiscardable }.map(\.id).sorted()
            #expect(run.ids == wanted && wanted.count < 95 && run.receiver.statistics.skipped == 100 - wanted.count)
        }
    }
}
