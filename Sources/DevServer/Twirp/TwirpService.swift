import LiveKit
import NIOCore
import NIOHTTP1
import SansIO
import SwiftProtobuf
import Web

/// The server API over HTTP: finds the method, checks the token's grants, reads and writes JSON or protobuf.
struct TwirpService {
    static let prefix = "/twirp/livekit."

    /// What a method asks of the token.
    enum Requirement {
        case create
        case list
        /// `roomAdmin` for the room the request names.
        case admin(room: String)
    }

    /// - Parameter authorization: the token's claims, or how it was refused.
    static func respond(
        to request: WebRequest, authorization: Result<TokenClaims?, Authorization.Refusal>, core: ServerCore,
        at now: Instant
    ) -> WebResponse {
        switch authorization {
        case .failure(let refusal): return TwirpError(.unauthenticated, refusal.body).response
        case .success(let claims):
            do {
                return try call(request, grant: claims?.video, core: core, at: now)
            } catch {
                return error.response
            }
        }
    }

    private static func call(
        _ request: WebRequest, grant: VideoGrant?, core: ServerCore, at now: Instant
    ) throws(TwirpError) -> WebResponse {
        let call = try Call(request, grant: grant)
        switch request.path.dropFirst(prefix.count) {
        case "RoomService/CreateRoom":
            return try call.run(.create) { (body) throws(TwirpError) in try core.createRoom(body, at: now) }
        case "RoomService/ListRooms":
            return try call.run(.list) { (body) throws(TwirpError) in core.listRooms(body) }
        case "RoomService/DeleteRoom":
            return try call.run(.create) { (body) throws(TwirpError) in try core.deleteRoom(body, at: now) }
        case "RoomService/ListParticipants":
            return try call.run(\.room) { (body) throws(TwirpError) in core.listParticipants(body) }
        case "RoomService/GetParticipant":
            return try call.run(\.room) { (body) throws(TwirpError) in try core.getParticipant(body) }
        case "RoomService/RemoveParticipant":
            return try call.run(\.room) { (body) throws(TwirpError) in try core.removeParticipant(body, at: now) }
        case "RoomService/MutePublishedTrack":
            return try call.run(\.room) { (body) throws(TwirpError) in try core.mutePublishedTrack(body, at: now) }
        case "RoomService/SendData":
            return try call.run(\.room) { (body) throws(TwirpError) in try core.sendData(body, at: now) }
        case "AgentDispatchService/CreateDispatch":
            return try call.run(\.room) { (body) throws(TwirpError) in try core.createDispatch(body, at: now) }
        case "AgentDispatchService/ListDispatch":
            return try call.run(\.room) { (body) throws(TwirpError) in try core.listDispatch(body) }
        case "AgentDispatchService/DeleteDispatch":
            return try call.run(\.room) { (body) throws(TwirpError) in try core.deleteDispatch(body, at: now) }
        default:
            throw TwirpError(.badRoute, "no handler for path \"\(request.path)\"")
        }
    }

    /// One request: its format, and what its token allows.
    private struct Call {
        let body: ByteBuffer
        let isJSON: Bool
        let grant: VideoGrant?

        init(_ request: WebRequest, grant: VideoGrant?) throws(TwirpError) {
            guard request.method == .POST else {
                throw .init(.badRoute, "unsupported method \"\(request.method.rawValue)\" (only POST is allowed)")
            }
            let type = request.headers.first(name: "Content-Type")?.prefix { $0 != ";" } ?? ""
            switch type.lowercased().filter({ $0 != " " }) {
            case "application/json": isJSON = true
            case "application/protobuf": isJSON = false
            default: throw .init(.badRoute, "unexpected Content-Type: \"\(type)\"")
            }
            body = request.body
            self.grant = grant
        }

        func run<Request: Message, Response: Message>(
            _ room: KeyPath<Request, String>, _ method: (Request) throws(TwirpError) -> Response
        ) throws(TwirpError) -> WebResponse {
            let request: Request = try decode()
            try check(.admin(room: request[keyPath: room]))
            return try encode(method(request))
        }

        func run<Request: Message, Response: Message>(
            _ requirement: Requirement, _ method: (Request) throws(TwirpError) -> Response
        ) throws(TwirpError) -> WebResponse {
            try check(requirement)
            return try encode(method(decode()))
        }

        private func check(_ requirement: Requirement) throws(TwirpError) {
            let isAllowed =
                switch requirement {
                case .create: grant?.roomCreate == true
                case .list: grant?.roomList == true
                case .admin(let room): grant?.roomAdmin == true && grant?.room == RoomName(room)
                }
            if !isAllowed { throw .init(.unauthenticated, "permissions denied") }
        }

        private func decode<Request: Message>() throws(TwirpError) -> Request {
            do {
                if isJSON {
                    var options = JSONDecodingOptions()
                    options.ignoreUnknownFields = true
                    let text = body.readableBytes == 0 ? "{}" : String(buffer: body)
                    return try Request(jsonString: text, options: options)
                }
                return try Request(serializedBytes: Array(body.readableBytesView))
            } catch {
                throw .init(.malformed, "the request could not be decoded")
            }
        }

        private func encode(_ message: some Message) throws(TwirpError) -> WebResponse {
            do {
                if isJSON {
                    var options = JSONEncodingOptions()
                    options.preserveProtoFieldNames = true
                    return .json(try message.jsonString(options: options))
                }
                let bytes: [UInt8] = try message.serializedBytes()
                return WebResponse(
                    status: .ok, headers: ["Content-Type": "application/protobuf"], body: ByteBuffer(bytes: bytes))
            } catch {
                throw .init(.internal, "the response could not be encoded")
            }
        }
    }
}
