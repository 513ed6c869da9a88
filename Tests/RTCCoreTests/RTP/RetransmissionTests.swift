import NIOCore
import Testing

@testable import RTCCore

extension RTPPacket {
    /// A retransmission of this packet, as a sender of them makes it (RFC 4588 §4).
    fileprivate func wrappedForRetransmission(ssrc: UInt32, payloadType: UInt8, sequenceNumber: UInt16) -> RTPPacket {
        var payload = ByteBuffer(integer: header.sequenceNumber)
        payload.writeImmutableBuffer(self.payload)
        var wrapped = replacingPayload(payload)
        wrapped.header.ssrc = ssrc
        wrapped.header.payloadType = payloadType
        wrapped.header.sequenceNumber = sequenceNumber
        return wrapped
    }
}

@Suite struct RetransmissionTests {
    private let original = RTPPacket(
        payloadType: 96, marker: true, sequenceNumber: 65535, timestamp: 4, ssrc: 5,
        extensions: [.absoluteSendTime(6, id: 3)], payload: ByteBuffer(string: "picture"), paddingLength: 4)

    @Test func aRetransmissionGivesTheOriginalBack() throws {
        let sent = original.wrappedForRetransmission(ssrc: 50, payloadType: 97, sequenceNumber: 700)
        #expect(sent.header.ssrc == 50 && sent.header.payloadType == 97 && sent.header.sequenceNumber == 700)
        var bytes = ByteBuffer()
        sent.serialize(into: &bytes)
        let read = try #require(
            try RTPPacket(parsing: bytes).unwrappingRetransmission(ssrc: 5, payloadType: 96))
        #expect(read.header.sequenceNumber == 65535 && read.header.timestamp == 4 && read.header.marker)
        #expect(read.header.ssrc == 5 && read.header.payloadType == 96)
        #expect(read.payload == ByteBuffer(string: "picture"))
        #expect(read.absoluteSendTime(extension: 3) == 6)
    }

    @Test func aRetransmissionWithoutPayloadIsAProbe() throws {
        let probe = RTPPacket(
            payloadType: 97, sequenceNumber: 1, timestamp: 0, ssrc: 50, payload: ByteBuffer(), paddingLength: 255)
        #expect(try probe.unwrappingRetransmission(ssrc: 5, payloadType: 96) == nil)
    }

    @Test func aRetransmissionOfOneByteIsAnError() {
        let short = RTPPacket(
            payloadType: 97, sequenceNumber: 1, timestamp: 0, ssrc: 50, payload: ByteBuffer(bytes: [1]))
        #expect(throws: RTPParseError.retransmissionTooShort) {
            try short.unwrappingRetransmission(ssrc: 5, payloadType: 96)
        }
    }

    @Test func aRetransmissionOfAnEmptyPacketIsEmpty() throws {
        let empty = RTPPacket(payloadType: 96, sequenceNumber: 9, timestamp: 1, ssrc: 5, payload: ByteBuffer())
        let sent = empty.wrappedForRetransmission(ssrc: 50, payloadType: 97, sequenceNumber: 1)
        let read = try #require(try sent.unwrappingRetransmission(ssrc: 5, payloadType: 96))
        #expect(read.payloadLength == 0 && read.header.sequenceNumber == 9)
    }

    @Test func theServersRetransmissionsAreUnwrapped() throws {
        let packets = try PacketFixtures.packets("resume-rtx").map { try RTPPacket(parsing: $0.bytes) }
        #expect(packets.count == 6)
        let originals = try packets.map {
            try #require(try $0.unwrappingRetransmission(ssrc: 4_167_248_152, payloadType: 96))
        }
        let numbers = originals.map(\.header.sequenceNumber)
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 == $0 &+ 1 })
        // VP8's payload descriptor, as this publisher writes it: no extension, start of partition or not.
        #expect(
            originals.allSatisfy {
                [0x10, 0x00].contains($0.payload.getInteger(at: $0.payload.readerIndex, as: UInt8.self))
            })
    }
}
