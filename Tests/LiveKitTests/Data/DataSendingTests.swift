import NIOCore
import SansIO
import Simulation
import Testing

@testable import LiveKit

struct DataSendingTests {
    private func receive(_ packets: [Livekit_DataPacket]) throws -> DataStreamContent? {
        var sender = ReliableSender()
        var receiver = DataReceiver()
        receiver.senderJoined(sid: "PA_a", identity: "a", at: .zero)
        for packet in packets {
            // What the server does: stamp the sender.
            let encoded = try sender.encode(packet)
            sender.keep(encoded)
            var stamped = try Livekit_DataPacket(parsing: encoded)
            stamped.participantIdentity = "a"
            stamped.participantSid = "PA_a"
            receiver.receive(stamped.encoded(), at: .zero)
        }
        guard case .stream(let content)? = receiver.pollOutput() else { return nil }
        return content
    }

    @Test(arguments: [0, 1, 14_999, 15_000, 15_001, 60_001])
    func textsOfEverySizeArriveWhole(size: Int) throws {
        var random = RandomSource.seeded(UInt64(size))
        let alphabet = ["a", "é", "語", "🙂"]
        var text = ""
        while text.utf8.count < size { text += alphabet.randomElement(using: &random) ?? "" }
        var options = OutgoingStreamOptions(topic: "lk.chat", timestamp: 1)
        options.attributes = ["k": "v"]
        options.destinations = ["candidate"]
        let packets = try OutgoingStream.text(text, options: options, random: &random)
        for packet in packets {
            #expect(packet.destinationIdentities == ["candidate"])
            #expect(packet.streamChunk.content.count <= OutgoingStream.chunkSize)
            #expect(String(validating: packet.streamChunk.content, as: UTF8.self) != nil, "a character was cut")
        }
        let content = try #require(try receive(packets))
        #expect(content.text == text)
        #expect(content.info.attributes == ["k": "v"])
        #expect(content.info.declaredLength == UInt64(text.utf8.count))
    }

    @Test func bytesArriveWhole() throws {
        var random = RandomSource.seeded(1)
        let bytes = ByteBuffer(bytes: random.bytes(40_000))
        let options = OutgoingStreamOptions(topic: "jask.frame", mimeType: "image/jpeg", timestamp: 1)
        let packets = try OutgoingStream.bytes(bytes, name: "f.jpg", options: options, random: &random)
        #expect(packets.count == 5)
        let content = try #require(try receive(packets))
        #expect(content.bytes == bytes)
        #expect(content.info.kind == .bytes(name: "f.jpg"))
    }

    @Test func streamIDsAreVersion4UUIDs() {
        var random = RandomSource.seeded(9)
        for _ in 0..<50 {
            let id = Array(OutgoingStream.uuid(&random).utf8)
            #expect(id.count == 36)
            #expect(id[14] == UInt8(ascii: "4"))
            #expect("89ab".utf8.contains(id[19]))
        }
    }

    @Test func nothingLargerThanAChannelCarriesIsMade() throws {
        let sender = ReliableSender()
        let big = Livekit_DataPacket.user(UserData(payload: ByteBuffer(repeating: 1, count: 64_001)))
        #expect(throws: DataSendError.self) { try sender.encode(big) }
        let fine = Livekit_DataPacket.user(UserData(payload: ByteBuffer(repeating: 1, count: 100)))
        let encoded = try sender.encode(fine)
        #expect(try Livekit_DataPacket(parsing: encoded).sequence == 1, "a refused packet takes no number")
        var random = RandomSource.seeded(2)
        var options = OutgoingStreamOptions(topic: "t", timestamp: 0)
        options.attributes = ["a": String(repeating: "x", count: 16_000)]
        #expect(throws: DataSendError.self) { try OutgoingStream.text("x", options: options, random: &random) }
        var stream = OutgoingStream(options: .init(topic: "t", timestamp: 0), random: &random)
        _ = try stream.end()
        #expect(throws: DataSendError.streamEnded) { try stream.chunks(of: "x") }
    }

    private func packet(_ fill: Int, bytes: Int) -> Livekit_DataPacket {
        .user(UserData(payload: ByteBuffer(repeating: UInt8(truncatingIfNeeded: fill), count: bytes)))
    }

    @Test func whatTheServerHasNotSeenIsKept() throws {
        var sender = ReliableSender(capacity: 1000)
        for index in 1...20 { sender.keep(try sender.encode(packet(index, bytes: 20))) }
        let after = try sender.packets(after: 17).map { try Livekit_DataPacket(parsing: $0).sequence }
        #expect(after == [18, 19, 20])
        for _ in 0..<200 { sender.keep(try sender.encode(packet(1, bytes: 80))) }
        let kept = sender.packets(after: 1)
        #expect(kept.reduce(0) { $0 + $1.readableBytes } <= 1000)
        #expect(try Livekit_DataPacket(parsing: #require(kept.last)).sequence == 220)
    }

    @Test("a server that does not say what it has is not sent everything again")
    func unknownProgressRepeatsNothing() throws {
        var sender = ReliableSender()
        for index in 1...3 { sender.keep(try sender.encode(packet(index, bytes: 20))) }
        #expect(sender.packets(after: 0).isEmpty)
        #expect(sender.packets(after: 1).count == 2, "and nothing is forgotten by it")
    }

    @Test("a packet that the channel refused uses up no number and is not sent again")
    func refusedPacketsAreNotKept() throws {
        var sender = ReliableSender()
        sender.keep(try sender.encode(packet(1, bytes: 20)))
        _ = try sender.encode(packet(2, bytes: 20))
        let third = try sender.encode(packet(3, bytes: 20))
        sender.keep(third)
        #expect(try Livekit_DataPacket(parsing: third).sequence == 2)
        #expect(sender.packets(after: 1) == [third])
    }
}
