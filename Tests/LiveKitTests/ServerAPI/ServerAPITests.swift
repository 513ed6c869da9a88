import Foundation
import HTTPClient
import MachineWatch
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import SwiftProtobuf
import Testing

@testable import LiveKit

struct ServerAPITests {
    private let key: APIKey

    init() throws {
        key = try APIKey(name: "devkey", secret: "secret")
    }

    private func api(_ server: RawServer) throws -> ServerAPI {
        ServerAPI(server: try server.url, key: key)
    }

    private static func ok(_ message: some Message) -> RawServer.Reply {
        .http(200, Array(message.encoded().readableBytesView), type: "application/protobuf")
    }

    /// The grant of the last call's token.
    private func grant(_ server: RawServer) throws -> VideoGrant {
        let request = try #require(server.requests.withLockedValue { $0.last })
        let bearer = try #require(request.headers["authorization"]).dropFirst("Bearer ".count)
        return try #require(
            TokenVerifier(keys: [key]).verify(String(bearer), now: WallClock.seconds()).video)
    }

    @Test func callsCarryTheirMessageAndTheirGrant() async throws {
        let server = try await RawServer(respond: { request in
            switch request.target {
            case "/twirp/livekit.RoomService/ListRooms":
                return Self.ok(Livekit_ListRoomsResponse.with { $0.rooms = [.with { $0.name = "r1" }] })
            case "/twirp/livekit.RoomService/CreateRoom":
                let asked = try? Livekit_CreateRoomRequest(parsing: ByteBuffer(bytes: request.body))
                return Self.ok(Livekit_Room.with { $0.name = asked?.name ?? "" })
            case "/twirp/livekit.RoomService/ListParticipants":
                return Self.ok(
                    Livekit_ListParticipantsResponse.with { $0.participants = [.with { $0.identity = "c" }] })
            case "/twirp/livekit.AgentDispatchService/CreateDispatch":
                let asked = try? Livekit_CreateAgentDispatchRequest(parsing: ByteBuffer(bytes: request.body))
                return Self.ok(Livekit_AgentDispatch.with { $0.agentName = asked?.agentName ?? "" })
            case "/twirp/livekit.AgentDispatchService/ListDispatch":
                return Self.ok(Livekit_ListAgentDispatchResponse.with { $0.agentDispatches = [.with { $0.id = "AD" }] })
            case "/twirp/livekit.AgentDispatchService/DeleteDispatch":
                return Self.ok(Livekit_AgentDispatch.with { $0.id = "AD" })
            default: return .http(200, [], type: "application/protobuf")
            }
        })
        let api = try api(server)
        #expect(try await api.listRooms().map(\.name) == ["r1"])
        #expect(try grant(server).roomList == true)
        #expect(try await api.createRoom("new").name == "new")
        #expect(try grant(server).roomCreate == true)
        #expect(try await api.listParticipants(room: "r").map(\.identity) == ["c"])
        #expect(try grant(server).roomAdmin == true)
        #expect(try grant(server).room == "r")
        #expect(try await api.createDispatch(agentName: "jask", room: "r").agentName == "jask")
        #expect(try await api.listDispatch(room: "r").map(\.id) == ["AD"])
        #expect(try await api.deleteDispatch("AD", room: "r").id == "AD")
        try await api.removeParticipant("c", room: "r")
        try await api.deleteRoom("r")
        try await api.sendData(ByteBuffer(string: "x"), topic: "t", room: "r", to: ["a"], isReliable: false)
        let sent = try #require(server.requests.withLockedValue { $0.last })
        let packet = try Livekit_SendDataRequest(parsing: ByteBuffer(bytes: sent.body))
        #expect(packet.nonce.count == 16)
        #expect(packet.data == Data("x".utf8) && packet.topic == "t" && packet.room == "r" && packet.kind == .lossy)
        #expect(packet.destinationIdentities == ["a"])
        #expect(sent.headers["content-type"] == "application/protobuf")
        try await server.stop()
    }

    /// A reconciler asks every second or so: a handshake for each call would be most of its cost.
    @Test func callsShareAConnection() async throws {
        let server = try await RawServer(respond: { _ in Self.ok(Livekit_ListRoomsResponse()) })
        let api = ServerAPI(server: try server.url, key: key, http: CurlClient())
        for _ in 0..<10 { _ = try await api.listRooms() }
        #expect(server.requests.withLockedValue { $0.count } == 10)
        #expect(server.connections.withLockedValue { $0 } == 1)
        try await server.stop()
    }

    /// A server that was restarted has closed what is kept here; the next call goes through all the same.
    @Test func aConnectionThatTheServerClosedIsNotAnError() async throws {
        let server = try await RawServer(respond: { _ in
            var reply = Self.ok(Livekit_ListRoomsResponse())
            reply.thenCloses = true
            return reply
        })
        let api = ServerAPI(server: try server.url, key: key, http: CurlClient())
        for _ in 0..<5 { _ = try await api.listRooms() }
        #expect(server.requests.withLockedValue { $0.count } == 5)
        try await server.stop()
    }

    @Test func whatKeepsACallFromTheServerIsNamed() async throws {
        // Bound, so that no other test is given its port, and not listening.
        let occupant = try SilentPort()
        defer { occupant.close() }
        let url = try ServerURL("ws://127.0.0.1:\(occupant.port)")
        let api = ServerAPI(server: url, key: key)
        await #expect(
            throws: ServerAPIError.transport(
                method: "RoomService/ListRooms",
                .unreachable(host: "127.0.0.1", port: occupant.port, reason: "Connection refused"))
        ) { try await api.listRooms() }
    }

    @Test func errorsOfTheServerAreTyped() async throws {
        let server = try await RawServer(respond: { request in
            switch request.target {
            case "/twirp/livekit.RoomService/DeleteRoom":
                return .http(
                    404, Array(#"{"code":"not_found","msg":"requested room does not exist"}"#.utf8),
                    type: "application/json")
            case "/twirp/livekit.RoomService/ListRooms":
                return .http(401, Array("invalid token: \(request.headers["authorization"] ?? "")".utf8))
            default: return .http(200, [0xFF, 0xFF], type: "application/protobuf")
            }
        })
        let api = try api(server)
        let missing = await #expect(throws: ServerAPIError.self) { try await api.deleteRoom("x") }
        #expect(missing?.isNotFound == true)
        #expect(missing?.description.contains("requested room does not exist") == true)
        let refused = await #expect(throws: ServerAPIError.self) { try await api.listRooms() }
        #expect(refused?.description.contains("401") == true)
        #expect(refused?.description.contains("eyJ") == false)
        await #expect(
            throws: ServerAPIError.badResponse(
                method: "RoomService/CreateRoom", .malformed(message: "Room", size: 2))
        ) { try await api.createRoom("x") }
        try await server.stop()
    }

    @Test func aServerThatHangsOrIsAwayIsAnError() async throws {
        let server = try await RawServer(respond: { _ in nil })
        var api = try api(server)
        // Time to connect in, on a busy machine too.
        api.timeout = MachineWatch().allows(.milliseconds(500))
        await #expect(
            throws: ServerAPIError.transport(method: "RoomService/ListRooms", .timedOut(.responding))
        ) { try await api.listRooms() }
        try await server.stop()
        await #expect(throws: ServerAPIError.self) { try await api.listRooms() }
    }

    @Test func aListWithoutEndIsRefusedBeforeItIsHeld() async throws {
        func answer(_ rooms: Int, metadata: Int = 0) -> [UInt8] {
            var room = Livekit_Room()
            room.sid = "RM"
            room.metadata = String(repeating: "x", count: metadata)
            let entry = Array(room.encoded().readableBytesView)
            var length: [UInt8] = []
            var rest = entry.count
            repeat {
                length.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
                rest >>= 7
            } while rest > 0
            return (0..<rooms).flatMap { _ in [0x0A] + length + entry }
        }
        let body = NIOLockedValueBox(answer(20_000))
        let server = try await RawServer(respond: { _ in
            .http(200, body.withLockedValue { $0 }, type: "application/protobuf")
        })
        let api = try api(server)
        #expect(try await api.listRooms().count == 20_000)
        let refused = ServerAPIError.badResponse(
            method: "RoomService/ListRooms", .tooLarge(message: "Room", entries: 20_000, bytes: 1 << 20))
        body.withLockedValue { $0 = answer(250_000) }
        await #expect(throws: refused) { try await api.listRooms() }
        body.withLockedValue { $0 = answer(1, metadata: 1 << 20) }
        await #expect(throws: refused) { try await api.listRooms() }
        // Cut in an entry.
        body.withLockedValue { $0 = Array(answer(3).dropLast()) }
        await #expect(
            throws: ServerAPIError.badResponse(
                method: "RoomService/ListRooms", .malformed(message: "list of Room", size: 17))
        ) { try await api.listRooms() }
        try await server.stop()
    }

    @Test func aWebPageIsNotShownButWhereItCameFrom() async throws {
        let server = try await RawServer(respond: { _ in
            .http(404, Array("\n<!DOCTYPE html><html><body>nginx</body></html>".utf8), type: "text/html")
        })
        let url = try server.url.httpURL
        await #expect {
            try await api(server).listRooms()
        } throws: { error in
            "\(error)"
                == "RoomService/ListRooms failed with http_error (404): a web page; is \(url) the URL of a LiveKit server?"
        }
        try await server.stop()
    }

    @Test func theAnswersOfARealServerAreRead() async throws {
        let recorded = try Data(contentsOf: Capture.fixtures.appendingPathComponent("list-dispatch.bin"))
        let server = try await RawServer(respond: { _ in
            .http(200, Array(recorded), type: "application/protobuf")
        })
        let dispatches = try await api(server).listDispatch(room: "cap-agent-x")
        #expect(dispatches.count == 2)
        #expect(dispatches.last?.agentName == "jask")
        #expect(dispatches.last?.metadata == #"{"task":"two-sum"}"#)
        try await server.stop()
    }
}
