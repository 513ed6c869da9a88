import Foundation
import NIOCore
import SansIO
import Testing

@testable import LiveKit

/// What one sender of streams may take from the others.
struct StreamBudgetTests {
    private let start = Instant(nanoseconds: 1_000_000_000)
    private let flooder = DataSender(identity: "flooder", sid: "PA_f")
    private let candidate = DataSender(identity: "candidate", sid: "PA_c")

    private func header(_ id: String, length: Int? = nil, isDeflated: Bool = false) -> Livekit_DataStream.Header {
        .with {
            $0.streamID = id
            $0.textHeader = .init()
            if let length { $0.totalLength = UInt64(length) }
            if isDeflated { $0.compression = .deflateRaw }
        }
    }

    private func chunk(_ id: String, _ index: Int, _ size: Int) -> Livekit_DataStream.Chunk {
        .with {
            $0.streamID = id
            $0.chunkIndex = UInt64(index)
            $0.content = Data(repeating: 97, count: size)
        }
    }

    private func outcomes(_ assembler: inout DataStreamAssembler) -> [String] {
        var all: [String] = []
        while let event = assembler.pollOutput() {
            switch event {
            case .completed(let content): all.append("\(content.info.sender.sid) done")
            case .failed(_, _, let sender, let error): all.append("\(sender.sid): \(error)")
            }
        }
        return all
    }

    @Test("a sender that fills its own budget leaves the others theirs")
    func aFloodTakesItsOwnBudgetOnly() {
        var configuration = DataStreamAssembler.Configuration()
        configuration.mostBytes = 1000
        configuration.mostBytesPerSender = 400
        var assembler = DataStreamAssembler(configuration: configuration)
        for index in 0..<10 {
            assembler.receive(header("f\(index)"), from: flooder, at: start)
            assembler.receive(chunk("f\(index)", 0, 90), from: flooder, at: start)
        }
        let refused = outcomes(&assembler)
        #expect(refused == Array(repeating: "PA_f: the open streams hold more than 400 bytes", count: 6))
        assembler.receive(header("c"), from: candidate, at: start)
        assembler.receive(chunk("c", 0, 400), from: candidate, at: start)
        assembler.receive(Livekit_DataStream.Trailer.with { $0.streamID = "c" }, from: candidate, at: start)
        #expect(outcomes(&assembler) == ["PA_c done"])
    }

    @Test("where all is taken, who has the most gives way to who has less")
    func theLargestGivesWay() {
        var configuration = DataStreamAssembler.Configuration()
        configuration.mostBytes = 1000
        configuration.mostBytesPerSender = 400
        configuration.mostStreams = 8
        var assembler = DataStreamAssembler(configuration: configuration)
        // Accomplices that keep to their own budgets and leave nothing.
        for sid in ["PA_1", "PA_2", "PA_3"] {
            let sender = DataSender(identity: "", sid: sid)
            for index in 0..<2 {
                assembler.receive(header("\(index)"), from: sender, at: start + .seconds(index))
                assembler.receive(chunk("\(index)", 0, 166), from: sender, at: start + .seconds(index))
            }
        }
        #expect(outcomes(&assembler) == [])
        for id in ["a", "b", "c"] { assembler.receive(header(id), from: candidate, at: start + .seconds(9)) }
        #expect(outcomes(&assembler).count == 1, "of nine streams one is too many")
        assembler.receive(chunk("a", 0, 100), from: candidate, at: start + .seconds(9))
        assembler.receive(
            Livekit_DataStream.Trailer.with { $0.streamID = "a" }, from: candidate, at: start + .seconds(9))
        #expect(outcomes(&assembler).last == "PA_c done")
        #expect(assembler.bufferedBytes <= 1000)
    }

    @Test("chunks that carry nothing keep no stream open, and nothing keeps one open for ever")
    func openStreamsEnd() {
        var configuration = DataStreamAssembler.Configuration()
        configuration.idleTimeout = .seconds(60)
        configuration.longestAge = .seconds(180)
        var assembler = DataStreamAssembler(configuration: configuration)
        assembler.receive(header("empty"), from: flooder, at: start)
        assembler.receive(header("slow"), from: flooder, at: start)
        for second in 1...200 {
            let now = start + .seconds(second)
            assembler.receive(chunk("empty", second - 1, 0), from: flooder, at: now)
            assembler.receive(chunk("slow", second - 1, 1), from: flooder, at: now)
            if let due = assembler.deadline, due <= now { assembler.timeout(at: now) }
            let ended = outcomes(&assembler)
            #expect(ended.count == (second == 60 || second == 180 ? 1 : 0), "after \(second) s: \(ended)")
        }
        #expect((assembler.openStreams, assembler.bufferedBytes) == (0, 0))
        #expect(assembler.deadline == nil)
    }

    @Test("a sender is inflated a burst and then so much a second, and others are as before")
    func inflatingIsBounded() throws {
        let text = ByteBuffer(repeating: 97, count: 1 << 20)
        let packed = try #require(Deflate.deflate(text, format: .raw))
        var configuration = DataStreamAssembler.Configuration()
        configuration.inflateBurst = 4 << 20
        configuration.inflateRate = 1 << 20
        var assembler = DataStreamAssembler(configuration: configuration)
        func send(_ id: Int, from sender: DataSender, at now: Instant) -> [String] {
            var header = header("\(id)", isDeflated: true)
            header.inlineContent = Data(packed.readableBytesView)
            assembler.receive(header, from: sender, at: now)
            return outcomes(&assembler)
        }
        let tooMuch = "PA_f: the sender's streams expand to more than 1048576 bytes a second"
        let flood = (0..<100).flatMap { send($0, from: flooder, at: start) }
        #expect(flood.count { $0 == "PA_f done" } == 4)
        #expect(flood.count { $0 == tooMuch } == 96)
        #expect(send(1, from: candidate, at: start) == ["PA_c done"])
        #expect(send(200, from: flooder, at: start + .milliseconds(500)) == [tooMuch])
        #expect(send(201, from: flooder, at: start + .seconds(3)) == ["PA_f done"])
    }

    @Test("what was inflated for a stream that turns out broken counts as well")
    func brokenStreamsCount() throws {
        let packed = try #require(Deflate.deflate(ByteBuffer(repeating: 97, count: 1 << 20), format: .raw))
        var configuration = DataStreamAssembler.Configuration()
        configuration.inflateBurst = 4 << 20
        var assembler = DataStreamAssembler(configuration: configuration)
        var header = header("", isDeflated: true)
        // All of it but its end.
        header.inlineContent = Data(packed.readableBytesView.dropLast(2))
        for id in 0..<20 {
            header.streamID = "\(id)"
            assembler.receive(header, from: flooder, at: start)
        }
        let all = outcomes(&assembler)
        #expect(all.count == 20 && all.suffix(10).allSatisfy { $0.contains("expand to more than") }, "\(all)")
    }
}
