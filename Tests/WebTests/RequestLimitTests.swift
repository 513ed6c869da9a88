import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import Web

/// Clients that take their time, or send what has no end, in virtual time.
@Suite struct RequestLimitTests {
    /// A connection whose requests never become whole, and what the server wrote to it.
    private struct Connection {
        let channel = EmbeddedChannel()

        init(_ configuration: WebServer.Configuration = .init()) throws {
            var routes = Routes()
            routes.on(.POST, "/") { _ in .text("taken") }
            try HTTPConnectionHandler.configure(
                channel, configuration: configuration, routes: routes,
                connections: ConnectionSet(limit: 10, limitPerAddress: 10))
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }

        func send(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }

        func pass(_ time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }

        var isOpen: Bool { channel.isActive }

        func written() throws -> String {
            var text = ""
            while let part = try channel.readOutbound(as: IOData.self) {
                if case .byteBuffer(let buffer) = part { text += String(buffer: buffer) }
            }
            return text
        }

        func finish() { _ = try? channel.finish(acceptAlreadyClosed: true) }
    }

    @Test("a head that comes a byte a second is given up after ten seconds")
    func slowHeads() throws {
        let connection = try Connection()
        defer { connection.finish() }
        try connection.send("GET / HTTP/1.1\r\nX: ")
        for second in 1..<10 {
            connection.pass(.seconds(1))
            try #require(connection.isOpen, "closed after \(second) s")
            try connection.send("x")
        }
        connection.pass(.seconds(1))
        #expect(!connection.isOpen)
    }

    @Test("a connection that says nothing is given up after ten seconds")
    func silentConnections() throws {
        let connection = try Connection()
        defer { connection.finish() }
        connection.pass(.milliseconds(9999))
        #expect(connection.isOpen)
        connection.pass(.milliseconds(1))
        #expect(!connection.isOpen)
    }

    @Test("a body that comes a byte a second is answered with 408 after a minute")
    func slowBodies() throws {
        let connection = try Connection()
        defer { connection.finish() }
        connection.pass(.seconds(9))
        try connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        for second in 1..<60 {
            connection.pass(.seconds(1))
            try #require(connection.isOpen, "closed after \(second) s")
            try connection.send("x")
        }
        connection.pass(.seconds(1))
        #expect(try connection.written().hasPrefix("HTTP/1.1 408 "))
        #expect(!connection.isOpen)
    }

    @Test("a chunk's extension that has no end is answered with 400")
    func endlessExtensions() throws {
        let connection = try Connection()
        defer { connection.finish() }
        try connection.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;x=")
        var sent = 0
        while connection.isOpen, sent < 1 << 20 {
            try connection.send(String(repeating: "y", count: 1000))
            sent += 1000
        }
        #expect(sent <= 17_000, "\(sent) bytes were read")
        #expect(try connection.written().hasPrefix("HTTP/1.1 400 "))
    }

    @Test("chunks of one byte each are taken, and small extensions with them")
    func smallChunks() throws {
        let connection = try Connection()
        defer { connection.finish() }
        try connection.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<20_000 { try connection.send("1\r\nx\r\n") }
        for _ in 0..<1000 { try connection.send("1;a=b\r\nx\r\n") }
        #expect(connection.isOpen)
        #expect(try connection.written() == "")
    }

    @Test("a head of many small fields is given up at its limit")
    func largeHeads() throws {
        let connection = try Connection()
        defer { connection.finish() }
        try connection.send("GET / HTTP/1.1\r\n")
        var sent = 0
        while connection.isOpen, sent < 4 << 20 {
            try? connection.send("X-\(sent): \(String(repeating: "x", count: 1000))\r\n")
            sent += 1000
        }
        #expect(sent <= 130_000, "\(sent) bytes were read")
    }

    @Test("the time of a head begins anew with its first byte, and not while an answer is made")
    func laterRequests() {
        var allowance = RequestAllowance(
            limits: .init(
                headTime: .seconds(10), bodyTime: .seconds(60), idleTime: .seconds(300), headBytes: 100,
                framingBytes: 10),
            openedAt: .uptimeNanoseconds(0))
        func at(_ seconds: UInt64) -> NIODeadline { .uptimeNanoseconds(seconds * 1_000_000_000) }
        allowance.receive(50, at: at(1))
        #expect(allowance.deadline == at(10) && !allowance.isOverdue(at: at(9)) && allowance.isOverdue(at: at(10)))
        allowance.headCame(at: at(5))
        #expect(allowance.deadline == at(65))
        allowance.ended()
        #expect(allowance.deadline == nil && allowance.phase == .answering)
        // Pipelined: it waits for its turn, and its time with it.
        allowance.receive(1, at: at(70))
        #expect(allowance.deadline == nil)
        allowance.answered(at: at(90))
        #expect(allowance.deadline == at(100) && allowance.phase == .head)
        allowance.headCame(at: at(91))
        allowance.ended()
        allowance.answered(at: at(92))
        #expect(allowance.phase == .idle && !allowance.isOverdue(at: at(391)) && allowance.isOverdue(at: at(392)))
        allowance.receive(101, at: at(200))
        #expect(allowance.deadline == at(210) && allowance.isOverdrawn)
    }

