import SansIO
import Testing

@testable import Recording

@Suite struct MatroskaReaderTests {
    /// A header, tracks of sound and of pictures of 4 × 2, a cluster at 1,000 ms with a block of each.
    private let stream: [UInt8] =
        [0x1A, 0x45, 0xDF, 0xA3, 0x82, 0x42, 0x86]
        + [0x18, 0x53, 0x80, 0x67, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
        + [0x16, 0x54, 0xAE, 0x6B, 0x98]
        + [0xAE, 0x86, 0xD7, 0x81, 0x01, 0x83, 0x81, 0x02]
        + [0xAE, 0x8E, 0xD7, 0x81, 0x02, 0x83, 0x81, 0x01, 0xE0, 0x86, 0xB0, 0x81, 0x04, 0xBA, 0x81, 0x02]
        + [0x1F, 0x43, 0xB6, 0x75, 0x95, 0xE7, 0x82, 0x03, 0xE8]
        + [0xA3, 0x86, 0x81, 0x00, 0x05, 0x80, 7, 8]
        + [0xA0, 0x87, 0xA1, 0x85, 0x82, 0xFF, 0xFE, 0x00, 9]

    private func blocks(_ bytes: [UInt8], atATime count: Int) throws(MediaError) -> [MatroskaReader.Block] {
        var rest = bytes[...]
        var reader = MatroskaReader { most in
            let piece = rest.prefix(min(count, most))
            rest = rest.dropFirst(piece.count)
            return Array(piece)
        }
        var blocks: [MatroskaReader.Block] = []
        while let block = try reader.next() { blocks.append(block) }
        return blocks
    }

    @Test("blocks come with their tracks and times, however the bytes come", arguments: [1, 3, 1_000])
    func blocks(atATime count: Int) throws {
        let blocks = try blocks(stream, atATime: count)
        #expect(blocks.map(\.time) == [1_005, 998])
        #expect(blocks.map(\.bytes) == [[7, 8], [9]])
        #expect(blocks.map(\.track) == [.init(isSound: true), .init(isSound: false, width: 4, height: 2)])
    }

    @Test("a stream that is cut off ends, wherever it was cut")
    func cuts() throws {
        for count in 0..<stream.count { #expect(try blocks(Array(stream.prefix(count)), atATime: 7).count < 2) }
    }

    @Test("what is no such stream gives an error or an end, and never traps")
    func garbage() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<2_000 {
            var bytes = stream
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = try? blocks(bytes, atATime: 1_000)
        }
        #expect(throws: MediaError.self) { try blocks(Array(repeating: 0, count: 100), atATime: 10) }
    }
}
