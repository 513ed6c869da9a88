import LiveKit
import NIOHTTP1
import SansIO
import Web

/// Whether a request's token lets it in, with the statuses and texts of livekit-server.
struct Authorization: Sendable {
    struct Refusal: Error, Equatable {
        var status: HTTPResponseStatus
        var body: String

        init(_ status: HTTPResponseStatus, _ body: String) {
            self.status = status
            self.body = body
        }

        var response: WebResponse { .text(body, status: status) }
    }

    private let verifier: TokenVerifier

    init(keys: [APIKey]) {
        // The server whose behaviour this follows takes tokens without an expiry.
        verifier = TokenVerifier(keys: keys, requiresExpiry: false)
    }

    /// The claims of the request's token, `nil` when it has none.
    ///
    /// - Parameter now: seconds since 1970.
    func claims(of request: WebRequest, now: Int64) -> Result<TokenClaims?, Refusal> {
        let token: String
        if request.headers.contains(name: "Authorization") {
            guard let bearer = request.bearerToken else {
                return .failure(.init(.unauthorized, "invalid authorization header. Must start with Bearer "))
            }
            token = bearer
        } else if let parameter = request.query["access_token"] {
            token = parameter
        } else {
            return .success(nil)
        }
        do {
            return .success(try verifier.verify(token, now: now))
        } catch {
            return .failure(.init(.unauthorized, Self.text(error, token: token)))
        }
    }

    /// The real server repeats the whole token in some of its bodies; so does this one, so that clients are tested
    /// for keeping it out of their logs.
    private static func text(_ error: TokenError, token: String) -> String {
        switch error {
        case .unknownKey(let name): "invalid API key: \(name)"
        case .badSignature: "invalid token: \(token), error: error in cryptographic primitive"
        case .expired: "invalid token: \(token), error: validation failed, token is expired (exp)"
        case .notValidBefore: "invalid token: \(token), error: validation failed, token not valid yet (nbf)"
        default: "invalid authorization token"
        }
    }

    /// What a client that connects to `/rtc` or `/rtc/v1` asks for, if its token allows it.
    func join(_ request: WebRequest, now: Int64) -> Result<JoinRequest, Refusal> {
        claims(of: request, now: now).flatMap { claims in
            guard let claims, let grant = claims.video else {
                return .failure(.init(.unauthorized, "no permissions to access the room"))
            }
            let message: Livekit_JoinRequest?
            do throws(Refusal) {
                message = try WrappedJoin.message(in: request)
            } catch {
                return .failure(error)
            }
            guard grant.roomJoin == true else { return .failure(.init(.unauthorized, "permissions denied")) }
            guard let room = grant.room, !room.isEmpty else {
                return .failure(.init(.badRequest, "no room name"))
            }
            guard let identity = claims.identity ?? claims.id.map({ Identity($0) }), !identity.isEmpty else {
                return .failure(.init(.badRequest, "identity cannot be empty"))
            }
            guard identity.utf8Count <= 256, room.utf8Count <= 256 else {
                return .failure(.init(.badRequest, "identity or room name is too long"))
            }
            let join =
                message.map { JoinRequest($0, room: room, identity: identity, claims: claims) }
                ?? JoinRequest(request.query, room: room, identity: identity, claims: claims)
            if !join.attributes.isEmpty || !join.metadata.isEmpty, grant.canUpdateOwnMetadata != true {
                return .failure(.init(.unauthorized, "no permissions to access the room"))
            }
            return .success(join)
        }
    }

    /// Whether a worker may open `/agent`.
    func worker(_ request: WebRequest, now: Int64) -> Refusal? {
        switch claims(of: request, now: now) {
        case .failure(let refusal): refusal
        case .success(let claims):
            claims?.video?.agent == true ? nil : Refusal(.unauthorized, "no permissions to access the room")
        }
    }
}
