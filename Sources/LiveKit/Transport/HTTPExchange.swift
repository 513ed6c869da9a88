import NIOCore
import NIOHTTP1

/// One HTTP request.
struct HTTPClientRequest: Sendable {
    var server: ServerURL
    var method = HTTPMethod.POST
    /// Path and query, to follow the server's base path.
    var target: String
    var token: AccessToken
    var contentType: String
    var body: ByteBuffer
}

/// A whole HTTP response.
struct HTTPClientResponse: Sendable {
    var status: Int
    var body: ByteBuffer
}

/// One request and its response on a connection of its own.
enum HTTPExchange {
    static func perform(
        _ request: HTTPClientRequest, on eventLoop: any EventLoop, configuration: TransportConfiguration,
        timeout: Duration, largestResponse: Int
    ) -> EventLoopFuture<HTTPClientResponse> {
        let answered = eventLoop.makePromise(of: HTTPClientResponse.self)
        var configuration = configuration
        configuration.connectTimeout = min(configuration.connectTimeout, timeout)
        let connecting = TransportConnector.connect(
            to: request.server, on: eventLoop, configuration: configuration
        ) { channel in
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
            try pipeline.addHandler(
                HTTPExchangeHandler(request: request, largestResponse: largestResponse, answered: answered))
        }
        connecting.cascadeFailure(to: answered)
        let deadline = NIODeadline.now() + TimeAmount(timeout)
        connecting.whenSuccess { channel in
            let timer = eventLoop.scheduleTask(deadline: deadline) {
                answered.fail(TransportError.timedOut(.responding))
            }
            answered.futureResult.whenComplete { _ in
                timer.cancel()
                channel.close(promise: nil)
            }
        }
        return answered.futureResult
    }
}

private final class HTTPExchangeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: HTTPClientRequest
    private let largestResponse: Int
    private let answered: EventLoopPromise<HTTPClientResponse>
    private var response: HTTPClientResponse?

    init(request: HTTPClientRequest, largestResponse: Int, answered: EventLoopPromise<HTTPClientResponse>) {
        self.request = request
        self.largestResponse = largestResponse
        self.answered = answered
    }

    func channelActive(context: ChannelHandlerContext) {
        var headers = HTTPHeaders()
        headers.add(name: "Host", value: request.server.hostHeader)
        headers.add(name: "Authorization", value: "Bearer \(request.token.jwt)")
        headers.add(name: "Content-Type", value: request.contentType)
        headers.add(name: "Content-Length", value: String(request.body.readableBytes))
        headers.add(name: "Connection", value: "close")
        headers.add(name: "User-Agent", value: "jask")
        let head = HTTPRequestHead(
            version: .http1_1, method: request.method, uri: request.server.basePath + request.target, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(request.body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            response = HTTPClientResponse(status: Int(head.status.code), body: ByteBuffer())
        case .body(var part):
            let size = (response?.body.readableBytes ?? 0) + part.readableBytes
            guard size <= largestResponse else {
                answered.fail(TransportError.responseTooLarge(limit: largestResponse))
                return
            }
            response?.body.writeBuffer(&part)
        case .end:
            if let response { answered.succeed(response) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        answered.fail(TransportError.connectionLost)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError {
            answered.fail(TransportError.badResponse("it is not HTTP"))
        } else {
            answered.fail(TransportConnector.describe(error, url: request.server))
        }
        context.close(promise: nil)
    }
}
