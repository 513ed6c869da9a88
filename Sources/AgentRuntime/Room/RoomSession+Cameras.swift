import LiveKit
import NIOCore
import Perception
import RTCMedia
import SansIO
import Session

/// A camera that is looked at.
struct WatchedCamera {
    /// Tells it from the same camera before and after.
    let number: Int
    let identity: Identity
    let track: RoomTrack
    let tap: CameraTap
    var check: CameraCheck
    /// Which of its frames are enough.
    var frames = FrameChoice.Wanted()
    /// What the tap was told that the rules wait for.
    var attention = GestureAttention()
    /// A picture of it came.
    var isShown = false
    /// A failed look was logged.
    var hasToldFailure = false
}

/// Whose cameras are looked at, and what comes of it.
extension RoomSession {
    /// Nothing of a camera is asked of the server, or decoded, unless this gives a sink: of the candidate after the
    /// notice, of their cameras the one that counts, and not while it is muted.
    func videoSink(for track: SubscribedTrack) -> VideoSink? {
        let (identity, sid) = (track.participantIdentity, track.track.sid)
        guard watched.contains(identity), end == nil, triedCamera(of: identity)?.sid == sid else {
            drop(camera: sid)
            return nil
        }
        let camera = cameras[sid] ?? watch(track.track, of: identity)
        let setting = VideoSetting(core.configuration.search, camera.frames)
        return VideoSink(setting) { [tap = camera.tap] frame in tap.receive(frame) }
    }

    func watch(_ identity: Identity, enabled: Bool) {
        if enabled {
            guard watched.insert(identity).inserted else { return }
            perceive(.watch(identity))
        } else {
            guard watched.remove(identity) != nil else { return }
            perceive(.unwatch(identity))
            dropPictures(of: identity)
        }
        reconsiderCameras(of: identity)
    }

    /// Whether a camera is published in a codec that can be decoded.
    private func mayBeSeen(_ camera: RoomTrack) -> Bool {
        // A server need not say in which.
        let types = camera.publishedTypes.union(camera.mimeType.isEmpty ? [] : [camera.mimeType])
        return types.isEmpty
            || types.contains { CameraCheck.isDecodable(CameraCheck.name(of: $0), takesJPEG: resources.takesJPEG) }
    }

    /// The camera that is tried: where pictures come by data, none that cannot be seen.
    private func triedCamera(of identity: Identity) -> RoomTrack? {
        guard pictures[identity] == nil || isSeen(identity) else { return nil }
        return participants[identity]?.shownCamera
    }

    /// A participant's cameras changed, or whether they may be looked at.
    func reconsiderCameras(of identity: Identity) {
        // Here at once, whatever the engine does: who opted out is not looked at any more.
        let tried = watched.contains(identity) ? triedCamera(of: identity)?.sid : nil
        for (sid, camera) in cameras where camera.identity == identity && sid != tried { drop(camera: sid) }
        engine?.reconsiderVideo(of: identity)
    }

    /// - Parameter before: the tracks that the participant had.
    func updateCameras(of participant: RoomParticipant, before: RoomParticipant?) {
        let identity = participant.identity
        // Whose camera was muted and is not any more gets another try, where it could be decoded.
        let isShownAnew = before?.shownCamera == nil
        if let told = cameraProblems[identity], let shown = participant.shownCamera,
            !told.isOf(shown) || isShownAnew && mayBeSeen(shown)
        {
            // Another camera, or another codec: it may be seen.
            forgetCameraProblem(of: identity)
        }
        if isSeen(identity) { dropPictures(of: identity) }
        if participant.cameras != before?.cameras ?? [] { perceiveCameras(of: identity) }
        guard watched.contains(identity), participant.shownCamera?.sid != before?.shownCamera?.sid else { return }
        reconsiderCameras(of: identity)
    }

    /// A track is to be had: a camera's of which it was said that it cannot be decoded has come in another codec since.
    func tryAgain(cameraOf track: SubscribedTrack) {
        let identity = track.participantIdentity
        if cameraProblems[identity]?.sid == track.track.sid { forgetCameraProblem(of: identity) }
    }

    private func forgetCameraProblem(of identity: Identity) {
        cameraProblems[identity] = nil
        feed(.cameraProblem(participant: identity, nil))
        if isSeen(identity) { dropPictures(of: identity) }
    }

    func leftCameras(of identity: Identity) {
        watched.remove(identity)
        cameraProblems[identity] = nil
        dropPictures(of: identity)
        for (sid, camera) in cameras where camera.identity == identity { drop(camera: sid) }
    }

    /// Whether a camera of the participant's can be seen: then pictures by data are not needed.
    func isSeen(_ identity: Identity) -> Bool {
        guard let shown = participants[identity]?.shownCamera else { return false }
        return cameraProblems[identity] == nil && mayBeSeen(shown)
    }

