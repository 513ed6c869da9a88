import Foundation
import NIOCore
import SansIO
import Simulation
import Testing

@testable import LiveKit

struct DataReceiverTests {
    private let start = Instant(nanoseconds: 0)

    private func events(_ receiver: inout DataReceiver) -> [DataReceiver.Event] {
        var all: [DataReceiver.Event] = []
        while let event = receiver.pollOutput() { all.append(event) }
        return all
    }

    /// The sid that the server stamped the packets of a capture with.
    private func sid(of lines: [Capture.Line]) throws -> String {
        try DataMessage(parsing: try #require(lines.first).bytes).sender.sid
    }

    @Test func theStreamsOfARealSenderComeOutWhole() throws {
        var receiver = DataReceiver()
        let lines = try Capture.lines("streams").filter { $0.ch == "data" && $0.isIncoming }
        receiver.senderJoined(sid: try sid(of: lines), identity: "candidate", at: start)
        var contents: [DataStreamContent] = []
        var users: [UserData] = []
        for line in lines {
            receiver.receive(line.bytes, at: Instant(nanoseconds: Int64(line.t * 1e9)))
            for event in events(&receiver) {
                switch event {
                case .stream(let content): contents.append(content)
                case .user(let user, let sender):
                    users.append(user)
                    #expect(sender.identity == "candidate")
                default: Issue.record("unexpected \(event)")
                }
            }
        }
        #expect(contents.map { $0.text?.count } == [43, 1720, 44_669, 18, nil])
        #expect(contents.last?.bytes.readableBytes == 38_400)
        #expect(contents.last?.info.mimeType == "image/jpeg")
        #expect(
            contents.prefix(3).allSatisfy { $0.info.topic == "jask.code" && $0.info.sender.identity == "candidate" })
        #expect(users.map(\.topic) == ["jask.ask"])
        #expect(receiver.duplicates == 0)
        #expect(receiver.receiveStates.map(\.lastSeq) == [14])
    }

    @Test func aSecondDeliveryOfEverythingChangesNothing() throws {
        var receiver = DataReceiver()
        let lines = try Capture.lines("streams").filter { $0.ch == "data" && $0.isIncoming }
        receiver.senderJoined(sid: try sid(of: lines), identity: "candidate", at: start)
        for line in lines { receiver.receive(line.bytes, at: start) }
        let first = events(&receiver).count
        for line in lines { receiver.receive(line.bytes, at: start + .seconds(1)) }
        let second = events(&receiver).count
        #expect(second == 0)
        #expect(receiver.duplicates == lines.count)
        #expect(first == 6)
    }

    @Test func packetsWithoutASenderAreDelivered() throws {
        var receiver = DataReceiver()
        let packet = Livekit_DataPacket.user(UserData(payload: ByteBuffer(string: "{}"), topic: "t"))
        receiver.receive(packet.encoded(), at: start)
        receiver.receive(packet.encoded(), at: start)
        let delivered = events(&receiver).count
        #expect(delivered == 2, "without sid and sequence nothing tells duplicates")
    }

    @Test func encryptedPacketsAreReported() throws {
        var receiver = DataReceiver()
        var packet = Livekit_DataPacket()
        packet.participantIdentity = "c"
        packet.encryptedPacket.keyIndex = 3
        packet.encryptedPacket.encryptedValue = Data([1, 2])
        receiver.receive(packet.encoded(), at: start)
        guard case .encrypted(let sender, 3)? = events(&receiver).first else {
            Issue.record("not reported")
            return
        }
        #expect(sender.identity == "c")
    }

    @Test func garbageIsNamedAndNeverTraps() throws {
        let seed: UInt64 = 5
        var random = RandomSource.seeded(seed)
        var limits = PacketBudget.Limits()
        limits.packets = 10_000
        var receiver = DataReceiver(limits: limits)
        let lines = try Capture.lines("streams").filter { $0.ch == "data" && $0.bytes.readableBytes < 300 }
        var malformed = 0
        for _ in 0..<5000 {
            let line = try #require(lines.randomElement(using: &random))
            var bytes = Array(line.bytes.readableBytesView)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                bytes[index] = UInt8.random(in: .min ... .max, using: &random)
            }
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            receiver.receive(ByteBuffer(bytes: bytes), at: start)
            for case .malformed in events(&receiver) { malformed += 1 }
        }
        #expect(malformed > 500, "seed \(seed)")
        receiver.receive(ByteBuffer(), at: start)
        guard case .malformed(.empty)? = events(&receiver).first else {
            Issue.record("an empty message is no data packet")
            return
        }
    }

    @Test func rememberedSendersAreBoundedAndForgotten() {
        var receiver = ReliableReceiver(memory: .seconds(30), mostSources: 10)
        func accept(_ index: Int, _ time: Duration) -> Bool {
            receiver.accept(sid: "PA_\(index)", sequence: 1, at: start + time)
        }
        let first = (0..<100).map { accept($0, .milliseconds($0)) }
        #expect(first.allSatisfy { $0 })
        #expect(receiver.receiveStates.count == 10)
        let repeated = accept(99, .seconds(1))
        let muchLater = accept(99, .seconds(40))
        #expect(!repeated)
        #expect(muchLater, "a new session may begin at 1")
        receiver.forget(sid: "PA_99")
        let afterLeaving = accept(99, .seconds(40))
        #expect(afterLeaving)
    }
}
