import NIOCore
import SansIO

/// Puts the VP8 frames of one source into RTP payloads (RFC 7741): a descriptor with a 15-bit picture id before each
/// piece, and the temporal layer where there are some.
public struct VP8Packetiser: Sendable {
    /// The fields of one RTP packet to send.
    public struct Packet: Sendable {
        /// The last one of its frame.
        public var marker: Bool
        public var sequenceNumber: UInt16
        public var timestamp: UInt32
        public var payload: ByteBuffer

        public init(marker: Bool, sequenceNumber: UInt16, timestamp: UInt32, payload: ByteBuffer) {
            self.marker = marker
            self.sequenceNumber = sequenceNumber
            self.timestamp = timestamp
            self.payload = payload
        }
    }

    /// Bytes of a payload, so that a packet with its extensions and protection fits every path.
    public static let usualPayload = 1100
    /// Frames with more are refused: no camera makes them.
    public static let largestFrame = 4_000_000
    private static let descriptorLength = 4
    /// With TL0PICIDX and TID.
    private static let layeredDescriptorLength = 6

    private let mostPayload: Int
    private var sequenceNumber: UInt16
    private var pictureID: UInt16
    private var baseIndex: UInt8

    /// - Parameters:
    ///   - mostPayload: bytes of a payload, its descriptor included; at least 32.
    ///   - random: gives the first sequence number and picture id.
    public init(mostPayload: Int = usualPayload, random: RandomSource) {
        var random = random
        self.mostPayload = max(32, mostPayload)
        // In the lower half, so that the first packets of a source do not wrap before SRTP has synchronised.
        sequenceNumber = UInt16(truncatingIfNeeded: random.next()) & 0x7FFF
        pictureID = UInt16(truncatingIfNeeded: random.next()) & 0x7FFF
        baseIndex = UInt8(truncatingIfNeeded: random.next())
    }

    /// The packets of one frame, in order, all of about the same size; none for an empty frame, and for one above
    /// ``largestFrame``.
    /// - Parameters:
    ///   - timestamp: in 90 kHz ticks.
    ///   - temporal: where the frame stands among temporal layers, if there are any.
    public mutating func packets(
        of frame: ByteBuffer, timestamp: UInt32, temporal: TemporalPlace? = nil
    ) -> [Packet] {
        let length = frame.readableBytes
        guard length > 0, length <= Self.largestFrame else { return [] }
        pictureID = (pictureID &+ 1) & 0x7FFF
        if temporal?.layer == 0 { baseIndex &+= 1 }
        let descriptorLength = temporal == nil ? Self.descriptorLength : Self.layeredDescriptorLength
        let most = mostPayload - descriptorLength
        let count = (length + most - 1) / most
        return (0..<count).map { index in
            let (start, end) = (index * length / count, (index + 1) * length / count)
            var payload = ByteBuffer()
            payload.reserveCapacity(descriptorLength + end - start)
            writeDescriptor(into: &payload, isFirst: index == 0, temporal)
            if let piece = frame.getSlice(at: frame.readerIndex + start, length: end - start) {
                payload.writeImmutableBuffer(piece)
            }
            defer { sequenceNumber &+= 1 }
            return Packet(
                marker: index == count - 1, sequenceNumber: sequenceNumber, timestamp: timestamp, payload: payload)
        }
    }

    /// RFC 7741 §4.2.
    private func writeDescriptor(into payload: inout ByteBuffer, isFirst: Bool, _ temporal: TemporalPlace?) {
        // X; N where nothing refers to the frame; S where the first partition begins.
        let isNonReference = temporal?.isNonReference ?? false
        payload.writeInteger(0x80 | (isNonReference ? UInt8(0x20) : 0) | (isFirst ? 0x10 : 0))
        // I; L and T where there are layers.
        payload.writeInteger(temporal == nil ? UInt8(0x80) : 0xE0)
        payload.writeInteger(0x8000 | pictureID)
        guard let temporal else { return }
        payload.writeInteger(baseIndex)
        payload.writeInteger(temporal.layer << 6 | (temporal.refersToBaseOnly ? 0x20 : 0))
    }
}
