import Pictures
import RTCMedia

extension PicturePool {
    /// A picture with the samples of a decoder, whose rows may lie further apart and whose memory is its own.
    func copy(
        _ planes: (UnsafePointer<UInt8>, UnsafePointer<UInt8>, UnsafePointer<UInt8>), strides: (Int32, Int32, Int32),
        width: Int, height: Int, range: SampleRange
    ) throws(VideoDecodingError) -> I420Picture {
        try picture(width: width, height: height, range: range) { (target) throws(VideoDecodingError) in
            Self.copy(planes.0, stride: strides.0, to: target.y, width: target.stride, height: target.height)
            Self.copy(
                planes.1, stride: strides.1, to: target.u, width: target.chromaStride, height: target.chromaHeight)
            Self.copy(
                planes.2, stride: strides.2, to: target.v, width: target.chromaStride, height: target.chromaHeight)
        }
    }

    /// A picture that `fill` writes, with a decoder's errors.
    func picture(
        width: Int, height: Int, range: SampleRange, fill: (MutablePlanes) throws(VideoDecodingError) -> Void
    ) throws(VideoDecodingError) -> I420Picture {
        do {
            return try makePicture(width: width, height: height, range: range, fill: fill)
        } catch let error as VideoDecodingError {
            throw error
        } catch {
            // All else that it throws is about the size.
            throw .refusedSize(VideoSize(width: width, height: height))
        }
    }

    private static func copy(
        _ source: UnsafePointer<UInt8>, stride: Int32, to target: UnsafeMutablePointer<UInt8>, width: Int, height: Int
    ) {
        for row in 0..<height {
            (target + row * width).update(from: source + row * Int(stride), count: width)
        }
    }
}
