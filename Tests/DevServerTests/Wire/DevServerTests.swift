import Foundation
import LiveKit
import SansIO
import Testing
import Web

@testable import DevServer

/// A server on real sockets.
@Suite(.serialized) struct WireTests {
    private func withServer(
        _ configure: (inout DevServer.Configuration) -> Void = { _ in }, _ body: (DevServer) async throws -> Void
    ) async throws {
        var configuration = DevServer.Configuration()
        configuration.port = 0
        configure(&configuration)
        let server = try await DevServer.start(configuration)
        do {
            try await body(server)
            await server.stop()
        } catch {
            await server.kill()
            throw error
        }
    }

    private func token(_ identity: Identity? = nil, secret: String = "secret", _ configure: (inout VideoGrant) -> Void)
        throws -> String
    {
        var grant = VideoGrant()
        configure(&grant)
        let key = try APIKey(name: "devkey", secret: secret)
        let now = Int64(Date().timeIntervalSince1970)
        return try AccessToken(signing: TokenClaims(identity: identity, video: grant), with: key, now: now).jwt
    }

    private func admin(_ room: String) throws -> String {
        try token {
            $0.roomCreate = true
            $0.roomList = true
            $0.roomAdmin = true
            $0.room = RoomName(room)
        }
    }

    @Test("the server API answers in JSON, in either spelling of the fields")
    func theAPIAnswersInJSON() async throws {
        try await withServer { server in
            let admin = try admin("a")
            let created = try await post(
                port: server.port, "/twirp/livekit.RoomService/CreateRoom",
                #"{"name":"a","empty_timeout":30,"departureTimeout":5,"futureField":1}"#, token: admin)
            #expect(created.status == 200)
            #expect(created.body.contains(#""name":"a""#) && created.body.contains(#""empty_timeout":30"#))
            #expect(created.body.contains(#""departure_timeout":5"#))
            let listed = try await post(
                port: server.port, "/twirp/livekit.RoomService/ListRooms", "{}", token: admin)
            #expect(listed.body.contains(#""sid":"RM_"#))
            let dispatched = try await post(
                port: server.port, "/twirp/livekit.AgentDispatchService/CreateDispatch",
                #"{"room":"a","agentName":"jask","metadata":"{\"task\":1}"}"#, token: admin)
            #expect(dispatched.status == 200 && dispatched.body.contains(#""agent_name":"jask""#))
            let dispatches = try await post(
                port: server.port, "/twirp/livekit.AgentDispatchService/ListDispatch", #"{"room":"a"}"#, token: admin)
            #expect(dispatches.body.components(separatedBy: "AD_").count == 3)
            let participants = try await post(
                port: server.port, "/twirp/livekit.RoomService/ListParticipants", #"{"room":"a"}"#, token: admin)
            #expect(participants.status == 200 && participants.body == "{}")
            let deleted = try await post(
                port: server.port, "/twirp/livekit.RoomService/DeleteRoom", #"{"room":"a"}"#, token: admin)
            #expect(deleted.status == 200)
            let again = try await post(
                port: server.port, "/twirp/livekit.RoomService/DeleteRoom", #"{"room":"a"}"#, token: admin)
            #expect(again.status == 404 && again.body.contains(#""code":"not_found""#))
        }
    }

    @Test("the server API's errors have Twirp's form and status")
    func theAPIRefuses() async throws {
        try await withServer { server in
            let path = "/twirp/livekit.RoomService/ListRooms"
            let none = try await post(port: server.port, path, "{}", token: try token { $0.roomJoin = true })
            #expect(none.status == 401 && none.body == #"{"code":"unauthenticated","msg":"permissions denied"}"#)
            let forged = try await post(
                port: server.port, path, "{}", token: try token(secret: "other") { $0.roomList = true })
            #expect(forged.status == 401 && forged.body.contains("invalid token: eyJ"))
            let elsewhere = try await post(
                port: server.port, "/twirp/livekit.RoomService/SendData", #"{"room":"b"}"#, token: try admin("a"))
            #expect(elsewhere.status == 401)
            let nowhere = try await post(
                port: server.port, "/twirp/livekit.RoomService/Nothing", "{}", token: try admin("a"))
            #expect(nowhere.status == 404 && nowhere.body.contains("bad_route"))
            let garbage = try await post(port: server.port, path, "{", token: try admin("a"))
            #expect(garbage.status == 400 && garbage.body.contains("malformed"))
        }
    }

    @Test("joins are refused with a status before the upgrade, in either version of signalling")
    func joinsAreRefused() async throws {
        try await withServer { server in
            let good = try token("x") { $0 = .join(room: "r") }
            #expect(try await upgrade(port: server.port, "/rtc?access_token=\(good)").hasPrefix("HTTP/1.1 101"))
            #expect(try await upgrade(port: server.port, "//rtc?access_token=\(good)").hasPrefix("HTTP/1.1 101"))
            #expect(try await upgrade(port: server.port, "/rtc/v1?access_token=\(good)").hasPrefix("HTTP/1.1 400"))
            let single = "/rtc/v1?join_request=EgA=&access_token=\(good)"
            #expect(try await upgrade(port: server.port, single).hasPrefix("HTTP/1.1 101"))
            let forged = try token("x", secret: "other") { $0 = .join(room: "r") }
            let refused = try await upgrade(port: server.port, "/rtc?access_token=\(forged)", until: "cryptographic")
            #expect(refused.hasPrefix("HTTP/1.1 401") && refused.contains("invalid token: \(forged), error:"))
            #expect(try await upgrade(port: server.port, "/agent").hasPrefix("HTTP/1.1 401"))
            let worker = try token { $0.agent = true }
            let agent = try await upgrade(
                port: server.port, "/agent?protocol=1", headers: "Authorization: Bearer \(worker)\r\n")
            #expect(agent.hasPrefix("HTTP/1.1 101"))
            let validated = try await rawExchange(
                port: server.port,
                "GET /rtc/validate?access_token=\(good) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(validated.hasPrefix("HTTP/1.1 200") && validated.hasSuffix("\r\n\r\nsuccess"))
            let plain = try await rawExchange(
                port: server.port, "GET /rtc?access_token=\(good) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(plain.hasPrefix("HTTP/1.1 404"))
        }
    }

    @Test("a join over a socket is answered with join and an offer, and its room is listed")
    func joining() async throws {
        try await withServer { server in
            let good = try token("x") { $0 = .join(room: "room-over-a-socket") }
            let answer = try await upgrade(
                port: server.port, "/rtc?protocol=16&access_token=\(good)", until: "webrtc-datachannel")
            #expect(answer.contains("room-over-a-socket"))
        }
    }

    @Test("a port that is taken and an empty key are typed errors")
    func startErrors() async throws {
        try await withServer { server in
            var configuration = DevServer.Configuration()
            configuration.port = server.port
            await #expect(throws: WebServerError.self) { _ = try await DevServer.start(configuration) }
        }
        var configuration = DevServer.Configuration()
        configuration.secret = ""
        await #expect(throws: TokenError.self) { _ = try await DevServer.start(configuration) }
    }

    @Test("it can be stopped and started again on its port")
    func restarting() async throws {
        var configuration = DevServer.Configuration()
        configuration.port = 0
        let first = try await DevServer.start(configuration)
        configuration.port = first.port
        await first.kill()
        let second = try await DevServer.start(configuration)
        #expect(second.url == first.url && second.url.hasPrefix("ws://127.0.0.1:"))
        await second.stop()
    }
}
