import Foundation
import NIOCore
import SansIO
import Testing

@testable import LiveKit

/// How much of what somebody sends is parsed at all.
struct PacketBudgetTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    private func limits(packets: Int = 10, bytes: Int = 100_000) -> PacketBudget.Limits {
        var limits = PacketBudget.Limits()
        limits.packets = packets
        limits.packetsPerSecond = 5
        limits.bytes = bytes
        limits.bytesPerSecond = 1000
        return limits
    }

    private func packet(
        _ sid: String, of identity: String = "ada", topic: String = "jask.code", payload: Int = 1, sequence: UInt32 = 0
    ) -> ByteBuffer {
        var packet = Livekit_DataPacket()
        packet.participantIdentity = identity
        packet.participantSid = sid
        packet.sequence = sequence
        packet.user.topic = topic
        packet.user.payload = Data(repeating: 7, count: payload)
        return packet.encoded()
    }

    private func words(_ receiver: inout DataReceiver) -> [String] {
        var all: [String] = []
        while let event = receiver.pollOutput() {
            switch event {
            case .user(let user, let sender): all.append("\(user.topic) of \(sender.sid)")
            case .tooMuch(let sender): all.append("too much of '\(sender.identity)' \(sender.sid)")
            default: all.append("\(event)")
            }
        }
        return all
    }

    @Test("what is beyond a sender's packets is dropped and told once, and others are heard")
    func tooManyPackets() {
        var receiver = DataReceiver(limits: limits())
        receiver.senderJoined(sid: "PA_a", identity: "ada", at: start)
        for _ in 0..<30 { receiver.receive(packet("PA_a"), at: start) }
        #expect(words(&receiver) == Array(repeating: "jask.code of PA_a", count: 10) + ["too much of 'ada' PA_a"])
        #expect(receiver.refused == 20)
        receiver.senderJoined(sid: "PA_b", identity: "ada", at: start)
        receiver.receive(packet("PA_b"), at: start)
        #expect(words(&receiver) == ["jask.code of PA_b"])
        // A second later there is a little again; it is no news that the rest is too much.
        for _ in 0..<10 { receiver.receive(packet("PA_a"), at: start + .seconds(0.8)) }
        #expect(words(&receiver) == Array(repeating: "jask.code of PA_a", count: 4))
        // After a pause it is.
        for _ in 0..<20 { receiver.receive(packet("PA_a"), at: start + .seconds(60)) }
        #expect(words(&receiver).last == "too much of 'ada' PA_a")
    }

    @Test("what is urgent is read whatever else its sender floods the room with, and has bounds of its own")
    func urgentPackets() {
        var receiver = DataReceiver(urgent: ["jask.control"], limits: limits())
        receiver.senderJoined(sid: "PA_a", identity: "ada", at: start)
        for _ in 0..<1000 { receiver.receive(packet("PA_a"), at: start) }
        _ = words(&receiver)
        for _ in 0..<30 { receiver.receive(packet("PA_a", topic: "jask.control"), at: start) }
        #expect(
            words(&receiver) == Array(repeating: "jask.control of PA_a", count: 10) + ["too much of 'ada' PA_a"])
        receiver.receive(packet("PA_a"), at: start)
        #expect(words(&receiver).isEmpty, "and leaves the rest where it was")
    }

    @Test("leaving and joining renews nothing: what was spent is its identity's, until it has it back")
    func rejoining() {
        var receiver = DataReceiver(urgent: ["jask.control"], limits: limits())
        var (taken, urgent) = (0, 0)
        func join(_ number: Int, at now: Instant) {
            let sid = "PA_\(number)"
            receiver.senderJoined(sid: sid, identity: "ada", at: now)
            for _ in 0..<30 {
                receiver.receive(packet(sid), at: now)
                receiver.receive(packet(sid, topic: "jask.control"), at: now)
            }
            let all = words(&receiver)
            taken += all.count { $0 == "jask.code of \(sid)" }
            urgent += all.count { $0 == "jask.control of \(sid)" }
        }
        for number in 0..<6 {
            join(number, at: start)
            receiver.senderLeft(sid: "PA_\(number)", at: start)
        }
        #expect((taken, urgent) == (10, 10))
        // Here anew before the server says that it left, and before it says that it is here.
        join(6, at: start)
        receiver.receive(packet("PA_7"), at: start)
        join(7, at: start)
        receiver.senderLeft(sid: "PA_6", at: start)
        for _ in 0..<30 { receiver.receive(packet("PA_7"), at: start) }
        #expect(words(&receiver).count <= 11 && taken <= 30)
        receiver.senderLeft(sid: "PA_7", at: start)
        receiver.senderJoined(sid: "PA_b", identity: "bob", at: start)
        receiver.receive(packet("PA_b", of: "bob"), at: start)
        #expect(words(&receiver) == ["jask.code of PA_b"], "others have theirs")
        taken = 0
        join(8, at: start + .seconds(60))
        #expect(taken == 10)
    }

    @Test("what was inflated for somebody is theirs under another sid too")
    func rejoiningInflates() throws {
        let packed = try #require(Deflate.deflate(ByteBuffer(repeating: 97, count: 1 << 20), format: .raw))
        var streams = DataStreamAssembler.Configuration()
        streams.inflateBurst = 4 << 20
        var receiver = DataReceiver(streams: streams)
        var done = 0
        for number in 0..<6 {
            let sid = "PA_\(number)"
            receiver.senderJoined(sid: sid, identity: "ada", at: start)
            for id in 0..<6 {
                var packet = Livekit_DataPacket()
                packet.participantIdentity = "ada"
                packet.participantSid = sid
                packet.streamHeader.streamID = "\(id)"
                packet.streamHeader.textHeader = .init()
                packet.streamHeader.compression = .deflateRaw
                packet.streamHeader.inlineContent = Data(packed.readableBytesView)
                receiver.receive(packet.encoded(), at: start)
            }
            while let event = receiver.pollOutput() { if case .stream = event { done += 1 } }
            receiver.senderLeft(sid: sid, at: start)
        }
        #expect(done == 4)
    }

    @Test("bytes count too")
    func tooManyBytes() {
        var receiver = DataReceiver(limits: limits(packets: 1000))
        receiver.senderJoined(sid: "PA_a", identity: "ada", at: start)
        for _ in 0..<5 { receiver.receive(packet("PA_a", payload: 30_000), at: start) }
        #expect(words(&receiver).count { $0 == "jask.code of PA_a" } == 3)
        #expect(receiver.refused == 2)
    }

    @Test("a packet of a topic that nobody reads is not parsed, counts as received and takes nothing of the budget")
    func unreadTopics() {
        var receiver = DataReceiver(topics: .beginning(["jask."]), limits: limits())
        receiver.senderJoined(sid: "PA_a", identity: "ada", at: start)
        for number in UInt32(1)...100 { receiver.receive(packet("PA_a", topic: "x", sequence: number), at: start) }
        #expect(receiver.receiveStates.first?.lastSeq == 100)
        receiver.receive(packet("PA_a", topic: "x", sequence: 100), at: start)
        #expect(receiver.duplicates == 1)
        // An identity that is no UTF-8, which a parser refuses.
        var broken = packet("PA_a", topic: "x")
        broken.writeBytes([0x22, 1, 0xFF])
        #expect(throws: ProtocolMessageError.self) { try DataMessage(parsing: broken) }
        receiver.receive(broken, at: start)
        #expect(words(&receiver).isEmpty)
        for _ in 0..<10 { receiver.receive(packet("PA_a"), at: start) }
        #expect(words(&receiver).count == 10)
        #expect(receiver.refused == 0)
    }

    @Test("the head of a packet is what the parser makes of it, wherever its fields stand")
    func heads() throws {
        let head = try #require(DataPacketHead(packet("PA_a", topic: "lk.x", payload: 300, sequence: 70_000)))
        #expect(head.sid == "PA_a" && head.topic == "lk.x" && head.sequence == 70_000)
        var old = Livekit_DataPacket()
        old.user.participantSid = "PA_old"
        old.user.payload = Data([1])
        let inner = try #require(DataPacketHead(old.encoded()))
        #expect(inner.sid == "PA_old" && inner.topic == "")
        var chunk = Livekit_DataPacket()
        chunk.participantSid = "PA_a"
        chunk.streamChunk.content = Data(repeating: 0, count: 1000)
        let stream = try #require(DataPacketHead(chunk.encoded()))
        #expect(stream.sid == "PA_a" && stream.topic == nil)
    }

    @Test("whatever bytes come, a head is found or not, and nothing traps", arguments: 0..<300)
    func anyBytes(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        for _ in 0..<50 {
            let bytes = spoilt(Array(packet("PA_a", topic: "x", payload: 20, sequence: 9).readableBytesView), &random)
            let head = DataPacketHead(ByteBuffer(bytes: bytes))
            guard let parsed = try? Livekit_DataPacket(serializedBytes: bytes) else { continue }
            // What the parser takes the head is found of too, and is what the parser finds.
            guard let head else {
                #expect(
                    !parsed.unknownFields.data.isEmpty || !parsed.user.unknownFields.data.isEmpty,
                    "but for groups, which nobody writes: \(bytes)")
                continue
            }
            #expect(head.sequence == parsed.sequence, "\(bytes)")
            if !parsed.participantSid.isEmpty { #expect(head.sid == parsed.participantSid, "\(bytes)") }
            if case .user(let user)? = parsed.value { #expect(head.topic == TopicName(user.topic), "\(bytes)") }
        }
    }

    /// Changed, cut, with fields told twice and lengths and numbers beyond every bound.
    private func spoilt(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.insert(contentsOf: repeatElement(0xFF, count: place % 11), at: place)
            case 2: bytes.insert(contentsOf: bytes[place...].prefix(12), at: place)
            case 3: bytes += [0x8A, 1, 4] + Array("PA_b".utf8)
            case 4: bytes += [0x80, 1] + Array(repeating: 0xFF, count: place % 10) + [1]
            default: bytes.removeLast(place % 8)
            }
        }
        return bytes
    }

    @Test("senders without end share one budget instead of having an account each")
    func manySenders() {
        var budget = PacketBudget(limits: limits(packets: 1))
        var taken = 0
        for number in 0..<3000 {
            if case .taken = budget.take(1, of: "PA_\(number)", at: start) { taken += 1 }
        }
        #expect(taken == 1024 + 1)
    }
}
