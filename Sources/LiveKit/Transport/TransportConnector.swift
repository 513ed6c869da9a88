import NIOCore
import NIOPosix
import NIOSSL

#if canImport(Glibc)
    import Glibc
#endif

/// How connections to the server are made.
public struct TransportConfiguration: Sendable {
    /// For name resolution, TCP, TLS and the HTTP answer together.
    public var connectTimeout = Duration.seconds(15)
    /// The largest message that is accepted, in bytes, whether in one frame or in fragments.
    public var largestMessage = 4 << 20
    /// The most fragments of one message.
    public var mostFragments = 1024
    /// How long to wait for the other side's close frame.
    public var closeTimeout = Duration.seconds(2)
    /// For `wss` and `https`.
    public var tls = ClientTLS.system

    public init() {}
}

/// Opens TCP connections, with TLS where the URL says so.
enum TransportConnector {
    /// - Parameter initialize: adds handlers above TCP and TLS, on the channel's loop, before the connection is made.
    static func connect(
        to url: ServerURL, on eventLoop: any EventLoop, configuration: TransportConfiguration,
        initialize: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        let timeout = TimeAmount(configuration.connectTimeout)
        guard url.isSecure else {
            return connect(to: url, on: eventLoop, timeout: timeout, tls: nil, initialize: initialize)
        }
        return configuration.tls.context(on: eventLoop).flatMap { tls in
            connect(to: url, on: eventLoop, timeout: timeout, tls: tls, initialize: initialize)
        }
    }

    private static func connect(
        to url: ServerURL, on eventLoop: any EventLoop, timeout: TimeAmount, tls: NIOSSLContext?,
        initialize: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        ClientBootstrap(group: eventLoop)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            // Little at a time: what was read is parsed in one go.
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 4096, maximum: 16_384)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let handler = try NIOSSLClientHandler(context: tls, serverHostname: serverName(url.host))
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try initialize(channel)
                }
            }
            .connect(host: url.host, port: url.port)
            .flatMapErrorThrowing { throw describe($0, url: url) }
    }

    /// Names are sent to the server (RFC 6066 §3), addresses are not.
    private static func serverName(_ host: String) -> String? {
        (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
    }

    /// A typed error for whatever NIO reports.
    static func describe(_ error: any Error, url: ServerURL) -> TransportError {
        switch error {
        case let error as TransportError: return error
        case ChannelError.connectTimeout: return .timedOut(.connecting)
        case let error as NIOConnectionError:
            let reasons = error.connectionErrors.map { describe(single: $0.error) }
            if let reason = reasons.first { return .unreachable(host: url.host, port: url.port, reason: reason) }
            let resolution = error.dnsAError ?? error.dnsAAAAError
            return .unreachable(
                host: url.host, port: url.port,
                reason: resolution == nil ? "no address" : "the name cannot be resolved")
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            return .tls(TLSFailure.text(String(describing: error)))
        default: return .unreachable(host: url.host, port: url.port, reason: describe(single: error))
        }
    }

    private static func describe(single error: any Error) -> String {
        if let error = error as? IOError { return error.localizedReason }
        if case ChannelError.connectTimeout = error { return "no answer" }
        return String(describing: error)
    }
}

extension IOError {
    fileprivate var localizedReason: String {
        switch errnoCode {
        case ECONNREFUSED: "connection refused"
        case EHOSTUNREACH: "no route to the host"
        case ENETUNREACH: "no route to the network"
        case ECONNRESET: "connection reset"
        default: description
        }
    }
}
