import NIOCore

/// Reads the payload format of one codec: what a packet's payload says of the frame that it is part of, and the frame's
/// bytes when all of its packets are there.
///
/// Payloads are looked at in the order in which they arrive, which may be any; they are put together in the order of
/// their numbers. ``VideoReceiver`` does everything between.
public protocol VideoDepacketiser: Sendable {
    associatedtype Failure: Error

    /// Bytes that a frame may have beyond its payloads.
    static var overhead: Int { get }

    /// Looks at one payload. Nothing of it is kept.
    /// - Parameters:
    ///   - payload: all readable bytes, without RTP header and padding; not empty.
    ///   - marker: the RTP header's marker bit.
    func inspect(_ payload: ByteBuffer, marker: Bool) throws(Failure) -> VideoFragment

    /// Puts a frame together.
    /// - Parameters:
    ///   - payloads: those of one frame, all of them, in order, each of which `inspect` took.
    ///   - data: where the frame goes, empty, with room for all payloads and `overhead`.
    mutating func assemble(
        _ payloads: some Sequence<ByteBuffer>, isKeyFrame: Bool, into data: inout ByteBuffer
    ) throws(Failure) -> VideoFrameProperties
}

/// What can be said of a whole frame from its bytes.
public struct VideoFrameProperties: Hashable, Sendable {
    /// Luma samples, where the frame says them.
    public var size: VideoSize?

    public init(size: VideoSize? = nil) { self.size = size }
}

/// What one packet says of the frame that it is part of.
public struct VideoFragment: Hashable, Sendable {
    /// Whether a frame begins with the packet.
    public enum Start: Hashable, Sendable {
        /// It goes on with what an earlier packet began.
        case no
        /// It may be: if the packet before it belongs to another frame.
        case possible
        case certain
    }

    public var start: Start
    /// Whether it is the last packet of the frame.
    public var isEnd: Bool
    /// Whether the packet shows that decoding can begin with the frame. Packets that do not show it may still be part of
    /// such a frame.
    public var isKeyFrame: Bool
    /// Nothing that comes later refers to the frame.
    public var isDiscardable: Bool
    /// 0 is the base; frames refer to the same or lower layers only.
    public var temporalLayer: UInt8
    public var references: VideoReferences

    public init(
        start: Start, isEnd: Bool, isKeyFrame: Bool = false, isDiscardable: Bool = false, temporalLayer: UInt8 = 0,
        references: VideoReferences = .precedingFrame
    ) {
        self.start = start
        self.isEnd = isEnd
        self.isKeyFrame = isKeyFrame
        self.isDiscardable = isDiscardable
        self.temporalLayer = temporalLayer
        self.references = references
    }
}

/// What a frame says about the frames that it refers to. A key frame refers to none, whatever stands here.
public enum VideoReferences: Hashable, Sendable {
    /// Nothing, so that it may refer to any before it: they are all there if no packet is missing.
    case precedingFrame
    /// Its number, which grows by one a frame; it may refer to any before it.
    case numbered(PictureID)
    /// Its number, and how far back those are that it refers to: bit n stands for n frames back.
    case listed(PictureID, UInt128)
    /// Temporal layers around numbered frames of the base layer.
    case layered(TemporalLayering)
}

/// How a frame stands in a structure of temporal layers (RFC 7741 §4.2, RFC 9628 §4.2).
public struct TemporalLayering: Hashable, Sendable {
    public var pictureID: PictureID?
    /// The number of the frame, if it is of the base layer, else of the one before it that is (TL0PICIDX).
    public var baseIndex: UInt8
    /// Refers to the base layer alone (VP8's Y).
    public var refersToBaseOnly: Bool
    /// Later frames of higher layers do not refer to anything of higher layers before it (VP9's U).
    public var isSwitchingPoint: Bool

    public init(
        pictureID: PictureID?, baseIndex: UInt8, refersToBaseOnly: Bool = false, isSwitchingPoint: Bool = false
    ) {
        self.pictureID = pictureID
        self.baseIndex = baseIndex
        self.refersToBaseOnly = refersToBaseOnly
        self.isSwitchingPoint = isSwitchingPoint
    }
}
