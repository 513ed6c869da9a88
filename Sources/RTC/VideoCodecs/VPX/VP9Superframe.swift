import RTCMedia

/// The frames of one VP9 picture: an index at the end tells their sizes (VP9 bitstream specification, annex B).
struct VP9Superframe {
    /// Where each frame lies; at least one.
    let frames: [Range<Int>]
    let hasIndex: Bool

    /// - Parameter bytes: without an index, all of it is one frame.
    init(parsing bytes: UnsafeRawBufferPointer) throws(VideoHeaderError) {
        guard let marker = bytes.last else { throw .truncated }
        let count = Int(marker & 7) + 1
        let width = Int(marker >> 3 & 3) + 1
        let indexSize = 2 + width * count
        hasIndex = marker & 0xE0 == 0xC0 && bytes.count >= indexSize && bytes[bytes.count - indexSize] == marker
        guard hasIndex else {
            frames = [0..<bytes.count]
            return
        }
        var found: [Range<Int>] = []
        var start = 0
        var at = bytes.count - indexSize + 1
        for _ in 0..<count {
            let size = (0..<width).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
            at += width
            guard size > 0, size <= bytes.count - indexSize - start else { throw .wrongSuperframe }
            found.append(start..<start + size)
            start += size
        }
        frames = found
    }

    /// The index of one frame alone: with it, libvpx takes what it was told to be one frame for one frame, and does not
    /// look behind it for others, whose headers nobody has seen.
    static func index(ofSize size: Int) -> [UInt8] {
        let marker: UInt8 = 0xC0 | 3 << 3
        return [marker] + (0..<4).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) } + [marker]
    }

    /// What the headers of a picture's frames say.
    struct Contents {
        var beginsWithKeyFrame: Bool
        var hasIndex: Bool
    }

    /// Reads the headers of all frames, and holds their sizes against the limits.
    static func check(
        _ bytes: UnsafeRawBufferPointer, limits: VideoDecodingLimits
    ) throws(VideoDecodingError) -> Contents {
        let headers: [VP9UncompressedHeader]
        let hasIndex: Bool
        do throws(VideoHeaderError) {
            let superframe = try VP9Superframe(parsing: bytes)
            hasIndex = superframe.hasIndex
            headers = try superframe.frames.map { (frame) throws(VideoHeaderError) in
                try VP9UncompressedHeader(parsing: UnsafeRawBufferPointer(rebasing: bytes[frame]))
            }
        } catch { throw .malformedHeader(error) }
        for header in headers {
            guard header.profile == 0 else { throw .unsupported(.profile(header.profile)) }
            if let size = header.size { try limits.check(width: size.width, height: size.height) }
        }
        return Contents(beginsWithKeyFrame: headers.first?.isKeyFrame == true, hasIndex: hasIndex)
    }
}
