/// What an engine keeps per SSRC, bounded. A source that has not yet sent a genuine packet can only displace others of
/// its kind; a genuine one displaces the genuine one that was idle longest.
struct SRTPStreamTable<Stream> {
    struct Entry {
        let ssrc: UInt32
        var stream: Stream
        fileprivate(set) var isVerified: Bool
        fileprivate var lastUse: UInt64
    }

    private(set) var entries: [Entry] = []
    private var positions: [UInt32: Int] = [:]
    private var uses: UInt64 = 0
    private var verifiedCount = 0
    private var lastPosition = 0
    private let options: SRTPOptions

    init(options: SRTPOptions) {
        self.options = options
    }

    /// The place of a source, which counts as a use of it. Valid until the next insertion or verification.
    mutating func find(_ ssrc: UInt32) -> Int? {
        // Packets of one source come in runs; comparing is cheaper than hashing.
        var position = lastPosition
        if position >= entries.count || entries[position].ssrc != ssrc {
            guard let found = positions[ssrc] else { return nil }
            position = found
            lastPosition = found
        }
        uses &+= 1
        entries[position].lastUse = uses
        return position
    }

    /// Reads of a source's state without copying all of it.
    @inline(__always)
    func read<Result>(_ position: Int, _ body: (borrowing Stream) -> Result) -> Result {
        entries.withUnsafeBufferPointer { body($0[position].stream) }
    }

    subscript(position: Int) -> Stream {
        get { entries[position].stream }
        _modify { yield &entries[position].stream }
    }

    func isVerified(_ position: Int) -> Bool { entries[position].isVerified }

    /// Adds a source that is not yet known to be genuine.
    /// - Returns: its place, and the SSRC that had to make room for it.
    mutating func insertUnverified(_ stream: Stream, ssrc: UInt32) -> (position: Int, evicted: UInt32?) {
        var evicted: UInt32?
        if entries.count - verifiedCount >= max(1, options.maximumUnverifiedStreams) {
            evicted = evictLongestIdle(verified: false)
        }
        return (append(stream, ssrc: ssrc, isVerified: false), evicted)
    }

    /// Adds a source of our own; `nil` when there is no room.
    mutating func insertSending(_ stream: Stream, ssrc: UInt32) -> Int? {
        guard verifiedCount < options.maximumStreams else { return nil }
        return append(stream, ssrc: ssrc, isVerified: true)
    }

    /// Notes that a source has sent a genuine packet.
    /// - Returns: the SSRC that had to make room for it.
    mutating func verify(_ position: Int) -> UInt32? {
        guard !entries[position].isVerified else { return nil }
        let evicted = verifiedCount >= max(1, options.maximumStreams) ? longestIdle(verified: true) : nil
        entries[position].isVerified = true
        verifiedCount += 1
        if let evicted { remove(evicted) }
        return evicted
    }

    private mutating func append(_ stream: Stream, ssrc: UInt32, isVerified: Bool) -> Int {
        uses &+= 1
        entries.append(Entry(ssrc: ssrc, stream: stream, isVerified: isVerified, lastUse: uses))
        positions[ssrc] = entries.count - 1
        if isVerified { verifiedCount += 1 }
        return entries.count - 1
    }

    private mutating func evictLongestIdle(verified: Bool) -> UInt32? {
        guard let ssrc = longestIdle(verified: verified) else { return nil }
        remove(ssrc)
        return ssrc
    }

    private func longestIdle(verified: Bool) -> UInt32? {
        entries.lazy.filter { $0.isVerified == verified }.min { $0.lastUse < $1.lastUse }?.ssrc
    }

    /// - Returns: whether it was there.
    @discardableResult
    mutating func remove(_ ssrc: UInt32) -> Bool {
        guard let position = positions.removeValue(forKey: ssrc) else { return false }
        if entries[position].isVerified { verifiedCount -= 1 }
        entries.swapAt(position, entries.count - 1)
        entries.removeLast()
        if position < entries.count { positions[entries[position].ssrc] = position }
        return true
    }
}
