import NIOCore
import RTCMedia
import SansIO
import Testing

@Suite struct REDTests {
    static func frame(_ byte: UInt8, count: Int) -> ByteBuffer { ByteBuffer(repeating: byte, count: count) }

    @Test func whatIsPutTogetherComesApart() throws {
        var encoder = REDEncoder(blockPayloadType: 111, depth: 2)
        _ = encoder.encode(Self.frame(1, count: 10), timestamp: 0xFFFF_FC40)
        _ = encoder.encode(Self.frame(2, count: 300), timestamp: 0)
        let payload = encoder.encode(Self.frame(3, count: 20), timestamp: 960)
        let red = try REDPayload(parsing: payload)
        #expect(red.primary == Self.frame(3, count: 20) && red.primaryPayloadType == 111)
        #expect(red.redundantCount == 2)
        let blocks = (0..<2).compactMap { red.redundantBlock($0) }
        #expect(blocks.map(\.timestampOffset) == [1920, 960])
        #expect(blocks.map(\.payload) == [Self.frame(1, count: 10), Self.frame(2, count: 300)])
        #expect(blocks.allSatisfy { $0.payloadType == 111 })
        #expect(red.redundantBlock(2) == nil && red.redundantBlock(-1) == nil)
    }

    @Test func framesThatTheHeaderCannotDescribeAreLeftOut() throws {
        var encoder = REDEncoder(blockPayloadType: 111, depth: 1)
        _ = encoder.encode(Self.frame(1, count: 1024), timestamp: 0)
        #expect(try REDPayload(parsing: encoder.encode(Self.frame(2, count: 5), timestamp: 960)).redundantCount == 0)
        let late = encoder.encode(Self.frame(3, count: 5), timestamp: 960 + 16_384)
        #expect(try REDPayload(parsing: late).redundantCount == 0)
        let next = encoder.encode(Self.frame(4, count: 5), timestamp: 960 + 16_384 + 16_383)
        #expect(try REDPayload(parsing: next).redundantBlock(0)?.timestampOffset == 16_383)
    }

    @Test func aPayloadAsCapturedIsRead() throws {
        // 960 ticks of age, 3 bytes; then the primary.
        let red = try REDPayload(parsing: ByteBuffer(bytes: [0xEF, 0x0F, 0x00, 0x03, 0x6F, 0x78, 1, 2, 0x78, 9]))
        #expect(red.redundantBlock(0)?.payload == ByteBuffer(bytes: [0x78, 1, 2]))
        #expect(red.redundantBlock(0)?.timestampOffset == 960)
        #expect(red.primary == ByteBuffer(bytes: [0x78, 9]))
    }

    @Test func everyTruncationSaysWhatIsMissing() throws {
        let whole: [UInt8] = [0xEF, 0x0F, 0x00, 0x03, 0xEF, 0x07, 0x80, 0x02, 0x6F, 1, 2, 3, 4, 5]
        for length in 0..<9 {
            #expect(throws: REDParseError.truncatedHeaders) {
                try REDPayload(parsing: ByteBuffer(bytes: whole.prefix(length)))
            }
        }
        for length in 9..<14 {
            #expect(throws: REDParseError.blocksExceedPayload) {
                try REDPayload(parsing: ByteBuffer(bytes: whole.prefix(length)))
            }
        }
        #expect(try REDPayload(parsing: ByteBuffer(bytes: whole)).primary.readableBytes == 0)
    }

    @Test func moreBlocksThanAnyoneSendsAreRefused() {
        let header: [UInt8] = [0xEF, 0, 0, 0]
        let ten: [UInt8] = Array(repeating: header, count: 10).flatMap { $0 } + [0x6F]
        #expect((try? REDPayload(parsing: ByteBuffer(bytes: ten)))?.redundantCount == 10)
        #expect(throws: REDParseError.tooManyBlocks) {
            try REDPayload(parsing: ByteBuffer(bytes: header + ten))
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func randomBytesAreReadOrRefusedAndBlocksLieInside(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var parsed = 0
        for _ in 0..<5000 {
            let length = Int.random(in: 0..<64, using: &random)
            var bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            for index in stride(from: 2, to: length, by: 4) { bytes[index] &= 0xFC }
            guard let red = try? REDPayload(parsing: ByteBuffer(bytes: bytes)) else { continue }
            parsed += 1
            let blocks = (0..<red.redundantCount).compactMap { red.redundantBlock($0) }
            let total = blocks.reduce(red.primary.readableBytes + 1) { $0 + 4 + $1.payload.readableBytes }
            #expect(blocks.count == red.redundantCount && total == length, "seed \(seed)")
        }
        #expect(parsed > 100)
    }
}
