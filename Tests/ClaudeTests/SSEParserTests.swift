import SansIO
import Simulation
import Testing

@testable import Claude

@Suite struct SSEParserTests {
    private static let stream =
        "\u{FEFF}: hello\r\nevent: one\r\ndata: first\r\ndata:  second é😀\r\n\r\nid: 7\ndata\n\nretry: 5\n\n"
        + "event: nothing\n\ndata:x\rdata: y\r\revent: cut\ndata: never ended\n"

    private static let events = [
        ServerSentEvent(name: "one", data: "first\n second é😀"), ServerSentEvent(name: "", data: ""),
        ServerSentEvent(name: "", data: "x\ny"),
    ]

    @Test func aStreamInOnePieceGivesItsEvents() throws {
        var parser = SSEParser()
        #expect(try parser.receive(Array(Self.stream.utf8)) == Self.events)
    }

    @Test func everyCutInTwoGivesTheSame() throws {
        let bytes = Array(Self.stream.utf8)
        for cut in 0...bytes.count {
            var parser = SSEParser()
            let events = try parser.receive(bytes[..<cut]) + parser.receive(bytes[cut...])
            #expect(events == Self.events, "cut at \(cut)")
        }
    }

    @Test func byteByByteGivesTheSame() throws {
        var parser = SSEParser()
        var events: [ServerSentEvent] = []
        for byte in Self.stream.utf8 { events += try parser.receive(CollectionOfOne(byte)) }
        #expect(events == Self.events)
    }

    @Test func anEndlessEventIsRefused() {
        var parser = SSEParser()
        let piece = Array("data: ".utf8) + Array(repeating: UInt8(ascii: "x"), count: 1000) + [10]
        #expect(throws: SSEParseError.eventTooLarge(limit: SSEParser.eventLimit)) {
            for _ in 0..<2000 { _ = try parser.receive(piece) }
        }
    }

    @Test func anyBytesAreTaken() throws {
        var random = RandomSource.seeded(5)
        var parser = SSEParser()
        let alphabet = Array("data: event:\n\r{}\u{0}".utf8) + [0xFF, 0xC3]
        for _ in 0..<300 {
            let bytes = (0..<100).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
            for event in try parser.receive(bytes) { #expect(event.name.count + event.data.count < 30_000) }
        }
    }
}
