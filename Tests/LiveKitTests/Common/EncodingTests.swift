import Foundation
import NIOCore
import SansIO
import Simulation
import Testing

@testable import LiveKit

struct EncodingTests {
    @Test func base64URLAgreesWithFoundation() throws {
        var random = RandomSource.seeded(7)
        for size in 0..<200 {
            let bytes = random.bytes(size)
            let expected = Data(bytes).base64EncodedString()
                .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            #expect(Base64URL.encode(bytes, padded: true) == expected)
            #expect(Base64URL.decode(expected) == bytes)
            let bare = Base64URL.encode(bytes, padded: false)
            #expect(bare == expected.replacingOccurrences(of: "=", with: ""))
            #expect(Base64URL.decode(bare) == bytes)
        }
    }

    @Test(arguments: ["A", "AB=C", "AA===", "A+/=", "AB", "é", "AAAAA"])
    func textThatIsNotBase64URLIsRefused(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test(arguments: [Deflate.Format.raw, .gzip])
    func whatIsDeflatedInflates(format: Deflate.Format) throws {
        var random = RandomSource.seeded(3)
        for size in [0, 1, 100, 65_535, 65_536, 300_000] {
            let noise = ByteBuffer(bytes: random.bytes(size))
            let packed = try #require(Deflate.deflate(noise, format: format))
            #expect(try Deflate.inflate(packed, format: format, limit: size) == noise)
            if size > 0 {
                #expect(throws: InflateError.tooLarge(limit: size - 1)) {
                    try Deflate.inflate(packed, format: format, limit: size - 1)
                }
            }
        }
    }

    @Test func aBombIsStoppedAtTheLimit() throws {
        let bomb = try #require(Deflate.deflate(ByteBuffer(repeating: 0, count: 64 << 20), format: .raw))
        #expect(bomb.readableBytes < 100_000)
        #expect(throws: InflateError.tooLarge(limit: 1 << 20)) {
            try Deflate.inflate(bomb, format: .raw, limit: 1 << 20)
        }
    }

    @Test func cutCorruptAndLengthenedStreamsAreToldApart() throws {
        let packed = try #require(
            Deflate.deflate(ByteBuffer(string: String(repeating: "abc ", count: 99)), format: .raw))
        for size in 0..<packed.readableBytes {
            let part = try #require(packed.getSlice(at: 0, length: size))
            #expect(throws: InflateError.truncated) { try Deflate.inflate(part, format: .raw, limit: 1000) }
        }
        var longer = packed
        longer.writeString("xy")
        #expect(throws: InflateError.trailingBytes(2)) { try Deflate.inflate(longer, format: .raw, limit: 1000) }
        let noise = ByteBuffer(bytes: [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(throws: InflateError.corrupt) { try Deflate.inflate(noise, format: .raw, limit: 1000) }
    }

    @Test func backoffFollowsItsTableAndStaysInBounds() {
        var random = RandomSource.seeded(11)
        let prompt = Backoff.prompt
        #expect(prompt.delay(attempt: 0, using: &random) == .zero)
        #expect(prompt.delay(attempt: 1, using: &random) == .milliseconds(300))
        for attempt in 3..<20 {
            let delay = prompt.delay(attempt: attempt, using: &random)
            #expect(delay >= .milliseconds(1500) && delay <= .seconds(2))
        }
        let exponential = Backoff.exponential(first: .milliseconds(400), longest: .seconds(2))
        var seen: Set<Duration> = []
        for attempt in 0..<50 {
            let delay = exponential.delay(attempt: attempt, using: &random)
            let upper = min(Duration.milliseconds(400) * Double(1 << min(attempt, 10)), .seconds(2))
            #expect(delay >= upper / 2 && delay <= upper)
            seen.insert(delay)
        }
        #expect(seen.count > 40, "without jitter, workers come back all at once")
    }
}
