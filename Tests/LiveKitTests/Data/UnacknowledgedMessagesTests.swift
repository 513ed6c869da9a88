import NIOCore
import SansIO
import Testing

@testable import LiveKit

struct UnacknowledgedMessagesTests {
    /// Sends a message of so many packets of 10 bytes each.
    private func send(_ name: String, packets: Int = 1, to messages: inout UnacknowledgedMessages) {
        let packet = Livekit_DataPacket.user(UserData(payload: ByteBuffer(), topic: TopicName(name)))
        for _ in 0..<packets { messages.count(10) }
        let message = OutgoingMessage(
            packets: Array(repeating: packet, count: packets), isReliable: true, since: .zero)
        messages.remember(message, bytes: packets * 10)
    }

    private func names(_ messages: [OutgoingMessage]) -> [String] {
        messages.compactMap { $0.packets.first?.user.topic }
    }

    @Test("a message of which one byte is not acknowledged is sent again whole, in its order")
    func keepsWhole() {
        var messages = UnacknowledgedMessages()
        send("a", to: &messages)
        send("b", packets: 3, to: &messages)
        send("c", to: &messages)
        messages.acknowledge(outstanding: 11)
        let again = messages.endSession()
        #expect(names(again) == ["b", "c"] && again.map(\.packets.count) == [3, 1])
        #expect(again.map(\.isSentAgain) == [true, true])
        #expect(messages.endSession().isEmpty)
    }

    @Test("what counts as handed to the channel begins anew with a session")
    func beginsAnew() {
        var messages = UnacknowledgedMessages()
        send("a", to: &messages)
        _ = messages.endSession()
        send("b", to: &messages)
        messages.acknowledge(outstanding: 10)
        #expect(names(messages.endSession()) == ["b"])
    }

    @Test("packets sent again within a session move its messages' places by nothing")
    func resumeIsCounted() {
        var messages = UnacknowledgedMessages()
        send("a", to: &messages)
        messages.count(10)
        send("b", to: &messages)
        messages.acknowledge(outstanding: 20)
        #expect(names(messages.endSession()) == ["b"])
    }

    @Test("where nobody knows what was acknowledged, all is sent again")
    func unknownIsOutstanding() {
        var messages = UnacknowledgedMessages()
        send("a", to: &messages)
        messages.acknowledge(outstanding: nil)
        #expect(names(messages.endSession()) == ["a"])
    }

    @Test("what is remembered is bounded, and the oldest gives way")
    func isBounded() {
        var messages = UnacknowledgedMessages()
        for index in 0..<300 { send("\(index)", to: &messages) }
        #expect(names(messages.endSession()) == (44..<300).map(String.init))
        send("long", packets: 257, to: &messages)
        #expect(messages.endSession().isEmpty)
    }
}
