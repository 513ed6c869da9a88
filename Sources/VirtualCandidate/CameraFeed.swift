import LiveKit
import Pictures
import RTCVideoCodecs
import RenderedCandidate
import SansIO
import Synchronization

/// Draws, encodes and sends the pictures of a virtual candidate's camera in real time. Pictures that are late are left
/// out: a slow machine sends fewer, none of them late.
final class CameraFeed: Sendable {
    /// Key frames are large: a layer has at most one in that time.
    private static let keyFrameSpacing = Duration.milliseconds(500)

    private let camera: CandidateCamera
    private let room: Room
    private let onEvent: @Sendable (CandidateEvent) -> Void
    /// Layers of which a key frame was asked for.
    private let asked = Mutex<Set<Int>>([])
    private let hasBegun = Mutex(false)
    /// What is to be shown next, and was not taken up yet.
    private let reactions = Mutex<[[CameraScript.Step]]>([])

    init(_ camera: CandidateCamera, room: Room, onEvent: @escaping @Sendable (CandidateEvent) -> Void) {
        self.camera = camera
        self.room = room
        self.onEvent = onEvent
    }

    /// Publishes the camera; what it shows begins when the server has the track.
    func publish() async throws {
        let (camera, onEvent) = (camera, onEvent)
        _ = try await room.perform { [self] engine in
            var options = VideoPublicationOptions(layers: camera.sentLayers)
            options.codec = camera.isJPEG ? .jpeg : .vp8
            options.name = "camera"
            engine.publishVideo(options) { sid in
                onEvent(.cameraPublished(sid: sid))
                self.begin()
            } onKeyFrameNeeded: { layer in
                self.asked.withLock { _ = $0.insert(layer) }
            }
        }
    }

    /// Shows this from the next picture on.
    func react(with steps: [CameraScript.Step]) { reactions.withLock { $0.append(steps) } }

    /// Also called after a rejoin: the film is not begun anew, and the new session needs key frames.
    private func begin() {
        asked.withLock { $0.formUnion(camera.sentLayers.indices) }
        guard
            hasBegun.withLock({ hasBegun in
                defer { hasBegun = true }
                return !hasBegun
            })
        else { return }
        Task { [weak self] in
            do {
                try await self?.run()
            } catch is CancellationError {
            } catch {
                self?.onEvent(.warning("the camera ended: \(error)"))
            }
        }
    }

    private func run() async throws {
        var studio = try Studio(camera)
        let clock = ContinuousClock()
        let began = clock.now
        let interval = Duration.seconds(1) / max(1, min(60, camera.rate))
        var number = 0
        var told = CameraScript.Progress()
        while !Task.isCancelled {
            let time = clock.now - began
            number = max(number, Int(time / interval))
            try await clock.sleep(until: began + interval * number)
            let now = interval * number
            for steps in reactions.withLock({ $0.drain() }) { studio.goOn(with: steps, at: now) }
            for news in told.advance(studio.script, to: now) { onEvent(.camera(news)) }
            let keyFrames = asked.withLock { asked in
                let due = asked.filter { studio.mayBegin($0, at: now, after: Self.keyFrameSpacing) }
                asked.subtract(due)
                return due
            }
            let frames = try studio.frames(at: now, keyFrames: keyFrames)
            let isThere = try await send(frames, at: now)
            guard isThere else { return }
            number += 1
        }
    }

    /// - Returns: whether the room is still there.
    private func send(_ frames: [EncodedPicture?], at time: Duration) async throws -> Bool {
        let timestamp = UInt32(truncatingIfNeeded: Int64(time.inSeconds * 90_000))
        let done: Void? = try await room.perform { engine -> Void in
            for (layer, frame) in frames.enumerated() {
                guard let frame else { continue }
                engine.sendVideo(frame.data, layer: layer, temporal: frame.temporal, timestamp: timestamp)
            }
        }
        return done != nil
    }
}

/// The pictures of all layers, drawn and encoded one after the other.
private struct Studio {
    private(set) var script: CameraScript
    private let drawing: (@Sendable (Duration, Int, Int) throws -> I420Picture)?
    private var cameras: [RenderedCamera] = []
    private var encoders: [VideoEncoder] = []
    private var lastKeyFrames: [Duration?] = []

    init(_ camera: CandidateCamera) throws {
        script = camera.script
        drawing = camera.drawing
        for layer in camera.sentLayers {
            cameras.append(
                try RenderedCamera(
                    camera.script, appearance: camera.appearance, seed: camera.seed, width: layer.width,
                    height: layer.height))
            var encoding = VP8Encoding()
            encoding.bitrate = layer.bitrate
            encoding.frameRate = max(1, min(60, camera.rate))
            encoding.temporalLayers = max(1, min(3, camera.temporalLayers))
            encoders.append(try VideoEncoder(camera.isJPEG ? .jpeg(camera.jpeg) : .vp8(encoding)))
            lastKeyFrames.append(nil)
        }
    }

    mutating func goOn(with steps: [CameraScript.Step], at time: Duration) {
        script.goOn(with: steps, at: time)
        for index in cameras.indices { cameras[index].follow(script) }
    }

    func mayBegin(_ layer: Int, at time: Duration, after spacing: Duration) -> Bool {
        lastKeyFrames.indices.contains(layer) && lastKeyFrames[layer].map { time - $0 >= spacing } ?? true
    }

    mutating func frames(at time: Duration, keyFrames: Set<Int>) throws -> [EncodedPicture?] {
        try cameras.indices.map { layer in
            let (width, height) = (cameras[layer].width, cameras[layer].height)
            let picture = try drawing?(time, width, height) ?? cameras[layer].picture(at: time)
            let frame = try encoders[layer].encode(
                picture, timestamp: Int64(time.inSeconds * 90_000), isKeyFrame: keyFrames.contains(layer))
            if frame?.isKeyFrame == true { lastKeyFrames[layer] = time }
            return frame
        }
    }
}

extension Array {
    /// All of it; it is empty then.
    mutating func drain() -> Self {
        defer { removeAll() }
        return self
    }
}

extension CandidateCamera {
    fileprivate var sentLayers: [VideoPublicationOptions.Layer] { isJPEG ? layers.suffix(1) : layers }
}
