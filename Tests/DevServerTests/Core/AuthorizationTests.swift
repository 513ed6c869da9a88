import Foundation
import LiveKit
import NIOHTTP1
import SansIO
import Testing
import Web

@testable import DevServer

/// The recorded refusals of the real server, asked again.
@Suite struct AuthorizationTests {
    struct Exchange: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var request: String
        var status: Int
        var body: String
    }

    static let exchanges: [Exchange] = {
        struct Line: Decodable {
            var dir: String
            var b64: String
            var note: String
        }
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/devserver/errors.jsonl")
        let lines = ((try? String(contentsOf: path, encoding: .utf8)) ?? "").split(separator: "\n")
            .compactMap { try? JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        func text(_ line: Line) -> String {
            Data(base64Encoded: line.b64).map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
        return stride(from: 0, to: lines.count - 1, by: 2).map { index in
            let response = text(lines[index + 1])
            return Exchange(
                testDescription: lines[index].note, request: text(lines[index]),
                status: Int(response.split(separator: " ").dropFirst().first ?? "") ?? 0,
                body: response.components(separatedBy: "\r\n\r\n").dropFirst().first ?? "")
        }
    }()

    /// The moment of the recording.
    private static let now: Int64 = 1_795_337_166

    private static func request(_ text: String) -> HTTPRequest {
        let lines = text.components(separatedBy: "\r\n")
        let start = lines[0].split(separator: " ")
        let headers = lines.dropFirst().prefix { !$0.isEmpty }.map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (String(parts[0]), parts[1].trimmingCharacters(in: .whitespaces))
        }
        return HTTPRequest(
            method: HTTPMethod(rawValue: String(start[0])), uri: String(start[1]), headers: HTTPHeaders(headers))
    }

    @Test("the fixture is there")
    func theFixtureIsThere() { #expect(Self.exchanges.count == 36) }

    @Test(
        "a recorded join is let in or refused as by the real server",
        arguments: exchanges.filter {
            ($0.request.hasPrefix("GET /rtc?") || $0.request.hasPrefix("GET /rtc/validate"))
                && !$0.testDescription.contains("plain GET") && !$0.testDescription.contains("auto_create")
        })
    func recordedJoins(exchange: Exchange) throws {
        let key = try APIKey(name: "devkey", secret: "captures-throwaway-secret-0123456789abcdef")
        let outcome = Authorization(keys: [key]).join(Self.request(exchange.request), now: Self.now)
        switch outcome {
        case .success(let join):
            #expect(exchange.status == 200 || exchange.status == 101)
            #expect(join.identity == "x" && join.protocolLevel == 16 && join.subscribesAutomatically)
        case .failure(let refusal):
            #expect(Int(refusal.status.code) == exchange.status)
            // The words of the reason are each implementation's own; that the token is echoed is not.
            let theirs = exchange.body.components(separatedBy: ", error:")
            let ours = refusal.body.components(separatedBy: ", error:")
            #expect(ours.first == theirs.first && ours.count == theirs.count)
        }
    }

    @Test("names of identities and rooms are as long as their bytes, as the real server counts")
    func longNames() throws {
        let key = try APIKey(name: "k", secret: "s")
        func join(_ identity: Identity, _ room: RoomName) throws -> Result<JoinRequest, Authorization.Refusal> {
            let claims = TokenClaims(identity: identity, video: .join(room: room))
            let token = try AccessToken(signing: claims, with: key, now: 100)
            return Authorization(keys: [key]).join(
                HTTPRequest(method: .GET, uri: "/rtc", headers: ["Authorization": "Bearer \(token.jwt)"]), now: 100)
        }
        let (fits, tooLong) = (String(repeating: "é", count: 128), String(repeating: "é", count: 129))
        #expect(try join(.init(fits), .init(fits)).get().identity == fits)
        for refused in [try join(.init(tooLong), "r"), try join("a", .init(tooLong))] {
            guard case .failure(let refusal) = refused else {
                Issue.record("258 bytes were let in")
                continue
            }
            #expect(refusal.status == .badRequest)
        }
    }

    @Test("a worker needs the agent grant")
    func workers() throws {
        let key = try APIKey(name: "k", secret: "s")
        let authorization = Authorization(keys: [key])
        var grant = VideoGrant()
        func refusal(_ grant: VideoGrant?) throws -> Authorization.Refusal? {
            let token = try AccessToken(signing: TokenClaims(video: grant), with: key, now: 100)
            return authorization.worker(
                HTTPRequest(method: .GET, uri: "/agent", headers: ["Authorization": "Bearer \(token.jwt)"]), now: 100)
        }
        #expect(try refusal(grant)?.status == .unauthorized)
        grant.agent = true
        #expect(try refusal(grant) == nil)
        #expect(
            authorization.worker(HTTPRequest(method: .GET, uri: "/agent"), now: 1)?.body
                == "no permissions to access the room")
    }

    @Test("what a client says in its query is read")
    func queries() throws {
        let query = QueryParameters(
            parsing: "protocol=17&client_protocol=2&capabilities=CAP_PACKET_TRAILER,CAP_X,CAP_COMPRESSION_DEFLATE_RAW"
                + "&auto_subscribe=0&attributes=eyJhIjoi4pyTPj8ifQ&reconnect=1&sid=PA_1")
        let join = JoinRequest(query, room: "r", identity: "i", claims: TokenClaims())
        #expect(join.protocolLevel == 17 && join.clientProtocol == 2 && !join.subscribesAutomatically)
        #expect(join.capabilities == [.capPacketTrailer, .capCompressionDeflateRaw])
        #expect(join.attributes == ["a": "✓>?"] && join.resumes == "PA_1")
        let plain = JoinRequest(QueryParameters(parsing: "sid=PA_1"), room: "r", identity: "i", claims: TokenClaims())
        #expect(plain.protocolLevel == 0 && plain.subscribesAutomatically && plain.resumes == nil)
    }
}
