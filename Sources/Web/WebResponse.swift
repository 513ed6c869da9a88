import NIOCore
import NIOHTTP1

/// One HTTP/1.1 response with its whole body; `Content-Length` is added when it is written.
public struct WebResponse: Sendable {
    public var status: HTTPResponseStatus
    public var headers: HTTPHeaders
    public var body: ByteBuffer

    public init(status: HTTPResponseStatus, headers: HTTPHeaders = [:], body: ByteBuffer = ByteBuffer()) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A response without a body.
    public static func empty(_ status: HTTPResponseStatus) -> WebResponse {
        WebResponse(status: status)
    }

    /// `text/plain; charset=utf-8`.
    public static func text(_ text: String, status: HTTPResponseStatus = .ok) -> WebResponse {
        WebResponse(
            status: status, headers: ["Content-Type": "text/plain; charset=utf-8"], body: ByteBuffer(string: text))
    }

    /// `application/json`; the text is sent as it is.
    public static func json(_ text: String, status: HTTPResponseStatus = .ok) -> WebResponse {
        WebResponse(status: status, headers: ["Content-Type": "application/json"], body: ByteBuffer(string: text))
    }
}
