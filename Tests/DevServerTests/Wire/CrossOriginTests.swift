import Foundation
import LiveKit
import NIOCore
import NIOHTTP1
import Testing
import Web

@testable import DevServer

/// What browsers are told about pages of other origins: on every answer, or they show a page no more than that it failed.
@Suite struct CrossOriginTests {
    private func withServer(_ body: (DevServer) async throws -> Void) async throws {
        var configuration = DevServer.Configuration()
        configuration.port = 0
        let server = try await DevServer.start(configuration)
        do {
            try await body(server)
            await server.stop()
        } catch {
            await server.kill()
            throw error
        }
    }

    /// The head of the answer to a request without a body.
    private func answer(
        _ server: DevServer, _ method: String, _ target: String, _ headers: String = "Origin: https://page.example\r\n"
    ) async throws -> (status: String, headers: [String], body: String) {
        let text = try await rawExchange(
            port: server.port, "\(method) \(target) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\(headers)\r\n")
        let parts = text.components(separatedBy: "\r\n\r\n")
        let lines = (parts.first ?? "").components(separatedBy: "\r\n")
        return (
            String(lines.first?.dropFirst("HTTP/1.1 ".count).prefix(3) ?? ""), Array(lines.dropFirst()),
            parts.dropFirst().joined()
        )
    }

    @Test(
        "every answer lets the page read it, errors and refused upgrades too",
        arguments: [
            ("GET", "/", "200"), ("HEAD", "/", "200"), ("POST", "/", "200"), ("GET", "/nowhere", "404"),
            ("GET", "/rtc", "404"), ("GET", "/agent", "404"), ("GET", "/twirp/livekit.RoomService/ListRooms", "404"),
            ("POST", "/twirp/livekit.RoomService/ListRooms", "404"),
        ])
    func everyAnswerNamesTheOrigin(method: String, target: String, status: String) async throws {
        try await withServer { server in
            let found = try await answer(server, method, target)
            #expect(found.status == status)
            #expect(found.headers.contains("Access-Control-Allow-Origin: https://page.example"), "\(found)")
            #expect(found.headers.contains("Access-Control-Expose-Headers: *"))
            #expect(found.headers.contains("Vary: Origin"))
            let silent = try await answer(server, method, target, "")
            #expect(
                !silent.headers.contains { $0.hasPrefix("Access-Control") } && silent.headers.contains("Vary: Origin"))
        }
    }

    @Test("a refused upgrade and a body that is too large say it as well")
    func refusalsNameTheOrigin() async throws {
        try await withServer { server in
            let refused = try await upgrade(port: server.port, "/rtc", headers: "Origin: https://page.example\r\n")
            #expect(refused.hasPrefix("HTTP/1.1 401"))
            #expect(refused.contains("\r\nAccess-Control-Allow-Origin: https://page.example\r\n"))
            let large = try await rawExchange(
                port: server.port,
                "POST / HTTP/1.1\r\nHost: x\r\nOrigin: https://page.example\r\nContent-Length: 99999999\r\n\r\n")
            #expect(large.hasPrefix("HTTP/1.1 413"))
            #expect(large.contains("\r\nAccess-Control-Allow-Origin: https://page.example\r\n"))
        }
    }

    @Test(
        "whether a join would be refused is told to every page, whatever the version of signalling",
        arguments: ["/rtc/validate", "/rtc/v1/validate"])
    func validationIsOpen(path: String) async throws {
        try await withServer { server in
            for origin in ["", "Origin: https://page.example\r\n"] {
                let found = try await answer(server, "GET", path, origin)
                #expect(found.headers.contains("Access-Control-Allow-Origin: *"), "\(found)")
                #expect(found.headers.count { $0.hasPrefix("Access-Control-Allow-Origin") } == 1)
            }
        }
    }

    @Test(
        "a preflight is granted for every path and header",
        arguments: ["/", "/rtc/v1/validate", "/nowhere", "/twirp/livekit.RoomService/CreateRoom"])
    func preflights(target: String) async throws {
        try await withServer { server in
            let asked =
                "Origin: https://page.example\r\nAccess-Control-Request-Method: POST\r\n"
                + "Access-Control-Request-Headers: authorization,content-type\r\n"
            let found = try await answer(server, "OPTIONS", target, asked)
            #expect(found.status == "204" && found.body.isEmpty)
            for header in [
                "Access-Control-Allow-Origin: https://page.example", "Access-Control-Allow-Methods: POST",
                "Access-Control-Max-Age: 86400",
                "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
            ] { #expect(found.headers.contains(header), "\(header) is missing: \(found.headers)") }
            let granted = found.headers.filter { $0.hasPrefix("Access-Control-Allow-Headers: ") }
                .joined(separator: ",").replacingOccurrences(of: "Access-Control-Allow-Headers: ", with: "")
            #expect(granted == "authorization,content-type")
            let refused = try await answer(
                server, "OPTIONS", target, "Origin: https://page.example\r\nAccess-Control-Request-Method: PUT\r\n")
            #expect(refused.status == "204" && !refused.headers.contains { $0.hasPrefix("Access-Control") })
        }
    }

    @Test("a request that only Twirp's method is wrong in is told so")
    func otherMethodsOfTwirp() async throws {
        try await withServer { server in
            let found = try await answer(server, "OPTIONS", "/twirp/livekit.RoomService/ListRooms")
            #expect(found.status == "404")
            #expect(
                found.body
                    == #"{"code":"bad_route","msg":"unsupported method \"OPTIONS\" (only POST is allowed)"}"#)
        }
    }
}
