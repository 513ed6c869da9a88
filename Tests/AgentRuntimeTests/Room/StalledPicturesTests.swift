import Claude
import Foundation
import Inference
import LiveKit
import NIOCore
import NIOPosix
import Perception
import Pictures
import RTCMedia
import RTCNetwork
import RTCVideoCodecs
import SansIO
import Session
import Settings
import Synchronization
import Testing
import VisionModelFixtures

@testable import AgentRuntime

/// Cameras of a session that is in no room: what it is told of pictures that stop, and of looks that come too late.
@Suite(
    .enabled(if: TakeOverTests.hasModel, "the voice model is missing: run scripts/fetch-models"),
    .enabled(if: ReleasedVision.isThere, Comment(rawValue: ReleasedVision.absence)))
struct StalledPicturesTests {
    private static let sid = "TR_cam"

    /// A session on its loop.
    private struct Scene: Sendable {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        private let box: NIOLoopBoundBox<RoomSession?>

        init() async throws {
            // What is owed can be more than comes in for minutes.
            var limits = InferenceBudgetConfiguration()
            (limits.share, limits.burst) = (0.05, .seconds(10))
            let vision = VisionSupply(limits, metrics: JaskMetrics()) { _, _ in }
            vision.load(folder: ReleasedVision.folder)
            let key = try APIKey(name: "devkey", secret: "secret")
            let token = try AccessToken(
                signing: TokenClaims(identity: "jask-RM_1", video: .join(room: "r")), with: key,
                now: Int64(Date().timeIntervalSince1970))
            var layer = Configuration.Layer()
            try layer.set("gesture.slow_gap", to: "500ms", origin: .builtIn)
            let resources = SessionResources(
                pool: try ThreadPool(threadCount: 1), identity: try .generate(),
                model: try .load(path: try #require(TakeOverTests.model)),
                vision: vision,
                coach: ClaudeCoach(configuration: CoachConfiguration(), random: .system),
                configuration: Configuration().adding(layer),
                stateDirectory: FileManager.default.temporaryDirectory.path,
                journal: JournalConfiguration(), interfaces: InterfacePolicy(), wallClock: { 0 }, telemetry: Telemetry()
            )
            let job = SessionJob(
                id: "job", room: RoomFacts(sid: "RM_1", name: "r"), metadata: "",
                server: try ServerURL("ws://localhost:1"),
                token: token, offeredAt: .onEventLoop)
            box = try await loop.submit { [loop] in
                let session = RoomSession(job: job, resources: resources, eventLoop: loop)
                session.onEvent = { _ in }
                session.perceive(.connection(isUp: true))
                return NIOLoopBoundBox(session, eventLoop: loop)
            }.get()
        }

        func run<Result: Sendable>(_ body: @escaping @Sendable (RoomSession) throws -> Result) async throws -> Result {
            try await loop.submit { [box] in
                guard let session = box.value else { throw CancellationError() }
                return try body(session)
            }.get()
        }

        func close() async throws {
            try await loop.submit { [box] in
                box.value?.finish(.leftLocally)
                box.value = nil
            }.get()
        }
    }

    private static func picture() throws -> I420Picture {
        try PicturePool().makePicture(width: 64, height: 48, range: .limited) { planes in
            planes.y.update(repeating: 90, count: planes.stride * planes.height)
            planes.u.update(repeating: 128, count: planes.chromaStride * planes.chromaHeight)
            planes.v.update(repeating: 128, count: planes.chromaStride * planes.chromaHeight)
        }
    }

    /// Somebody with a camera, or without one, is watched.
    private static func watch(_ session: RoomSession, camera: Bool) -> VideoSink? {
        let track = RoomTrack(sid: sid, isAudio: false, source: .camera)
        session.participants["ada"] = RoomParticipant(sid: "PA_ada", identity: "ada", tracks: camera ? [track] : [])
        session.perceiveCameras(of: "ada")
        session.watch("ada", enabled: true)
        return camera
            ? session.videoSink(
                for: SubscribedTrack(track: track, participantSID: "PA_ada", participantIdentity: "ada"))
            : nil
    }

