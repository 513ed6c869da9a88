import NIOCore
import RTCMedia
import Testing

@Suite struct VP8DepacketiserTests {
    @Test func theDescriptorOfLivekitsPublisherHasNothingButTheStart() throws {
        let descriptor = try VP8PayloadDescriptor(parsing: ByteBuffer(bytes: [0x10, 0x50]))
        #expect(descriptor.startsPartition && descriptor.partition == 0 && descriptor.length == 1)
        #expect(descriptor.pictureID == nil && descriptor.baseIndex == nil && descriptor.temporalLayer == nil)
    }

    @Test func allFieldsOfTheDescriptorAreRead() throws {
        // X, N, S, PID 5; I, L, T, K; 15 bits; TL0PICIDX; TID 2, Y, KEYIDX 17.
        let bytes: [UInt8] = [0xB5, 0xF0, 0x92, 0x34, 0xAB, 0b1011_0001, 0xFF]
        let descriptor = try VP8PayloadDescriptor(parsing: ByteBuffer(bytes: bytes))
        #expect(descriptor.isNonReference && descriptor.startsPartition && descriptor.partition == 5)
        #expect(descriptor.pictureID == PictureID(0x1234, bits: 15) && descriptor.baseIndex == 0xAB)
        #expect(descriptor.temporalLayer == 2 && descriptor.refersToBaseOnly && descriptor.keyIndex == 17)
        #expect(descriptor.length == 6)
        for length in 0..<6 {
            #expect(throws: VideoPayloadError.self) {
                try VP8PayloadDescriptor(parsing: ByteBuffer(bytes: bytes.prefix(length)))
            }
        }
    }

    @Test func aPictureIDOfSevenBitsIsOneByte() throws {
        let descriptor = try VP8PayloadDescriptor(parsing: ByteBuffer(bytes: [0x90, 0x80, 0x7F, 0]))
        #expect(descriptor.pictureID == PictureID(127, bits: 7) && descriptor.length == 3)
    }

    @Test func aKeyFrameShowsInItsFirstPacketAlone() throws {
        let reader = VP8Depacketiser()
        let first = try reader.inspect(ByteBuffer(bytes: [0x10, 0x50]), marker: false)
        #expect(first.start == .certain && first.isKeyFrame && !first.isEnd)
        let delta = try reader.inspect(ByteBuffer(bytes: [0x10, 0x51]), marker: true)
        #expect(delta.start == .certain && !delta.isKeyFrame && delta.isEnd)
        let later = try reader.inspect(ByteBuffer(bytes: [0x11, 0x50]), marker: false)
        #expect(later.start == .no && !later.isKeyFrame)
        #expect(throws: VideoPayloadError.truncated(.frameHeader)) {
            try reader.inspect(ByteBuffer(bytes: [0x10]), marker: false)
        }
    }

    @Test func aKeyFrameSaysItsSizeAndMustHaveItsStartCode() throws {
        var reader = VP8Depacketiser()
        let header: [UInt8] = [0x10, 0x50, 0, 0, 0x9D, 0x01, 0x2A, 0x80, 0x42, 0x68, 0xC1]
        var data = ByteBuffer()
        let properties = try reader.assemble([ByteBuffer(bytes: header)], isKeyFrame: true, into: &data)
        // The upper two bits ask for scaling.
        #expect(
            properties.size == VideoSize(width: 640, height: 360) && Array(data.readableBytesView) == header.suffix(10))
        var broken = header
        broken[4] = 0x9C
        #expect(throws: VideoPayloadError.malformed(.frameHeader)) {
            var data = ByteBuffer()
            _ = try reader.assemble([ByteBuffer(bytes: broken)], isKeyFrame: true, into: &data)
        }
    }
}
