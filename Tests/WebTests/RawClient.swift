import NIOCore
import NIOPosix

/// A TCP client that speaks bytes, so that tests can also say what no proper client would.
final class RawClient {
    private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
    private var iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let writer: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var buffer: [UInt8] = []
    private(set) var isAtEnd = false
    /// Whether the end was that the server neither said anything nor closed.
    private(set) var hasTimedOut = false

    struct Timeout: Error {}

    static func use<Result>(
        port: Int, isolation: isolated (any Actor)? = #isolation, _ body: (RawClient) async throws -> Result
    ) async throws -> Result {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    // A test that hangs must fail instead.
                    channel.eventLoop.scheduleTask(in: .seconds(120)) {
                        channel.pipeline.fireErrorCaught(Timeout())
                        channel.close(promise: nil)
                    }
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await body(RawClient(channel: channel, inbound: inbound, outbound: outbound))
        }
    }

    private init(
        channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>, inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.channel = channel
        iterator = inbound.makeAsyncIterator()
        writer = outbound
    }

    func send(_ text: String) async throws { try await writer.write(ByteBuffer(string: text)) }

    func send(_ bytes: [UInt8]) async throws { try await writer.write(ByteBuffer(bytes: bytes)) }

    private func fill(isolation: isolated (any Actor)? = #isolation) async {
        do {
            guard let more = try await iterator.next(isolation: isolation) else {
                isAtEnd = true
                return
            }
            buffer.append(contentsOf: more.readableBytesView)
        } catch {
            hasTimedOut = error is Timeout
            isAtEnd = true
        }
    }

    /// Everything until the server closes.
    func readToEnd(isolation: isolated (any Actor)? = #isolation) async -> String {
        while !isAtEnd { await fill(isolation: isolation) }
        defer { buffer = [] }
        return String(decoding: buffer, as: UTF8.self)
    }

    struct Response {
        var status: Int
        var head: String
        var body: String
    }

    /// One response, by its Content-Length.
    func readResponse(isolation: isolated (any Actor)? = #isolation) async throws -> Response {
        let separator = Array("\r\n\r\n".utf8)
        while true {
            if let end = buffer.firstRange(of: separator) {
                let head = String(decoding: buffer[..<end.lowerBound], as: UTF8.self)
                let length =
                    head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
                    .flatMap { Int($0.dropFirst("content-length:".count).drop { $0 == " " }) } ?? 0
                while buffer.count < end.upperBound + length, !isAtEnd { await fill(isolation: isolation) }
                guard buffer.count >= end.upperBound + length else { throw Timeout() }
                let body = String(decoding: buffer[end.upperBound..<end.upperBound + length], as: UTF8.self)
                buffer.removeFirst(end.upperBound + length)
                return Response(status: Int(head.split(separator: " ")[1]) ?? 0, head: head, body: body)
            }
            guard !isAtEnd else { throw Timeout() }
            await fill(isolation: isolation)
        }
    }

    // MARK: WebSocket

    static func upgradeRequest(_ path: String, key: String? = "dGhlIHNhbXBsZSBub25jZQ==") -> String {
        "GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + (key.map { "Sec-WebSocket-Key: \($0)\r\n" } ?? "") + "\r\n"
    }

    /// A masked frame, as a client sends it.
    static func frame(opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, claimedLength: Int? = nil) -> [UInt8] {
        let mask: [UInt8] = [1, 2, 3, 4]
        var frame: [UInt8] = [(isFinal ? 0x80 : 0) | opcode]
        let length = claimedLength ?? payload.count
        if length < 126 {
            frame.append(0x80 | UInt8(length))
        } else if length < 65536 {
            frame += [0xFE, UInt8(length >> 8), UInt8(length & 0xFF)]
        } else {
            frame.append(0xFF)
            frame += (0..<8).reversed().map { UInt8((length >> ($0 * 8)) & 0xFF) }
        }
        frame += mask
        frame += payload.enumerated().map { $1 ^ mask[$0 & 3] }
        return frame
    }

    /// One frame from the server, which does not mask; `nil` at the end of the connection.
    func readFrame(isolation: isolated (any Actor)? = #isolation) async -> (opcode: UInt8, payload: [UInt8])? {
        while true {
            if buffer.count >= 2 {
                var length = Int(buffer[1] & 0x7F)
                var header = 2
                if length == 126, buffer.count >= 4 {
                    length = Int(buffer[2]) << 8 | Int(buffer[3])
                    header = 4
                } else if length == 127, buffer.count >= 10 {
                    length = buffer[2..<10].reduce(0) { $0 << 8 | Int($1) }
                    header = 10
                }
                if header > 2 || length < 126, buffer.count >= header + length {
                    let frame = (buffer[0] & 0xF, Array(buffer[header..<header + length]))
                    buffer.removeFirst(header + length)
                    return frame
                }
            }
            guard !isAtEnd else { return nil }
            await fill(isolation: isolation)
        }
    }
}
