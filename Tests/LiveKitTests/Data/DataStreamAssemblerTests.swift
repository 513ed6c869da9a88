import Foundation
import NIOCore
import SansIO
import Simulation
import Testing

@testable import LiveKit

struct DataStreamAssemblerTests {
    private let sender = DataSender(identity: "candidate", sid: "PA_1")
    private let start = Instant(nanoseconds: 1_000_000_000)

    private func header(
        _ id: String = "s", length: Int? = nil, isText: Bool = true, inline: [UInt8]? = nil, isDeflated: Bool = false
    ) -> Livekit_DataStream.Header {
        .with {
            $0.streamID = id
            $0.topic = "jask.code"
            $0.attributes = ["path": "a.py"]
            if let length { $0.totalLength = UInt64(length) }
            if isText { $0.textHeader = .init() } else { $0.byteHeader.name = "picture" }
            if let inline { $0.inlineContent = Data(inline) }
            if isDeflated { $0.compression = .deflateRaw }
        }
    }

    private func chunk(_ index: UInt64, _ content: [UInt8], id: String = "s") -> Livekit_DataStream.Chunk {
        .with {
            $0.streamID = id
            $0.chunkIndex = index
            $0.content = Data(content)
        }
    }

    private func trailer(_ id: String = "s", reason: String = "") -> Livekit_DataStream.Trailer {
        .with {
            $0.streamID = id
            $0.reason = reason
            $0.attributes = ["revision": "2"]
        }
    }

    private func completed(_ assembler: inout DataStreamAssembler) -> DataStreamContent? {
        guard case .completed(let content)? = assembler.pollOutput() else { return nil }
        return content
    }

    private func failure(_ assembler: inout DataStreamAssembler) -> DataStreamError? {
        guard case .failed(_, _, _, let error)? = assembler.pollOutput() else { return nil }
        return error
    }

    @Test func chunksBecomeAText() throws {
        var assembler = DataStreamAssembler()
        assembler.receive(header(length: 6), from: sender, at: start)
        assembler.receive(chunk(0, Array("héé".utf8.prefix(2))), from: sender, at: start)
        assembler.receive(chunk(0, [1]), from: sender, at: start)
        assembler.receive(chunk(1, Array("héé!".utf8.dropFirst(2))), from: sender, at: start)
        #expect(assembler.bufferedBytes == 6)
        assembler.receive(trailer(), from: sender, at: start)
        let content = try #require(completed(&assembler))
        #expect(content.text == "héé!")
        #expect(content.info.attributes == ["path": "a.py", "revision": "2"])
        #expect(content.info.sender == sender)
        #expect((assembler.openStreams, assembler.bufferedBytes) == (0, 0))
    }

    @Test func inlineAndDeflatedContentIsDelivered() throws {
        let text = String(repeating: "def two_sum(a, b):\n", count: 500)
        let packed = try #require(Deflate.deflate(ByteBuffer(string: text), format: .raw))
        var assembler = DataStreamAssembler()
        assembler.receive(
            header(length: text.utf8.count, inline: Array(packed.readableBytesView), isDeflated: true), from: sender,
            at: start)
        let result1 = completed(&assembler)
        #expect(result1?.text == text)
        assembler.receive(header(length: 3, inline: Array("abc".utf8)), from: sender, at: start)
        let result2 = completed(&assembler)
        #expect(result2?.text == "abc")
        assembler.receive(header(length: text.utf8.count, isDeflated: true), from: sender, at: start)
        for (index, byte) in packed.readableBytesView.enumerated() {
            assembler.receive(chunk(UInt64(index), [byte]), from: sender, at: start)
        }
        assembler.receive(trailer(), from: sender, at: start)
        let result3 = completed(&assembler)
        #expect(result3?.text == text, "one deflate stream spans all chunks")
    }

    @Test func aBombIsRefusedWithoutBeingExpanded() throws {
        let bomb = try #require(Deflate.deflate(ByteBuffer(repeating: 97, count: 50 << 20), format: .raw))
        let bytes = Array(bomb.readableBytesView)
        var assembler = DataStreamAssembler()
        assembler.receive(header(inline: bytes, isDeflated: true), from: sender, at: start)
        let result4 = failure(&assembler)
        #expect(result4 == .tooLarge(limit: 4 << 20))
        assembler.receive(header(length: 10, inline: bytes, isDeflated: true), from: sender, at: start)
        let result5 = failure(&assembler)
        #expect(result5 == .lengthMismatch(declared: 10, got: 11))
        assembler.receive(header(length: 50 << 20, inline: bytes, isDeflated: true), from: sender, at: start)
        let result6 = failure(&assembler)
        #expect(result6 == .tooLarge(limit: 4 << 20))
    }