    /// Pictures by data count while no camera can be seen.
    func perceiveCameras(of identity: Identity) {
        guard pictures[identity] == nil else {
            return perceive(.cameras(identity, [Camera(sid: PictureSight.camera, isMuted: false)]))
        }
        perceive(.cameras(identity, participants[identity]?.cameras ?? []))
    }

    /// Another configuration counts.
    func configureCameras(by search: GestureSearchConfiguration) {
        for (sid, camera) in cameras {
            camera.tap.setSearch(search)
            engine?.setVideo(VideoSetting(search, camera.frames), of: sid)
        }
        for sent in pictures.values { sent.sight.setSearch(search) }
    }

    func dropCameras() {
        for sid in cameras.keys { drop(camera: sid) }
        for identity in pictures.keys { dropPictures(of: identity) }
        cameraTimer.schedule(nil)
        stallTimer.schedule(nil)
    }

    // MARK: One camera

    private func watch(_ track: RoomTrack, of identity: Identity) -> WatchedCamera {
        let sid = track.sid
        watches += 1
        let number = watches
        let bound = NIOLoopBound(WeakSession(session: self), eventLoop: eventLoop)
        let tap = CameraTap(
            search: core.configuration.search, pool: resources.pool,
            loan: loan(cameraID(.track(sid: sid))), account: account(cameraID(.track(sid: sid))),
            metrics: resources.telemetry.metrics
        ) { [eventLoop] report in
            eventLoop.execute { bound.value.session?.take(report, of: sid, number) }
        }
        let camera = WatchedCamera(
            number: number, identity: identity, track: track, tap: tap,
            check: CameraCheck(at: now, takesJPEG: resources.takesJPEG))
        cameras[sid] = camera
        resources.telemetry.metrics.camerasWatched.add(1)
        scheduleCameraCheck()
        return camera
    }

    func cameraID(_ source: CameraID.Source) -> CameraID {
        CameraID(room: job.room.sid, name: job.room.name, source: source)
    }

    func loan(_ camera: CameraID) -> ModelLoan {
        let vision = resources.vision
        return ModelLoan(
            look: { now, body in try vision.look(camera, at: now) { models in try body(models) } ?? nil },
            isOff: { if case .off = vision.state { true } else { false } })
    }

    func account(_ camera: CameraID) -> DecodingAccount {
        let vision = resources.vision
        return DecodingAccount(threadTime: { VisionSupply.threadTime }) { cost, now in
            vision.frame(cost, of: camera, at: now)
        }
    }

    private func drop(camera sid: String) {
        guard let camera = cameras.removeValue(forKey: sid) else { return }
        camera.tap.close()
        resources.vision.remove(cameraID(.track(sid: sid)))
        resources.telemetry.metrics.camerasWatched.add(-1)
        scheduleCameraCheck()
    }

    func take(_ report: CameraTap.Report, of sid: String, _ number: Int) {
        // What was on its way when the camera was let go of counts for nothing, also where it is looked at anew.
        guard let camera = cameras[sid], camera.number == number else { return }
        switch report {
        case .looked(let look): perceive(.look(camera.identity, camera: sid, look))
        case .began(let codec, let size):
            let said = cameras[sid]?.isShown == true ? "pictures of another size" : "first picture"
            log(
                .debug, of: camera.identity,
                "\(said) of \(camera.identity): \(codec.rawValue), \(size.width) × \(size.height)")
            cameras[sid]?.isShown = true
        case .needsKeyFrame(let error?):
            log(.debug, of: camera.identity, "a frame of \(camera.identity) was not decoded: \(error)")
            engine?.videoDecodingFailed(of: sid)
        case .needsKeyFrame(nil): engine?.videoNeedsKeyFrame(of: sid)
        case .lookFailed(let error):
            guard !camera.hasToldFailure else { break }
            cameras[sid]?.hasToldFailure = true
            log(.warning, of: camera.identity, "a look at the camera of \(camera.identity) failed: \(error)")
        case .modelsOff: tellOfModels()
        case .wants(let frames):
            cameras[sid]?.frames = frames
            engine?.setVideo(VideoSetting(core.configuration.search, frames), of: sid)
        }
    }

    /// Says to whom it matters that no camera is looked at, where the models cannot be used.
    func tellOfModels() {
        guard !hasToldOfModels, case .off = resources.vision.state else { return }
        hasToldOfModels = true
        feed(.cameraProblem(participant: nil, "the models that look at pictures cannot be used here"))
    }

    /// What the rules wait for, for whoever looks. Asked with every piece of sound: so only what changed is passed on, and
    /// nothing is gone through while nothing is waited for.
    func passAttention() {
        var isAwaiting = false
        for (sid, camera) in cameras {
            let attention = perception.attention(to: camera.identity, camera: sid)
            isAwaiting = isAwaiting || !attention.isEmpty
            guard attention != camera.attention else { continue }
            cameras[sid]?.attention = attention
            camera.tap.setAttention(attention)
        }
        for (identity, sent) in pictures {
            let attention = perception.attention(to: identity, camera: PictureSight.camera)
            isAwaiting = isAwaiting || !attention.isEmpty
            guard attention != sent.attention else { continue }
            pictures[identity]?.attention = attention
            sent.sight.setAttention(attention)
        }
        stallTimer.schedule(isAwaiting ? awaited.map { $0.since + stallPatience }.min() : nil)
    }

