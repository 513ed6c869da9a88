import NIOCore

/// What stands in a JPEG file (ITU-T T.81, JFIF) up to its first scan, and where that scan lies.
public struct JPEGFile: Hashable, Sendable {
    /// How it is coded: by the marker of its frame header.
    public enum Coding: Hashable, Sendable {
        /// Sequential with Huffman codes, 8 bits a sample (SOF0).
        case baseline
        /// Sequential with Huffman codes (SOF1).
        case extended
        /// In several scans, from coarse to fine, with Huffman codes (SOF2).
        case progressive
        /// Lossless, hierarchical or with arithmetic codes: the marker's low byte.
        case other(UInt8)
    }

    public struct Component: Hashable, Sendable {
        public var id: UInt8
        /// Sampling factors, 1 to 4.
        public var horizontal: Int
        public var vertical: Int
        /// The number of its quantisation table, 0 to 3.
        public var quantisation: Int
        /// The numbers of its Huffman tables, 0 to 3; as the first scan has them, if it is in that.
        public var directCodes = 0
        public var alternatingCodes = 0
    }

    public var coding: Coding
    /// Bits a sample.
    public var precision: Int
    public var size: VideoSize
    public var components: [Component]
    /// By number; nil where the file has none.
    public var quantisation: [JPEGQuantisationTable?] = Array(repeating: nil, count: 4)
    /// Huffman tables for the direct component, by number.
    public var directCodes: [JPEGHuffmanTable?] = Array(repeating: nil, count: 4)
    /// Huffman tables for the alternating components, by number.
    public var alternatingCodes: [JPEGHuffmanTable?] = Array(repeating: nil, count: 4)
    /// MCUs between restart markers; 0 where there are none.
    public var restartInterval = 0
    /// What Adobe's segment says of the colours, if there is one: 0 says that they are not luma and chroma.
    public var adobeTransform: UInt8?
    /// How many components the first scan has.
    public var scanComponents = 0
    /// The first scan's coded bytes, without the marker behind them; from the first byte of what was parsed.
    public var scan: Range<Int>
    /// The marker behind the first scan; nil where the file ends without one.
    public var markerBehindScan: UInt8?
}

/// 64 divisors in zigzag order.
public struct JPEGQuantisationTable: Hashable, Sendable {
    public var values: [UInt16]
    /// Whether it is written with 16 bits a value.
    public var isWide: Bool

    public init(values: [UInt16], isWide: Bool = false) {
        self.values = values
        self.isWide = isWide
    }
}

/// A Huffman table as files have it: how many codes there are of each length, 1 to 16 bits, and what they stand for.
public struct JPEGHuffmanTable: Hashable, Sendable {
    public var counts: [UInt8]
    public var values: [UInt8]
}

/// What can be wrong with a JPEG file.
public enum JPEGFileError: Error, Hashable, Sendable {
    /// It does not begin with SOI.
    case notJPEG
    /// It ends before its first scan.
    case truncated
    /// A segment whose length does not fit its contents.
    case wrongLength(marker: UInt8)
    /// A value that the standard does not allow.
    case valueOutOfRange(marker: UInt8)
    /// A width or height of 0. (T.81 lets a file tell its height at the end; nobody writes such files.)
    case emptyPicture
    /// A segment that must come first is missing, or comes again.
    case wrongOrder(marker: UInt8)
    /// No marker where one must be.
    case noMarker
}
