import NIOCore
import Pictures
import RTCMedia
import RTCVideoCodecs
import SansIO
import Session
import Synchronization
import Wire

/// The pictures that one participant sends by data, on their way to whoever looks: on the pool's threads, one after the
/// other. Where they come faster than they are dealt with, the newest is kept.
final class PictureTap: Sendable {
    /// A picture, when it was taken, and when it came.
    struct Taken: Sendable {
        var at: Instant
        var arrival: Instant
        /// Decodes it: whoever need not look at it need not pay for that. The error is for the sender.
        var picture: @Sendable () throws(WireError) -> I420Picture
        /// Says what is wrong with it, as far as that shows without decoding: for one that nobody looks at.
        var check: @Sendable () throws(WireError) -> Void
    }

    private let queue: SerialQueue
    private let pictures = PicturePool(mostPixels: PicturePool.greatestSide * PicturePool.greatestSide, mostKept: 2)
    private let isClosed = Mutex(false)
    private let deliver: @Sendable (Taken) -> Void

    /// - Parameter deliver: called on the pool's threads.
    init(pool: ThreadPool, deliver: @escaping @Sendable (Taken) -> Void) {
        // One that waits beside the one that is looked at.
        queue = pool.makeQueue(capacity: 1, overflow: .dropOldest)
        self.deliver = deliver
    }

    /// Takes a JPEG file; one beyond the configuration's bytes and pixels is refused before it is decoded.
    func receive(
        _ file: ByteBuffer, takenAt: Instant, arrival: Instant, limits configuration: PictureConfiguration
    ) {
        var limits = VideoDecodingLimits()
        (limits.mostBytes, limits.mostPixels) = (configuration.maximumBytes, configuration.maximumPixels)
        queue.submit { [weak self, limits, pictures] in
            guard let self, !isClosed.withLock({ $0 }) else { return }
            deliver(
                Taken(
                    at: takenAt, arrival: arrival,
                    picture: { () throws(WireError) in try Self.decode(file, limits: limits, into: pictures) },
                    check: { () throws(WireError) in
                        do throws(VideoDecodingError) {
                            try VideoDecoder.check(jpeg: file, limits: limits)
                        } catch {
                            throw WireError(error, limits)
                        }
                    }))
        }
    }

    /// Nothing is handed on any more, also of what waits.
    func close() { isClosed.withLock { $0 = true } }

    private static func decode(
        _ file: ByteBuffer, limits: VideoDecodingLimits, into pictures: PicturePool
    ) throws(WireError) -> I420Picture {
        let decoder = VideoDecoder(.jpeg, limits: limits, pool: pictures)
        let frame = EncodedVideoFrame(
            codec: .jpeg, isKeyFrame: true, data: file, rtpTimestamp: 0, isDiscardable: true, arrival: .zero)
        do throws(VideoDecodingError) {
            // A file always shows a picture; what showed none would be broken.
            guard let picture = try decoder.decode(frame) else { throw .corrupt }
            return picture
        } catch {
            throw WireError(error, limits)
        }
    }
}

extension WireError {
    /// Why a picture was not decoded, for whoever sent it.
    init(_ error: VideoDecodingError, _ limits: VideoDecodingLimits) {
        switch error {
        case .tooManyBytes: self.init(.tooLarge, "a picture has at most \(limits.mostBytes) bytes")
        case .refusedSize(let size):
            let most = "at most \(limits.mostPixels) pixels, and \(limits.greatestSide) in a row or column"
            self.init(.tooLarge, "a picture of \(size.width) by \(size.height) pixels is not read: \(most)")
        case .malformedJPEG(.notJPEG): self.init(.badPicture, "it does not begin as a JPEG file does")
        case .malformedJPEG(.truncated): self.init(.badPicture, "the JPEG file ends before its picture begins")
        case .malformedJPEG: self.init(.badPicture, "the headers of the JPEG file are broken")
        case .unsupported: self.init(.badPicture, "this kind of JPEG is not read; baseline files with 8 bits are")
        case .corrupt: self.init(.badPicture, "the picture in the JPEG file is broken or not all there")
        case .otherCodec, .malformedHeader, .awaitsKeyFrame, .outOfMemory, .library:
            self.init(.badPicture, "the picture could not be read")
        }
    }
}
