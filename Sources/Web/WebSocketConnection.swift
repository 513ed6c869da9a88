import NIOCore
import NIOWebSocket

/// One message of a WebSocket.
public enum WebSocketMessage: Sendable, Equatable {
    case text(String)
    case binary(ByteBuffer)
}

/// How a WebSocket ended.
public struct WebSocketClose: Sendable, Equatable {
    /// The close code received (RFC 6455 §7.4.1); 1006 when the connection was cut without a close frame.
    public var code: UInt16
    public var reason: String

    public init(code: UInt16, reason: String = "") {
        self.code = code
        self.reason = reason
    }

    public static let normal = WebSocketClose(code: 1000)
    public static let goingAway = WebSocketClose(code: 1001)
    public static let abnormal = WebSocketClose(code: 1006)
}

/// An open WebSocket, server side. Its callbacks run on `eventLoop`; its verbs may be called from anywhere.
public final class WebSocketConnection: Sendable {
    public let eventLoop: any EventLoop
    /// The request that was upgraded.
    public let request: WebRequest

    private let handler: NIOLoopBound<WebSocketHandler>

    init(eventLoop: any EventLoop, request: WebRequest, handler: WebSocketHandler) {
        self.eventLoop = eventLoop
        self.request = request
        self.handler = NIOLoopBound(handler, eventLoop: eventLoop)
    }

    /// Called with each message. Set it in the accept closure: messages that find no callback are dropped.
    public func onMessage(_ callback: @escaping @Sendable (WebSocketMessage) -> Void) {
        onLoop { $0.onMessage = callback }
    }

    /// Called once, when the connection is gone, by whichever side.
    public func onClose(_ callback: @escaping @Sendable (WebSocketClose) -> Void) {
        onLoop { $0.onClose = callback }
    }

    public func send(_ text: String) {
        onLoop { $0.send(.text, ByteBuffer(string: text)) }
    }

    public func send(_ binary: ByteBuffer) {
        onLoop { $0.send(.binary, binary) }
    }

    /// Sends a close frame and closes when the peer has answered, or after two seconds.
    public func close(_ close: WebSocketClose = .normal) {
        onLoop { $0.close(close) }
    }

    /// Cuts the connection without a close frame.
    public func abort() {
        onLoop { $0.abort() }
    }

    private func onLoop(_ work: @escaping @Sendable (WebSocketHandler) -> Void) {
        if eventLoop.inEventLoop {
            work(handler.value)
        } else {
            eventLoop.execute { [handler] in work(handler.value) }
        }
    }
}
