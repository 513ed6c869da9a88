import NIOCore
import NIOHTTP1
import Testing

@testable import Web

@Suite struct HTTPTests {
    @Test("percent-encoding is decoded, and what is no escape is kept")
    func percentEncodingIsDecoded() {
        let request = WebRequest(method: .GET, uri: "//a%20b/%zz?x=1+2&y=%C3%A9&z&=q&x=2&half=%4")
        #expect(request.path == "/a b/%zz")
        #expect(request.query["x"] == "1 2")
        #expect(request.query["y"] == "é")
        #expect(request.query["z"] == "")
        #expect(request.query["half"] == "%4")
        #expect(request.query["absent"] == nil)
        #expect(request.query.pairs.count == 5)
    }

    @Test("a bearer token is read, and no other scheme")
    func aBearerTokenIsRead() {
        #expect(WebRequest(method: .GET, uri: "/", headers: ["authorization": "Bearer abc"]).bearerToken == "abc")
        #expect(WebRequest(method: .GET, uri: "/", headers: ["authorization": "Token abc"]).bearerToken == nil)
    }

    @Test("requests go to the exact route, then the longest prefix, then 404, over one connection")
    func requestsAreRouted() async throws {
        var routes = Routes()
        routes.on(.GET, "/exact") { _ in .text("exact") }
        routes.on(.GET, prefix: "/ex") { .text("prefix of \($0.path)") }
        routes.on(.GET, prefix: "/exa") { _ in .text("longer") }
        routes.on(.POST, "/exact") { .text("posted \(String(buffer: $0.body))", status: .created) }
        try await withServer(routes) { port in
            try await RawClient.use(port: port) { client in
                try await client.send("GET /exact?a=b HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await client.readResponse().body == "exact")
                try await client.send("GET /ex/1 HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await client.readResponse().body == "prefix of /ex/1")
                try await client.send("GET /exa/1 HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await client.readResponse().body == "longer")
                try await client.send("POST /exact HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
                let posted = try await client.readResponse()
                #expect(posted.status == 201 && posted.body == "posted hello")
                try await client.send("HEAD /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                let end = await client.readToEnd()
                #expect(end.hasPrefix("HTTP/1.1 404") && end.hasSuffix("\r\n\r\n"))
            }
        }
    }

    @Test("HEAD is answered as GET is, without the body; a route of its own goes first")
    func headIsAnsweredAsGet() async throws {
        var routes = Routes()
        routes.on(.GET, "/ready") { _ in .text("not yet", status: .serviceUnavailable) }
        routes.on(.GET, prefix: "/pages/") { _ in .text("a page") }
        routes.on(.GET, "/own") { _ in .text("GET") }
        routes.on(.HEAD, "/own") { _ in .text("HEAD only") }
        try await withServer(routes) { port in
            func head(_ path: String) async throws -> String {
                try await RawClient.use(port: port) { client in
                    try await client.send("HEAD \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    return await client.readToEnd()
                }
            }
            let ready = try await head("/ready")
            #expect(ready.hasPrefix("HTTP/1.1 503") && ready.contains("Content-Length: 7\r\n"))
            #expect(ready.hasSuffix("\r\n\r\n"))
            #expect(try await head("/pages/1").hasPrefix("HTTP/1.1 200"))
            #expect(try await head("/own").contains("Content-Length: 9\r\n"))
            #expect(try await head("/posted").hasPrefix("HTTP/1.1 404"))
        }
    }

    @Test("pipelined requests are answered in their order")
    func pipelinedRequestsAreAnsweredInOrder() async throws {
        var routes = Routes()
        routes.on(.GET, "/slow") { _ in
            try? await Task.sleep(for: .milliseconds(100))
            return .text("slow")
        }
        routes.on(.GET, "/quick") { _ in .text("quick") }
        try await withServer(routes) { port in
            try await RawClient.use(port: port) { client in
                try await client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\nGET /quick HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await client.readResponse().body == "slow")
                #expect(try await client.readResponse().body == "quick")
            }
        }
    }

    @Test("a body above the limit is refused with 413, announced or not", arguments: [true, false])
    func aBodyAboveTheLimitIsRefused(isAnnounced: Bool) async throws {
        var routes = Routes()
        routes.on(.POST, "/") { .text("\($0.body.readableBytes)") }
        var configuration = WebServer.Configuration.patient
        configuration.maximumBodyBytes = 100
        try await withServer(routes, configuration) { port in
            try await RawClient.use(port: port) { client in
                let body = String(repeating: "x", count: 101)
                if isAnnounced {
                    try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n")
                } else {
                    try await client.send(
                        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n\(body)\r\n0\r\n\r\n")
                }
                #expect(try await client.readResponse().status == 413)
            }
            try await RawClient.use(port: port) { client in
                let body = String(repeating: "x", count: 100)
                try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n\(body)")
                #expect(try await client.readResponse().body == "100")
            }
        }
    }

    @Test("100-continue is answered before the body comes")
    func continueIsAnswered() async throws {
        var routes = Routes()
        routes.on(.POST, "/") { .text(String(buffer: $0.body)) }
        try await withServer(routes) { port in
            try await RawClient.use(port: port) { client in
                try await client.send(
                    "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
                #expect(try await client.readResponse().status == 100)
                try await client.send("hi")
                #expect(try await client.readResponse().body == "hi")
            }
        }
    }

    @Test("stopping lets the request under way finish and refuses new connections")
    func stoppingIsGraceful() async throws {
        var routes = Routes()
        let (started, signal) = AsyncStream.makeStream(of: Void.self)
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        routes.on(.GET, "/slow") { _ in
            signal.yield()
            for await _ in gate { break }
            return .text("slow")
        }
        let server = try await WebServer.start(.patient, routes: routes)
        try await RawClient.use(port: server.port) { client in
            try await client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
            for await _ in started { break }
            async let stopped: Void = server.stop(grace: .seconds(60))
            var isRefused = false
            while !isRefused {
                do { try await RawClient.use(port: server.port) { _ in } } catch { isRefused = true }
            }
            opening.yield()
            #expect(try await client.readResponse().body == "slow")
            await stopped
        }
    }

    @Test("a port that is taken is a typed error")
    func aTakenPortIsATypedError() async throws {
        try await withServer(Routes()) { port in
            var configuration = WebServer.Configuration.patient
            configuration.port = port
            await #expect(throws: WebServerError.self) {
                _ = try await WebServer.start(configuration, routes: Routes())
            }
        }
    }

    @Test("random bytes do no harm")
    func randomBytesDoNoHarm() async throws {
        var routes = Routes()
        routes.on(.GET, "/") { _ in .text("alive") }
        try await withServer(routes) { port in
            var state: UInt64 = 42
            for round in 0..<50 {
                try? await RawClient.use(port: port) { client in
                    var bytes = round % 2 == 0 ? Array("GET / HTTP/1.1\r\n".utf8) : []
                    for _ in 0..<200 {
                        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                        bytes.append(UInt8(truncatingIfNeeded: state >> 33))
                    }
                    try await client.send(bytes)
                }
            }
            try await RawClient.use(port: port) { client in
                try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await client.readResponse().body == "alive")
            }
        }
    }
}

extension WebServer.Configuration {
    /// Deadlines are tested in virtual time: elsewhere they are not to end what a busy machine takes long for.
    static var patient: Self {
        var configuration = Self()
        (configuration.headTimeout, configuration.bodyTimeout) = (.seconds(120), .seconds(120))
        configuration.idleTimeout = .seconds(120)
        return configuration
    }
}

/// A server for the time of `body`.
func withServer(
    _ routes: Routes, _ configuration: WebServer.Configuration = .patient,
    isolation: isolated (any Actor)? = #isolation,
    _ body: (Int) async throws -> Void
) async throws {
    let server = try await WebServer.start(configuration, routes: routes)
    do {
        try await body(server.port)
        await server.kill()
    } catch {
        await server.kill()
        throw error
    }
}
