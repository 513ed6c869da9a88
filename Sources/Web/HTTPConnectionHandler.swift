import NIOCore
import NIOHTTP1
import NIOSSL
import NIOWebSocket

/// One HTTP connection: collects requests, asks the routes, writes responses, turns into a WebSocket when a route says so.
final class HTTPConnectionHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Receiving {
        case nothing
        case body(HTTPRequestHead, ByteBuffer)
        /// The rest of a request that has been answered already.
        case discarding
    }

    private let configuration: WebServer.Configuration
    private let routes: Routes
    private let limits: RequestLimitHandler
    private var receiving = Receiving.nothing
    private var answering: Task<Void, Never>?
    private var isDraining = false
    private var closesAfterResponse = false

    private init(configuration: WebServer.Configuration, routes: Routes, limits: RequestLimitHandler) {
        self.configuration = configuration
        self.routes = routes
        self.limits = limits
    }

    static func configure(
        _ channel: any Channel, configuration: WebServer.Configuration, routes: Routes, connections: ConnectionSet
    ) throws {
        let mayServe = connections.add(channel)
        channel.closeFuture.whenComplete { _ in connections.remove(channel) }
        guard mayServe else { return channel.close(promise: nil) }
        let pipeline = channel.pipeline.syncOperations
        if let certificate = configuration.certificate {
            try pipeline.addHandler(NIOSSLServerHandler(context: certificate.context))
        }
        let limits = RequestLimitHandler(
            limits: RequestAllowance.Limits(configuration), openedAt: channel.eventLoop.now)
        try pipeline.addHandler(limits, name: Names.limits)
        try pipeline.addHandler(HTTPResponseEncoder(), name: Names.encoder)
        try pipeline.addHandler(
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes)), name: Names.decoder)
        try pipeline.addHandler(HTTPServerPipelineHandler(), name: Names.pipelining)
        try pipeline.addHandler(HTTPServerProtocolErrorHandler(), name: Names.errors)
        try pipeline.addHandler(
            HTTPConnectionHandler(configuration: configuration, routes: routes, limits: limits), name: Names.requests)
    }

    private enum Names {
        static let limits = "limits", encoder = "http-encoder", decoder = "http-decoder"
        static let pipelining = "http-pipelining", errors = "http-errors", requests = "http-requests"
    }

    // MARK: Receiving

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): receive(head, context: context)
        case .body(let part): receive(part, context: context)
        case .end: receiveEnd(context: context)
        }
    }

    private func receive(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        limits.allowance.headCame(at: context.eventLoop.now)
        closesAfterResponse = !head.isKeepAlive
        let announced = head.headers.first(name: "Content-Length").flatMap { Int($0) } ?? 0
        guard announced <= configuration.maximumBodyBytes else { return refuseBody(of: head, context: context) }
        receiving = .body(head, ByteBuffer())
        if head.headers[canonicalForm: "Expect"].contains(where: { $0.lowercased() == "100-continue" }) {
            let go = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(go)), promise: nil)
        }
    }

    private func receive(_ part: ByteBuffer, context: ChannelHandlerContext) {
        limits.allowance.contentCame(part.readableBytes)
        guard case .body(let head, var body) = receiving else { return }
        // Cleared first, so that the buffer has one owner and grows in place.
        receiving = .nothing
        var part = part
        guard body.readableBytes + part.readableBytes <= configuration.maximumBodyBytes else {
            return refuseBody(of: head, context: context)
        }
        body.writeBuffer(&part)
        receiving = .body(head, body)
    }

    private func refuseBody(of head: HTTPRequestHead, context: ChannelHandlerContext) {
        let limit = configuration.maximumBodyBytes
        refuse(.text("the body is larger than \(limit) bytes\n", status: .payloadTooLarge), head, context: context)
    }

    /// Answers a request before its end, and closes.
    private func refuse(_ response: WebResponse, _ head: HTTPRequestHead, context: ChannelHandlerContext) {
        receiving = .discarding
        closesAfterResponse = true
        write(response, to: WebRequest(method: head.method, uri: head.uri, headers: head.headers), context: context)
    }

    /// A request took more time or bytes than it may. Before its head there is nothing to answer.
    private func exceeded(_ what: RequestLimitHandler.Exceeded, context: ChannelHandlerContext) {
        guard case .body(let head, _) = receiving else { return context.close(promise: nil) }
        switch what {
        case .time:
            refuse(.text("the body took too long\n", status: .requestTimeout), head, context: context)
        case .bytes:
            refuse(.text("too many bytes beside the body's content\n", status: .badRequest), head, context: context)
        }
    }

    private func receiveEnd(context: ChannelHandlerContext) {
        limits.allowance.ended()
        guard case .body(let head, let body) = receiving else {
            receiving = .nothing
            return
        }
        receiving = .nothing
        let request = WebRequest(method: head.method, uri: head.uri, headers: head.headers, body: body)
        if let decide = routes.upgradeHandler(for: request) {
            answer(context: context) {
                await decide(request)
            } then: { handler, decision, context in
                handler.finishUpgrade(decision, request: request, head: head, context: context)
            }
        } else {
            // An upgrade that nobody takes has stopped the decoder: nothing can follow on this connection.
            if head.headers.contains(name: "Upgrade") { closesAfterResponse = true }
            let handle = routes.handler(for: request)
            answer(context: context) {
                await handle(request)
            } then: { handler, response, context in
                handler.write(response, to: request, context: context)
            }
        }
    }

    /// Runs the route's closure off the event loop and comes back to it with the result.
    private func answer<Result: Sendable>(
        context: ChannelHandlerContext, _ work: @escaping @Sendable () async -> Result,
        then finish: @escaping (HTTPConnectionHandler, Result, ChannelHandlerContext) -> Void
    ) {
        let loop = context.eventLoop
        let back = NIOLoopBound((self, context, finish), eventLoop: loop)
        answering = Task {
            let result = await work()
            loop.execute {
                let (handler, context, finish) = back.value
                guard handler.answering != nil else { return }
                handler.answering = nil
                finish(handler, result, context)
            }
        }
    }

    // MARK: Answering

    private func write(_ response: WebResponse, to request: WebRequest, context: ChannelHandlerContext) {
        let closes = closesAfterResponse || isDraining
        var response = response
        routes.complete(request, &response)
        var headers = response.headers
        headers.replaceOrAdd(name: "Content-Length", value: String(response.body.readableBytes))
        if closes { headers.replaceOrAdd(name: "Connection", value: "close") }
        let head = HTTPResponseHead(version: .http1_1, status: response.status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if request.method != .HEAD && response.body.readableBytes > 0 {
            context.write(wrapOutboundOut(.body(.byteBuffer(response.body))), promise: nil)
        }
        let written = context.eventLoop.makePromise(of: Void.self)
        if closes {
            let channel = context.channel
            written.futureResult.whenComplete { _ in channel.close(promise: nil) }
        }
        // Before the end is written: then the next request may come at once.
        limits.allowance.answered(at: context.eventLoop.now)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
        limits.rearm()
    }

    private func finishUpgrade(
        _ decision: Routes.UpgradeDecision, request: WebRequest, head: HTTPRequestHead,
        context: ChannelHandlerContext
    ) {
        closesAfterResponse = true
        switch decision {
        case .refuse(let response): write(response, to: request, context: context)
        case .accept(let open):
            if isDraining { return write(.empty(.serviceUnavailable), to: request, context: context) }
            let upgrader = NIOWebSocketServerUpgrader(
                maxFrameSize: configuration.maximumMessageBytes, automaticErrorHandling: false,
                shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
                upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
            let here = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            upgrader.buildUpgradeResponse(channel: context.channel, upgradeRequest: head, initialResponseHeaders: [:])
                .whenComplete { result in
                    let (handler, context) = here.value
                    switch result {
                    case .success(let headers):
                        handler.upgrade(headers, request: request, open: open, context: context)
                    case .failure:
                        handler.write(
                            .text("not a WebSocket handshake\n", status: .badRequest), to: request, context: context)
                    }
                }
        }
    }

    private func upgrade(
        _ headers: HTTPHeaders, request: WebRequest, open: @Sendable (WebSocketConnection) -> Void,
        context: ChannelHandlerContext
    ) {
        let channel = context.channel
        let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        let pipeline = channel.pipeline.syncOperations
        do {
            let websocket = WebSocketHandler(channel: channel, configuration: configuration)
            try pipeline.addHandler(WebSocketFrameEncoder())
            try pipeline.addHandler(
                ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: configuration.maximumMessageBytes)))
            try pipeline.addHandler(websocket)
            for name in [Names.limits, Names.encoder, Names.pipelining, Names.errors, Names.requests] {
                pipeline.removeHandler(name: name, promise: nil)
            }
            open(WebSocketConnection(eventLoop: channel.eventLoop, request: request, handler: websocket))
            // Last: it hands on what the client has sent already.
            pipeline.removeHandler(name: Names.decoder, promise: nil)
        } catch {
            channel.close(promise: nil)
        }
    }

    // MARK: The connection's life

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ConnectionSet.Drain:
            isDraining = true
            if case .nothing = receiving, answering == nil { context.close(promise: nil) }
        case let what as RequestLimitHandler.Exceeded: exceeded(what, context: context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        answering?.cancel()
        answering = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

extension RequestAllowance.Limits {
    fileprivate init(_ configuration: WebServer.Configuration) {
        self.init(
            headTime: .init(configuration.headTimeout), bodyTime: .init(configuration.bodyTimeout),
            idleTime: .init(configuration.idleTimeout), headBytes: configuration.maximumHeadBytes,
            framingBytes: configuration.maximumFramingBytes)
    }
}
