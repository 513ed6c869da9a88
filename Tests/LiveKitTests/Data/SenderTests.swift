import Foundation
import NIOCore
import SansIO
import Testing

@testable import LiveKit

/// Whose data a packet is: the server's word, and no other.
struct SenderTests {
    private let start = Instant(nanoseconds: 1_000_000_000)
    private let composed = Identity("zo\u{EB}")
    private let decomposed = Identity("zoe\u{308}")

    /// A room with a candidate and an agent.
    private func room() -> DataReceiver {
        var receiver = DataReceiver()
        receiver.senderJoined(sid: "PA_c", identity: composed, at: start)
        receiver.senderJoined(sid: "PA_a", identity: "agent", at: start)
        return receiver
    }

    private func packet(_ identity: Identity, _ sid: String, _ fill: (inout Livekit_DataPacket) -> Void) -> ByteBuffer {
        var packet = Livekit_DataPacket()
        packet.participantIdentity = identity.text
        packet.participantSid = sid
        fill(&packet)
        return packet.encoded()
    }

    /// Header, chunk and trailer. The server lets the header alone name somebody else.
    private func stream(_ id: String, by identity: Identity, _ sid: String, as claimed: Identity) -> [ByteBuffer] {
        [
            packet(claimed, sid) {
                $0.streamHeader.streamID = id
                $0.streamHeader.topic = "jask.control"
                $0.streamHeader.textHeader = .init()
            },
            packet(identity, sid) {
                $0.streamChunk.streamID = id
                $0.streamChunk.content = Data("x".utf8)
            },
            packet(identity, sid) { $0.streamTrailer.streamID = id },
        ]
    }

    private func words(_ receiver: inout DataReceiver) -> [String] {
        var all: [String] = []
        while let event = receiver.pollOutput() {
            switch event {
            case .user(_, let sender): all.append("user of \(sender.sid)")
            case .stream(let content): all.append("stream of \(content.info.sender.sid)")
            case .streamFailed(let info, _, let sender, let error):
                all.append("failed, of '\(sender.identity)' '\(info?.sender.identity ?? "")': \(error)")
            case .foreignSender(let sender): all.append("foreign from \(sender.identity) \(sender.sid)")
            default: all.append("\(event)")
            }
        }
        return all
    }

    @Test("a stream that shows another participant as its sender is dropped, and told of once")
    func streamsInAnothersName() {
        var receiver = room()
        for id in ["1", "2"] {
            for message in stream(id, by: "agent", "PA_a", as: composed) { receiver.receive(message, at: start) }
        }
        #expect(words(&receiver) == ["foreign from agent PA_a"])
        #expect(receiver.foreign == 2)
        for message in stream("3", by: "agent", "PA_a", as: "agent") { receiver.receive(message, at: start) }
        for message in stream("4", by: composed, "PA_c", as: composed) { receiver.receive(message, at: start) }
        #expect(words(&receiver) == ["stream of PA_a", "stream of PA_c"], "in their own names they are heard")
    }

    @Test("an identity of other bytes is another's, however alike the two look")
    func twins() {
        var receiver = room()
        for message in stream("1", by: composed, "PA_c", as: decomposed) { receiver.receive(message, at: start) }
        #expect(words(&receiver) == ["foreign from \(composed) PA_c"])
    }

    @Test("a user packet whose envelope and content name different senders is dropped")
    func twoSenders() {
        var receiver = room()
        func user(_ outer: (Identity, String), _ inner: (String, String)) -> ByteBuffer {
            packet(outer.0, outer.1) {
                $0.user.topic = "jask.control"
                $0.user.participantIdentity = inner.0
                $0.user.participantSid = inner.1
            }
        }
        receiver.receive(user(("agent", "PA_a"), (composed.text, "PA_a")), at: start)
        receiver.receive(user((composed, "PA_c"), (decomposed.text, "PA_c")), at: start)
        receiver.receive(user(("agent", "PA_a"), ("agent", "PA_c")), at: start)
        receiver.receive(user((composed, "PA_a"), (composed.text, "PA_a")), at: start)
        #expect(words(&receiver) == ["foreign from agent PA_a", "foreign from \(composed) PA_c"])
        #expect(receiver.foreign == 4)
        receiver.receive(user(("agent", "PA_a"), ("agent", "PA_a")), at: start)
        receiver.receive(user(("agent", "PA_a"), ("", "")), at: start)
        receiver.receive(user(("", "PA_hidden"), ("", "")), at: start)
        #expect(words(&receiver) == ["user of PA_a", "user of PA_a", "user of PA_hidden"])
    }

