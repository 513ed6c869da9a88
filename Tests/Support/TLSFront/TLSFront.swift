import NIOCore
import NIOPosix
import NIOSSL

/// Speaks TLS on a port of 127.0.0.1 and hands what it decrypts to a plain server on another, as a proxy before LiveKit
/// does.
public final class TLSFront: Sendable {
    private let channel: any Channel

    public var port: Int { channel.localAddress?.port ?? 0 }

    /// - Parameter port: of the plain server, on 127.0.0.1.
    public init(before port: Int, _ certificate: SelfSigned) async throws {
        let context = try certificate.serverContext()
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(NIOSSLServerHandler(context: context))
                    try pipeline.addHandler(Relay(toPort: port))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    public func stop() async throws { try await channel.close() }
}

/// Hands what one channel receives to another, and its end too.
private final class Relay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let port: Int
    private var other: (any Channel)?

    init(toPort port: Int) { self.port = port }

    func channelActive(context: ChannelHandlerContext) {
        let client = context.channel
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        ClientBootstrap(group: context.eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Back(to: client))
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .whenComplete { result in
                guard case .success(let server) = result else { return client.close(promise: nil) }
                bound.value.other = server
                client.setOption(.autoRead, value: true).whenSuccess { client.read() }
            }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        other?.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { other?.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private final class Back: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let client: any Channel

        init(to client: any Channel) { self.client = client }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            client.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { client.close(promise: nil) }
    }
}
