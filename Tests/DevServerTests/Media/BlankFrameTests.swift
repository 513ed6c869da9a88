import NIOCore
import NIOPosix
import RTCCore
import SansIO
import Testing

@testable import DevServer

@Suite struct BlankFrameTests {
    @Test("each codec's frame of nothing is as the real server's was captured")
    func frames() throws {
        let opus = Codec(payloadType: 111, name: "opus", clockRate: 48_000, channels: 2)
        let red = Codec(payloadType: 63, name: "red", clockRate: 48_000, channels: 2, parameters: "111/111")
        let silence: [UInt8] = [0xF8, 0xFF, 0xFE] + Array(repeating: 0, count: 77)
        #expect(try #require(BlankFrame(for: opus)).payload == ByteBuffer(bytes: silence))
        let redundant = try #require(BlankFrame(for: red))
        #expect(redundant.payload == ByteBuffer(bytes: [111] + silence))
        #expect(redundant.interval == .milliseconds(20) && redundant.ticks == 960)
        let video = try #require(BlankFrame(for: Codec(payloadType: 96, name: "VP8", clockRate: 90_000)))
        // Start of a frame; key frame; 8x8 (RFC 6386 §9.1).
        #expect(video.payload.getInteger(at: 0, as: UInt8.self) == 0x10)
        #expect(video.payload.getInteger(at: 1, as: UInt8.self).map { $0 & 1 } == 0)
        #expect(video.payload.getBytes(at: 4, length: 7) == [0x9D, 0x01, 0x2A, 8, 0, 8, 0])
        let h264 = try #require(BlankFrame(for: Codec(payloadType: 108, name: "H264", clockRate: 90_000)))
        // Several units in one packet, a sequence parameter set first.
        #expect(h264.payload.getInteger(at: 0, as: UInt8.self) == 24)
        #expect(h264.payload.getInteger(at: 3, as: UInt8.self) == 0x67)
        #expect(h264.payload.readableBytes == 47 && h264.interval == video.interval)
        #expect(BlankFrame(for: Codec(payloadType: 0, name: "PCMU", clockRate: 8000)) == nil)
        #expect(BlankFrame(for: Codec(payloadType: 63, name: "red", clockRate: 48_000)) == nil)
    }

    @Test("a frame of our own follows the last one, and what the source sends then follows it without a gap in number")
    func insertedFrames() throws {
        var rewriter = StreamRewriter(firstNumber: 10, firstTime: 1000)
        let start = Instant(nanoseconds: 0)
        let place = rewriter.rewrite(number: 700, time: 5_000_000, ssrc: 1, clockRate: 48_000, at: start)
        let first = try #require(place)
        let blank = rewriter.insert(ticks: 960, at: start + .milliseconds(20))
        #expect(blank.number == first.number + 1 && blank.time == first.time + 960)
        let next = rewriter.rewrite(
            number: 760, time: 5_060_000, ssrc: 1, clockRate: 48_000, at: start + .milliseconds(1020))
        let again = try #require(next)
        #expect(again.number == blank.number + 1 && again.time == blank.time + 48_000)
    }

    @Test("a run sends its frames at their pace and then tells, unless it is cancelled")
    func runs() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let seen = try await loop.submit {
            NIOLoopBound(Seen(), eventLoop: loop)
        }.get()
        let began = ContinuousClock.now
        try await loop.submit {
            seen.value.start("whole", every: .milliseconds(5), for: .milliseconds(50), on: loop)
            seen.value.start("cancelled", every: .milliseconds(5), for: .milliseconds(50), on: loop)
            seen.value.runs["cancelled"]?.cancel()
        }.get()
        while try await loop.submit({ seen.value.ended.isEmpty }).get() {
            try await Task.sleep(for: .milliseconds(5))
            guard ContinuousClock.now - began < .seconds(10) else { break }
        }
        #expect(ContinuousClock.now - began >= .milliseconds(49))
        try await Task.sleep(for: .milliseconds(50))
        let (sent, ended) = try await loop.submit { (seen.value.sent, seen.value.ended) }.get()
        #expect(sent == ["whole": 10, "cancelled": 1] && ended == ["whole"])
    }

    private final class Seen {
        var runs: [String: BlankRun] = [:]
        var sent: [String: Int] = [:]
        var ended: [String] = []

        func start(_ name: String, every interval: Duration, for duration: Duration, on loop: any EventLoop) {
            let run = BlankRun(every: interval, for: duration, on: loop) { [unowned self] in
                sent[name, default: 0] += 1
            } ended: { [unowned self] in
                ended.append(name)
            }
            runs[name] = run
            run.begin()
        }
    }
}