    @Test("a stream of somebody who is not listed yet waits for the server's word, and not for long")
    func streamsOfTheUnlisted() {
        var receiver = room()
        for message in stream("1", by: "late", "PA_l", as: "late") { receiver.receive(message, at: start) }
        for message in stream("2", by: "agent", "PA_h", as: composed) { receiver.receive(message, at: start) }
        #expect(words(&receiver) == [])
        receiver.senderJoined(sid: "PA_l", identity: "late", at: start + .seconds(1))
        #expect(words(&receiver) == ["stream of PA_l"])
        #expect(receiver.deadline == start + .seconds(10))
        receiver.timeout(at: start + .seconds(10))
        #expect(words(&receiver) == ["foreign from  PA_h"], "nobody of that sid was ever listed as the candidate")
        receiver.senderJoined(sid: "PA_h", identity: composed, at: start + .seconds(11))
        #expect(words(&receiver) == [] && receiver.deadline.map { $0 > start + .seconds(11) } != false)
    }

    @Test("a packet of somebody who is not listed yet waits as streams do, in the order in which both came")
    func packetsOfTheUnlisted() {
        var receiver = room()
        func user(_ identity: Identity, _ sid: String) -> ByteBuffer {
            packet(identity, sid) { $0.user.topic = "jask.control" }
        }
        receiver.receive(user("late", "PA_l"), at: start)
        for message in stream("1", by: "late", "PA_l", as: "late") { receiver.receive(message, at: start) }
        receiver.receive(user(composed, "PA_h"), at: start)
        #expect(words(&receiver) == [], "nobody is listed under those sids")
        receiver.senderJoined(sid: "PA_l", identity: "late", at: start + .seconds(1))
        #expect(words(&receiver) == ["user of PA_l", "stream of PA_l"])
        receiver.senderJoined(sid: "PA_h", identity: "eve", at: start + .seconds(2))
        #expect(words(&receiver) == ["foreign from eve PA_h"], "it was in another's name")
        for _ in 0..<1000 { receiver.receive(user("flood", "PA_f"), at: start + .seconds(3)) }
        receiver.receive(user("shy", "PA_s"), at: start + .seconds(3))
        receiver.senderJoined(sid: "PA_s", identity: "shy", at: start + .seconds(4))
        #expect(words(&receiver).last == "user of PA_s", "a flood makes room for others")
        receiver.senderJoined(sid: "PA_f", identity: "flood", at: start + .seconds(4))
        #expect(words(&receiver).count < 64)
    }

    @Test("those who wait to be listed are bounded in number and size")
    func waitingIsBounded() {
        var receiver = room()
        for message in stream("l", by: "late", "PA_l", as: "late") { receiver.receive(message, at: start) }
        for index in 0..<100 {
            for message in stream("\(index)", by: "x", "PA_x", as: "x") { receiver.receive(message, at: start) }
        }
        receiver.senderJoined(sid: "PA_x", identity: "x", at: start)
        #expect(words(&receiver).filter { $0 == "stream of PA_x" }.count == 63)
        #expect(receiver.foreign == 37)
        receiver.senderJoined(sid: "PA_l", identity: "late", at: start)
        #expect(words(&receiver) == ["stream of PA_l"], "who had one waiting did not give way")
    }

    @Test("a stream that fails is never blamed on somebody whom its header only names")
    func failuresAreNotAttributed() {
        var receiver = room()
        receiver.receive(stream("1", by: "agent", "PA_h", as: composed)[0], at: start)
        receiver.receive(
            packet("agent", "PA_h") {
                $0.streamTrailer.streamID = "1"
                $0.streamTrailer.reason = "gone"
            }, at: start)
        #expect(words(&receiver) == ["failed, of '' '': the sender gave up: gone"])
    }

    @Test("topics of others are neither kept nor inflated nor told of")
    func otherTopics() throws {
        var receiver = DataReceiver(topics: .beginning(["jask."]))
        receiver.senderJoined(sid: "PA_c", identity: composed, at: start)
        let bomb = try #require(Deflate.deflate(ByteBuffer(repeating: 97, count: 3 << 20), format: .raw))
        for (id, topic) in [("1", "lk.chat"), ("2", "jask"), ("3", "jask.code")] {
            receiver.receive(
                packet(composed, "PA_c") {
                    $0.streamHeader.streamID = id
                    $0.streamHeader.topic = topic
                    $0.streamHeader.textHeader = .init()
                    $0.streamHeader.compression = .deflateRaw
                    $0.streamHeader.inlineContent = Data(bomb.readableBytesView)
                }, at: start)
            receiver.receive(packet(composed, "PA_c") { $0.streamTrailer.streamID = id }, at: start)
            receiver.receive(packet(composed, "PA_c") { $0.user.topic = topic }, at: start)
        }
        #expect(words(&receiver) == ["stream of PA_c", "user of PA_c"], "that of jask.code")
        #expect(receiver.deadline == nil)
    }
}
