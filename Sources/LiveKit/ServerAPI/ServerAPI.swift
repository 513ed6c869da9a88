import FoundationEssentials
import HTTPClient
import NIOCore
import SansIO
import SwiftProtobuf

/// LiveKit's server API (Twirp over HTTP, in protobuf). Each call mints a token with just the grant that it needs.
public struct ServerAPI: Sendable {
    public let server: ServerURL
    private let key: APIKey
    private let http: CurlClient
    private let caFile: String?
    /// For a whole call, from name resolution to the last byte.
    public var timeout = Duration.seconds(5)

    private static let largestResponse = 10 << 20

    /// - Parameters:
    ///   - caFile: certificate authorities (PEM) in place of the system's, for `wss` and `https`.
    ///   - http: makes the calls, over connections that it keeps.
    public init(server: ServerURL, key: APIKey, caFile: String? = nil, http: CurlClient = .shared) {
        self.server = server
        self.key = key
        self.caFile = caFile
        self.http = http
    }

    // MARK: Rooms

    /// - Parameter names: empty for all rooms.
    public func listRooms(names: [RoomName] = []) async throws(ServerAPIError) -> [RoomInfo] {
        try await list("RoomService/ListRooms", Livekit_ListRoomsRequest.with { $0.names = names.map(\.text) }) {
            $0.roomList = true
        } _: { (room: Livekit_Room) in
            RoomInfo(room)
        }
    }

    /// Creates a room, or returns the one there is.
    public func createRoom(
        _ name: RoomName, options: CreateRoomOptions = .init()
    ) async throws(ServerAPIError) -> RoomInfo {
        let room: Livekit_Room = try await call("RoomService/CreateRoom", options.message(creating: name)) {
            $0.roomCreate = true
        }
        return RoomInfo(room)
    }

    public func deleteRoom(_ name: RoomName) async throws(ServerAPIError) {
        let _: Livekit_DeleteRoomResponse = try await call(
            "RoomService/DeleteRoom", Livekit_DeleteRoomRequest.with { $0.room = name.text }
        ) { $0.roomCreate = true }
    }

    // MARK: Participants

    /// All participants, hidden ones and agents too.
    public func listParticipants(room: RoomName) async throws(ServerAPIError) -> [RoomParticipant] {
        try await list(
            "RoomService/ListParticipants", Livekit_ListParticipantsRequest.with { $0.room = room.text },
            admin(of: room)
        ) { (info: Livekit_ParticipantInfo) in RoomParticipant(info) }
    }

    /// One participant, hidden or not.
    public func participant(_ identity: Identity, room: RoomName) async throws(ServerAPIError) -> RoomParticipant {
        let request = Livekit_RoomParticipantIdentity.with {
            $0.room = room.text
            $0.identity = identity.text
        }
        let info: Livekit_ParticipantInfo = try await call("RoomService/GetParticipant", request, admin(of: room))
        return RoomParticipant(info)
    }

    public func removeParticipant(_ identity: Identity, room: RoomName) async throws(ServerAPIError) {
        let request = Livekit_RoomParticipantIdentity.with {
            $0.room = room.text
            $0.identity = identity.text
        }
        let _: Livekit_RemoveParticipantResponse = try await call(
            "RoomService/RemoveParticipant", request, admin(of: room))
    }

    /// Sends a user packet that shows no sender.
    /// - Parameter destinations: empty means everyone.
    public func sendData(
        _ payload: ByteBuffer, topic: TopicName, room: RoomName, to destinations: [Identity] = [],
        isReliable: Bool = true
    ) async throws(ServerAPIError) {
        let request = Livekit_SendDataRequest.with {
            $0.room = room.text
            $0.data = Data(payload.readableBytesView)
            $0.kind = isReliable ? .reliable : .lossy
            $0.destinationIdentities = destinations.map(\.text)
            if !topic.isEmpty { $0.topic = topic.text }
            // Receivers that look at it drop a packet that comes twice, ours do not.
            $0.nonce = Data((0..<16).map { _ in UInt8.random(in: .min ... .max) })
        }
        let _: Livekit_SendDataResponse = try await call("RoomService/SendData", request, admin(of: room))
    }

    // MARK: Dispatch

    /// Sends an agent to a room, which is created where it is missing.
    public func createDispatch(
        agentName: String, room: RoomName, metadata: String = ""
    ) async throws(ServerAPIError) -> AgentDispatch {
        let request = Livekit_CreateAgentDispatchRequest.with {
            $0.agentName = agentName
            $0.room = room.text
            $0.metadata = metadata
        }
        return AgentDispatch(
            try await call("AgentDispatchService/CreateDispatch", request, admin(of: room)) as Livekit_AgentDispatch)
    }

