import LiveKit
import NIOCore
import NIOPosix
import PythonPeers
import Testing

@testable import DevServer

/// Cameras of LiveKit's own client (libwebrtc), forwarded by the development server.
@Suite(.serialized, .enabled(if: PythonPeer.isInstalled, "needs .venv, which 'make test' makes"))
struct CameraTests {
    private func start(_ identity: String, on server: DevServer, _ more: [String] = []) throws -> PythonPeer {
        try PythonPeer(
            "candidate.py",
            ["--url", server.url, "--room", "r", "--identity", identity, "--seconds", "60"] + more)
    }

    private func size(_ width: Double, _ height: Double, seenBy peer: PythonPeer, after count: Int) -> Bool {
        peer.lines("seen").dropFirst(count).contains { $0["size"]?.array?.map(\.number) == [width, height] }
    }

    @Test("a camera in layers is sent in the layer that the other side chose, up and down")
    func layers() async throws {
        let server = try await startDevServer()
        let bob = try start("bob", on: server)
        #expect(try await bob.wait(10) { $0.lines("connected").first } != nil, "\(bob.errors)")
        let ada = try start("ada", on: server, ["--camera", "--simulcast", "--size", "1280x720", "--rate", "8"])
        #expect(
            try await bob.wait(20) { size(1280, 720, seenBy: $0, after: 0) ? true : nil } == true,
            "\(bob.lines) \(ada.errors)")
        for (quality, width, height) in [(0, 320.0, 180.0), (1, 640, 360), (2, 1280, 720)] {
            let count = bob.lines("seen").count
            try bob.write("quality \(quality)")
            let seen = try await bob.wait(15) { size(width, height, seenBy: $0, after: count) ? true : nil }
            #expect(seen == true, "\(quality): \(bob.lines("seen").suffix(6)) \(bob.errors) \(ada.errors)")
        }
        for peer in [ada, bob] { peer.terminate() }
        await server.stop()
    }

    @Test(
        "a camera is seen in every codec, in layers and not",
        arguments: ["vp8", "vp9", "h264", "av1"], [[], ["--simulcast"]])
    func codecs(codec: String, simulcast: [String]) async throws {
        let server = try await startDevServer()
        let bob = try start("bob", on: server)
        #expect(try await bob.wait(10) { $0.lines("connected").first } != nil, "\(bob.errors)")
        let ada = try start("ada", on: server, ["--camera", "--size", "640x360", "--codec", codec] + simulcast)
        let seen = try await bob.wait(20) { size(640, 360, seenBy: $0, after: 1) ? true : nil }
        #expect(seen == true, "\(bob.lines) \(bob.errors) \(ada.lines) \(ada.errors)")
        for peer in [ada, bob] { peer.terminate() }
        await server.stop()
    }

    @Test("a camera in layers goes on where datagrams are lost on the way to the server")
    func loss() async throws {
        let server = try await startDevServer()
        let bob = try start("bob", on: server)
        #expect(try await bob.wait(10) { $0.lines("connected").first } != nil, "\(bob.errors)")
        let ada = try start("ada", on: server, ["--camera", "--simulcast", "--size", "640x360"])
        let seen = try await bob.wait(20) { $0.lines("seen").first }
        #expect(seen != nil, "\(bob.lines) \(ada.errors)")
        #expect(await server.loseMedia(0.05, seed: 7, of: "ada") == 1)
        let count = bob.lines("seen").count
        // A line for each ten pictures, of ten a second.
        let goesOn = try await bob.wait(20) { $0.lines("seen").count >= count + 6 ? true : nil }
        #expect(goesOn == true, "\(bob.lines("seen").count - count) \(bob.errors) \(ada.errors)")
        #expect(await server.lostDatagrams() > 10)
        for peer in [ada, bob] { peer.terminate() }
        await server.stop()
    }
}
