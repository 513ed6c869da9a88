import Foundation
import Synchronization

/// A local stand-in of Anthropic's Messages API for tests: strict about requests, scripted in its answers.
///
/// It listens on a free port of 127.0.0.1 until it is stopped or goes away. Each message request that is in order takes
/// the next play of the script; the last play stays for all further ones. `GET /v1/models` lists the models in pages of two,
/// retired ones only where they are asked for; `GET /v1/models/{id}` and message requests also take an alias, which is a
/// model's id without its date. `POST /v1/messages/count_tokens` refuses what a message request would be refused for.
public final class AnthropicStandIn: Sendable {
    /// For `ClaudeConfiguration.baseURL`.
    public let baseURL: String
    public let apiKey: String
    /// As they are listed: without retired ones.
    public var models: [String] { all.filter { $0.lifecycle != "retired" }.map(\.id) }

    private let all: [StandInModel]

    private let listener: Int32
    private let state: SharedState

    final class SharedState: Sendable {
        struct Values {
            var script: [StandInPlay]
            var requests: [StandInRequest] = []
            var departures = 0
            var connections: Set<Int32> = []
            var accepted = 0
            var isStopped = false
        }

        let values: Mutex<Values>

        init(script: [StandInPlay]) { values = Mutex(Values(script: script)) }
    }

    public enum StartError: Error {
        /// What failed, and the system's error number.
        case system(String, Int32)
    }

    public static func start(
        script: [StandInPlay], apiKey: String = "sk-ant-stand-in-0123456789",
        models: [StandInModel] = StandInModel.all
    ) throws -> AnthropicStandIn {
        try AnthropicStandIn(script: script, apiKey: apiKey, models: models)
    }

    private init(script: [StandInPlay], apiKey: String, models: [StandInModel]) throws {
        self.apiKey = apiKey
        all = models
        state = SharedState(script: script)
        let (listener, port) = try Self.listen()
        self.listener = listener
        baseURL = "http://127.0.0.1:\(port)"
        let handler = StandInHandler(state: state, rules: RequestRules(apiKey: apiKey, models: models))
        Thread { Self.accept(on: listener, handler) }.start()
    }

    deinit { stop() }

    // MARK: What came

    /// Every request so far, those refused included.
    public var requests: [StandInRequest] { state.values.withLock { $0.requests } }

    /// Those of them that were for a message.
    public var messageRequests: [StandInRequest] { requests.filter { $0.path == "/v1/messages" } }

    /// How many clients hung up while they were being answered.
    public var departures: Int { state.values.withLock { $0.departures } }

    /// How many connections were made.
    public var connectionCount: Int { state.values.withLock { $0.accepted } }

    /// Forgets the requests so far, for tests that watch memory.
    public func forgetRequests() {
        state.values.withLock { $0.requests = [] }
    }

    /// Replaces what is left of the script.
    public func setScript(_ script: [StandInPlay]) {
        state.values.withLock { $0.script = script }
    }

    /// Closes the port and breaks every connection.
    public func stop() {
        state.values.withLock { values in
            guard !values.isStopped else { return }
            values.isStopped = true
            shutdown(listener, Int32(SHUT_RDWR))
            for socket in values.connections { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    // MARK: Sockets

    private static func listen() throws -> (socket: Int32, port: UInt16) {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw StartError.system("socket", errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failed = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) != 0 || Glibc.listen(socket, 64) != 0 || getsockname(socket, $0, &length) != 0
            }
        }
        guard !failed else {
            let number = errno
            close(socket)
            throw StartError.system("listen", number)
        }
        return (socket, UInt16(bigEndian: address.sin_port))
    }

    private static func accept(on listener: Int32, _ handler: StandInHandler) {
        while true {
            let socket = Glibc.accept(listener, nil, nil)
            guard socket >= 0 else { break }
            var on: Int32 = 1
            setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
            let isOpen = handler.state.values.withLock { values in
                guard !values.isStopped else { return false }
                values.connections.insert(socket)
                values.accepted += 1
                return true
            }
            guard isOpen else {
                close(socket)
                break
            }
            Thread {
                handler.serve(StandInConnection(socket: socket))
                _ = handler.state.values.withLock { $0.connections.remove(socket) }
                close(socket)
            }.start()
        }
        close(listener)
    }
}
