import Foundation
import LiveKit
import Pictures
import RTCVideoCodecs
import RenderedCandidate
import SansIO
import Synchronization
import Wire

/// Sends pictures as JPEG in byte streams (`jask.frame`), as clients do that would rather send a few than a video track.
/// Pictures that are late are left out.
final class PictureFeed: Sendable {
    private let camera: CandidateCamera
    private let room: Room
    /// What the assistant said that it wants; before, what the camera has is sent.
    private let wish = Mutex<FrameMessage?>(nil)
    private let hasJoined = Mutex(false)

    init(_ camera: CandidateCamera, room: Room) {
        self.camera = camera
        self.room = room
    }

    func take(_ wish: FrameMessage) { self.wish.withLock { $0 = wish } }

    func joined() { hasJoined.withLock { $0 = true } }

    /// Until it is cancelled. Nothing is sent before the room was joined.
    func run() async throws {
        guard let size = camera.layers.last else { return }
        var drawn = try RenderedCamera(
            camera.script, appearance: camera.appearance, seed: camera.seed, width: size.width, height: size.height)
        let encoder = try VideoEncoder(.jpeg(camera.jpeg))
        let clock = ContinuousClock()
        let began = clock.now
        var sequence = 0
        while !Task.isCancelled {
            let wish = wish.withLock { $0 }
            if hasJoined.withLock({ $0 }), wish?.wanted ?? true {
                let attributes = FrameAttributes(
                    capturedAt: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)), sequence: sequence)
                let picture = try drawn.picture(at: clock.now - began)
                if let file = try encoder.encode(picture, timestamp: Int64(sequence)) {
                    try await room.sendBytes(
                        file.data, topic: Topic.frame, mimeType: FrameMessage.mediaType,
                        attributes: attributes.attributes)
                }
                sequence += 1
            }
            let rate = min(Double(max(1, camera.rate)), max(0.1, wish?.rate ?? .infinity))
            let passed = ((clock.now - began).inSeconds * rate).rounded(.down)
            try await clock.sleep(until: began + .seconds((passed + 1) / rate))
        }
    }
}
