import NIOCore
import RTCMedia
import SansIO
import Testing

@testable import AgentRuntime

@Suite struct FrameChoiceTests {
    /// A sender of temporal layers.
    private struct Sender {
        /// Layers of frames that follow each other.
        var layers: [UInt8]
        /// Ticks from one frame to the next.
        var step: Int64 = 3000
        /// Frames of this layer nothing refers to.
        var discardable: UInt8?
        var index = 0
        var time: Int64 = 1000

        mutating func next() -> EncodedVideoFrame {
            defer { (index, time) = (index + 1, time + step) }
            let layer = layers[index % layers.count]
            return EncodedVideoFrame(
                codec: .vp8, isKeyFrame: index == 0, data: ByteBuffer(), rtpTimestamp: time, temporalLayer: layer,
                isDiscardable: layer == discardable, arrival: .zero)
        }

        /// What is wanted after some seconds, where what is not wanted does not come.
        mutating func run(_ choice: inout FrameChoice, seconds: Int64) -> (changes: [FrameChoice.Wanted], passed: Int) {
            var changes: [FrameChoice.Wanted] = []
            var passed = 0
            let end = time + seconds * 90_000
            while time < end {
                let frame = next()
                let wanted = choice.wanted
                if frame.temporalLayer > wanted.maximumTemporalLayer ?? .max { continue }
                if frame.isDiscardable, wanted.skipsDiscardable { continue }
                passed += 1
                if let change = choice.receive(frame) { changes.append(change) }
            }
            return (changes, passed)
        }
    }

    private static let threeLayers: [UInt8] = [0, 2, 1, 2]

    @Test("of three temporal layers at 30 a second the lowest is enough for five looks, and for ten the second")
    func layers() {
        var sender = Sender(layers: Self.threeLayers)
        var choice = FrameChoice(rate: 5)
        #expect(sender.run(&choice, seconds: 10).changes == [.init(maximumTemporalLayer: 0, skipsDiscardable: true)])
        // 7.5 a second.
        #expect(sender.run(&choice, seconds: 20).passed == 150)
        choice.rate = 10
        _ = sender.run(&choice, seconds: 10)
        #expect(choice.wanted.maximumTemporalLayer == 1)
        // 15 a second.
        #expect(sender.run(&choice, seconds: 20).passed == 300)
    }

    @Test("where the sender becomes slower more layers are wanted, and it does not go to and fro")
    func slower() {
        var sender = Sender(layers: Self.threeLayers)
        var choice = FrameChoice(rate: 5)
        _ = sender.run(&choice, seconds: 10)
        sender.step = 6000
        _ = sender.run(&choice, seconds: 10)
        #expect(choice.wanted.maximumTemporalLayer == 1)
        #expect(sender.run(&choice, seconds: 60).changes == [])
    }

    @Test("a sender that is slower than the looks loses nothing")
    func slow() {
        var sender = Sender(layers: [0], step: 30_000)
        var choice = FrameChoice(rate: 5)
        #expect(sender.run(&choice, seconds: 30).changes == [] && choice.wanted == .init())
    }

    @Test("without layers, what nothing refers to is left out where the rest is enough, and only there")
    func discardable() {
        // B, or every second frame: layers stand for what refers to what, and are told as one.
        for (step, skips) in [(3000 as Int64, true), (11_000, false)] {
            var choice = FrameChoice(rate: 5)
            var time: Int64 = 0
            for index in 0..<300 {
                let isDiscardable = index % 2 == 1
                time += step
                if isDiscardable, choice.wanted.skipsDiscardable { continue }
                _ = choice.receive(
                    EncodedVideoFrame(
                        codec: .h264, isKeyFrame: index == 0, data: ByteBuffer(), rtpTimestamp: time,
                        isDiscardable: isDiscardable, arrival: .zero))
            }
            #expect(choice.wanted.skipsDiscardable == skips, "\(step)")
        }
    }

    @Test("a pause, and timestamps of any size, change nothing and trap nothing")
    func pauses() {
        var sender = Sender(layers: Self.threeLayers)
        var choice = FrameChoice(rate: 5)
        _ = sender.run(&choice, seconds: 10)
        let wanted = choice.wanted
        for jump in [90_001, 10_000_000, -4_000_000, .max, .min, .max / 2] as [Int64] {
            sender.time = jump &- 3000 * 4
            for _ in 0..<4 {
                var frame = sender.next()
                frame.temporalLayer = 0
                sender.time = sender.time > .max - 90_000 ? 0 : sender.time
                #expect(choice.receive(frame) == nil)
            }
        }
        #expect(choice.wanted == wanted)
    }
}
