import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCMedia

@Suite struct JPEGPayloadTests {
    /// 16×16 of 4:2:0, Q 50, three bytes of data.
    private static let plain: [UInt8] = [0, 0, 0, 0, 1, 50, 2, 2, 1, 2, 3]

    private static func parse(_ bytes: [UInt8]) throws -> JPEGPayload {
        try JPEGPayload(parsing: ByteBuffer(bytes: bytes))
    }

    private static func with(_ changes: [Int: UInt8], _ extra: [UInt8] = []) -> [UInt8] {
        var bytes = plain
        for (at, value) in changes { bytes[at] = value }
        return bytes + extra
    }

    @Test("The fields are where RFC 2435 has them")
    func fields() throws {
        let payload = try Self.parse([0, 0x12, 0x34, 0x56, 0x41, 99, 255, 1, 0x01, 0x02, 0xFF, 0xFF, 9])
        #expect(payload.offset == 0x12_3456)
        #expect(payload.picture.sampling == 1 && payload.picture.quality == 99)
        #expect(payload.picture.size == VideoSize(width: 2_040, height: 8))
        #expect(payload.picture.restartInterval == 0x0102)
        #expect(payload.tables == nil && payload.data == ByteBuffer(bytes: [9]))
    }

    @Test("Tables of 8 and of 16 bits are read, each by its bit of the precision")
    func tables() throws {
        let narrow = (0..<64).map { UInt8($0 + 1) }
        let wide = (0..<64).flatMap { [UInt8(1), UInt8($0)] }
        let bytes: [UInt8] = [0, 0, 0, 0, 0, 200, 2, 2, 0, 0b10, 0, 192] + narrow + wide + [7]
        let tables = try #require(try Self.parse(bytes).tables)
        #expect(tables[0] == JPEGQuantisationTable(values: (1...64).map { UInt16($0) }))
        #expect(tables[1] == JPEGQuantisationTable(values: (256..<320).map { UInt16($0) }, isWide: true))
    }

    @Test("What RFC 2435 does not know is an error that names it")
    func refused() {
        func error(_ bytes: [UInt8]) -> JPEGPayloadError? {
            do throws(JPEGPayloadError) {
                _ = try JPEGPayload(parsing: ByteBuffer(bytes: bytes))
                return nil
            } catch { return error }
        }
        #expect(error(Self.plain) == nil)
        for type: UInt8 in [2, 5, 63, 66, 128, 255] { #expect(error(Self.with([4: type])) == .unknownType(type)) }
        for specific: UInt8 in [1, 2, 3] { #expect(error(Self.with([0: specific])) == .interlaced) }
        for quality: UInt8 in [0, 100, 127] { #expect(error(Self.with([5: quality])) == .reservedQuality(quality)) }
        #expect(error(Self.with([6: 0])) == .emptyPicture)
        #expect(error(Self.with([7: 0])) == .emptyPicture)
        #expect(error([0, 0, 0, 0, 64, 50, 2, 2, 0, 0, 0xFF, 0xFF, 1]) == .wrongRestartInterval)
        for length: UInt8 in [1, 63, 65, 127, 192] {
            let bytes = [0, 0, 0, 0, 1, 255, 2, 2, 0, 0, 0, length] + [UInt8](repeating: 1, count: 400)
            #expect(error(bytes) == .wrongTableLength(Int(length)))
        }
    }

    @Test("A payload cut anywhere is an error")
    func truncated() {
        let whole: [UInt8] =
            [0, 0, 0, 0, 65, 255, 2, 2, 0, 4, 0xFF, 0xFF, 0, 0, 0, 128] + [UInt8](repeating: 1, count: 129)
        for length in 0..<whole.count {
            #expect(throws: JPEGPayloadError.truncated, "\(length) bytes") {
                try Self.parse(Array(whole.prefix(length)))
            }
        }
        #expect(throws: Never.self) { try Self.parse(whole) }
    }

    @Test("What is written is read again the same", arguments: 0..<20)
    func roundTrip(seed: Int) throws {
        var random = RandomSource.seeded(UInt64(seed))
        func number(_ range: ClosedRange<Int>) -> Int { range.lowerBound + Int(random.next() % UInt64(range.count)) }
        for _ in 0..<50 {
            let quality = UInt8(number(0...1) == 0 ? number(1...99) : number(128...255))
            let picture = JPEGPayload.Picture(
                sampling: UInt8(number(0...1)), quality: quality,
                size: VideoSize(width: number(1...255) * 8, height: number(1...255) * 8),
                restartInterval: number(0...1) == 0 ? nil : UInt16(number(1...65_535)))
            let offset = number(0...2) == 0 ? 0 : number(1...0xFF_FFFF)
            let tables = (0..<number(0...2)).map { _ in
                let isWide = number(0...1) == 1
                return JPEGQuantisationTable(
                    values: (0..<64).map { _ in UInt16(number(1...(isWide ? 65_535 : 255))) }, isWide: isWide)
            }
            let isTold = quality >= 128 && offset == 0
            var bytes = ByteBuffer()
            JPEGPayload.writeHeader(of: picture, offset: offset, tables: isTold ? tables : nil, into: &bytes)
            bytes.writeBytes([1, 2, 3])
            let payload = try JPEGPayload(parsing: bytes)
            #expect(payload.picture == picture && payload.offset == offset)
            #expect(payload.tables == (isTold ? tables : nil))
            #expect(payload.data == ByteBuffer(bytes: [1, 2, 3]))
        }
    }
}
