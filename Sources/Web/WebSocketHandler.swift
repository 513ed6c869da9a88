import NIOCore
import NIOWebSocket

/// The frames of one WebSocket: fragments joined, pings answered and sent, close handshake, slow readers cut.
final class WebSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    var onMessage: (@Sendable (WebSocketMessage) -> Void)?
    var onClose: (@Sendable (WebSocketClose) -> Void)?
    private let channel: any Channel
    private let configuration: WebServer.Configuration
    private var fragments: (opcode: WebSocketOpcode, data: ByteBuffer)?
    private var pendingBytes = 0
    private var hasSentClose = false
    private var received: WebSocketClose?
    private var hasReported = false
    private var silentIntervals = 0
    private var pings: RepeatedTask?

    init(channel: any Channel, configuration: WebServer.Configuration) {
        self.channel = channel
        self.configuration = configuration
    }

    func handlerAdded(context: ChannelHandlerContext) {
        guard let interval = configuration.pingInterval else { return }
        let here = NIOLoopBound(self, eventLoop: context.eventLoop)
        pings = context.eventLoop.scheduleRepeatedTask(initialDelay: .init(interval), delay: .init(interval)) { _ in
            here.value.ping()
        }
    }

    // MARK: Receiving

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        silentIntervals = 0
        let frame = unwrapInboundIn(data)
        guard !hasSentClose || frame.opcode == .connectionClose else { return }
        // RFC 6455 §5.1 and §5.2: a client masks, and no extension was agreed on that would use the bits.
        guard frame.maskKey != nil else { return fail(1002, "a frame that is not masked") }
        guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else { return fail(1002, "a reserved bit is set") }
        switch frame.opcode {
        case .text, .binary:
            guard fragments == nil else { return fail(1002, "a message began inside another") }
            append(frame.unmaskedData, opcode: frame.opcode, isFinal: frame.fin)
        case .continuation:
            guard let opcode = fragments?.opcode else { return fail(1002, "a continuation of nothing") }
            append(frame.unmaskedData, opcode: opcode, isFinal: frame.fin)
        case .ping: send(.pong, frame.unmaskedData)
        case .pong: break
        case .connectionClose: receiveClose(frame.unmaskedData)
        default: fail(1002, "an unknown opcode")
        }
    }

    private func append(_ part: ByteBuffer, opcode: WebSocketOpcode, isFinal: Bool) {
        var message = fragments?.data ?? ByteBuffer()
        fragments = nil
        guard message.readableBytes + part.readableBytes <= configuration.maximumMessageBytes else {
            return fail(1009, "the message is too large")
        }
        if message.readableBytes == 0 {
            message = part
        } else {
            message.writeImmutableBuffer(part)
        }
        guard isFinal else {
            fragments = (opcode, message)
            return
        }
        if opcode == .binary {
            onMessage?(.binary(message))
        } else if let text = String(validating: message.readableBytesView, as: UTF8.self) {
            onMessage?(.text(text))
        } else {
            fail(1007, "the text is not UTF-8")
        }
    }

    private func receiveClose(_ payload: ByteBuffer) {
        var payload = payload
        let code = payload.readInteger(as: UInt16.self)
        let reason = String(decoding: payload.readableBytesView, as: UTF8.self)
        received = WebSocketClose(code: code ?? 1005, reason: reason)
        if !hasSentClose { writeClose(code.map { WebSocketClose(code: $0) }) }
        channel.close(promise: nil)
    }

    // MARK: Sending

    func send(_ opcode: WebSocketOpcode, _ data: ByteBuffer) {
        guard !hasSentClose, channel.isActive else { return }
        let bytes = data.readableBytes
        pendingBytes += bytes
        guard pendingBytes <= configuration.maximumPendingBytes else { return abort() }
        let written = channel.eventLoop.makePromise(of: Void.self)
        let here = NIOLoopBound(self, eventLoop: channel.eventLoop)
        written.futureResult.whenComplete { _ in here.value.pendingBytes -= bytes }
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: opcode, data: data), promise: written)
    }

    func close(_ close: WebSocketClose) {
        guard !hasSentClose, channel.isActive else { return }
        writeClose(close)
        channel.eventLoop.scheduleTask(in: .seconds(2)) { [channel] in channel.close(promise: nil) }
    }

    func abort() {
        hasSentClose = true
        channel.close(promise: nil)
    }

    private func fail(_ code: UInt16, _ reason: String) {
        close(WebSocketClose(code: code, reason: reason))
    }

    private func writeClose(_ close: WebSocketClose?) {
        hasSentClose = true
        var payload = ByteBuffer()
        if let close {
            payload.writeInteger(close.code)
            payload.writeString(String(close.reason.prefix(60)))
        }
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .connectionClose, data: payload), promise: nil)
    }

    private func ping() {
        silentIntervals += 1
        // Half-open connections never report an end by themselves.
        if silentIntervals > 3 { return abort() }
        send(.ping, ByteBuffer())
    }

    // MARK: The connection's life

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ConnectionSet.Drain { close(.goingAway) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        pings?.cancel()
        if !hasReported {
            hasReported = true
            onClose?(received ?? .abnormal)
        }
        // The callbacks may hold the connection, which holds this handler.
        onMessage = nil
        onClose = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let problem = error as? NIOWebSocketError {
            fail(problem == .invalidFrameLength ? 1009 : 1002, "\(problem)")
        } else {
            channel.close(promise: nil)
        }
    }
}