    /// What looks at a hand that is up come to.
    private static func looks(after now: Instant) -> [GestureLook] {
        let hand = HandScores(
            palm: Score(0.8), presence: Score(0.9), facePresence: nil, lin: Thousandths(0.9), across: Thousandths(1.2),
            clear: Thousandths(1), wrist: Thousandths(0.9), knuckles: Thousandths(0.4), forehead: nil)
        return (0..<8).map { index in
            GestureLook(
                at: now + .milliseconds(200 * index), interval: .milliseconds(200), reason: .change, attention: [],
                hands: [hand])
        }
    }

    /// Somebody's pictures, of a track or by data.
    private final class Pictures {
        let isTrack: Bool
        let encoder: VideoEncoder
        let picture: I420Picture
        private(set) var sent: Int64 = 0

        init(isTrack: Bool) throws {
            self.isTrack = isTrack
            encoder = try VideoEncoder(isTrack ? .vp8(VP8Encoding()) : .jpeg(JPEGEncoding()))
            picture = try StalledPicturesTests.picture()
        }

        var camera: String { isTrack ? StalledPicturesTests.sid : PictureSight.camera }

        /// Sends one, and waits a little.
        /// - Returns: whether one was seen so far.
        func send(in scene: Scene) async throws -> Bool {
            let time = 9_000 * sent
            let data = try #require(try encoder.encode(picture, timestamp: time, isKeyFrame: true)).data
            let isTrack = isTrack
            sent += 1
            try await scene.run { session in
                if isTrack {
                    let frame = EncodedVideoFrame(
                        codec: .vp8, isKeyFrame: true, data: data, rtpTimestamp: time, arrival: session.now)
                    session.cameras[StalledPicturesTests.sid]?.tap.receive(frame)
                } else {
                    session.arrivedPicture = ("1", data)
                    session.look(at: "1", of: "ada", takenAt: session.now)
                }
            }
            try await Task.sleep(for: .milliseconds(100))
            return try await scene.run { session in
                (isTrack
                    ? session.cameras[StalledPicturesTests.sid]?.tap.newest
                    : session.pictures["ada"]?.sight.newest) != nil
            }
        }
    }

    @Test(
        "a hand that is up is unseen once no other picture comes, or all are put off, of a track and by data",
        arguments: [true, false], [true, false])
    func stalled(isTrack: Bool, comes: Bool) async throws {
        let scene = try await Scene()
        let pictures = try Pictures(isTrack: isTrack)
        let camera = pictures.camera
        _ = try await scene.run { Self.watch($0, camera: isTrack) }
        // How late the first is looked at depends on the machine.
        let began = ContinuousClock.now
        while try await !pictures.send(in: scene) {
            try #require(ContinuousClock.now - began < .seconds(120), "a picture is looked at")
        }
        // The looks below are of now, and the patience counts from the picture before them.
        let waits = ContinuousClock.now
        let attention = try await scene.run { session in
            for look in Self.looks(after: session.now) { session.perceive(.look("ada", camera: camera, look)) }
            if comes {
                // More than comes in for minutes.
                let source = isTrack ? CameraID.Source.track(sid: Self.sid) : .pictures(of: "ada")
                let cost = FrameCost(time: .seconds(10))
                _ = session.resources.vision.frame(cost, of: session.cameraID(source), at: session.now)
            }
            return session.perception.attention(to: "ada", camera: camera)
        }
        #expect(attention == .raisedHandOn)
        var isOn = true
        while isOn, ContinuousClock.now - waits < .seconds(20) {
            if comes { _ = try await pictures.send(in: scene) } else { try await Task.sleep(for: .milliseconds(20)) }
            isOn = try await scene.run { !$0.perception.attention(to: "ada", camera: camera).isEmpty }
        }
        #expect(!isOn)
        #expect(ContinuousClock.now - began > .milliseconds(1_400), "a second longer than two slow pictures are apart")
        try await scene.close()
    }

