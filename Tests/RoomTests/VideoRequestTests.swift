import NIOCore
import NIOPosix
import RTCMedia
import SansIO
import Synchronization
import Testing

@testable import LiveKit

/// Which pictures are asked of the server.
@Suite(.serialized) struct VideoRequestTests {
    private let group = MultiThreadedEventLoopGroup.singleton

    /// What is wanted of each track, to be changed while the room runs.
    private final class Wishes: Sendable {
        private let all: Mutex<[String: VideoSetting]>
        init(_ wishes: [String: VideoSetting]) { all = Mutex(wishes) }
        subscript(sid: String) -> VideoSetting? {
            get { all.withLock { $0[sid] } }
            set { all.withLock { $0[sid] = newValue } }
        }
    }

    private func client(_ server: SinglePeerServer, _ wishes: Wishes, subscribes: Bool = true) throws -> RoomProbe {
        try RoomProbe(url: server.url, room: "r", identity: "client", group: group) {
            $0.signal.compressesJoinRequest = false
            $0.signal.autoSubscribe = subscribes
            $0.receivesVideo = true
            $0.videoSink = { track in wishes[track.track.sid].map { VideoSink($0) { _ in } } }
        }
    }

    private func other(_ tracks: [String], encrypted: String? = nil) -> Livekit_ParticipantInfo {
        .with {
            $0.sid = "PA_1"
            $0.identity = "other"
            $0.state = .active
            $0.tracks = tracks.map { sid in
                .with {
                    $0.sid = sid
                    $0.type = .video
                    $0.source = .camera
                    if sid == encrypted { $0.encryption = .gcm }
                }
            }
        }
    }

    private func settings(_ server: SinglePeerServer) -> [Livekit_UpdateTrackSettings] {
        server.seen.requests.compactMap { if case .trackSetting(let setting) = $0 { setting } else { nil } }
    }

    @Test("the smallest sufficient pictures are asked for of what is looked at, and nothing of the rest")
    func smallest() async throws {
        let server = try await SinglePeerServer.start(
            participants: [other(["TR_VC1", "TR_VC2", "TR_VC3"], encrypted: "TR_VC3")])
        let wishes = Wishes([
            "TR_VC1": VideoSetting(size: VideoSize(width: 640, height: 360), framesPerSecond: 5),
            "TR_VC3": VideoSetting(),
        ])
        let client = try client(server, wishes)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        _ = try await client.wait(3) { _ in settings(server).count >= 3 ? true : nil }
        let told = Dictionary(settings(server).map { ($0.trackSids, $0) }, uniquingKeysWith: { $1 })
        let first = try #require(told[["TR_VC1"]])
        #expect(!first.disabled && first.width == 640 && first.height == 360 && first.fps == 5)
        #expect(told[["TR_VC2"]]?.disabled == true && told[["TR_VC3"]]?.disabled == true)
        let encrypted = client.events.compactMap { if case .trackEncrypted(let track) = $0 { track } else { nil } }
        #expect(encrypted.map(\.track.sid) == ["TR_VC3"])
        await client.leave()
        await server.stop()
    }

    @Test("a wish that changes is told once, and one that ends stops the track")
    func changes() async throws {
        let server = try await SinglePeerServer.start(participants: [other(["TR_VC1"])])
        let wishes = Wishes([:])
        let client = try client(server, wishes)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        _ = try await client.wait(3) { _ in settings(server).count == 1 ? true : nil }
        wishes["TR_VC1"] = VideoSetting(quality: .medium)
        _ = try await client.room.perform { engine in
            engine.reconsiderVideo(of: "other")
            engine.reconsiderVideo(of: "other")
            engine.setVideo(VideoSetting(quality: .high), of: "TR_VC1")
        }
        wishes["TR_VC1"] = nil
        _ = try await client.room.perform { $0.reconsiderVideo(of: "other") }
        _ = try await client.wait(3) { _ in settings(server).count == 4 ? true : nil }
        let told = settings(server)
        #expect(told.map(\.disabled) == [true, false, false, true])
        #expect(told.map(\.quality) == [.low, .medium, .high, .low] && told.allSatisfy { $0.width == 0 })
        await client.leave()
        await server.stop()
    }

    @Test("a camera that is looked at and let go of 1,000 times leaves nothing, and is told each time")
    func thousandTimes() async throws {
        let server = try await SinglePeerServer.start(participants: [other(["TR_VC1"])])
        let wishes = Wishes([:])
        let client = try client(server, wishes)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        _ = try await client.wait(3) { _ in settings(server).count == 1 ? true : nil }
        for _ in 0..<1_000 {
            wishes["TR_VC1"] = VideoSetting()
            _ = try await client.room.perform { $0.reconsiderVideo(of: "other") }
            wishes["TR_VC1"] = nil
            _ = try await client.room.perform { $0.reconsiderVideo(of: "other") }
        }
        _ = try await client.wait(10) { _ in settings(server).count == 2_001 ? true : nil }
        #expect(settings(server).count == 2_001 && settings(server).last?.disabled == true)
        let left = try await client.room.perform { [$0.video.count, $0.seen.count, $0.videoTold.count] }
        #expect(left == [0, 0, 1])
        await client.leave()
        await server.stop()
    }

    @Test("what is looked at is told again in a new session")
    func rejoin() async throws {
        let server = try await SinglePeerServer.start(participants: [other(["TR_VC1"])])
        let client = try client(server, Wishes(["TR_VC1": VideoSetting()]))
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        server.sendAway()
        let again = try await client.wait(5) { _ in settings(server).count == 2 ? true : nil }
        #expect(again == true && settings(server).allSatisfy { !$0.disabled }, "\(server.seen.requests)")
        await client.leave()
        await server.stop()
    }

    @Test("where the server does not subscribe by itself, what is looked at is subscribed")
    func onDemand() async throws {
        let server = try await SinglePeerServer.start(participants: [other(["TR_VC1", "TR_VC2"])])
        let client = try client(server, Wishes(["TR_VC1": VideoSetting()]), subscribes: false)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        let asked = try await client.wait(3) { _ in
            server.seen.requests.lazy.compactMap { if case .subscription(let asked) = $0 { asked } else { nil } }.first
        }
        #expect(asked?.trackSids == ["TR_VC1"] && asked?.subscribe == true)
        await client.leave()
        await server.stop()
    }

    @Test("somebody who publishes again and again leaves nothing behind")
    func republishing() async throws {
        let server = try await SinglePeerServer.start(participants: [other(["TR_VC0"])])
        let client = try client(server, Wishes([:]))
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        for number in 1...300 {
            server.tell(.update(.with { $0.participants = [other(["TR_VC\(number)"], encrypted: "TR_VC\(number)")] }))
            server.tell(.update(.with { $0.participants = [other(["TR_VD\(number)"])] }))
        }
        _ = try await client.wait(5) { _ in settings(server).contains { $0.trackSids == ["TR_VD300"] } ? true : nil }
        let (told, declined) = try #require(
            try await client.room.perform { ($0.videoTold.keys.sorted(), $0.declined.count) })
        #expect(told.contains("TR_VD300") && told.count <= 64 && declined <= 64, "\(told.count), \(declined)")
        await client.leave()
        await server.stop()
    }
}
