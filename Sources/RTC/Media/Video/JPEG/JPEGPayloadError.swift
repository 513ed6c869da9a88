/// Why RTP payloads of JPEG (RFC 2435) do not give a picture.
public enum JPEGPayloadError: Error, Hashable, Sendable {
    /// A payload ends inside its headers, or has nothing behind them.
    case truncated
    /// A type other than 0, 1, 64 and 65.
    case unknownType(UInt8)
    /// Fields, which the type-specific byte tells.
    case interlaced
    /// A width or height of 0: greater pictures than 2040 × 2040 have no agreed way to tell their size.
    case emptyPicture
    /// A Q that RFC 2435 reserves: 0, and 100 to 127.
    case reservedQuality(UInt8)
    /// Quantisation tables of another length than one or two of their precision have.
    case wrongTableLength(Int)
    /// Tables are to be those that came before under this Q, and none came; with 255 they must always come.
    case missingTables(quality: UInt8)
    /// A restart interval of 0.
    case wrongRestartInterval
    /// Payloads of one picture say different things of it.
    case changedWithinPicture
    /// Fragments do not follow each other without gaps, or the first is missing.
    case missingFragment(at: Int)
}

/// Why a JPEG file cannot be carried in RTP (RFC 2435).
public enum JPEGPacketisingError: Error, Hashable, Sendable {
    case malformed(JPEGFileError)
    /// Progressive, lossless, hierarchical or with arithmetic codes, or with more than one scan.
    case otherCoding
    /// Other than 8 bits a sample.
    case precision(Int)
    /// A side of more than 2040 samples.
    case tooGreat(VideoSize)
    /// Other components than luma and two of chroma, or sampled otherwise than 4:2:2 or 4:2:0.
    case sampling
    /// Tables of codes other than the standard's (ITU-T T.81, annex K).
    case ownCodes
    /// A quantisation table is missing, or the chroma components have different ones.
    case quantisation
    /// The scan has no end, or no bytes.
    case truncated
    /// The room for a payload is less than its headers.
    case noRoom
}
