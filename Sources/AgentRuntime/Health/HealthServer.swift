import NIOCore
import NIOHTTP1
import Settings
import Web

/// What orchestrators ask a worker.
public struct HealthState: Sendable, Hashable {
    /// Why the worker is not ready; `nil` when it is.
    public enum Unready: String, Sendable, Hashable {
        case starting
        case unregistered
        case refused
        case draining
        case stopped
    }

    public var unready: Unready?
    /// Rooms in which an assistant of this process is.
    public var rooms: Int
    /// 0…1.
    public var load: Double

    public init(unready: Unready?, rooms: Int, load: Double) {
        self.unready = unready
        self.rooms = rooms
        self.load = load
    }
}

/// Answers `/live`, `/ready` and `/metrics`.
///
/// `/live` is answered through the worker's event loop: a loop that hangs lets the request run into its time limit.
/// `/ready` is 503 while the worker is unregistered or draining. `/metrics` is in Prometheus's text format.
public final class HealthServer: Sendable {
    private let server: WebServer
    public var port: Int { server.port }

    private init(server: WebServer) { self.server = server }

    public static func start(
        host: String, port: Int, group: any EventLoopGroup, state: @escaping @Sendable () async -> HealthState,
        metrics: @escaping @Sendable () -> String
    ) async throws(WebServerError) -> HealthServer {
        var configuration = WebServer.Configuration()
        configuration.host = host
        configuration.port = port
        configuration.maximumBodyBytes = 4096
        configuration.idleTimeout = .seconds(15)
        configuration.headTimeout = .seconds(5)
        configuration.bodyTimeout = .seconds(5)
        // Probes and scrapers are few; each asks for seconds at most.
        configuration.maximumConnections = 256
        configuration.maximumConnectionsPerAddress = 64
        let routes = makeRoutes(state: state, metrics: metrics)
        return HealthServer(server: try await WebServer.start(configuration, routes: routes, group: group))
    }

    public func stop() async { await server.stop(grace: .seconds(1)) }

    static func makeRoutes(
        state: @escaping @Sendable () async -> HealthState, metrics: @escaping @Sendable () -> String
    ) -> Routes {
        var routes = Routes()
        routes.on(.GET, "/live") { _ in
            _ = await state()
            return .text("live\n")
        }
        routes.on(.GET, "/ready") { _ in
            let state = await state()
            if let reason = state.unready { return .text("\(reason.rawValue)\n", status: .serviceUnavailable) }
            return .text("ready\n")
        }
        routes.on(.GET, "/metrics") { _ in
            var response = WebResponse.text(metrics())
            response.headers.replaceOrAdd(name: "Content-Type", value: "text/plain; version=0.0.4; charset=utf-8")
            return response
        }
        return routes
    }
}
