import NIOCore
import RTCMedia
import SansIO
import Testing

@testable import AgentRuntime

@Suite struct FrameBacklogTests {
    private func frame(_ number: Int64, key: Bool = false, discardable: Bool = false, bytes: Int = 10)
        -> EncodedVideoFrame
    {
        EncodedVideoFrame(
            codec: .vp8, isKeyFrame: key, data: ByteBuffer(repeating: 0, count: bytes), rtpTimestamp: number,
            isDiscardable: discardable, arrival: .zero)
    }

    /// Whether a key frame is needed: the macro does not let a value change.
    private func append(_ frame: EncodedVideoFrame, to backlog: inout FrameBacklog) -> Bool { backlog.append(frame) }

    private func numbers(_ backlog: inout FrameBacklog) -> [Int64] { backlog.takeAll().map(\.rtpTimestamp) }

    @Test("frames come out in their order, all of them, while they are fetched in time")
    func order() {
        var backlog = FrameBacklog()
        for number in 0..<200 as Range<Int64> {
            #expect(!append(frame(number, key: number == 0), to: &backlog))
            if number % 50 == 49 { #expect(numbers(&backlog) == Array(number - 49...number)) }
        }
        #expect(backlog.isEmpty && backlog.dropped == 0)
    }

    @Test("a key frame takes the place of all that waits")
    func keyFrame() {
        var backlog = FrameBacklog()
        for number in 0..<4 as Range<Int64> { _ = backlog.append(frame(number, key: number == 0)) }
        #expect(!append(frame(4, key: true), to: &backlog))
        _ = backlog.append(frame(5))
        #expect(numbers(&backlog) == [4, 5])
        #expect(backlog.dropped == 4)
    }

    @Test("what falls behind loses first what nothing refers to")
    func discardable() {
        var backlog = FrameBacklog()
        for number in 0..<Int64(FrameBacklog.mostFrames) {
            _ = backlog.append(frame(number, key: number == 0, discardable: number % 2 == 1))
        }
        let next = Int64(FrameBacklog.mostFrames)
        #expect(!append(frame(next), to: &backlog))
        #expect(numbers(&backlog) == (0...next).filter { $0 % 2 == 0 })
        #expect(backlog.dropped == FrameBacklog.mostFrames / 2)
    }

    @Test("where too much waits all of it goes, one key frame is asked for, and nothing is taken before it")
    func full() {
        var backlog = FrameBacklog()
        for number in 0..<Int64(FrameBacklog.mostFrames) { _ = backlog.append(frame(number, key: number == 0)) }
        #expect(append(frame(100), to: &backlog), "a key frame is needed")
        #expect(!append(frame(101), to: &backlog), "once")
        #expect(backlog.isEmpty)
        #expect(!append(frame(102, key: true), to: &backlog))
        #expect(!append(frame(103), to: &backlog))
        #expect(numbers(&backlog) == [102, 103])
        #expect(backlog.dropped == FrameBacklog.mostFrames + 2)
    }

    @Test("a turn takes the oldest, and what it leaves has room for as much again")
    func turns() {
        var backlog = FrameBacklog()
        let half = FrameBacklog.mostBytes / 2
        for number in 0..<2 as Range<Int64> { _ = backlog.append(frame(number, key: number == 0, bytes: half)) }
        #expect(backlog.take(most: 1).map(\.rtpTimestamp) == [0])
        #expect(!append(frame(2, bytes: half), to: &backlog))
        #expect(backlog.take(most: 5).map(\.rtpTimestamp) == [1, 2])
        #expect(backlog.isEmpty && backlog.dropped == 0)
    }

    @Test("bytes are bounded like frames")
    func bytes() {
        var backlog = FrameBacklog()
        let quarter = FrameBacklog.mostBytes / 4
        for number in 0..<4 as Range<Int64> {
            #expect(!append(frame(number, key: number == 0, bytes: quarter), to: &backlog))
        }
        #expect(append(frame(4, bytes: 1), to: &backlog))
        #expect(backlog.isEmpty)
    }
}
