import Foundation
import Inference
import NIOCore
import Perception
import PerceptionModels
import Pictures
import RTCMedia
import RTCVideoCodecs
import SansIO
import Synchronization
import Testing

@testable import AgentRuntime

/// Alone, since memory is the whole process's.
@Suite(.serialized) struct CameraMemoryTests {
    private final class BlindModels: VisionModels {
        func facesNear(in picture: RGBPicture, from threshold: Float) throws -> [Detection] { [] }
        func facesFar(in picture: RGBPicture, from threshold: Float) throws -> [Detection] { [] }
        func facePresence(in picture: RGBPicture, of face: Detection) throws -> Float { 0 }
        func palms(in picture: RGBPicture, from threshold: Float) throws -> [Detection] { [] }
        func hand(in picture: RGBPicture, region: PictureRegion, full: Bool) throws -> HandLandmarks {
            HandLandmarks(points: [], presence: 0, rightness: 0)
        }
    }

    private static var resident: Int {
        let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4_096 : 0
    }

    /// Two frames of 320 × 180.
    private static func film() throws -> [EncodedVideoFrame] {
        let encoder = try VideoEncoder(.vp8(VP8Encoding()))
        let pool = PicturePool()
        return try (0..<2).map { index in
            let picture = try pool.makePicture(width: 320, height: 180, range: .limited) { planes in
                for at in 0..<planes.stride * planes.height { planes.y[at] = UInt8(60 + (at + 7 * index) % 100) }
                for at in 0..<planes.chromaStride * planes.chromaHeight { (planes.u[at], planes.v[at]) = (128, 128) }
            }
            let frame = try #require(try encoder.encode(picture, timestamp: 18_000 * Int64(index)))
            return EncodedVideoFrame(
                codec: .vp8, isKeyFrame: frame.isKeyFrame, data: frame.data, rtpTimestamp: 18_000 * Int64(index),
                size: index == 0 ? VideoSize(width: 320, height: 180) : nil,
                arrival: Instant(nanoseconds: 1_000_000_000 + 200_000_000 * Int64(index)))
        }
    }

    @Test("memory does not grow over 1,000 cameras that are watched, decoded, looked at and let go of")
    func flat() throws {
        let film = try Self.film()
        let pool = try ThreadPool(threadCount: 1)
        defer { pool.shutdown() }
        let metrics = JaskMetrics()
        let supply = VisionSupply(.init(), metrics: metrics) { _, _ in }
        let looked = Mutex(0)
        let done = DispatchSemaphore(value: 0)
        func watch(_ number: Int) {
            let camera = CameraID(room: "RM_1", track: "TR_\(number)")
            let loan = ModelLoan(
                look: { _, body in
                    looked.withLock { $0 += 1 }
                    defer { done.signal() }
                    return try body(BlindModels())
                }, isOff: { false })
            let account = DecodingAccount(
                threadTime: { VisionSupply.threadTime }, frame: { supply.frame($0, of: camera, at: $1) })
            let tap = CameraTap(
                search: GestureSearchConfiguration(), pool: pool, loan: loan, account: account, metrics: metrics
            ) { _ in }
            for frame in film {
                tap.receive(frame)
                // One look a frame: they are as far apart as looks are.
                #expect(done.wait(timeout: .now() + 20) == .success)
            }
            tap.close()
            supply.remove(camera)
        }
        func watch(_ numbers: Range<Int>) { for number in numbers { watch(number) } }
        watch(0..<100)
        // Tests beside this one take memory and give it back; what leaks grows in every round.
        var growth = Int.max
        for round in 0..<4 where growth >= Self.bound {
            let before = Self.resident
            watch(round * 1_000..<round * 1_000 + 1_000)
            growth = min(growth, Self.resident - before)
        }
        print("\(growth / 1024) KiB more after 1,000 cameras")
        #expect(looked.withLock { $0 } >= 2_200)
        // A sanitizer keeps what was freed, and finds leaks itself.
        guard ProcessInfo.processInfo.environment["JASK_SANITIZE"] == nil else { return }
        #expect(growth < Self.bound)
    }

    /// A tenth of what the decoded pictures of 1,000 cameras take.
    private static let bound = 8 << 20
}
