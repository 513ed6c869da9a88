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

    @Test func ofAnyBytesItMakesWhatTheStandardDoes() throws {
        var random = RandomSource.seeded(5)
        let words = [
            "data:", "data: ", "data", "event:", "event: e", "id: 7", "retry:", ":", " ", "x{}\u{0}", "é", "\n", "\r",
            "\r\n", "\n\n",
        ].map { Array($0.utf8) }
        let pieces = words + [[0xFF], [0xC3], [0xEF, 0xBB, 0xBF]]
        var parser = SSEParser()
        var (bytes, events): ([UInt8], [ServerSentEvent]) = ([], [])
        for _ in 0..<2000 {
            let next = (0..<5).flatMap { _ in pieces[Int.random(in: 0..<pieces.count, using: &random)] }
            bytes += next
            events += try parser.receive(next)
        }
        #expect(events == Self.events(of: bytes))
        #expect(events.count > 200 && events.contains { !$0.name.isEmpty && $0.data.contains("\n") })
    }

    /// Of a whole stream, by its lines.
    private static func events(of bytes: [UInt8]) -> [ServerSentEvent] {
        let (feed, back) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
        var lines: [[UInt8]] = [[]]
        for (index, byte) in bytes.enumerated() {
            if byte == feed, index > 0, bytes[index - 1] == back { continue }
            if byte == feed || byte == back { lines.append([]) } else { lines[lines.count - 1].append(byte) }
        }
        lines.removeLast()
        if lines.first?.starts(with: [0xEF, 0xBB, 0xBF]) == true { lines[0].removeFirst(3) }
        return lines.split(separator: [], omittingEmptySubsequences: false).dropLast().compactMap {
            group -> ServerSentEvent? in
            let fields = group.map { line in
                let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
                let value = parts.dropFirst().first ?? []
                return (
                    name: Array(parts[0]), value: value.first == UInt8(ascii: " ") ? value.dropFirst() : value
                )
            }
            let data = fields.filter { $0.name == Array("data".utf8) }.map(\.value)
            guard !data.isEmpty else { return nil }
            let name = fields.last { $0.name == Array("event".utf8) }?.value ?? []
            return ServerSentEvent(
                name: String(decoding: name, as: UTF8.self),
                data: String(decoding: Array(data.joined(separator: [feed])), as: UTF8.self))
        }
    }
}