    @Test func badContentNamesWhatIsWrong() throws {
        var assembler = DataStreamAssembler()
        assembler.receive(header(inline: [0x61, 0xFF]), from: sender, at: start)
        let result7 = failure(&assembler)
        #expect(result7 == .invalidUTF8)
        assembler.receive(header(length: 5, inline: [0x61]), from: sender, at: start)
        let result8 = failure(&assembler)
        #expect(result8 == .lengthMismatch(declared: 5, got: 1))
        assembler.receive(header(inline: [0xFF, 0xFF], isDeflated: true), from: sender, at: start)
        let result9 = failure(&assembler)
        #expect(result9 == .badCompression(.corrupt))
        assembler.receive(header(inline: [], isDeflated: true), from: sender, at: start)
        let result10 = failure(&assembler)
        #expect(result10 == .badCompression(.truncated))
        assembler.receive(header(""), from: sender, at: start)
        let result11 = failure(&assembler)
        #expect(result11 == .missingID)
        var strange = header("z")
        strange.compression = .UNRECOGNIZED(9)
        assembler.receive(strange, from: sender, at: start)
        let result12 = failure(&assembler)
        #expect(result12 == .unknownCompression(9))
        var secret = header("e")
        secret.encryptionType = .gcm
        assembler.receive(secret, from: sender, at: start)
        let result13 = failure(&assembler)
        #expect(result13 == .encrypted)
    }

    @Test func gapsLengthsAndAbortsEndTheirStreamOnce() {
        var assembler = DataStreamAssembler()
        assembler.receive(header(), from: sender, at: start)
        assembler.receive(chunk(1, [1]), from: sender, at: start)
        let result14 = failure(&assembler)
        #expect(result14 == .missingChunk(expected: 0, got: 1))
        assembler.receive(chunk(2, [1]), from: sender, at: start)
        assembler.receive(trailer(), from: sender, at: start)
        let rest = failure(&assembler)
        #expect(rest == nil, "the rest of a failed stream is not reported again")

        assembler.receive(header("l", length: 2), from: sender, at: start)
        assembler.receive(chunk(0, [1, 2, 3], id: "l"), from: sender, at: start)
        let result15 = failure(&assembler)
        #expect(result15 == .lengthMismatch(declared: 2, got: 3))

        assembler.receive(header("short", length: 9), from: sender, at: start)
        assembler.receive(trailer("short"), from: sender, at: start)
        let result16 = failure(&assembler)
        #expect(result16 == .lengthMismatch(declared: 9, got: 0))

        assembler.receive(header("a"), from: sender, at: start)
        assembler.receive(trailer("a", reason: "user closed the tab"), from: sender, at: start)
        let result17 = failure(&assembler)
        #expect(result17 == .aborted("user closed the tab"))
        assembler.receive(chunk(0, [1], id: "never"), from: sender, at: start)
        let result18 = failure(&assembler)
        #expect(result18 == .unknownStream)
        #expect(assembler.bufferedBytes == 0)
    }

    @Test func aSecondHeaderOrAnotherSenderDoesNotTouchAnOpenStream() {
        var assembler = DataStreamAssembler()
        assembler.receive(header(), from: sender, at: start)
        assembler.receive(header(), from: sender, at: start)
        let result19 = failure(&assembler)
        #expect(result19 == .duplicateID)
        let other = DataSender(identity: "other", sid: "PA_2")
        assembler.receive(chunk(0, [0x62]), from: other, at: start)
        let result20 = failure(&assembler)
        #expect(result20 == .unknownStream)
        assembler.receive(chunk(0, [0x61]), from: sender, at: start)
        assembler.receive(trailer(), from: sender, at: start)
        let result21 = completed(&assembler)
        #expect(result21?.text == "a")
    }

