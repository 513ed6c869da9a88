/// Takes the blocks out of the Matroska stream that ffmpeg writes into a pipe: of all containers this one has exact times,
/// and sound and pictures in one stream.
struct MatroskaReader {
    struct Track: Hashable {
        var isSound: Bool
        var width = 0
        var height = 0
    }

    struct Block {
        var track: Track
        /// In milliseconds.
        var time: Int64
        var bytes: [UInt8]
    }

    /// The elements that matter; those that hold others are walked into, all else is left out.
    private enum Element {
        static let segment: UInt32 = 0x1853_8067
        static let cluster: UInt32 = 0x1F43_B675
        static let tracks: UInt32 = 0x1654_AE6B
        static let trackEntry: UInt32 = 0xAE
        static let trackNumber: UInt32 = 0xD7
        static let trackType: UInt32 = 0x83
        static let video: UInt32 = 0xE0
        static let width: UInt32 = 0xB0
        static let height: UInt32 = 0xBA
        static let time: UInt32 = 0xE7
        static let blockGroup: UInt32 = 0xA0
        static let block: UInt32 = 0xA1
        static let simpleBlock: UInt32 = 0xA3
    }

    /// More than the largest picture that is asked for.
    static let largestBlock: UInt64 = 64 << 20

    private let source: (_ atMost: Int) -> [UInt8]
    private var held: [UInt8] = []
    private var position = 0
    private var tracks: [UInt64: Track] = [:]
    private var number: UInt64 = 0
    private var clusterTime: Int64 = 0

    /// - Parameter source: what comes next, empty at the end.
    init(source: @escaping (_ atMost: Int) -> [UInt8]) { self.source = source }

    /// The next block; nil at the end of the stream, also where it was cut off.
    mutating func next() throws(MediaError) -> Block? {
        while let (id, size) = try header() {
            switch id {
            case Element.segment, Element.cluster, Element.tracks, Element.trackEntry, Element.video,
                Element.blockGroup:
                // What they hold follows.
                continue
            case Element.block, Element.simpleBlock:
                guard let block = try block(size) else { return nil }
                return block
            default:
                guard try value(id, size) else { return nil }
            }
        }
        return nil
    }

    /// - Returns: false at the end.
    private mutating func value(_ id: UInt32, _ size: UInt64) throws(MediaError) -> Bool {
        guard size <= Self.largestBlock else { throw .badStream("an element of \(size) bytes") }
        guard let bytes = take(Int(size)) else { return false }
        let number = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        switch id {
        case Element.trackNumber: self.number = number
        case Element.trackType: tracks[self.number] = Track(isSound: number == 2)
        case Element.width: tracks[self.number]?.width = Int(clamping: number)
        case Element.height: tracks[self.number]?.height = Int(clamping: number)
        case Element.time: clusterTime = Int64(clamping: number)
        default: break
        }
        return true
    }

    private mutating func block(_ size: UInt64) throws(MediaError) -> Block? {
        guard size <= Self.largestBlock else { throw .badStream("a block of \(size) bytes") }
        guard let bytes = take(Int(size)) else { return nil }
        // Number, time against the cluster's, flags. ffmpeg numbers tracks from 1.
        guard bytes.count >= 4, bytes[0] & 0x80 != 0, bytes[3] & 0x06 == 0,
            let track = tracks[UInt64(bytes[0] & 0x7F)]
        else { throw .badStream("a block of no track") }
        let offset = Int16(bitPattern: UInt16(bytes[1]) << 8 | UInt16(bytes[2]))
        return Block(track: track, time: clusterTime &+ Int64(offset), bytes: Array(bytes.dropFirst(4)))
    }

    private mutating func header() throws(MediaError) -> (id: UInt32, size: UInt64)? {
        guard let first = take(1)?.first else { return nil }
        let length = first.leadingZeroBitCount + 1
        guard length <= 4 else { throw .badStream("no element where one should be") }
        guard let more = take(length - 1), let start = take(1)?.first else { return nil }
        let id = more.reduce(UInt32(first)) { $0 << 8 | UInt32($1) }
        let width = start.leadingZeroBitCount + 1
        guard width <= 8 else { throw .badStream("a size of no size") }
        guard let rest = take(width - 1) else { return nil }
        let size = rest.reduce(UInt64(start) & (0xFF >> UInt64(width))) { $0 << 8 | UInt64($1) }
        return (id, size)
    }

    /// Nil where the stream ends before.
    private mutating func take(_ count: Int) -> [UInt8]? {
        if held.count - position < count {
            held.removeFirst(position)
            position = 0
            while held.count < count {
                let more = source(1 << 18)
                guard !more.isEmpty else { return nil }
                held.append(contentsOf: more)
            }
        }
        defer { position += count }
        return Array(held[position..<(position + count)])
    }
}
