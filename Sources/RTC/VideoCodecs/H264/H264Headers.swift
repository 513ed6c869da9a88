import Pictures
import RTCMedia

/// What the parameter sets of a stream say, as far as it must be known before decoding.
struct H264Headers {
    /// Of the sequence parameters that came last.
    private(set) var range = SampleRange.limited

    /// What one access unit has in it.
    struct Contents {
        var hasKeySlice = false
        var hasSequenceParameters = false
        var hasPictureParameters = false
        /// Where profiles stand that are to be told to the library otherwise, and as what.
        var profiles: [(offset: Int, told: UInt8)] = []
    }

    /// openh264 holds a picture of main or high profile back until the next one has come, for there could be others to be
    /// shown before it. In RTP, where nothing is sent before it is to be shown, that would be a frame's delay; of the
    /// baseline profiles, whose parameters are written alike, it holds nothing back.
    private static let undelayed: [UInt8: UInt8] = [77: 66, 100: 83]

    /// Reads the headers of an access unit, and holds its sizes against the limits.
    mutating func check(
        _ bytes: UnsafeRawBufferPointer, limits: VideoDecodingLimits
    ) throws(VideoDecodingError) -> Contents {
        let unit: H264AccessUnit
        do throws(VideoHeaderError) { unit = try H264AccessUnit(bytes) } catch { throw .malformedHeader(error) }
        var contents = Contents()
        var range = range
        try unit.forEachUnit { (kind, place) throws(VideoDecodingError) in
            switch kind {
            case H264AccessUnit.Kind.keySlice: contents.hasKeySlice = true
            case H264AccessUnit.Kind.pictureParameters: contents.hasPictureParameters = true
            case H264AccessUnit.Kind.sequenceParameters, H264AccessUnit.Kind.subsetSequenceParameters:
                contents.hasSequenceParameters = true
                range = try Self.check(H264SequenceHeader.payload(of: bytes[place]), limits: limits)
                let offset = place.lowerBound + 1
                if kind == H264AccessUnit.Kind.sequenceParameters, let told = Self.undelayed[bytes[offset]] {
                    contents.profiles.append((offset, told))
                }
            default: break
            }
        }
        self.range = range
        return contents
    }

    private static func check(_ payload: [UInt8], limits: VideoDecodingLimits) throws(VideoDecodingError) -> SampleRange
    {
        let parameters: H264SequenceHeader
        do throws(VideoHeaderError) { parameters = try H264SequenceHeader(parsing: payload) } catch {
            throw .malformedHeader(error)
        }
        guard parameters.chromaFormat == 1 else { throw .unsupported(.sampling) }
        guard parameters.bitDepth == 8 else { throw .unsupported(.bitDepth(parameters.bitDepth)) }
        guard !parameters.isInterlaced else { throw .unsupported(.interlaced) }
        try limits.check(width: parameters.codedSize.width, height: parameters.codedSize.height)
        return parameters.isFullRange ? .full : .limited
    }
}
