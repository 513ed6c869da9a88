import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite struct RTPPacketTests {
    private func parse(_ hex: String) throws(RTPParseError) -> RTPPacket {
        try RTPPacket(parsing: PacketFixtures.buffer(hex).shifted)
    }

    private func error(_ hex: String) -> RTPParseError? {
        do throws(RTPParseError) {
            _ = try parse(hex)
            return nil
        } catch {
            return error
        }
    }

    @Test func everyFieldIsReadFromItsPlace() throws {
        let packet = try parse("b2 e0 1234 89abcdef 01020304 0000000a 0000000b bede0001 10aa0000 de ad be ef 00 02")
        #expect(packet.header.marker)
        #expect(packet.header.payloadType == 96)
        #expect(packet.header.sequenceNumber == 0x1234)
        #expect(packet.header.timestamp == 0x89AB_CDEF)
        #expect(packet.header.ssrc == 0x0102_0304)
        #expect(packet.csrcs == [10, 11])
        #expect(packet.header.extensionProfile == 0xBEDE)
        #expect(packet.headerExtension(1) == ByteBuffer(bytes: [0xAA]))
        #expect(packet.takePayload() == packet.payload)
        #expect(packet.header.paddingLength == 2)
        #expect(packet.payload == ByteBuffer(bytes: [0xDE, 0xAD, 0xBE, 0xEF]))
        #expect(packet.length == 34)
    }

    @Test func brokenPacketsAreNamed() {
        #expect(error("") == .tooShort)
        #expect(error("8000 0000 00000000 000000") == .tooShort)
        #expect(error("4000 0000 00000000 00000000") == .unsupportedVersion(1))
        #expect(error("8100 0000 00000000 00000000") == .headerBeyondPacket)
        #expect(error("8f00 0000 00000000 00000000 00000000") == .headerBeyondPacket)
        #expect(error("9000 0000 00000000 00000000 bede") == .headerBeyondPacket)
        #expect(error("9000 0000 00000000 00000000 bede0001") == .headerBeyondPacket)
        #expect(error("9000 0000 00000000 00000000 bedeffff 00000000") == .headerBeyondPacket)
        #expect(error("a000 0000 00000000 00000000") == .invalidPadding)
        #expect(error("a000 0000 00000000 00000000 00") == .invalidPadding)
        #expect(error("a000 0000 00000000 00000000 0002 03 05") == .invalidPadding)
        #expect(error("b000 0000 00000000 00000000 bede0001 10000005") == .invalidPadding)
    }

    @Test func paddingAloneLeavesNoPayload() throws {
        let packet = try parse("a000 0000 00000000 00000000 00000004")
        #expect(packet.payloadLength == 0)
        #expect(packet.payload.readableBytes == 0)
    }

    @Test func oneByteElementsEndAtTheReservedId() throws {
        let packet = try parse("9000 0000 00000000 00000000 bede0003 10aa 00 21bbcc 00 f0 11dd 30ee")
        #expect(
            packet.headerExtensions == [
                RTPExtensionElement(id: 1, data: [0xAA]), RTPExtensionElement(id: 2, data: [0xBB, 0xCC]),
            ])
        #expect(packet.headerExtension(3) == nil)
    }

    @Test func anElementWithIdZeroIsPassedOverWithItsData() throws {
        let packet = try parse("9000 0000 00000000 00000000 bede0002 02aabbcc 10dd0000")
        #expect(packet.headerExtensions == [RTPExtensionElement(id: 1, data: [0xDD])])
    }

    @Test func twoByteElementsMayBeEmptyAndLong() throws {
        let data = [UInt8](0..<20)
        let elements = [
            RTPExtensionElement(id: 200, data: data), RTPExtensionElement(id: 1, data: []),
            RTPExtensionElement(id: 15, data: [7]),
        ]
        let built = RTPPacket(
            payloadType: 96, sequenceNumber: 1, timestamp: 2, ssrc: 3, extensions: elements, payload: ByteBuffer())
        #expect(built.header.extensionProfile == 0x1000)
        #expect(built.headerExtensions == elements)
        #expect(built.headerExtension(200) == ByteBuffer(bytes: data))
        #expect(built.headerExtension(1) == nil)
        // The application bits in the profile do not matter.
        #expect(
            try parse("9000 0000 00000000 00000000 100f0001 0501aa00").headerExtension(5) == ByteBuffer(bytes: [0xAA]))
    }

    @Test func anElementBeyondTheExtensionEndsTheScan() throws {
        let one = try parse("9000 0000 00000000 00000000 bede0001 10aa 2fbb cccccccc")
        #expect(one.headerExtensions == [RTPExtensionElement(id: 1, data: [0xAA])])
        let two = try parse("9000 0000 00000000 00000000 10000001 0109aabb cccccccc")
        #expect(two.headerExtensions.isEmpty)
        #expect(try parse("9000 0000 00000000 00000000 10000001 00000001 cc").headerExtensions.isEmpty)
    }

    @Test func anExtensionOfAnotherProfileHasNoElements() throws {
        let packet = try parse("9000 0000 00000000 00000000 abcd0001 10aa0000 ff")
        #expect(packet.headerExtensions.isEmpty)
        #expect(packet.payload == ByteBuffer(bytes: [0xFF]))
    }

    @Test func theFirstOfTwoElementsWithOneIdCounts() throws {
        let packet = try parse("9000 0000 00000000 00000000 bede0001 10aa10bb")
        #expect(packet.headerExtension(1) == ByteBuffer(bytes: [0xAA]))
    }

    @Test func knownElementsAreUnderstood() {
        let packet = RTPPacket(
            payloadType: 111, sequenceNumber: 0, timestamp: 0, ssrc: 0,
            extensions: [
                .mid("12", id: 1), .audioLevel(200, isVoice: true, id: 2), .absoluteSendTime(0x12_3456, id: 3),
                RTPExtensionElement(id: 4, data: [0x12, 0x34]),
            ], payload: ByteBuffer())
        #expect(packet.header.extensionProfile == 0xBEDE)
        #expect(packet.text(extension: 1) == "12")
        #expect(packet.audioLevel(extension: 2)?.level == 127)
        #expect(packet.audioLevel(extension: 2)?.isVoice == true)
        #expect(packet.absoluteSendTime(extension: 3) == 0x12_3456)
        #expect(packet.transportSequenceNumber(extension: 4) == 0x1234)
        #expect(packet.transportSequenceNumber(extension: 3) == nil)
        #expect(packet.absoluteSendTime(extension: 4) == nil)
        #expect(packet.text(extension: 9) == nil)
    }

    @Test func aBuiltPacketReadsBackEqual() throws {
        let seed: UInt64 = 0x47B
        var random = RandomSource.seeded(seed)
        for round in 0..<300 {
            let elements = (0..<Int.random(in: 0...3, using: &random)).map { index in
                let size = Int.random(in: round % 2 == 0 ? 1...16 : 0...40, using: &random)
                return RTPExtensionElement(id: UInt8(index + 1), data: random.bytes(size))
            }
            let payload = ByteBuffer(bytes: random.bytes(Int.random(in: 0...1200, using: &random)))
            let csrcs = (0..<Int.random(in: 0...15, using: &random)).map { UInt32($0) }
            let padding = UInt8(round % 3 == 0 ? Int.random(in: 1...255, using: &random) : 0)
            let built = RTPPacket(
                payloadType: UInt8.random(in: 0...127, using: &random), marker: Bool.random(using: &random),
                sequenceNumber: UInt16.random(in: 0...(.max), using: &random),
                timestamp: UInt32.random(in: 0...(.max), using: &random),
                ssrc: UInt32.random(in: 0...(.max), using: &random),
                csrcs: csrcs, extensions: elements, payload: payload, paddingLength: padding)
            var bytes = ByteBuffer()
            built.serialize(into: &bytes)
            #expect(bytes.writableBytes >= 16)
            let read = try RTPPacket(parsing: bytes)
            #expect(read.header == built.header, "seed \(seed) round \(round)")
            #expect(read.payload == payload && built.payload == payload)
            #expect(read.csrcs == csrcs)
            #expect(read.headerExtensions == elements)
        }
    }

    @Test func changedFieldsAreWrittenAndTheRestIsKept() throws {
        var packet = try parse("b2 e0 1234 89abcdef 01020304 0000000a 0000000b bede0001 10aa0000 de ad be ef 00 02")
        packet.header.ssrc = 9
        packet.header.sequenceNumber = 8
        packet.header.timestamp = 7
        packet.header.payloadType = 6
        packet.header.marker = false
        var bytes = ByteBuffer(string: "before")
        packet.serialize(into: &bytes)
        bytes.moveReaderIndex(forwardBy: 6)
        let expected = "b2 06 0008 00000007 00000009 0000000a 0000000b bede0001 10aa0000 de ad be ef 00 02"
        #expect(bytes == PacketFixtures.buffer(expected))
    }

    @Test func aPacketCutAnywhereIsAnErrorOrShorter() throws {
        let whole = PacketFixtures.buffer("92 e0 1234 89abcdef 01020304 0000000a 0000000b bede0001 10aa0000 deadbeef")
        for length in 0..<whole.readableBytes {
            let cut = whole.getSlice(at: 0, length: length) ?? ByteBuffer()
            if length < 28 {
                #expect(throws: RTPParseError.self) { try RTPPacket(parsing: cut) }
            } else {
                #expect(try RTPPacket(parsing: cut).payloadLength == length - 28)
            }
        }
    }

    @Test func garbageNeverTraps() {
        let seed: UInt64 = 0x6A2
        var random = RandomSource.seeded(seed)
        var parsed = 0
        for _ in 0..<20_000 {
            var bytes = random.bytes(Int.random(in: 0...60, using: &random))
            if bytes.count > 14 {
                bytes[0] = 0x80 | bytes[0] & 0x33
                if bytes[0] & 0x13 == 0x10 {
                    bytes.replaceSubrange(12..<14, with: [[0xBE, 0xDE], [0x10, 0]][Int(bytes[1] & 1)])
                }
                if bytes.count > 15 { bytes[14] = 0 }
            }
            guard let packet = try? RTPPacket(parsing: ByteBuffer(bytes: bytes).shifted) else { continue }
            parsed += 1
            _ = (packet.headerExtensions, packet.audioLevel(extension: 1), packet.text(extension: 2), packet.csrcs)
            #expect(packet.payload.readableBytes == packet.payloadLength)
            _ = try? packet.unwrappingRetransmission(ssrc: 1, payloadType: 2)
            var out = ByteBuffer()
            packet.serialize(into: &out)
            #expect(out == ByteBuffer(bytes: bytes), "seed \(seed)")
        }
        #expect(parsed > 1000)
    }
}
