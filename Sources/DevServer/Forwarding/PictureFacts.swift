import NIOCore
import RTCCore

/// What a packet of a video track says of the picture that it belongs to, as far as forwarding has to know.
struct PictureFacts: Equatable {
    /// Decoding can begin here.
    var beginsKeyFrame = false
    /// The first packet of a picture, of its lowest spatial layer.
    var beginsPicture = false
    var temporal: UInt8 = 0
    /// One may go over to this picture's temporal layer with it.
    var isLayerSync = false
    var spatial: UInt8 = 0
    /// The last packet of its spatial layer's part of the picture.
    var endsLayer = false
    /// Several spatial layers come from one source.
    var isScalable = false
    var vp8: VP8Descriptor?

    /// - Returns: `nil` for a payload that is not what its codec says.
    init?(_ payload: ByteBuffer, of codec: Codec) {
        switch codec.name.lowercased() {
        case "vp8":
            guard let descriptor = VP8Descriptor(parsing: payload) else { return nil }
            beginsKeyFrame = descriptor.beginsKeyFrame
            beginsPicture = descriptor.beginsPicture
            temporal = descriptor.temporal
            isLayerSync = descriptor.isLayerSync
            vp8 = descriptor
        case "vp9":
            guard let found = Self.vp9(payload) else { return nil }
            self = found
        case "h264":
            guard let begins = Self.beginsH264KeyFrame(payload) else { return nil }
            beginsKeyFrame = begins
        case "h265":
            guard let begins = Self.beginsH265KeyFrame(payload) else { return nil }
            beginsKeyFrame = begins
        case "av1":
            // N: the packet begins a coded video sequence (AV1's RTP format §4.4).
            guard let header: UInt8 = payload.getInteger(at: payload.readerIndex) else { return nil }
            beginsKeyFrame = header & 0x08 != 0
        case "jpeg":
            // Each picture stands by itself; the fragment at 0 begins it (RFC 2435 §3.1).
            guard payload.readableBytes >= 8 else { return nil }
            beginsPicture = payload.getBytes(at: payload.readerIndex + 1, length: 3) == [0, 0, 0]
            beginsKeyFrame = beginsPicture
        default:
            // Nothing is known of what remains: one may begin anywhere.
            beginsKeyFrame = true
        }
    }

    private init() {}

    /// VP9's descriptor as far as its layer indices (RFC 9628 §4.2).
    private static func vp9(_ payload: ByteBuffer) -> PictureFacts? {
        var reader = payload
        guard let first: UInt8 = reader.readInteger() else { return nil }
        var facts = PictureFacts()
        if first & 0x80 != 0 {
            guard let id: UInt8 = reader.readInteger() else { return nil }
            if id & 0x80 != 0 { guard reader.readInteger(as: UInt8.self) != nil else { return nil } }
        }
        if first & 0x20 != 0 {
            guard let layers: UInt8 = reader.readInteger() else { return nil }
            facts.temporal = layers >> 5
            facts.isLayerSync = layers & 0x10 != 0
            facts.spatial = layers >> 1 & 0x07
            facts.isScalable = true
        }
        let begins = first & 0x08 != 0
        facts.endsLayer = first & 0x04 != 0
        facts.beginsPicture = begins && facts.spatial == 0
        facts.beginsKeyFrame = facts.beginsPicture && first & 0x40 == 0
        return facts
    }

    /// Whether there is a sequence parameter set (RFC 6184 §5.2): encoders send one before each picture to begin with.
    private static func beginsH264KeyFrame(_ payload: ByteBuffer) -> Bool? {
        var reader = payload
        guard let first: UInt8 = reader.readInteger() else { return nil }
        switch first & 0x1F {
        case 24:
            while let length: UInt16 = reader.readInteger() {
                guard let unit = reader.readSlice(length: Int(length)), let head = unit.readableBytesView.first else {
                    return nil
                }
                if head & 0x1F == 7 { return true }
            }
            return false
        case 28:
            guard let header: UInt8 = reader.readInteger() else { return nil }
            return header & 0x80 != 0 && header & 0x1F == 7
        case let type: return type == 7
        }
    }

    /// The same of H.265, where a video parameter set comes first (RFC 7798 §4.4).
    private static func beginsH265KeyFrame(_ payload: ByteBuffer) -> Bool? {
        var reader = payload
        guard let first: UInt8 = reader.readInteger(), reader.readInteger(as: UInt8.self) != nil else { return nil }
        switch first >> 1 & 0x3F {
        case 48:
            while let length: UInt16 = reader.readInteger() {
                guard let unit = reader.readSlice(length: Int(length)), let head = unit.readableBytesView.first else {
                    return nil
                }
                if (32...33).contains(head >> 1 & 0x3F) { return true }
            }
            return false
        case 49:
            guard let header: UInt8 = reader.readInteger() else { return nil }
            return header & 0x80 != 0 && (32...33).contains(header & 0x3F)
        case let type: return (32...33).contains(type)
        }
    }
}
