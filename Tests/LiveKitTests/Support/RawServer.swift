import COpenSSL
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

@testable import LiveKit

/// A server that writes exactly the bytes it is told to, so that tests can break every rule.
final class RawServer: Sendable {
    struct Request: Sendable {
        var line: String
        var headers: [String: String]
        var body: [UInt8]

        /// The second word of the request line.
        var target: String { line.split(separator: " ").dropFirst().first.map(String.init) ?? "" }
    }

    /// A frame of the client, unmasked.
    struct Frame: Sendable, Equatable {
        var opcode: UInt8
        var isMasked: Bool
        var payload: [UInt8]
    }

    struct Reply: Sendable {
        var bytes: [UInt8]
        var thenCloses = false
        var isUpgrade = false

        static func http(_ status: Int, _ body: [UInt8], type: String = "text/plain") -> Reply {
            let head = "HTTP/1.1 \(status) X\r\nContent-Length: \(body.count)\r\nContent-Type: \(type)\r\n\r\n"
            return Reply(bytes: Array(head.utf8) + body)
        }

        /// A 101 and, in the same write, `frames`.
        static func upgrade(_ request: Request, frames: [UInt8] = []) -> Reply {
            let accept = RawServer.accept(request.headers["sec-websocket-key"] ?? "")
            let head =
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: \(accept)\r\n\r\n"
            return Reply(bytes: Array(head.utf8) + frames, isUpgrade: true)
        }
    }

    /// Writes to the client; `nil` closes the connection without a word.
    typealias Write = @Sendable ([UInt8]?) -> Void

    let requests = NIOLockedValueBox<[Request]>([])
    let frames = NIOLockedValueBox<[Frame]>([])
    /// How many were made.
    let connections = NIOLockedValueBox(0)
    private let channel: any Channel

    var url: ServerURL {
        get throws { try ServerURL("ws://127.0.0.1:\(channel.localAddress?.port ?? 0)") }
    }

    init(
        tls: NIOSSLContext? = nil, respond: @escaping @Sendable (Request) -> Reply?,
        onFrame: @escaping @Sendable (Frame, Write) -> Void = { _, _ in }
    ) async throws {
        let requests = requests
        let frames = frames
        let connections = connections
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                connections.withLockedValue { $0 += 1 }
                return channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        RawHandler(
                            respond: { request in
                                requests.withLockedValue { $0.append(request) }
                                return respond(request)
                            },
                            onFrame: { frame, write in
                                frames.withLockedValue { $0.append(frame) }
                                onFrame(frame, write)
                            }))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    func stop() async throws { try await channel.close() }

    /// A server's frame (unmasked). `length` may lie about the payload.
    static func frame(
        _ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, reserved: UInt8 = 0, length: Int? = nil
    ) -> [UInt8] {
        var bytes = [(isFinal ? 0x80 : 0) | reserved | opcode]
        let length = length ?? payload.count
        switch length {
        case ..<126: bytes.append(UInt8(length))
        case ..<65_536: bytes += [126, UInt8(length >> 8), UInt8(length & 0xFF)]
        default: bytes += [127] + (0..<8).map { UInt8(truncatingIfNeeded: length >> (56 - 8 * $0)) }
        }
        return bytes + payload
    }

    static func accept(_ key: String) -> String {
        var digest = [UInt8](repeating: 0, count: Int(JASK_MAX_DIGEST_SIZE))
        let text = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
        let size = jask_digest("SHA1", text, text.count, &digest)
        return Data(digest.prefix(size)).base64EncodedString()
    }
}

private final class RawHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let respond: (RawServer.Request) -> RawServer.Reply?
    private let onFrame: (RawServer.Frame, RawServer.Write) -> Void
    private var received: [UInt8] = []
    private var isUpgraded = false

    init(
        respond: @escaping (RawServer.Request) -> RawServer.Reply?,
        onFrame: @escaping (RawServer.Frame, RawServer.Write) -> Void
    ) {
        self.respond = respond
        self.onFrame = onFrame
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += Array(unwrapInboundIn(data).readableBytesView)
        let channel = context.channel
        let write: RawServer.Write = { bytes in
            guard let bytes else { return channel.close(promise: nil) }
            channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        }
        if !isUpgraded, let request = takeRequest() {
            guard let reply = respond(request) else { return }
            isUpgraded = reply.isUpgrade
            write(reply.bytes)
            if reply.thenCloses { write(nil) }
        }
        while isUpgraded, let frame = takeFrame() { onFrame(frame, write) }
    }

    private func takeRequest() -> RawServer.Request? {
        let text = String(decoding: received, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 {
                headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
            }
        }
        let start = text[..<end.upperBound].utf8.count
        let length = Int(headers["content-length"] ?? "") ?? 0
        guard received.count >= start + length else { return nil }
        let body = Array(received[start..<(start + length)])
        received.removeFirst(start + length)
        return RawServer.Request(line: lines[0], headers: headers, body: body)
    }

    private func takeFrame() -> RawServer.Frame? {
        guard received.count >= 2 else { return nil }
        var length = Int(received[1] & 0x7F)
        var offset = 2
        if length >= 126 {
            let size = length == 126 ? 2 : 8
            guard received.count >= offset + size else { return nil }
            length = received[offset..<(offset + size)].reduce(0) { $0 << 8 | Int($1) }
            offset += size
        }
        let isMasked = received[1] & 0x80 != 0
        var mask: [UInt8] = [0, 0, 0, 0]
        if isMasked {
            guard received.count >= offset + 4 else { return nil }
            mask = Array(received[offset..<(offset + 4)])
            offset += 4
        }
        guard received.count >= offset + length else { return nil }
        let payload = received[offset..<(offset + length)].enumerated().map { $1 ^ mask[$0 & 3] }
        let frame = RawServer.Frame(opcode: received[0] & 0x0F, isMasked: isMasked, payload: payload)
        received.removeFirst(offset + length)
        return frame
    }
}

/// Events of callbacks as a sequence that a test can wait on.
struct Events<Element: Sendable>: Sendable {
    let send: @Sendable (Element) -> Void
    private let stream: AsyncStream<Element>

    init() {
        let (stream, continuation) = AsyncStream<Element>.makeStream()
        self.stream = stream
        send = { continuation.yield($0) }
    }

    struct TimedOut: Error {}

    /// The next elements until `isLast` holds, that one included.
    func collect(
        within limit: Duration = .seconds(30), until isLast: @escaping @Sendable (Element) -> Bool
    ) async throws -> [Element] {
        try await withThrowingTaskGroup(of: [Element].self) { group in
            group.addTask { [stream] in
                var elements: [Element] = []
                for await element in stream {
                    elements.append(element)
                    if isLast(element) { return elements }
                }
                throw TimedOut()
            }
            group.addTask {
                try await Task.sleep(for: limit)
                throw TimedOut()
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw TimedOut() }
            return first
        }
    }
}
