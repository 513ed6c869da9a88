import NIOCore

extension RTPPacket {
    /// The original packet inside a retransmission (RFC 4588 §4), under the original source and payload type.
    ///
    /// - Returns: `nil` for a packet without payload, which only probes the path.
    /// - Throws: `retransmissionTooShort` where the original sequence number does not fit.
    public func unwrappingRetransmission(ssrc: UInt32, payloadType: UInt8) throws(RTPParseError) -> RTPPacket? {
        if payloadLength == 0 { return nil }
        var payload = self.payload
        guard let original: UInt16 = payload.readInteger() else { throw .retransmissionTooShort }
        var unwrapped = replacingPayload(payload)
        unwrapped.header.ssrc = ssrc
        unwrapped.header.payloadType = payloadType & 0x7F
        unwrapped.header.sequenceNumber = original
        return unwrapped
    }
}
