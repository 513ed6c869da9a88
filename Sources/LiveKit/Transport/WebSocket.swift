import NIOCore
import NIOHTTP1
import NIOWebSocket

/// What to ask the server for.
public struct WebSocketRequest: Sendable {
    public var server: ServerURL
    /// Path and query, to follow the server's base path.
    public var target: String
    /// Sent as `Authorization: Bearer`.
    public var token: AccessToken

    public init(server: ServerURL, target: String, token: AccessToken) {
        self.server = server
        self.target = target
        self.token = token
    }
}

/// How a web socket ended.
public enum WebSocketEnd: Hashable, Sendable, CustomStringConvertible {
    /// The other side sent a close frame; 1005 when it named no code (RFC 6455 §7.4.1).
    case closedByPeer(code: UInt16, reason: String)
    /// We closed it.
    case closedLocally
    /// The connection went away without a close frame.
    case lost(String)
    /// The other side broke the protocol or our limits.
    case violated(String)

    public var description: String {
        switch self {
        case .closedByPeer(let code, let reason):
            "closed by the peer with \(code)\(reason.isEmpty ? "" : ": \(reason)")"
        case .closedLocally: "closed"
        case .lost(let reason): "connection lost: \(reason)"
        case .violated(let what): "protocol violation: \(what)"
        }
    }
}

/// What happens on an open web socket, in order; `ended` comes once, last.
public enum WebSocketEvent: Sendable {
    case message(ByteBuffer, isBinary: Bool)
    case ended(WebSocketEnd)
}

/// A web socket client (RFC 6455) on one event loop, on which all its events are delivered.
public final class WebSocket: Sendable {
    private let channel: any Channel

    init(channel: any Channel) {
        self.channel = channel
    }

    /// Connects and upgrades. `onEvent` is called on `eventLoop`, for the first time after the future succeeded.
    ///
    /// The future fails with a `TransportError`; a refusal's body is free of tokens.
    public static func connect(
        _ request: WebSocketRequest, on eventLoop: any EventLoop, configuration: TransportConfiguration = .init(),
        onEvent: @escaping @Sendable (WebSocketEvent) -> Void
    ) -> EventLoopFuture<WebSocket> {
        let opened = eventLoop.makePromise(of: WebSocket.self)
        let connecting = TransportConnector.connect(
            to: request.server, on: eventLoop, configuration: configuration
        ) { channel in
            try addHandshake(to: channel, request: request, configuration: configuration, opened: opened, onEvent)
        }
        connecting.cascadeFailure(to: opened)
        let deadline = NIODeadline.now() + TimeAmount(configuration.connectTimeout)
        connecting.whenSuccess { channel in
            let timer = eventLoop.scheduleTask(deadline: deadline) {
                opened.fail(TransportError.timedOut(.upgrading))
            }
            opened.futureResult.whenSuccess { _ in timer.cancel() }
            opened.futureResult.whenFailure { _ in
                timer.cancel()
                channel.close(promise: nil)
            }
        }
        return opened.futureResult
    }

    /// Sends one binary message.
    public func send(_ message: ByteBuffer) {
        write(WebSocketFrame(fin: true, opcode: .binary, maskKey: .random(), data: message))
    }

    /// Starts the close handshake; `ended(.closedLocally)` follows, at the latest after the close timeout.
    public func close(code: UInt16 = 1000) {
        channel.triggerUserOutboundEvent(WebSocketCloseRequest(code: code), promise: nil)
    }

    /// Drops the connection at once, without a close frame.
    public func abort() {
        channel.close(promise: nil)
    }

    private func write(_ frame: WebSocketFrame) {
        channel.writeAndFlush(frame, promise: nil)
    }

    private static func addHandshake(
        to channel: any Channel, request: WebSocketRequest, configuration: TransportConfiguration,
        opened: EventLoopPromise<WebSocket>, _ onEvent: @escaping @Sendable (WebSocketEvent) -> Void
    ) throws {
        let handshake = WebSocketHandshakeHandler(request: request, opened: opened)
        let bound = NIOLoopBound(handshake, eventLoop: channel.eventLoop)
        let upgrader = NIOWebSocketClientUpgrader(
            maxFrameSize: configuration.largestMessage, automaticErrorHandling: false
        ) { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                pipeline.removeHandler(bound.value, promise: nil)
                try pipeline.addHandler(
                    WebSocketFrameHandler(configuration: configuration, opened: opened, onEvent: onEvent))
            }
        }
        try channel.pipeline.syncOperations.addHTTPClientHandlers(
            leftOverBytesStrategy: .forwardBytes, enableOutboundHeaderValidation: true,
            withClientUpgrade: (upgraders: [upgrader], completionHandler: { _ in }))
        try channel.pipeline.syncOperations.addHandler(handshake)
    }
}

/// Asks the frame handler for a close handshake.
struct WebSocketCloseRequest: Sendable {
    var code: UInt16
}
