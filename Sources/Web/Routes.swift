import NIOHTTP1

/// Which closure answers which request.
public struct Routes: Sendable {
    /// Answers one request. Its task is cancelled when the client goes away first.
    public typealias Handler = @Sendable (WebRequest) async -> WebResponse
    /// Decides on one WebSocket upgrade before anything of it is answered.
    public typealias UpgradeHandler = @Sendable (WebRequest) async -> UpgradeDecision

    /// What becomes of a request for an upgrade.
    public enum UpgradeDecision: Sendable {
        /// Upgrade; the closure is called on the connection's event loop before the first message is read, and is where
        /// `onMessage` and `onClose` are set.
        case accept(@Sendable (WebSocketConnection) -> Void)
        /// Answer with an ordinary HTTP response instead of 101, and close.
        case refuse(WebResponse)
    }

    private struct Key: Hashable {
        let method: String
        let path: String
    }

    /// Stands for every method where a route names none.
    private static let anyMethod = ""

    private var exact: [Key: Handler] = [:]
    private var prefixes: [(method: String, prefix: String, handler: Handler)] = []
    private var upgrades: [String: UpgradeHandler] = [:]
    private var fallback: Handler = { _ in .text("404 page not found\n", status: .notFound) }
    private var first: @Sendable (WebRequest) -> WebResponse? = { _ in nil }
    private(set) var complete: @Sendable (WebRequest, inout WebResponse) -> Void = { _, _ in }

    public init() {}

    /// Routes a method and an exact path.
    public mutating func on(_ method: HTTPMethod, _ path: String, _ handler: @escaping Handler) {
        exact[Key(method: method.rawValue, path: path)] = handler
    }

    /// Routes an exact path whatever the method, where no route names the two.
    public mutating func on(_ path: String, _ handler: @escaping Handler) {
        exact[Key(method: Self.anyMethod, path: path)] = handler
    }

    /// Routes a method and every path that starts with `prefix`; exact paths go first, then the longest prefix.
    public mutating func on(_ method: HTTPMethod, prefix: String, _ handler: @escaping Handler) {
        prefixes.append((method.rawValue, prefix, handler))
        prefixes.sort { $0.prefix.utf8.count > $1.prefix.utf8.count }
    }

    /// Routes every path that starts with `prefix` whatever the method; exact paths go first, then the longest prefix.
    public mutating func on(prefix: String, _ handler: @escaping Handler) {
        prefixes.append((Self.anyMethod, prefix, handler))
        prefixes.sort { $0.prefix.utf8.count > $1.prefix.utf8.count }
    }

    /// Asked before every route of plain requests; an answer is the answer.
    public mutating func before(_ first: @escaping @Sendable (WebRequest) -> WebResponse?) {
        self.first = first
    }

    /// Completes every answer to a request whose head could be read, before it is written: also those that refuse an
    /// upgrade, and those of the server itself, whose request has no body then.
    public mutating func completing(_ complete: @escaping @Sendable (WebRequest, inout WebResponse) -> Void) {
        self.complete = complete
    }

    /// Decides on WebSocket upgrades of an exact path. An upgrade of any other path is answered as a plain request.
    public mutating func onUpgrade(_ path: String, _ handler: @escaping UpgradeHandler) {
        upgrades[path] = handler
    }

    /// Answers whatever no route takes; by default 404.
    public mutating func otherwise(_ handler: @escaping Handler) {
        fallback = handler
    }

    func handler(for request: WebRequest) -> Handler {
        if let answer = first(request) { return { _ in answer } }
        // Whatever answers GET answers HEAD (RFC 9110 §9.3.2); the body is left out when it is written.
        let methods =
            request.method == .HEAD ? ["HEAD", "GET", Self.anyMethod] : [request.method.rawValue, Self.anyMethod]
        for method in methods {
            if let found = exact[Key(method: method, path: request.path)] { return found }
        }
        let prefixed = prefixes.first { methods.contains($0.method) && request.path.hasPrefix($0.prefix) }
        return prefixed?.handler ?? fallback
    }

    func upgradeHandler(for request: WebRequest) -> UpgradeHandler? {
        request.asksForWebSocket ? upgrades[request.path] : nil
    }
}
