import NIOCore
import RTCMedia
import Testing

@Suite struct VP9DepacketiserTests {
    @Test func flexibleModeListsWhatAPictureRefersTo() throws {
        // I, P, L, F, B; 15 bits; TID 1, U, SID 2, D; 3 and 127 back.
        let bytes: [UInt8] = [0xF8, 0x81, 0x02, 0b0011_0101, 0x07, 0xFE, 0xAA]
        let descriptor = try VP9PayloadDescriptor(parsing: ByteBuffer(bytes: bytes))
        #expect(descriptor.pictureID == PictureID(0x102, bits: 15))
        #expect(descriptor.refersToPictures && descriptor.isFlexible && descriptor.startsLayerFrame)
        #expect(descriptor.layer?.temporal == 1 && descriptor.layer?.spatial == 2)
        #expect(descriptor.layer?.isSwitchingPoint == true && descriptor.layer?.refersToLowerLayer == true)
        #expect(descriptor.layer?.baseIndex == nil && descriptor.length == 6)
        #expect(descriptor.pictureDistances == UInt128(1) << 3 | UInt128(1) << 127)
        for length in 0..<6 {
            #expect(throws: VideoPayloadError.self) {
                try VP9PayloadDescriptor(parsing: ByteBuffer(bytes: bytes.prefix(length)))
            }
        }
    }

    @Test func aFourthReferenceAndOneToItselfAreMalformed() {
        for list in [[0x03, 0x05, 0x07, 0x08], [0x00]] as [[UInt8]] {
            #expect(throws: VideoPayloadError.malformed(.referenceList)) {
                try VP9PayloadDescriptor(parsing: ByteBuffer(bytes: [0xD8, 0x01] + list))
            }
        }
        #expect(throws: VideoPayloadError.malformed(.pictureID)) {
            try VP9PayloadDescriptor(parsing: ByteBuffer(bytes: [0x18, 0x01]))
        }
    }

    @Test func theScalabilityStructureSaysTheSizesOfLayers() throws {
        // I, L, B, V without F; 7 bits; TL0PICIDX; two layers with sizes and a pattern of two pictures.
        let bytes: [UInt8] =
            [0xAA, 0x05, 0x00, 0x63] + [0x38] + [0x01, 0x40, 0x00, 0xB4] + [0x02, 0x80, 0x01, 0x68]
            + [2, 0b0000_0100, 1, 0b0011_1000, 1, 2]
        let descriptor = try VP9PayloadDescriptor(parsing: ByteBuffer(bytes: bytes + [0x82]))
        #expect(descriptor.structure?.spatialLayers == 2 && descriptor.layer?.baseIndex == 0x63)
        #expect(descriptor.structure?.size(ofLayer: 0) == VideoSize(width: 320, height: 180))
        #expect(descriptor.structure?.size(ofLayer: 1) == VideoSize(width: 640, height: 360))
        #expect(descriptor.structure?.size(ofLayer: 2) == nil && descriptor.length == bytes.count)
        for length in 4..<bytes.count {
            #expect(throws: VideoPayloadError.truncated(.scalabilityStructure)) {
                try VP9PayloadDescriptor(parsing: ByteBuffer(bytes: bytes.prefix(length)))
            }
        }
    }

    @Test func aPictureBeginsWithItsLowestLayer() throws {
        let reader = VP9Depacketiser()
        func inspect(_ bytes: [UInt8]) throws -> VideoFragment {
            try reader.inspect(ByteBuffer(bytes: bytes + [0x82]), marker: false)
        }
        // Key picture: the base layer, then one that refers to it, then one that does not.
        let base = try inspect([0xA8, 1, 0x00, 9])
        #expect(base.start == .certain && base.isKeyFrame)
        #expect(try inspect([0xA8, 1, 0x03, 9]).start == .no)
        let free = try inspect([0xE8, 1, 0x22, 9])
        #expect(free.start == .possible && !free.isKeyFrame && free.temporalLayer == 1)
        #expect(try inspect([0xA0, 1, 0x00, 9]).start == .no)
    }

    @Test func theSizeOfASingleLayerComesFromTheFrameItself() throws {
        var writer = BitWriter()
        writer.vp9KeyHeader(width: 1280, height: 720)
        var reader = VP9Depacketiser()
        var data = ByteBuffer()
        let payload = ByteBuffer(bytes: [0x88, 0x01] + writer.bytes)
        let properties = try reader.assemble([payload], isKeyFrame: true, into: &data)
        #expect(properties.size == VideoSize(width: 1280, height: 720))
        #expect(Array(data.readableBytesView) == writer.bytes)
    }
}
