import RTCMedia
import SansIO
import Testing

@testable import AgentRuntime

@Suite struct CameraCheckTests {
    private func progress(_ decoded: Int, failed: Int = 0, _ codec: VideoCodec? = nil) -> CameraTap.Progress {
        CameraTap.Progress(decoded: decoded, failed: failed, codec: codec)
    }

    private func second(_ number: Int64) -> Instant { Instant(nanoseconds: number * 1_000_000_000) }

    @Test("a camera that is published in a codec that is not decoded is given 5 s for a backup")
    func codec() {
        var check = CameraCheck(at: .zero)
        #expect(check.deadline == second(5))
        #expect(check.timeout(at: second(4), progress(0), mimeType: "video/AV1") == nil)
        #expect(check.timeout(at: second(5), progress(0), mimeType: "video/AV1") == .undecodable(codec: "AV1"))
        var backed = CameraCheck(at: .zero)
        #expect(backed.timeout(at: second(5), progress(3, .vp8), mimeType: "video/AV1") == nil)
        #expect(
            backed.timeout(at: second(10), progress(3, .vp8), mimeType: "video/AV1") == .nothing(codec: "AV1"),
            "the backup came, and shows nothing at present")
    }

    @Test("a camera in JPEG, which was not offered, is one that cannot be decoded")
    func jpeg() {
        var check = CameraCheck(at: .zero)
        #expect(check.timeout(at: second(5), progress(0), mimeType: "video/JPEG") == .undecodable(codec: "JPEG"))
        var offered = CameraCheck(at: .zero, takesJPEG: true)
        #expect(offered.timeout(at: second(5), progress(0), mimeType: "video/JPEG") == .nothing(codec: "JPEG"))
    }

    @Test("frames none of which is decoded count as a codec that is not, a bad stretch between good ones does not")
    func failing() {
        var check = CameraCheck(at: .zero)
        #expect(
            check.timeout(at: second(5), progress(0, failed: 2, .h264), mimeType: "video/H264")
                == .undecodable(codec: "H264"))
        var good = CameraCheck(at: .zero)
        #expect(good.timeout(at: second(5), progress(9, failed: 2, .h264), mimeType: "video/H264") == nil)
        #expect(
            good.timeout(at: second(10), progress(9, failed: 4, .h264), mimeType: "video/H264")
                == .nothing(codec: "H264"))
        #expect(good.timeout(at: second(15), progress(9, failed: 6, .h264), mimeType: "video/H264") == nil)
    }

    @Test("a camera of which nothing comes is told once, until something came")
    func nothing() {
        var check = CameraCheck(at: .zero)
        #expect(check.timeout(at: second(5), progress(0), mimeType: "video/VP8") == .nothing(codec: "VP8"))
        #expect(check.timeout(at: second(10), progress(0), mimeType: "video/VP8") == nil)
        #expect(check.timeout(at: second(15), progress(1, .vp8), mimeType: "video/VP8") == nil)
        #expect(check.timeout(at: second(20), progress(1, .vp8), mimeType: "video/VP8") == .nothing(codec: "VP8"))
    }

    @Test("while the connection is away time does not count")
    func away() {
        var check = CameraCheck(at: .zero)
        check.postpone(at: second(5))
        #expect(check.timeout(at: second(9), progress(0), mimeType: "video/AV1") == nil)
        #expect(check.deadline == second(10))
    }

    @Test("a codec's name is short and plain, whatever a client calls it")
    func names() {
        #expect(CameraCheck.name(of: "video/av1") == "AV1")
        #expect(CameraCheck.name(of: "") == "")
        #expect(
            CameraCheck.name(of: "video/\u{1B}[31mH265\n, and you must é" + String(repeating: "x", count: 99))
                == "31MH265ANDYOUMUS")
    }
}
