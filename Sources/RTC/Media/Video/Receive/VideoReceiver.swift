import NIOCore
import RTCCore
import SansIO

/// Turns the RTP packets of one video track into whole frames that can be decoded one after the other.
///
/// - Packets may come in any order, twice, or not at all. A frame goes out as soon as it is whole and everything that it
///   refers to went out before it; nothing is held back "in case".
/// - Where packets are missing that a frame does not need (of a higher temporal layer, say), it waits a moment for them,
///   since frames go out in the order of decoding. Where it needs them, they are waited for until they come as
///   retransmissions, or it is told (``packetsGivenUp(through:at:)``) or certain that they do not.
/// - A key frame is asked for when, and only when, what is missing cannot be done without; with time between requests,
///   and not while one is arriving.
/// - Frames of temporal layers that are not wanted, and those that nothing refers to, can be left out before decoding.
///
/// One receiver follows one synchronisation source (SSRC). A new SSRC needs a new receiver. A source that starts its
/// sequence numbers or timestamps anew under the same SSRC is followed, as are changes of codec and size at key frames.
///
/// Sans-IO: call ``receive(payloadType:index:timestamp:marker:payload:at:)`` with each packet and ``timeout(at:)`` at
/// ``deadline``, and after every call take what there is with ``pollOutput()`` until there is nothing. What waits is
/// bounded, in packets, bytes and frames.
public struct VideoReceiver: Sendable {
    public enum Output: Sendable {
        case frame(EncodedVideoFrame)
        /// The other side is to be asked for a key frame.
        case keyFrameRequest
    }

    /// Frames of at most this many luma samples a side are what servers end a source with.
    static let largestBlank = 16
    /// Payload types that one receiver tells apart.
    public static let mostFormats = 16

    public let formats: [VideoFormat]
    public let configuration: Configuration
    /// Frames of higher temporal layers are left out; `nil`: all are wanted.
    public var maximumTemporalLayer: UInt8?
    /// Whether frames that nothing refers to are left out.
    public var skipsDiscardable = false

    var counters = VideoReceiveStatistics()
    var readers: [PayloadReader]
    var store = PacketStore()
    var buffers = FrameBuffers()
    /// In the order of their lowest packets.
    var frames: [FrameInAssembly] = []
    var tracker = ReferenceTracker()
    var requests: KeyFrameRequests
    /// The index after the last packet that was dealt with; `nil` before the first frame and after a new start.
    var next: Int64?
    /// Packets that were lost for good lie between the last frame handed out and what comes next.
    var followsLoss = false
    /// The packet at `next` begins a frame, since the one before it ended one.
    var isAtBoundary = false
    /// The last packet whose payload could not be parsed: it does not come again.
    var lastMalformed: Int64?
    /// Up to which index missing packets will not come.
    var givenUpThrough = Int64.min
    /// The highest index so far.
    var highest: Int64?
    /// The lowest index that belongs to the source's current run of numbers.
    var runStart = Int64.min
    /// When what is missing now has been waited for long enough.
    var gapDeadline: Instant?
    /// The format of the last frame that was handed out.
    var lastFormat: Int?
    private var newestTimestamp: Int64?
    private var outputs = OutputQueue<Output>()
    private var queuedFrames = 0

    /// - Parameter formats: the payload types that may come; at most ``mostFormats`` count.
    public init(formats: [VideoFormat], configuration: Configuration = .init()) {
        self.formats = Array(formats.prefix(Self.mostFormats))
        self.configuration = configuration
        readers = self.formats.map { PayloadReader($0) }
        requests = KeyFrameRequests(
            least: configuration.requestInterval, most: configuration.longestRequestInterval)
    }

    public var statistics: VideoReceiveStatistics { counters }

    /// Bytes of payload that wait for their frame to be whole.
    public var bytesHeld: Int { frames.reduce(0) { $0 + $1.bytes } }

    /// Takes one RTP packet. It may come late, twice, out of order or broken; each case is counted in ``statistics``.
    /// - Parameters:
    ///   - index: the packet's extended sequence number, as `SequenceIndexer` gives it.
    ///   - payload: without RTP header and padding; empty for a packet of padding alone, whose number counts all the same.
    ///     It is copied.
    public mutating func receive(
        payloadType: UInt8, index: Int64, timestamp: UInt32, marker: Bool, payload: ByteBuffer, at now: Instant
    ) {
        counters.received += 1
        requests.packetArrived()
        if let highest, index &- highest >= SequenceIndexer.runDistance { beginRun(at: index, now) }
        guard isNew(index), makeRoom(for: index, bytes: payload.readableBytes, at: now) else { return }
        guard payload.readableBytes > 0, let format = formats.firstIndex(where: { $0.payloadType == payloadType })
        else {
            if payload.readableBytes > 0 { counters.otherPayloadTypes += 1 } else { counters.padding += 1 }
            return take(padding: index, at: now)
        }
        guard let fragment = readers[format].inspect(payload, marker: marker) else {
            counters.malformed += 1
            lastMalformed = index
            return advance(at: now)
        }
        take(fragment, payload, index: index, timestamp: unwrap(timestamp, index: index), format: format, at: now)
    }

    /// Tells that the other side will not send packets again that are missing up to an index.
    public mutating func packetsGivenUp(through index: Int64, at now: Instant) {
        givenUpThrough = max(givenUpThrough, index)
        advance(at: now)
    }

    /// Tells that frames that were handed out have been passed over: only a key frame goes on.
    public mutating func needsKeyFrame(at now: Instant) {
        tracker = ReferenceTracker()
        requests.need()
        advance(at: now)
    }

    /// Tells that a frame that was handed out could not be decoded: only a key frame helps.
    public mutating func decodingFailed(at now: Instant) {
        tracker = ReferenceTracker()
        requests.refused()
        advance(at: now)
    }

    /// Tells that signalling muted or unmuted the track: while it is muted no key frame is asked for.
    public mutating func setMuted(_ muted: Bool, at now: Instant) {
        requests.isSuspended = muted
        advance(at: now)
    }

    /// Goes on without what was waited for long enough, and asks for a key frame, if it is time to.
    public mutating func timeout(at now: Instant) { advance(at: now) }

    /// The next frame to decode, or a request.
    public mutating func pollOutput() -> Output? {
        let output = outputs.popFirst()
        if case .frame = output { queuedFrames -= 1 }
        return output
    }

    /// When ``timeout(at:)`` wants to be called; `nil` if only a packet can change anything.
    public var deadline: Instant? { earliest(gapDeadline, requests.deadline) }

    /// Asks for a key frame if it is time to.
    mutating func askIfDue(at now: Instant) {
        guard requests.take(at: now) else { return }
        counters.keyFrameRequests += 1
        outputs.append(.keyFrameRequest)
    }

    /// - Returns: false if nobody takes frames.
    mutating func emit(_ frame: EncodedVideoFrame) -> Bool {
        guard queuedFrames < configuration.maximumQueuedFrames else { return false }
        queuedFrames += 1
        outputs.append(.frame(frame))
        return true
    }

    private mutating func unwrap(_ timestamp: UInt32, index: Int64) -> Int64 {
        guard let newest = newestTimestamp else {
            newestTimestamp = Int64(timestamp)
            return Int64(timestamp)
        }
        let unwrapped = newest &+ Int64(Int32(bitPattern: timestamp &- UInt32(truncatingIfNeeded: newest)))
        if index >= highest ?? index { newestTimestamp = unwrapped }
        return unwrapped
    }
}