    /// A connection on a loop whose clock the test moves, to routes that run beside it.
    private struct AsyncConnection {
        let loop = NIOAsyncTestingEventLoop()
        let connections = ConnectionSet(limit: 10, limitPerAddress: 10)
        let channel: NIOAsyncTestingChannel

        init(_ routes: Routes) async throws {
            channel = NIOAsyncTestingChannel(loop: loop)
            let (channel, connections) = (channel, connections)
            try await loop.executeInContext {
                try HTTPConnectionHandler.configure(
                    channel, configuration: WebServer.Configuration(), routes: routes, connections: connections)
            }
            try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1))
        }

        func send(_ text: String) async throws { try await channel.writeInbound(ByteBuffer(string: text)) }

        func pass(_ time: TimeAmount) async { await loop.advanceTime(by: time) }

        var isOpen: Bool { channel.isActive }

        /// The next answer, as soon as its route has made it.
        func answer() async throws -> String {
            var text = ""
            for _ in 0..<3000 where !text.hasSuffix("whole") {
                await loop.run()
                while let part = try await channel.readOutbound(as: IOData.self) {
                    if case .byteBuffer(let buffer) = part { text += String(buffer: buffer) }
                }
                if text.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
            }
            return text
        }

        func finish() async { _ = try? await channel.finish(acceptAlreadyClosed: true) }
    }

    private static var whole: Routes {
        var routes = Routes()
        routes.on(.GET, "/") { _ in .text("whole") }
        routes.on(.POST, "/") { _ in .text("whole") }
        return routes
    }

    @Test("a second request that does not come whole is given up too")
    func secondRequests() async throws {
        let connection = try await AsyncConnection(Self.whole)
        try await connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try await connection.answer().hasSuffix("whole"))
        // Longer than a head may take: between two requests that is no matter.
        await connection.pass(.seconds(20))
        try await connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try await connection.answer().hasSuffix("whole"))
        await connection.pass(.seconds(20))
        try await connection.send("GET /")
        await connection.pass(.milliseconds(9999))
        #expect(connection.isOpen)
        await connection.pass(.milliseconds(1))
        #expect(!connection.isOpen)
        await connection.finish()
    }

    @Test("a head that follows a slow body has no more time than any other")
    func headsAfterSlowBodies() async throws {
        let connection = try await AsyncConnection(Self.whole)
        try await connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n")
        // The head's timer runs out meanwhile, and waits for the body then.
        await connection.pass(.seconds(15))
        try await connection.send("x")
        #expect(try await connection.answer().hasSuffix("whole"))
        try await connection.send("GET /")
        await connection.pass(.seconds(10))
        #expect(!connection.isOpen)
        await connection.finish()
    }

    @Test("an idle connection is closed after a minute, one whose answer takes longer is not")
    func idleConnections() async throws {
        var routes = Routes()
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        routes.on(.GET, "/") { _ in
            for await _ in gate { break }
            return .text("whole")
        }
        let connection = try await AsyncConnection(routes)
        try await connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await connection.pass(.seconds(3600))
        #expect(connection.isOpen)
        opening.yield()
        #expect(try await connection.answer().hasSuffix("whole"))
        await connection.pass(.milliseconds(59_999))
        #expect(connection.isOpen)
        await connection.pass(.milliseconds(1))
        #expect(!connection.isOpen)
        await connection.finish()
    }

    @Test("a request that is under way when the server stops is answered, and its connection closed")
    func draining() async throws {
        var routes = Routes()
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        routes.on(.GET, "/") { _ in
            for await _ in gate { break }
            return .text("whole")
        }
        let connection = try await AsyncConnection(routes)
        try await connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.connections.drain()
        await connection.loop.run()
        #expect(connection.isOpen)
        opening.yield()
        let answer = try await connection.answer()
        #expect(answer.hasSuffix("whole") && answer.lowercased().contains("connection: close"))
        await connection.loop.run()
        #expect(!connection.isOpen)
        await connection.finish()
    }

    @Test("a body of which nothing comes for the idle time is answered with 408, however long it may take in all")
    func silentBodies() throws {
        var configuration = WebServer.Configuration()
        configuration.idleTimeout = .seconds(15)
        let connection = try Connection(configuration)
        defer { connection.finish() }
        try connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        connection.pass(.seconds(14))
        try connection.send("x")
        connection.pass(.seconds(14))
        #expect(connection.isOpen)
        connection.pass(.seconds(1))
        #expect(try connection.written().hasPrefix("HTTP/1.1 408 "))
        #expect(!connection.isOpen)
    }
}