    /// - Parameter id: empty for all dispatches of the room.
    public func listDispatch(
        room: RoomName, id: String = ""
    ) async throws(ServerAPIError) -> [AgentDispatch] {
        let request = Livekit_ListAgentDispatchRequest.with {
            $0.room = room.text
            $0.dispatchID = id
        }
        return try await list("AgentDispatchService/ListDispatch", request, admin(of: room)) {
            (dispatch: Livekit_AgentDispatch) in AgentDispatch(dispatch)
        }
    }

    public func deleteDispatch(_ id: String, room: RoomName) async throws(ServerAPIError) -> AgentDispatch {
        let request = Livekit_DeleteAgentDispatchRequest.with {
            $0.room = room.text
            $0.dispatchID = id
        }
        return AgentDispatch(
            try await call("AgentDispatchService/DeleteDispatch", request, admin(of: room)) as Livekit_AgentDispatch)
    }

    // MARK: Calls

    private func admin(of room: RoomName) -> @Sendable (inout VideoGrant) -> Void {
        {
            $0.roomAdmin = true
            $0.room = room
        }
    }

    private func call<Response: Message>(
        _ method: String, _ message: some Message, _ grant: @Sendable (inout VideoGrant) -> Void
    ) async throws(ServerAPIError) -> Response {
        let body = try await answer(to: method, message, grant)
        do {
            return try Response(parsing: body)
        } catch {
            throw .badResponse(method: method, error)
        }
    }

    private func list<Entry: Message, Value>(
        _ method: String, _ message: some Message, _ grant: @Sendable (inout VideoGrant) -> Void,
        _ make: (Entry) -> Value
    ) async throws(ServerAPIError) -> [Value] {
        let body = try await answer(to: method, message, grant)
        do {
            return try MessageList.read(body, make)
        } catch {
            throw .badResponse(method: method, error)
        }
    }

    private func answer(
        to method: String, _ message: some Message, _ grant: @Sendable (inout VideoGrant) -> Void
    ) async throws(ServerAPIError) -> ByteBuffer {
        let token = try token(grant)
        let request = HTTPRequest(
            .post, url: server.httpURL + "/twirp/livekit.\(method)",
            headers: [
                .init("authorization", "Bearer \(token.jwt)"), .init("content-type", "application/protobuf"),
                .init("user-agent", "jask"),
            ], body: Array(message.encoded().readableBytesView), connectTimeout: timeout, caFile: caFile)
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await http.send(request, timeout: timeout, largestBody: Self.largestResponse)
        } catch {
            throw .transport(method: method, TransportError(error, server: server))
        }
        guard response.status == 200 else { throw refusal(response, method: method, token: token) }
        return ByteBuffer(bytes: response.body)
    }

    private func token(_ grant: (inout VideoGrant) -> Void) throws(ServerAPIError) -> AccessToken {
        var video = VideoGrant()
        grant(&video)
        do {
            return try AccessToken(
                signing: TokenClaims(video: video), with: key, now: WallClock.seconds(), validity: .seconds(600))
        } catch {
            throw .token(error)
        }
    }

    private struct TwirpError: Decodable {
        var code: String
        var msg: String?
    }

    private func refusal(_ response: HTTPResponse, method: String, token: AccessToken) -> ServerAPIError {
        let error = try? JSONDecoder().decode(TwirpError.self, from: Data(response.body))
        let message =
            error.map { $0.msg ?? "" }
            ?? HTTPRefusal.text(String(decoding: response.body, as: UTF8.self), of: server)
        let clean = Redaction.redact(message, secrets: [token.jwt])
        return .twirp(
            method: method, status: response.status, code: String((error?.code ?? "http_error").prefix(64)),
            message: String(clean.prefix(1000)))
    }
}

extension TransportError {
    /// What libcurl's outcome is, of a call to that server.
    init(_ error: HTTPError, server: ServerURL) {
        self =
            switch error {
            case .connectTimeout: .timedOut(.connecting)
            case .timeout, .cancelled: .timedOut(.responding)
            case .notConnected(let why): .unreachable(host: server.host, port: server.port, reason: why)
            case .tls(let why): .tls(TLSFailure.text(why))
            case .broken: .connectionLost
            case .notHTTP: .badResponse("it is not HTTP")
            case .tooLarge(let limit): .responseTooLarge(limit: limit)
            }
    }
}
