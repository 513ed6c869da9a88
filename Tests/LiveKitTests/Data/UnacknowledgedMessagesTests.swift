import NIOCore
import SansIO
import Testing

@testable import LiveKit

struct UnacknowledgedMessagesTests {
    /// Sends a message of so many packets of 10 bytes each.
    /// - Returns: the channel's receipt.
    @discardableResult
    private func send(_ name: String, packets: Int = 1, to messages: inout UnacknowledgedMessages) -> UInt64 {
        let packet = Livekit_DataPacket.user(UserData(payload: ByteBuffer(), topic: TopicName(name)))
        let message = OutgoingMessage(
            packets: Array(repeating: packet, count: packets), isReliable: true, receipt: name, since: .zero)
        let number = messages.makeReceipt()
        messages.remember(message, bytes: packets * 10, number: number)
        return number
    }

    private func names(_ messages: [OutgoingMessage]) -> [String] {
        messages.compactMap { $0.packets.first?.user.topic }
    }

    @Test("what is acknowledged is told in its order; the rest is sent again whole, and told once")
    func keepsWhole() {
        var messages = UnacknowledgedMessages()
        send("a", to: &messages)
        let number = send("b", to: &messages)
        send("c", packets: 3, to: &messages)
        send("d", to: &messages)
        #expect(messages.acknowledge(number) == ["a", "b"] && messages.acknowledge(number) == [])
        let (again, lost) = messages.endSession()
        #expect(names(again) == ["c", "d"] && again.map(\.packets.count) == [3, 1] && lost.isEmpty)
        #expect(again.map(\.isSentAgain) == [true, true] && again.map(\.receipt) == ["c", "d"])
        #expect(messages.endSession().again.isEmpty)
    }

    @Test("an acknowledgement of an earlier session says nothing about the next")
    func beginsAnew() {
        var messages = UnacknowledgedMessages()
        let number = send("a", to: &messages)
        _ = messages.endSession()
        send("b", to: &messages)
        #expect(messages.acknowledge(number).isEmpty && names(messages.endSession().again) == ["b"])
    }

    @Test("what is kept is bounded: the oldest is not sent again, but told of when it arrived all the same")
    func isBounded() {
        var messages = UnacknowledgedMessages()
        for index in 0..<300 { send("\(index)", to: &messages) }
        #expect(messages.acknowledge(3) == ["0", "1", "2"])
        send("300", to: &messages)
        let (again, lost) = messages.endSession()
        #expect(names(again) == (45...300).map(String.init))
        #expect(lost == (3...44).map(String.init))
        send("long", packets: 257, to: &messages)
        #expect(messages.endSession().again.isEmpty)
        let number = send("long", packets: 257, to: &messages)
        #expect(messages.acknowledge(number) == ["long"] && messages.isEmpty)
    }
}
