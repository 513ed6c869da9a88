import NIOCore
import NIOHTTP1
import SansIO

/// Sends the upgrade request and turns every answer but a good 101 into an error.
final class WebSocketHandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: WebSocketRequest
    private let opened: EventLoopPromise<WebSocket>
    private var status: Int?
    private var body = ByteBuffer()

    private static let largestBody = 16 << 10
    private static let longestReason = 1000

    init(request: WebSocketRequest, opened: EventLoopPromise<WebSocket>) {
        self.request = request
        self.opened = opened
    }

    func channelActive(context: ChannelHandlerContext) {
        var headers = HTTPHeaders()
        headers.add(name: "Host", value: request.server.hostHeader)
        headers.add(name: "Authorization", value: "Bearer \(request.token.jwt)")
        headers.add(name: "User-Agent", value: "jask")
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: request.server.basePath + request.target, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): status = Int(head.status.code)
        case .body(var part):
            if body.readableBytes < Self.largestBody { body.writeBuffer(&part) }
        case .end:
            opened.fail(refusal(status ?? 0))
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        // A body without a length ends with the connection.
        if let status { opened.fail(refusal(status)) } else { opened.fail(TransportError.connectionLost) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case is HTTPParserError: opened.fail(TransportError.badResponse("it is not HTTP"))
        case let error as NIOHTTPClientUpgradeError:
            opened.fail(TransportError.badResponse(Redaction.redact(String(describing: error))))
        default: opened.fail(TransportConnector.describe(error, url: request.server))
        }
        context.close(promise: nil)
    }

    private func refusal(_ status: Int) -> TransportError {
        let text = String(decoding: body.readableBytesView.prefix(Self.largestBody), as: UTF8.self)
        let clean = Redaction.redact(HTTPRefusal.text(text, of: request.server), secrets: [request.token.jwt])
        let line = clean.split(whereSeparator: \.isNewline).joined(separator: " ")
        return .refused(HTTPRefusal(status: status, body: String(line.prefix(Self.longestReason))))
    }
}