    @Test func memoryIsBounded() {
        var configuration = DataStreamAssembler.Configuration()
        configuration.largestStream = 100
        configuration.mostBytes = 150
        configuration.mostStreamsPerSender = 3
        configuration.mostStreams = 4
        var assembler = DataStreamAssembler(configuration: configuration)
        assembler.receive(header("big", length: 101), from: sender, at: start)
        let result22 = failure(&assembler)
        #expect(result22 == .tooLarge(limit: 100))
        for id in ["1", "2", "3"] { assembler.receive(header(id), from: sender, at: start) }
        assembler.receive(header("4"), from: sender, at: start)
        let result23 = failure(&assembler)
        #expect(result23 == .tooManyStreams(limit: 3))
        assembler.receive(chunk(0, [UInt8](repeating: 0, count: 101), id: "1"), from: sender, at: start)
        let result24 = failure(&assembler)
        #expect(result24 == .tooLarge(limit: 100))
        assembler.receive(chunk(0, [UInt8](repeating: 0, count: 100), id: "2"), from: sender, at: start)
        assembler.receive(chunk(0, [UInt8](repeating: 0, count: 51), id: "3"), from: sender, at: start)
        let result25 = failure(&assembler)
        #expect(result25 == .memoryExhausted(limit: 150))
        #expect(assembler.bufferedBytes == 100)
        for index in 0..<3 {
            assembler.receive(header("o"), from: DataSender(identity: "", sid: "PA_o\(index)"), at: start)
        }
        #expect(assembler.openStreams == 4)
        assembler.receive(header("o"), from: DataSender(identity: "", sid: "PA_o9"), at: start)
        let result26 = failure(&assembler)
        #expect(result26 == .tooManyStreams(limit: 4))
    }

    @Test("a stream whose id is longer than any real one is refused, and its id is not kept")
    func longIDsAreRefused() {
        var assembler = DataStreamAssembler()
        let long = String(repeating: "x", count: 257)
        for _ in 0..<2 { assembler.receive(header(long), from: sender, at: start) }
        assembler.receive(chunk(0, [1], id: long), from: sender, at: start)
        assembler.receive(trailer(long), from: sender, at: start)
        var failures: [DataStreamError] = []
        while let event = assembler.pollOutput() {
            if case .failed(_, _, _, let error) = event { failures.append(error) }
        }
        // What follows such a header is not told of as well.
        #expect(failures == [.idTooLong(limit: 256), .idTooLong(limit: 256)])
        assembler.receive(header(String(repeating: "x", count: 256)), from: sender, at: start)
        #expect(assembler.pollOutput() == nil && assembler.deadline != nil)
    }

    @Test func silentStreamsAndThoseOfLeaversEnd() {
        var assembler = DataStreamAssembler()
        assembler.receive(header("a"), from: sender, at: start)
        assembler.receive(header("b"), from: DataSender(identity: "x", sid: "PA_2"), at: start + .seconds(30))
        #expect(assembler.deadline == start + .seconds(60))
        assembler.timeout(at: start + .seconds(59))
        let early = failure(&assembler)
        #expect(early == nil)
        assembler.timeout(at: start + .seconds(60))
        let result27 = failure(&assembler)
        #expect(result27 == .timedOut)
        assembler.senderLeft(sid: "PA_2")
        let result28 = failure(&assembler)
        #expect(result28 == .senderLeft)
        #expect(assembler.deadline == nil)
    }

    @Test func randomStreamsNeverTrapAndLeaveNothingBehind() {
        let seed: UInt64 = 42
        var random = RandomSource.seeded(seed)
        var assembler = DataStreamAssembler()
        var now = start
        for _ in 0..<20_000 {
            let id = "s\(Int.random(in: 0..<6, using: &random))"
            let from = DataSender(identity: "", sid: "PA_\(Int.random(in: 0..<3, using: &random))")
            switch Int.random(in: 0..<5, using: &random) {
            case 0:
                var new = header(id, length: Int.random(in: 0..<20, using: &random))
                if Bool.random(using: &random) { new.compression = .deflateRaw }
                if Bool.random(using: &random) { new.inlineContent = Data(random.bytes(8)) }
                assembler.receive(new, from: from, at: now)
            case 1, 2:
                let index = UInt64.random(in: 0..<3, using: &random)
                assembler.receive(chunk(index, random.bytes(4), id: id), from: from, at: now)
            case 3: assembler.receive(trailer(id), from: from, at: now)
            default: assembler.timeout(at: now)
            }
            now = now + .seconds(1)
            while assembler.pollOutput() != nil {}
        }
        for sid in 0..<3 { assembler.senderLeft(sid: "PA_\(sid)") }
        #expect((assembler.openStreams, assembler.bufferedBytes) == (0, 0), "seed \(seed)")
    }
}
