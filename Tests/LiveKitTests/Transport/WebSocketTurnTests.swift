import NIOCore
import NIOEmbedded
import NIOWebSocket
import Synchronization
import Testing

@testable import LiveKit

/// What a server writes in one go does not have the loop for as long as it takes.
struct WebSocketTurnTests {
    private final class Reads: ChannelOutboundHandler {
        typealias OutboundIn = WebSocketFrame
        var count = 0

        func read(context: ChannelHandlerContext) {
            count += 1
            context.read()
        }
    }

    private struct Reset: Error {}

    private static func frame(_ text: String) -> WebSocketFrame {
        WebSocketFrame(fin: true, opcode: .binary, data: ByteBuffer(string: text))
    }

    @Test("messages that take long are handed out a turn at a time, in order, and nothing is read meanwhile")
    func messagesTakeTurns() throws {
        let channel = EmbeddedChannel()
        let loop = NIOLoopBound(channel.embeddedEventLoop, eventLoop: channel.embeddedEventLoop)
        let seen = Mutex<[String]>([])
        let reads = Reads()
        let opened = channel.eventLoop.makePromise(of: WebSocket.self)
        let handler = WebSocketFrameHandler(configuration: .init(), opened: opened) { event in
            switch event {
            case .message(let text, _): seen.withLock { $0.append(String(buffer: text)) }
            case .ended: seen.withLock { $0.append("end") }
            }
            loop.value.advanceTime(by: .milliseconds(3))
        }
        try channel.pipeline.syncOperations.addHandlers([reads, handler])
        channel.connect(to: try SocketAddress(unixDomainSocketPath: "/server"), promise: nil)
        let before = reads.count
        for text in ["1", "2", "3"] { channel.pipeline.fireChannelRead(Self.frame(text)) }
        channel.pipeline.fireChannelReadComplete()
        channel.read()
        #expect(seen.withLock { $0 } == ["1"])
        #expect(reads.count == before, "what waits comes first")
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(3))
        #expect(seen.withLock { $0 } == ["1", "2"])
        channel.pipeline.fireChannelInactive()
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(100))
        #expect(seen.withLock { $0 } == ["1", "2", "3", "end"], "the end is the last, however it came")
        #expect(reads.count == before + 1)
        _ = try? channel.finish()
    }

    @Test("what waits when the connection ends is handed out though its pipeline is gone, and then let go")
    func theEndComesDuringARest() throws {
        let channel = EmbeddedChannel()
        let loop = NIOLoopBound(channel.embeddedEventLoop, eventLoop: channel.embeddedEventLoop)
        let seen = Mutex<[String]>([])
        let opened = channel.eventLoop.makePromise(of: WebSocket.self)
        weak var handler: WebSocketFrameHandler?
        do {
            let made = WebSocketFrameHandler(configuration: .init(), opened: opened) { event in
                switch event {
                case .message(let text, _): seen.withLock { $0.append(String(buffer: text)) }
                case .ended: seen.withLock { $0.append("end") }
                }
                loop.value.advanceTime(by: .milliseconds(3))
            }
            handler = made
            try channel.pipeline.syncOperations.addHandler(made)
        }
        channel.connect(to: try SocketAddress(unixDomainSocketPath: "/server"), promise: nil)
        for text in ["join", "leave"] { channel.pipeline.fireChannelRead(Self.frame(text)) }
        channel.pipeline.fireChannelReadComplete()
        #expect(seen.withLock { $0 } == ["join"], "a rest has begun")
        channel.pipeline.fireErrorCaught(Reset())
        channel.embeddedEventLoop.run()
        #expect(throws: (any Error).self) {
            try channel.pipeline.syncOperations.handler(type: WebSocketFrameHandler.self)
        }
        for _ in 0..<5 { channel.embeddedEventLoop.advanceTime(by: .milliseconds(10)) }
        #expect(seen.withLock { $0 } == ["join", "leave", "end"])
        #expect(handler == nil)
    }

    @Test("messages that take no time are handed out together")
    func quickMessages() throws {
        let channel = EmbeddedChannel()
        let seen = Mutex(0)
        let opened = channel.eventLoop.makePromise(of: WebSocket.self)
        try channel.pipeline.syncOperations.addHandler(
            WebSocketFrameHandler(configuration: .init(), opened: opened) { event in
                if case .message = event { seen.withLock { $0 += 1 } }
            })
        for number in 0..<100 { channel.pipeline.fireChannelRead(Self.frame("\(number)")) }
        channel.pipeline.fireChannelReadComplete()
        #expect(seen.withLock { $0 } == 100)
        // Where nothing says that the reading is over, as after the upgrade.
        channel.pipeline.fireChannelRead(Self.frame("alone"))
        channel.embeddedEventLoop.advanceTime(by: .nanoseconds(1))
        #expect(seen.withLock { $0 } == 101)
        _ = try? channel.finish()
    }
}
