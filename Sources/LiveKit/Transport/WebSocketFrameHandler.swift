import NIOCore
import NIOWebSocket
import RTCNetwork
import SansIO

/// Puts fragments together, answers pings, does the close handshake, and reports messages and the end.
///
/// What messages lead to has the loop for a turn at a time (`LoopShare`); while some wait, nothing more is read.
final class WebSocketFrameHandler: ChannelInboundHandler, ChannelOutboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let configuration: TransportConfiguration
    private let opened: EventLoopPromise<WebSocket>
    private let onEvent: @Sendable (WebSocketEvent) -> Void

    private var fragments: (opcode: WebSocketOpcode, data: ByteBuffer, count: Int)?
    private var end: WebSocketEnd?
    private var reportedEnd = false
    private var closeTimer: Scheduled<Void>?
    /// What is yet to be reported, in order.
    private var waiting = CircularBuffer<WebSocketEvent>()
    private var isReporting = false
    private var share = LoopShare()
    private var restTimer: LoopTimer?
    private var context: ChannelHandlerContext?
    private var eventLoop: (any EventLoop)?
    private var isResting = false
    /// Itself while something waits: the pipeline may be gone before it is reported.
    private var lasting: WebSocketFrameHandler?
    /// A read that was asked for during a rest.
    private var isReadHeld = false

    init(
        configuration: TransportConfiguration, opened: EventLoopPromise<WebSocket>,
        onEvent: @escaping @Sendable (WebSocketEvent) -> Void
    ) {
        self.configuration = configuration
        self.opened = opened
        self.onEvent = onEvent
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        eventLoop = context.eventLoop
        restTimer = LoopTimer(eventLoop: context.eventLoop)
        restTimer?.onFire = { [weak self] in self?.reportWaiting() }
        opened.succeed(WebSocket(channel: context.channel))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard end == nil || end == .closedLocally else { return }
        let frame = unwrapInboundIn(data)
        guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
            return fail(context, code: .protocolError, "a reserved bit is set")
        }
        switch frame.opcode {
        case .text, .binary: begin(context, frame)
        case .continuation: append(context, frame)
        case .ping: write(context, .pong, frame.unmaskedData)
        case .pong: break
        case .connectionClose: closedByPeer(context, frame.unmaskedData)
        default: fail(context, code: .protocolError, "unknown opcode")
        }
    }

    private func begin(_ context: ChannelHandlerContext, _ frame: WebSocketFrame) {
        guard fragments == nil else {
            return fail(context, code: .protocolError, "a new message begins inside another")
        }
        if frame.fin {
            deliver(frame.opcode, frame.unmaskedData)
        } else {
            fragments = (frame.opcode, frame.unmaskedData, 1)
        }
    }

    private func append(_ context: ChannelHandlerContext, _ frame: WebSocketFrame) {
        guard var message = fragments else {
            return fail(context, code: .protocolError, "a continuation without a beginning")
        }
        var data = frame.unmaskedData
        message.count += 1
        guard message.data.readableBytes + data.readableBytes <= configuration.largestMessage,
            message.count <= configuration.mostFragments
        else {
            return fail(
                context, code: .messageTooLarge, "a message is larger than \(configuration.largestMessage) bytes")
        }
        fragments = nil
        message.data.writeBuffer(&data)
        if frame.fin {
            deliver(message.opcode, message.data)
        } else {
            fragments = message
        }
    }

    private func deliver(_ opcode: WebSocketOpcode, _ data: ByteBuffer) {
        guard end == nil else { return }
        report(.message(data, isBinary: opcode == .binary))
    }

    private var now: Instant { eventLoop.map { Instant($0.now) } ?? .onEventLoop }

    /// Keeps an event for the end of what was read with it, or for the next moment where there is no such end.
    private func report(_ event: WebSocketEvent) {
        waiting.append(event)
        lasting = self
        if !isReporting, !isResting { restTimer?.schedule(now) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        reportWaiting()
        context.fireChannelReadComplete()
    }

    private func reportWaiting() {
        guard !isReporting, share.begin(at: now) else { return }
        isReporting = true
        isResting = false
        while let event = waiting.popFirst() {
            // Who has closed it here wants to hear of the end alone.
            if case .message = event, end == .closedLocally { continue }
            onEvent(event)
            if share.isSpent(at: now) { break }
        }
        isReporting = false
        if waiting.isEmpty { lasting = nil }
        if share.isSpent(at: now) { return rest() }
        guard isReadHeld else { return }
        isReadHeld = false
        context?.read()
    }

    private func rest() {
        isResting = true
        restTimer?.schedule(share.rest(at: now))
    }

    func read(context: ChannelHandlerContext) {
        if isResting { isReadHeld = true } else { context.read() }
    }

    private func closedByPeer(_ context: ChannelHandlerContext, _ data: ByteBuffer) {
        var payload = data
        let code = payload.readInteger(as: UInt16.self) ?? 1005
        let reason = Redaction.redact(String(decoding: payload.readableBytesView.prefix(123), as: UTF8.self))
        if end == nil {
            end = .closedByPeer(code: code, reason: reason)
            // The echo is the same code (RFC 6455 §5.5.1); 1005 is never written.
            write(context, .connectionClose, data.getSlice(at: data.readerIndex, length: min(2, data.readableBytes)))
        }
        context.close(promise: nil)
    }

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard let request = event as? WebSocketCloseRequest else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        promise?.succeed()
        guard end == nil else { return }
        end = .closedLocally
        writeClose(context, code: request.code)
        let channel = context.channel
        closeTimer = context.eventLoop.scheduleTask(in: TimeAmount(configuration.closeTimeout)) {
            channel.close(promise: nil)
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if end == nil { end = .closedLocally }
        context.close(mode: mode, promise: promise)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // After the close frame nothing else may follow (RFC 6455 §5.5.1).
        guard end == nil else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        context.write(data, promise: promise)
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelInactive(context: ChannelHandlerContext) {
        finish(end ?? .lost("the connection was closed"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? NIOWebSocketError {
            let tooLarge = error == .invalidFrameLength
            fail(
                context, code: tooLarge ? .messageTooLarge : .protocolError,
                tooLarge ? "a frame is larger than \(configuration.largestMessage) bytes" : "bad frame: \(error)")
        } else {
            if end == nil { end = .lost(Redaction.redact(String(describing: error))) }
            context.close(promise: nil)
        }
    }

    private func fail(_ context: ChannelHandlerContext, code: WebSocketErrorCode, _ what: String) {
        guard end == nil else { return context.close(promise: nil) }
        end = .violated(what)
        fragments = nil
        writeClose(context, code: UInt16(webSocketErrorCode: code))
        context.close(promise: nil)
    }

    private func writeClose(_ context: ChannelHandlerContext, code: UInt16) {
        var payload = context.channel.allocator.buffer(capacity: 2)
        payload.writeInteger(code)
        write(context, .connectionClose, payload)
    }

    private func write(_ context: ChannelHandlerContext, _ opcode: WebSocketOpcode, _ data: ByteBuffer?) {
        let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data ?? ByteBuffer())
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    private func finish(_ end: WebSocketEnd) {
        guard !reportedEnd else { return }
        reportedEnd = true
        closeTimer?.cancel()
        report(.ended(end))
        reportWaiting()
    }
}
