import NIOCore
import NIOPosix
import Synchronization

/// A TCP relay whose connections can be cut, as a network fault would.
final class CuttableRelay: Sendable {
    private let listener: any Channel
    private let connections = Mutex<[any Channel]>([])
    let port: Int

    private init(listener: any Channel) {
        self.listener = listener
        port = listener.localAddress?.port ?? 0
    }

    /// - Parameter target: a port of this machine.
    static func start(to target: Int) async throws -> CuttableRelay {
        let box = Box()
        let group = MultiThreadedEventLoopGroup.singleton
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { inbound in
                ClientBootstrap(group: inbound.eventLoop).connect(host: "127.0.0.1", port: target)
                    .flatMapThrowing { outbound in
                        try inbound.pipeline.syncOperations.addHandler(Forward(to: outbound))
                        try outbound.pipeline.syncOperations.addHandler(Forward(to: inbound))
                        box.relay.withLock { $0 }?.add(inbound)
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let relay = CuttableRelay(listener: listener)
        box.relay.withLock { $0 = relay }
        return relay
    }

    private func add(_ connection: any Channel) { connections.withLock { $0.append(connection) } }

    /// Cuts everything that is connected now.
    func cut() {
        let cut = connections.withLock { connections in
            defer { connections = [] }
            return connections
        }
        for connection in cut { connection.close(promise: nil) }
    }

    func close() async throws {
        cut()
        try await listener.close()
    }

    private final class Box: Sendable {
        let relay = Mutex<CuttableRelay?>(nil)
    }

    private final class Forward: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let other: any Channel

        init(to other: any Channel) { self.other = other }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            other.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
    }
}
