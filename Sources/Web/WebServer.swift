import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A small HTTP/1.1 and WebSocket server: routes by closure, keep-alive, bounded bodies, graceful stop.
public final class WebServer: Sendable {
    public struct Configuration: Sendable {
        /// The address to listen on; loopback unless told otherwise.
        public var host = "127.0.0.1"
        /// The TCP port; 0 takes a free one.
        public var port = 0
        /// With it, the server speaks TLS.
        public var certificate: ServerCertificate?
        /// Connections at the same time, WebSockets included; more are closed as they come.
        public var maximumConnections = 4096
        /// Of these, from one IPv4 address or one IPv6 network of 64 bits.
        public var maximumConnectionsPerAddress = 1024
        /// How long a request's head may take: from the opening of the connection, TLS included, or from its first byte.
        public var headTimeout: Duration = .seconds(10)
        /// How long a request's body may take.
        public var bodyTimeout: Duration = .seconds(60)
        /// Largest head in bytes; a larger one ends the connection.
        public var maximumHeadBytes = 128 * 1024
        /// Bytes of chunk sizes, extensions and trailers that a body may have beside eight for each byte of content; with
        /// more it is answered with 400.
        public var maximumFramingBytes = 16 * 1024
        /// Largest request body in bytes; a larger one is answered with 413.
        public var maximumBodyBytes = 10 * 1024 * 1024
        /// Largest WebSocket message in bytes; a larger one closes the connection with 1009.
        public var maximumMessageBytes = 2 * 1024 * 1024
        /// Bytes that may wait to be written to a WebSocket before it is cut as too slow.
        public var maximumPendingBytes = 16 * 1024 * 1024
        /// How long an HTTP connection may say nothing, also between requests.
        public var idleTimeout: Duration = .seconds(60)
        /// How often a WebSocket is pinged; one that is silent for three intervals is cut. `nil` never pings.
        public var pingInterval: Duration? = .seconds(10)

        public init() {}
    }

    /// The port it listens on.
    public let port: Int
    /// The address it listens on, as it was configured.
    public let host: String

    private let listener: any Channel
    private let connections: ConnectionSet

    private init(listener: any Channel, connections: ConnectionSet, host: String, port: Int) {
        self.listener = listener
        self.connections = connections
        self.host = host
        self.port = port
    }

    /// Listens and serves.
    ///
    /// - Parameter group: the event loops of its connections.
    public static func start(
        _ configuration: Configuration = Configuration(), routes: Routes,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws(WebServerError) -> WebServer {
        let connections = ConnectionSet(
            limit: configuration.maximumConnections, limitPerAddress: configuration.maximumConnectionsPerAddress)
        do {
            let listener = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 256)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                // Little at a time: what one connection sends is carried out in one go, and others wait.
                .childChannelOption(.maxMessagesPerRead, value: 1)
                .childChannelOption(
                    .recvAllocator,
                    value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 4096, maximum: 4096)
                )
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try HTTPConnectionHandler.configure(
                            channel, configuration: configuration, routes: routes, connections: connections)
                    }
                }
                .bind(host: configuration.host, port: configuration.port).get()
            let port = listener.localAddress?.port ?? configuration.port
            return WebServer(listener: listener, connections: connections, host: configuration.host, port: port)
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw .portInUse(host: configuration.host, port: configuration.port)
        } catch {
            throw .cannotListen(host: configuration.host, port: configuration.port, reason: "\(error)")
        }
    }

    /// Stops taking connections, lets requests under way finish, closes WebSockets with 1001, and cuts what is left
    /// after `grace`. Returns when every connection is closed; calling it again does no harm.
    public func stop(grace: Duration = .seconds(5)) async {
        try? await listener.close().get()
        connections.drain()
        let cut = listener.eventLoop.scheduleTask(in: .init(grace)) { [connections] in connections.cutAll() }
        await connections.waitUntilEmpty()
        cut.cancel()
    }

    /// Cuts every connection at once, without a word, as a crash would.
    public func kill() async {
        try? await listener.close().get()
        connections.cutAll()
        await connections.waitUntilEmpty()
    }
}

/// Why the server could not serve.
public enum WebServerError: Error, Equatable, CustomStringConvertible {
    case cannotListen(host: String, port: Int, reason: String)
    case portInUse(host: String, port: Int)
    case unusableCertificate(file: String, reason: String)

    public var description: String {
        switch self {
        case .portInUse(let host, let port): "cannot listen on \(host):\(port): the port is in use"
        case .cannotListen(let host, let port, let reason): "cannot listen on \(host):\(port): \(reason)"
        case .unusableCertificate(let file, let reason): "cannot use the certificate or key in \(file): \(reason)"
        }
    }
}
