import DevServer
import LiveKit
import NIOPosix
import RTCMedia
import RTCVideoCodecs
import RenderedCandidate
import Synchronization
import Testing
import VirtualCandidate

/// A camera in JPEG (RFC 2435) from the virtual candidate through the development server to our client.
@Suite(.serialized) struct JPEGCameraTests {
    private let group = MultiThreadedEventLoopGroup.singleton

    @Test(
        "a camera may be sent as JPEG to those who take it, and a packet that is lost for good costs its picture alone",
        arguments: [0.0, 0.4])
    func camera(loss: Double) async throws {
        let server = try await startDevServer()
        let frames = Mutex<[EncodedVideoFrame]>([])
        let viewer = try RoomProbe(server: server, room: "r", identity: "viewer", group: group) { options in
            options.receivesVideo = true
            options.offersJPEG = true
            options.videoSink = { _ in VideoSink { frame in frames.withLock { $0.append(frame) } } }
        }
        try #require(try await viewer.waitUntilReady(), "\(viewer.summary)")
        var script = try CandidateScript.speaking(for: .seconds(40))
        script.camera = CandidateCamera(script: CameraScript([], duration: .seconds(40)))
        script.camera?.isJPEG = true
        script.camera?.jpeg.restartInterval = 7
        script.camera?.rate = 15
        script.camera?.layers = [.init(width: 325, height: 181, bitrate: 0)]
        let candidate = try VirtualCandidate.make(script, on: server)
        let run = Task { try await candidate.run() }
        // The server names a track by what its packets are.
        let subscribed = try await viewer.wait { events in
            events.lazy.compactMap { event -> SubscribedTrack? in
                if case .trackSubscribed(let track) = event, !track.track.isAudio { track } else { nil }
            }.first
        }
        let track = try #require(subscribed?.track, "\(viewer.summary)")
        #expect(track.mimeType == "video/JPEG", "\(viewer.summary)")
        if loss > 0 { #expect(await server.loseMedia(loss, seed: 3, of: "viewer") == 1) }
        let came = try await viewer.wait(20) { _ in frames.withLock { $0.count } >= 60 ? true : nil }
        #expect(came == true, "\(frames.withLock { $0.count })")
        let statistics = try #require(try await viewer.room.perform { $0.videoStatistics(of: track.sid) } ?? nil)
        run.cancel()
        _ = try? await run.value
        await viewer.leave()
        print("JPEG camera, \(loss * 100) % lost: \(statistics.frames) pictures, \(statistics.incomplete) given up")
        #expect(statistics.keyFrameRequests == 0 && statistics.malformed == 0 && statistics.malformedFrames == 0)
        // Most is repaired; what is not is no reason to ask for a key frame, for each picture is one.
        #expect((statistics.incomplete > 0) == (loss > 0), "\(statistics)")
        // Each that came is whole; sides are told in units of eight.
        let decoder = VideoDecoder(.jpeg)
        for frame in frames.withLock({ $0 }) {
            let picture = try #require(try decoder.decode(frame))
            #expect(picture.width == 328 && picture.height == 184)
        }
        await server.stop()
    }
}
