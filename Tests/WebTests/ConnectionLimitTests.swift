import NIOCore
import Testing

@testable import Web

/// How many connections there may be.
@Suite struct ConnectionLimitTests {
    private static var routes: Routes {
        var routes = Routes()
        routes.on(.GET, "/") { _ in .text("served") }
        return routes
    }

    private func isServed(_ client: RawClient) async throws -> Bool {
        try? await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        return try await client.readResponse().body == "served"
    }

    @Test(
        "connections beyond the limit are closed as they come; when one ends, another is served",
        arguments: [true, false])
    func connectionsAreCapped(perAddress: Bool) async throws {
        var configuration = WebServer.Configuration.patient
        if perAddress { configuration.maximumConnectionsPerAddress = 2 } else { configuration.maximumConnections = 2 }
        try await withServer(Self.routes, configuration) { port in
            try await RawClient.use(port: port) { first in
                #expect(try await isServed(first))
                try await RawClient.use(port: port) { second in
                    #expect(try await isServed(second))
                    try await RawClient.use(port: port) { third in
                        try? await third.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                        #expect(await third.readToEnd() == "")
                    }
                    #expect(try await isServed(second))
                }
                var isFree = false
                while !isFree {
                    try await RawClient.use(port: port) { client in
                        try? await client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                        isFree = await client.readToEnd().hasSuffix("served")
                    }
                }
                #expect(try await isServed(first))
            }
        }
    }

    @Test("an address counts for itself in IPv4, and for its network in IPv6")
    func origins() throws {
        func origin(_ text: String) throws -> ConnectionOrigin? {
            ConnectionOrigin(try SocketAddress(ipAddress: text, port: 1))
        }
        #expect(try origin("192.0.2.1") != origin("192.0.2.2"))
        #expect(try origin("2001:db8::1") == origin("2001:db8::ffff:1"))
        #expect(try origin("2001:db8::1") != origin("2001:db8:0:1::1"))
        #expect(try origin("::ffff:192.0.2.1") == origin("192.0.2.1"))
        #expect(ConnectionOrigin(try SocketAddress(unixDomainSocketPath: "/tmp/s")) == nil)
    }

    @Test("a certificate that cannot be read is an error that names the file")
    func unusableCertificates() {
        #expect {
            try ServerCertificate(chain: "/nowhere/chain.pem", key: "/nowhere/key.pem")
        } throws: { error in
            guard case .unusableCertificate("/nowhere/chain.pem", _)? = error as? WebServerError else { return false }
            return "\(error)".contains("/nowhere/chain.pem")
        }
    }
}
