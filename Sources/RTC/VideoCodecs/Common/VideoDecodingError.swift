import RTCMedia

/// Why a frame was not decoded. After all of these, a frame with which decoding can begin is decoded again.
public enum VideoDecodingError: Error, Hashable, Sendable {
    /// The frame is of another codec than the decoder.
    case otherCodec(VideoCodec)
    /// More bytes than the limits allow.
    case tooManyBytes(Int)
    /// A picture that the limits, or the pool of pictures, do not allow.
    case refusedSize(VideoSize)
    /// The frame's own headers are broken.
    case malformedHeader(VideoHeaderError)
    /// The same of a JPEG file.
    case malformedJPEG(JPEGFileError)
    /// A variant of the codec that is not decoded.
    case unsupported(UnsupportedVideo)
    /// The library could not decode all of the frame.
    case corrupt
    /// A key frame is needed first: at the beginning, and after a frame that was not decoded.
    case awaitsKeyFrame
    case outOfMemory
    /// Another status of the library.
    case library(Int)
}

/// Variants of a codec that are not decoded.
public enum UnsupportedVideo: Hashable, Sendable {
    /// A profile: by the number that the codec gives it.
    case profile(Int)
    /// Samples of more (or fewer) than 8 bits.
    case bitDepth(Int)
    /// Chroma that is sampled in a way which is not taken.
    case sampling
    /// Interlaced pictures.
    case interlaced
    /// Colours other than luma and chroma.
    case colourSpace
    /// Another coding than the baseline's or the progressive one's with Huffman codes.
    case coding
}
