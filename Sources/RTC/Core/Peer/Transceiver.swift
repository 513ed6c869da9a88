/// Names a transceiver of one connection, for as long as the other side does not use its section for something else.
public struct TransceiverID: Hashable, Sendable {
    let index: Int
    /// How many others had the place before it.
    let generation: UInt64
}

/// A track that we send: what the other side sees of it in our descriptions.
public struct LocalTrack: Hashable, Sendable {
    /// The media stream it belongs to, the first token of `msid`.
    public var streamID: String
    /// Its own id, the second token of `msid`.
    public var trackID: String
    /// The names of its simulcast layers (RFC 8851), each sent from a source of its own; empty for one stream.
    public var layers: [String]

    public init(streamID: String, trackID: String, layers: [String] = []) {
        self.streamID = streamID
        self.trackID = trackID
        self.layers = layers
    }
}

/// A track that the other side sends, as its descriptions show it.
public struct RemoteTrack: Hashable, Sendable {
    /// The section it is in. Sections are used again for other tracks, so a track is named by `mid` and `trackID`.
    public var mid: String
    public var kind: MediaKind
    /// The first token of `msid`; LiveKit: `PA_…|TR_…`.
    public var streamID: String
    /// The second token of `msid`; LiveKit: the track's sid. Empty where the description does not name one.
    public var trackID: String
    /// The source it is sent from, where announced.
    public var ssrc: UInt32?
    /// The source of its retransmissions, where announced.
    public var rtxSSRC: UInt32?
    /// The codecs it may use, under their payload types.
    public var codecs: [Codec]

    /// Whether two descriptions speak of the same track from the same source.
    func isSameSource(as other: RemoteTrack) -> Bool {
        mid == other.mid && trackID == other.trackID && streamID == other.streamID && ssrc == other.ssrc
    }
}

/// One media section and what both sides do with it.
struct Transceiver {
    let kind: MediaKind
    /// How many others had its place before it.
    let generation: UInt64
    /// `nil` until the section is part of a description.
    var mid: String?
    /// Its section was rejected, and used again for something else: it never carries anything again, and its place is free.
    private(set) var isStopped = false
    /// What we want, whatever the other side allows.
    var wanted: MediaDirection
    var track: LocalTrack?
    /// Our own sources; drawn once, kept as long as the track.
    var ssrc: UInt32
    var rtxSSRC: UInt32
    /// Those of the layers beyond the first.
    var upperSSRCs: [UInt32] = []
    /// `nil` until both sides have described the section, and while it is rejected.
    var negotiated: NegotiatedMedia? {
        didSet {
            formats = (negotiated?.codecs ?? []).map { ReceivedFormat(mid: mid ?? "", kind: kind, codec: $0) }
        }
    }
    /// What is said of received packets, made once for all of them.
    private(set) var formats: [ReceivedFormat] = []
    var remoteTrack: RemoteTrack?

    /// What received packets of a payload type are.
    func format(payloadType: UInt8) -> ReceivedFormat? {
        formats.first { $0.payloadType == payloadType }
    }

    /// The source of a layer; 0 is the only one of a track without layers.
    func source(ofLayer layer: Int) -> UInt32? {
        layer == 0 ? ssrc : upperSSRCs.indices.contains(layer - 1) ? upperSSRCs[layer - 1] : nil
    }

    func layer(ofSource source: UInt32) -> Int? {
        source == ssrc ? 0 : upperSSRCs.firstIndex(of: source).map { $0 + 1 }
    }

    /// What packets of a layer say of themselves, where the layers are not told apart by announced sources.
    func extensions(ofLayer layer: Int) -> [RTPExtensionElement] {
        guard let track, track.layers.indices.contains(layer), let negotiated else { return [] }
        return negotiated.extensions.compactMap { known in
            switch known.uri {
            case HeaderExtension.midURI: .mid(mid ?? "", id: known.id)
            case HeaderExtension.streamIDURI: .streamID(track.layers[layer], id: known.id)
            default: nil
            }
        }
    }

    /// Whether it is to get a section.
    var isWaiting: Bool { mid == nil && !isStopped }

    mutating func stop() {
        isStopped = true
        mid = nil
        negotiated = nil
    }

    /// Whether packets may be sent now.
    var maySend: Bool { track != nil && negotiated?.direction.sends == true }
}

/// What the packets of one payload type in one section have in common: shared by them instead of copied.
final class ReceivedFormat: Sendable {
    let mid: String
    let kind: MediaKind
    let codec: Codec
    /// The codec's, where it is at hand.
    let payloadType: UInt8
    /// The payload type that a retransmission codec repairs.
    let repairs: UInt8?

    init(mid: String, kind: MediaKind, codec: Codec) {
        self.mid = mid
        self.kind = kind
        self.codec = codec
        payloadType = codec.payloadType
        repairs = codec.isRetransmission ? codec.associatedPayloadType : nil
    }
}

/// A section of our descriptions, in order; sections are never removed (RFC 8829 §5.2.2).
enum Section {
    case media(Int)
    case data(mid: String)
    /// A section that we do not understand or that shares nothing with us.
    case unsupported(MediaDescription)
}
