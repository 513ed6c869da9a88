import NIOCore

/// The receiver's estimate of the bandwidth towards it: REMB (draft-alvestrand-rmcat-remb-03 §2.2).
public struct BandwidthEstimate: Hashable, Sendable {
    static let format: UInt8 = 15
    /// "REMB".
    static let identifier: UInt32 = 0x5245_4D42

    public var senderSSRC: UInt32
    /// 0 by the draft.
    public var mediaSSRC: UInt32
    /// 6 bits.
    public var exponent: UInt8
    /// 18 bits.
    public var mantissa: UInt32
    /// The sources that the estimate covers together; at most 255.
    public var ssrcs: [UInt32]

    /// - Parameter bitrate: in bit/s; rounded down to 18 significant bits.
    public init(senderSSRC: UInt32, bitrate: UInt64, ssrcs: [UInt32]) {
        self.senderSSRC = senderSSRC
        mediaSSRC = 0
        let shift = max(0, 64 - bitrate.leadingZeroBitCount - 18)
        exponent = UInt8(truncatingIfNeeded: shift)
        mantissa = UInt32(truncatingIfNeeded: bitrate >> UInt64(shift))
        self.ssrcs = ssrcs
    }

    /// In bit/s; saturates.
    public var bitrate: UInt64 {
        let value = UInt64(mantissa)
        return value.leadingZeroBitCount >= Int(exponent) ? value << UInt64(exponent) : value == 0 ? 0 : .max
    }

    /// `nil` where it is other application feedback or its counts are wrong.
    init?(sender: UInt32, media: UInt32, control: ByteBuffer) {
        var control = control
        guard let (identifier, word) = control.readMultipleIntegers(as: (UInt32, UInt32).self),
            identifier == Self.identifier, control.readableBytes == 4 * Int(word >> 24)
        else { return nil }
        senderSSRC = sender
        mediaSSRC = media
        exponent = UInt8(truncatingIfNeeded: word >> 18 & 0x3F)
        mantissa = word & 0x3_FFFF
        ssrcs = []
        while let ssrc: UInt32 = control.readInteger() { ssrcs.append(ssrc) }
    }

    func write(to writer: inout RTCPWriter) {
        writer.feedback(type: RTCPPacket.payloadFeedbackType, format: Self.format, senderSSRC, mediaSSRC) { buffer in
            let count = UInt32(min(ssrcs.count, 255))
            let word = count << 24 | UInt32(exponent & 0x3F) << 18 | mantissa & 0x3_FFFF
            buffer.writeMultipleIntegers(Self.identifier, word)
            for ssrc in ssrcs.prefix(255) { buffer.writeInteger(ssrc) }
        }
    }
}
