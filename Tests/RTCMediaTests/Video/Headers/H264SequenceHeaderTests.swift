import RTCMedia
import SansIO
import Simulation
import Testing

@Suite struct H264SequenceHeaderTests {
    /// Of libwebrtc's openh264: constrained baseline, 640×360 of 640×368.
    private static let recorded: [UInt8] = [
        0x42, 0xC0, 0x1E, 0x8C, 0x68, 0x0A, 0x02, 0xFF, 0x96, 0x01, 0xE1, 0x10, 0x8D, 0x40,
    ]

    @Test("A recorded set tells its size, cropped")
    func recorded() throws {
        let header = try H264SequenceHeader(parsing: Self.recorded)
        #expect(header.profile == 66)
        #expect(header.size == VideoSize(width: 640, height: 360))
        #expect(header.codedSize == VideoSize(width: 640, height: 368))
        #expect(!header.isInterlaced && !header.isFullRange && header.bitDepth == 8 && header.chromaFormat == 1)
    }

    @Test("A set cut anywhere before its size is an error")
    func truncated() {
        for length in 0..<8 {
            #expect(throws: VideoHeaderError.truncated, "\(length) bytes") {
                try H264SequenceHeader(parsing: Array(Self.recorded.prefix(length)))
            }
        }
    }

    @Test("Numbers beyond what the standard allows are errors, whatever they are multiplied with")
    func outOfRange() {
        // An Exp-Golomb code of 33 zeros, and one of the greatest number.
        #expect(throws: VideoHeaderError.valueOutOfRange) {
            try H264SequenceHeader(parsing: [66, 0, 31, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
        }
        #expect(throws: VideoHeaderError.valueOutOfRange) {
            try H264SequenceHeader(parsing: [66, 0, 31, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
        }
    }

    @Test("Random bytes give a size within the bounds, or an error")
    func random() {
        let seed = UInt64.random(in: 0...(.max))
        print("seed \(seed)")
        var random = RandomSource.seeded(seed)
        for _ in 0..<20_000 {
            var bytes = Self.recorded
            for _ in 0..<(1 + random.next() % 4) {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            guard let header = try? H264SequenceHeader(parsing: bytes) else { continue }
            #expect(header.size.width >= 1 && header.size.width <= header.codedSize.width, "seed \(seed)")
            #expect(header.codedSize.width <= 65_536 && header.codedSize.height <= 131_072, "seed \(seed)")
        }
    }

    @Test("Bytes that keep start codes out are taken away")
    func emulationPrevention() {
        let unit: [UInt8] = [0x67, 0, 0, 3, 1, 0, 0, 3, 0, 0, 3, 3, 9]
        let payload = unit.withUnsafeBytes { H264SequenceHeader.payload(of: $0[...]) }
        #expect(payload == [0, 0, 1, 0, 0, 0, 0, 3, 9])
    }
}