    @Test("a camera that cannot be decoded is not tried beside pictures by data, until it comes in another codec")
    func leftAlone() async throws {
        let scene = try await Scene()
        let picture = try Self.picture()
        let data = try #require(try VideoEncoder(.jpeg(JPEGEncoding())).encode(picture, timestamp: 0)).data
        try await scene.run { session in
            #expect(Self.watch(session, camera: true) != nil)
            var track = RoomTrack(sid: Self.sid, isAudio: false, source: .camera, mimeType: "video/AV1")
            func show() -> VideoSink? {
                let before = session.participants["ada"]
                let now = RoomParticipant(sid: "PA_ada", identity: "ada", tracks: [track])
                session.participants["ada"] = now
                session.updateCameras(of: now, before: before)
                return session.videoSink(
                    for: SubscribedTrack(track: track, participantSID: "PA_ada", participantIdentity: "ada"))
            }
            #expect(show() != nil, "a backup may come")
            session.arrivedPicture = ("1", data)
            session.look(at: "1", of: "ada", takenAt: session.now)
            #expect(session.pictures["ada"] != nil && session.cameras.isEmpty)
            #expect(show() == nil)
            track.publishedTypes.insert("video/VP8")
            #expect(show() != nil && session.pictures["ada"] == nil && session.cameras[Self.sid] != nil)
            session.look(at: "1", of: "ada", takenAt: session.now)
            #expect(session.pictures["ada"] == nil, "it is looked at on its track")
        }
        try await scene.close()
    }

    @Test("what a camera showed before it was let go of counts for nothing where it is looked at anew")
    func lateReports() async throws {
        let scene = try await Scene()
        let (late, own) = try await scene.run { session in
            _ = Self.watch(session, camera: true)
            let before = session.cameras[Self.sid]?.number ?? 0
            session.watch("ada", enabled: false)
            _ = Self.watch(session, camera: true)
            let number = session.cameras[Self.sid]?.number ?? 0
            func attention(after number: Int) -> GestureAttention {
                for look in Self.looks(after: session.now) { session.take(.looked(look), of: Self.sid, number) }
                return session.perception.attention(to: "ada", camera: Self.sid)
            }
            return (attention(after: before), attention(after: number))
        }
        #expect(late.isEmpty && own == .raisedHandOn)
        try await scene.close()
    }

    @Test(
        "a camera that could not be decoded is tried again after a mute, unless its codec never is, and told of once",
        arguments: [("video/VP8", true), ("video/AV1", false)])
    func triedAgain(mimeType: String, isTried: Bool) async throws {
        let scene = try await Scene()
        let (told, counted, after) = try await scene.run { session in
            _ = Self.watch(session, camera: true)
            guard let camera = session.cameras[Self.sid] else { throw CancellationError() }
            func participant(isMuted: Bool) -> RoomParticipant {
                var track = camera.track
                (track.mimeType, track.isMuted) = (mimeType, isMuted)
                return RoomParticipant(sid: "PA_ada", identity: "ada", tracks: [track])
            }
            let (shown, muted) = (participant(isMuted: false), participant(isMuted: true))
            session.participants["ada"] = shown
            for _ in 0..<3 { session.found(.undecodable(codec: "X"), of: camera) }
            let told = session.cameraProblems["ada"] != nil
            session.participants["ada"] = muted
            session.updateCameras(of: muted, before: shown)
            session.participants["ada"] = shown
            session.updateCameras(of: shown, before: muted)
            let count = session.resources.telemetry.metrics.camerasUnseen.value("codec", "X")
            return (told, count, session.cameraProblems["ada"] != nil)
        }
        #expect(told && counted == 1 && after == !isTried)
        try await scene.close()
    }
}
