import NIOCore
import Testing

@testable import RTCMedia

@Suite struct JPEGDepacketiserTests {
    private static let luma = JPEGQuantisationTable(values: (1...64).map { UInt16($0) })
    private static let chroma = JPEGQuantisationTable(values: (101...164).map { UInt16($0) })

    private static func payload(
        quality: UInt8, offset: Int = 0, tables: [JPEGQuantisationTable]? = nil, data: [UInt8] = [1, 2, 3],
        size: VideoSize = VideoSize(width: 16, height: 16), interval: UInt16? = nil
    ) -> ByteBuffer {
        let picture = JPEGPayload.Picture(sampling: 1, quality: quality, size: size, restartInterval: interval)
        var bytes = ByteBuffer()
        JPEGPayload.writeHeader(of: picture, offset: offset, tables: tables, into: &bytes)
        bytes.writeBytes(data)
        return bytes
    }

    private static func file(
        _ payloads: [ByteBuffer], with depacketiser: inout JPEGDepacketiser
    ) throws(JPEGPayloadError) -> JPEGFile? {
        var data = ByteBuffer()
        _ = try depacketiser.assemble(payloads, into: &data)
        return try? JPEGFile(parsing: data)
    }

    @Test("A picture by Q has the tables of appendix A")
    func byQuality() throws {
        var depacketiser = JPEGDepacketiser()
        let file = try #require(try Self.file([Self.payload(quality: 50, interval: 7)], with: &depacketiser))
        #expect(file.size == VideoSize(width: 16, height: 16) && file.coding == .baseline)
        // Q 50 is the standard's own table.
        #expect(file.quantisation[0]?.values.prefix(4) == [16, 11, 12, 14])
        #expect(file.quantisation[1]?.values.prefix(4) == [17, 18, 18, 24])
        #expect(file.restartInterval == 7 && file.markerBehindScan == 0xD9 && file.scan.count == 3)
        let best = try #require(try Self.file([Self.payload(quality: 99)], with: &depacketiser))
        #expect(best.quantisation[0]?.values.max() == 2)
        let worst = try #require(try Self.file([Self.payload(quality: 1)], with: &depacketiser))
        #expect(worst.quantisation[0]?.values.allSatisfy { $0 == 255 } == true)
    }

    @Test("Tables that came under a Q below 255 count for later pictures, until others come")
    func cached() throws {
        var depacketiser = JPEGDepacketiser()
        let tables = [Self.luma, Self.chroma]
        let first = try Self.file([Self.payload(quality: 128, tables: tables)], with: &depacketiser)
        #expect(first?.quantisation[0] == Self.luma && first?.quantisation[1] == Self.chroma)
        let second = try Self.file([Self.payload(quality: 128, tables: [])], with: &depacketiser)
        #expect(second?.quantisation[1] == Self.chroma)
        #expect(throws: JPEGPayloadError.missingTables(quality: 129)) {
            try Self.file([Self.payload(quality: 129, tables: [])], with: &depacketiser)
        }
        let third = try Self.file([Self.payload(quality: 128, tables: [Self.chroma, Self.luma])], with: &depacketiser)
        #expect(third?.quantisation[0] == Self.chroma)
        let fourth = try Self.file([Self.payload(quality: 128, tables: [])], with: &depacketiser)
        #expect(fourth?.quantisation[0] == Self.chroma)
    }

    @Test("Tables of Q 255 count for their own picture alone")
    func neverCached() throws {
        var depacketiser = JPEGDepacketiser()
        let tables = [Self.luma, Self.chroma]
        #expect(try Self.file([Self.payload(quality: 255, tables: tables)], with: &depacketiser) != nil)
        #expect(throws: JPEGPayloadError.missingTables(quality: 255)) {
            try Self.file([Self.payload(quality: 255, tables: [])], with: &depacketiser)
        }
    }

    @Test("One table is for luma and chroma, and tables of 16 bits make an extended file")
    func oneTable() throws {
        var depacketiser = JPEGDepacketiser()
        let wide = JPEGQuantisationTable(values: (300...363).map { UInt16($0) }, isWide: true)
        let file = try #require(try Self.file([Self.payload(quality: 255, tables: [wide])], with: &depacketiser))
        #expect(file.coding == .extended)
        #expect(file.components.map(\.quantisation) == [0, 0, 0] && file.quantisation[0] == wide)
    }

    @Test("A missing fragment, at the beginning or in between, is an error that says where")
    func missing() {
        var depacketiser = JPEGDepacketiser()
        let parts = [0, 3, 6].map { Self.payload(quality: 50, offset: $0) }
        #expect(throws: Never.self) { try Self.file(parts, with: &depacketiser) }
        for (lost, place) in [(0, 0), (1, 3)] {
            var rest = parts
            rest.remove(at: lost)
            #expect(throws: JPEGPayloadError.missingFragment(at: place)) { try Self.file(rest, with: &depacketiser) }
        }
        #expect(throws: JPEGPayloadError.missingFragment(at: 0)) { try Self.file([], with: &depacketiser) }
        #expect(throws: JPEGPayloadError.missingFragment(at: 3)) {
            try Self.file([parts[0], parts[0]], with: &depacketiser)
        }
    }

    @Test("Fragments of different pictures are not mixed")
    func mixed() {
        var depacketiser = JPEGDepacketiser()
        let first = Self.payload(quality: 50)
        let others = [
            Self.payload(quality: 51, offset: 3),
            Self.payload(quality: 50, offset: 3, size: VideoSize(width: 24, height: 16)),
            Self.payload(quality: 50, offset: 3, interval: 2),
        ]
        for other in others {
            #expect(throws: JPEGPayloadError.changedWithinPicture) {
                try Self.file([first, other], with: &depacketiser)
            }
        }
    }

    @Test("An end that the sender has put behind the scan is not written twice")
    func end() throws {
        var depacketiser = JPEGDepacketiser()
        var data = ByteBuffer()
        _ = try depacketiser.assemble([Self.payload(quality: 50, data: [1, 2, 0xFF, 0xD9])], into: &data)
        #expect([UInt8](buffer: data).suffix(4) == [1, 2, 0xFF, 0xD9])
    }
}
