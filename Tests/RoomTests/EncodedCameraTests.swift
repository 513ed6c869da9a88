import LiveKit
import NIOCore
import NIOPosix
import PythonPeers
import RTCMedia
import Synchronization
import Testing

@testable import DevServer

/// The camera of LiveKit's own client (libwebrtc), through the development server, as encoded frames.
@Suite(.serialized, .enabled(if: PythonPeer.isInstalled, "needs .venv, which 'make test' makes"))
struct EncodedCameraTests {
    private let group = MultiThreadedEventLoopGroup.singleton

    private final class Frames: Sendable {
        private let all = Mutex<[EncodedVideoFrame]>([])
        func add(_ frame: EncodedVideoFrame) { all.withLock { $0.append(frame) } }
        var list: [EncodedVideoFrame] { all.withLock { $0 } }
    }

    @Test(
        "a camera comes out as frames of its codec and size, and a decoder that fails gets a key frame",
        arguments: [
            VideoCodec.vp8, .vp9, .h264,
        ])
    func camera(codec: VideoCodec) async throws {
        let server = try await startDevServer()
        let frames = Frames()
        let looker = try RoomProbe(server: server, room: "r", identity: "bot", hidden: true, group: group) {
            $0.receivesVideo = true
            $0.videoSink = { _ in
                VideoSink(VideoSetting(size: VideoSize(width: 320, height: 180))) { frames.add($0) }
            }
        }
        try #require(try await looker.waitUntilReady(), "\(looker.summary)")
        let candidate = try PythonPeer(
            "candidate.py",
            [
                "--url", server.url, "--room", "r", "--camera", "--codec", codec.rawValue.lowercased(), "--seconds",
                "25",
            ])
        let came = try await looker.wait(15) { _ in frames.list.count > 20 ? true : nil }
        try #require(came == true, "\(frames.list.count) \(looker.summary) \(candidate.errors)")
        let first = try #require(frames.list.first)
        #expect(first.isKeyFrame && first.codec == codec && first.size == VideoSize(width: 320, height: 180))
        let sid = try #require(
            looker.events.lazy.compactMap {
                if case .trackSubscribed(let track) = $0, !track.track.isAudio { track.track.sid } else { nil }
            }.first)
        let before = frames.list.count(where: \.isKeyFrame)
        _ = try await looker.room.perform { $0.videoDecodingFailed(of: sid) }
        let again = try await looker.wait(5) { _ in frames.list.count(where: \.isKeyFrame) > before ? true : nil }
        #expect(again == true)
        let statistics = try await looker.room.perform { $0.videoStatistics(of: sid) } ?? nil
        #expect(
            statistics?.malformed == 0 && statistics?.malformedFrames == 0 && statistics?.keyFrameRequests ?? 0 >= 1)
        candidate.terminate()
        await looker.leave()
        await server.stop()
    }
}
