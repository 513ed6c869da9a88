/// How samples stand for light.
public enum SampleRange: Hashable, Sendable {
    /// 16…235 for luma, 16…240 for chroma: what cameras are encoded with.
    case limited
    /// 0…255 for all: JPEG (JFIF).
    case full
}

/// A picture in planar YUV 4:2:0 with 8 bits a sample (I420, BT.601), as decoders give it.
///
/// It does not change, and may be read by any thread. Its memory goes back to the ``PicturePool`` it came from with the
/// last copy.
public struct I420Picture: Sendable {
    /// Luma samples a row, and rows; both from 1.
    public let width: Int
    public let height: Int
    public let range: SampleRange
    private let storage: PictureStorage

    init(width: Int, height: Int, range: SampleRange, storage: PictureStorage) {
        self.width = width
        self.height = height
        self.range = range
        self.storage = storage
    }

    /// One plane: `height` rows of `width` samples, `stride` bytes apart.
    public struct Plane {
        public let samples: UnsafePointer<UInt8>
        public let stride: Int
        public let width: Int
        public let height: Int
    }

    /// The three planes; the chroma planes have half the samples each way, rounded up.
    public struct Planes {
        public let y: Plane
        public let u: Plane
        public let v: Plane
    }

    /// Reads the samples. The pointers end with the call.
    public func withPlanes<Result, Failure: Error>(
        _ body: (Planes) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let layout = I420Layout(width: width, height: height)
        let bytes = UnsafePointer(storage.bytes)
        let planes = Planes(
            y: Plane(samples: bytes, stride: width, width: width, height: height),
            u: Plane(
                samples: bytes + layout.u, stride: layout.chromaWidth, width: layout.chromaWidth,
                height: layout.chromaHeight),
            v: Plane(
                samples: bytes + layout.v, stride: layout.chromaWidth, width: layout.chromaWidth,
                height: layout.chromaHeight))
        defer { withExtendedLifetime(storage) {} }
        return try body(planes)
    }
}

/// Where the planes of an I420 picture lie in one piece of memory, without gaps.
struct I420Layout: Hashable {
    let chromaWidth: Int
    let chromaHeight: Int
    /// Where the U plane begins.
    let u: Int
    /// Where the V plane begins.
    let v: Int
    /// Bytes in all.
    let size: Int

    /// - Parameters: both from 1 to ``PicturePool/greatestSide``.
    init(width: Int, height: Int) {
        chromaWidth = (width + 1) / 2
        chromaHeight = (height + 1) / 2
        u = width * height
        v = u + chromaWidth * chromaHeight
        size = v + chromaWidth * chromaHeight
    }
}