    // MARK: Pictures that stop

    /// For how long no picture may be seen while one is waited for, whether none comes or it is put off: longer than two
    /// slow ones are apart.
    private var stallPatience: Duration { core.configuration.perception.gesture.slowGap + .seconds(1) }

    /// Whose pictures the rules wait for, and since when: what was being decided, or is on, is not known without them.
    private var awaited: [(identity: Identity, camera: String, since: Instant)] {
        let seen =
            cameras.map { ($0.value.identity, $0.key, $0.value.tap.newest) }
            + pictures.map { ($0.key, PictureSight.camera, $0.value.sight.newest) }
        return seen.compactMap { identity, camera, newest in
            guard let newest, !perception.attention(to: identity, camera: camera).isEmpty else { return nil }
            return (identity, camera, newest)
        }
    }

    func checkStalls() {
        let stalled = awaited.filter { now - $0.since >= stallPatience }
        for (identity, camera, _) in stalled.sorted(by: { $0.camera < $1.camera }) {
            perceive(.unseen(identity, camera: camera))
        }
        passAttention()
    }

    // MARK: Cameras that show nothing

    private func scheduleCameraCheck() { cameraTimer.schedule(cameras.values.map(\.check.deadline).min()) }

    func checkCameras() {
        for (sid, camera) in cameras.sorted(by: { $0.key < $1.key }) where camera.check.deadline <= now {
            guard isConnected else {
                cameras[sid]?.check.postpone(at: now)
                continue
            }
            let finding = cameras[sid]?.check.timeout(
                at: now, camera.tap.progress, mimeType: participants[camera.identity]?.track(sid)?.mimeType ?? "")
            if let finding { found(finding, of: camera) }
        }
        scheduleCameraCheck()
    }

    func found(_ finding: CameraCheck.Finding, of camera: WatchedCamera) {
        let metrics = resources.telemetry.metrics
        switch finding {
        case .nothing(let codec):
            metrics.camerasUnseen.add(1, "nothing", codec)
            log(.info, of: camera.identity, "no picture comes of the camera of \(camera.identity) (\(codec))")
        case .undecodable(let codec):
            // Once: it stays watched for a backup codec.
            guard cameraProblems[camera.identity]?.sid != camera.track.sid else { break }
            metrics.camerasUnseen.add(1, "codec", codec)
            log(
                .warning, of: camera.identity,
                "the camera of \(camera.identity) sends \(codec), which cannot be decoded: gestures are off")
            let track = participants[camera.identity]?.track(camera.track.sid) ?? camera.track
            cameraProblems[camera.identity] = CameraProblem(sid: track.sid, types: track.publishedTypes)
            feed(
                .cameraProblem(
                    participant: camera.identity,
                    codec.isEmpty ? "what it sends cannot be decoded" : "it sends \(codec), which cannot be decoded"))
        }
    }
}

/// Of which camera it was said that it cannot be decoded.
struct CameraProblem {
    var sid: String
    /// In which it was published then.
    var types: Set<String>

    /// Whether nothing has come since that may be decoded.
    func isOf(_ track: RoomTrack) -> Bool { track.sid == sid && track.publishedTypes.isSubset(of: types) }
}

extension VideoSetting {
    /// The smallest pictures that are enough, and of their frames as many.
    init(_ search: GestureSearchConfiguration, _ frames: FrameChoice.Wanted) {
        self.init(
            size: VideoSize(width: search.pictureWidth, height: search.pictureWidth * 9 / 16),
            framesPerSecond: Int(search.pictureRate.rounded(.up)), maximumTemporalLayer: frames.maximumTemporalLayer,
            skipsDiscardable: frames.skipsDiscardable)
    }
}

extension RoomParticipant {
    /// Cameras that are not end-to-end encrypted. Of what names no source nobody knows whether it is one: it may be a
    /// screen, and is left alone.
    private var cameraTracks: [RoomTrack] {
        tracks.filter { !$0.isAudio && !$0.isEncrypted && $0.source == .camera }
    }

    var cameras: [Camera] {
        cameraTracks.prefix(Self.mostCameras).map { Camera(sid: $0.sid, isMuted: $0.isMuted) }
    }

    /// The one that counts: the first that is not muted.
    var shownCamera: RoomTrack? { cameraTracks.prefix(Self.mostCameras).first { !$0.isMuted } }

    func track(_ sid: String) -> RoomTrack? { tracks.first { $0.sid == sid } }

    /// As many as are perceived.
    private static let mostCameras = 4
}
