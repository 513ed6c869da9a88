import Foundation
import LiveKit
import NIOCore
import NIOPosix
import RTCCore
import RTCNetwork
import SansIO
import Web

/// A small LiveKit-compatible room server for development, demo and tests; never for production.
///
/// Unchanged LiveKit SDKs join it, over a single peer connection (`/rtc/v1`) or over two (`/rtc`), agent workers register
/// at `/agent`, and the room and dispatch services answer under `/twirp`. Everything runs on one event loop of its own.
public final class DevServer: Sendable {
    public struct Configuration: Sendable {
        /// The address to listen on; loopback unless told otherwise. A wildcard (`0.0.0.0`, `::`) stands for every
        /// interface.
        public var host = "127.0.0.1"
        /// The TCP port of signalling and API; 0 takes a free one.
        public var port = 7880
        /// With it, signalling and API are `wss` and `https`.
        public var certificate: ServerCertificate?
        public var keyName = "devkey"
        public var secret = "secret"
        /// The addresses that media is sent and received on; `nil`: those that `host` stands for, and where that is
        /// loopback also this machine's others, which Firefox needs.
        public var mediaAddresses: [IPAddress]?
        public var rules = RoomRules()
        /// Told what goes wrong with connections, in one line each.
        public var log: @Sendable (String) -> Void = { _ in }

        public init() {}
    }

    /// What is to be told to whoever starts the server.
    public static let banner =
        "This is Jask's development server. It keeps everything in memory, knows one key and sends one video layer: "
        + "for development, demos and tests, not for production."

    /// What clients connect to, `ws://…` or `wss://…`.
    public let url: String
    /// What the server API is called at, `http://…` or `https://…`.
    public let httpURL: String
    public let port: Int
    /// Whether it listens to more than this machine.
    public let isOpen: Bool
    /// Addresses on which media alone is sent and received, beside the loopback address that the server listens on. Other
    /// machines reach them, and get nothing without a session.
    public let mediaOnlyAddresses: [String]

    private let web: WebServer
    private let engine: NIOLoopBound<ServerEngine>
    private let group: MultiThreadedEventLoopGroup

    private init(
        web: WebServer, engine: NIOLoopBound<ServerEngine>, addresses: ListenAddresses, configuration: Configuration,
        group: MultiThreadedEventLoopGroup
    ) {
        let isSecure = configuration.certificate != nil
        self.web = web
        self.engine = engine
        self.group = group
        port = web.port
        isOpen = addresses.isOpen
        mediaOnlyAddresses = configuration.mediaAddresses == nil ? addresses.mediaOnly.map(\.description) : []
        url = "\(isSecure ? "wss" : "ws")://\(addresses.host):\(web.port)"
        httpURL = "\(isSecure ? "https" : "http")://\(addresses.host):\(web.port)"
    }

    /// Starts a server.
    ///
    /// - Throws: `WebServerError` when the port is taken, `TokenError` when the key is empty, what the system says of a
    ///   host that it does not know.
    public static func start(_ configuration: Configuration = Configuration()) async throws -> DevServer {
        let key = try APIKey(name: configuration.keyName, secret: configuration.secret)
        let identity = try DTLSIdentity.generate()
        let addresses = try ListenAddresses(host: configuration.host)
        let mediaAddresses = configuration.mediaAddresses ?? addresses.media
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let engine = try await loop.submit {
            NIOLoopBound(
                ServerEngine(
                    configuration: configuration, mediaAddresses: mediaAddresses, key: key, identity: identity,
                    eventLoop: loop),
                eventLoop: loop)
        }.get()
        var web = WebServer.Configuration()
        web.host = configuration.host
        web.port = configuration.port
        web.certificate = configuration.certificate
        do {
            let server = try await WebServer.start(web, routes: ServerRoutes.make(engine, key: key), group: group)
            return DevServer(
                web: server, engine: engine, addresses: addresses, configuration: configuration, group: group)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    /// Sends everyone away with SERVER_SHUTDOWN and stops.
    public func stop() async {
        await onLoop { $0.stop() }
        await web.stop(grace: .seconds(1))
        await onLoop { $0.close() }
        try? await group.shutdownGracefully()
    }

    // MARK: Faults, for tests

    /// Stops without a word on any connection, as a crash would.
    public func kill() async {
        await onLoop { $0.fallSilent() }
        await web.kill()
        await onLoop { $0.close() }
        try? await group.shutdownGracefully()
    }

    /// Cuts signalling connections without a close frame.
    ///
    /// - Parameter identity: of one participant; `nil` for all.
    /// - Returns: how many were cut.
    @discardableResult
    public func cutSignals(of identity: String? = nil) async -> Int {
        await onLoop { $0.cutSignals(of: identity.map { Identity($0) }) }
    }

    /// Cuts the connections of all agent workers without a close frame.
    @discardableResult
    public func cutWorkers() async -> Int {
        await onLoop { $0.cutWorkers() }
    }

    /// Drops every datagram both ways for a while.
    ///
    /// - Parameter identity: of one participant; `nil` for all.
    public func dropMedia(for duration: Duration, of identity: String? = nil) async {
        await onLoop { $0.dropMedia(for: duration, of: identity.map { Identity($0) }) }
    }

    /// Drops a share of a participant's datagrams, each way: loss under a seed.
    ///
    /// - Parameter share: 0…1; 0 ends it.
    /// - Returns: how many sessions of the identity there are.
    @discardableResult
    public func loseMedia(_ share: Double, seed: UInt64, of identity: String) async -> Int {
        await onLoop { $0.loseMedia(share, seed: seed, of: Identity(identity)) }
    }

    /// Datagrams that were dropped under a seed so far.
    public func lostDatagrams() async -> Int { await onLoop { $0.lostDatagrams } }

    /// Loses a participant's session, as a server does for which it was away too long: both connections end without a
    /// word, and a resume is refused.
    ///
    /// - Returns: how many sessions of the identity there were.
    @discardableResult
    public func forget(_ identity: String) async -> Int { await onLoop { $0.forget(Identity(identity)) } }

    /// For each session of the identity, whether it has a single peer connection.
    func singleConnections(of identity: String) async -> [Bool] {
        await onLoop { $0.singleConnections(of: Identity(identity)) }
    }

    private func onLoop<Result: Sendable>(_ work: @escaping @Sendable (ServerEngine) -> Result) async -> Result {
        let (engine, loop) = (engine, group.next())
        return await withCheckedContinuation { continuation in
            loop.execute { continuation.resume(returning: work(engine.value)) }
        }
    }
}
