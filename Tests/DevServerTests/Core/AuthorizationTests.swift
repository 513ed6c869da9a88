import Foundation
import NIOCore
import NIOHTTP1
import SansIO
import Testing
import Web

@testable import DevServer
@testable import LiveKit

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

    private static func request(_ text: String) -> WebRequest {
        let lines = text.components(separatedBy: "\r\n")
        let start = lines[0].split(separator: " ")
        let headers = lines.dropFirst().prefix { !$0.isEmpty }.map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (String(parts[0]), parts[1].trimmingCharacters(in: .whitespaces))
        }
        return WebRequest(
            method: HTTPMethod(rawValue: String(start[0])), uri: String(start[1]), headers: HTTPHeaders(headers))
    }

    @Test("the fixture is there")
    func theFixtureIsThere() { #expect(Self.exchanges.count == 36) }

    @Test(
        "a recorded join is let in or refused as by the real server",
        arguments: exchanges.filter {
            ["GET /rtc?", "GET /rtc/validate", "GET /rtc/v1"].contains(where: $0.request.hasPrefix)
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
                WebRequest(method: .GET, uri: "/rtc", headers: ["Authorization": "Bearer \(token.jwt)"]), now: 100)
        }
        let (fits, tooLong) = (String(repeating: "é", count: 128), String(repeating: "é", count: 129))
        #expect(try join(.init(fits), .init(fits)).get().identity == Identity(fits))
        for refused in [try join(.init(tooLong), "r"), try join("a", .init(tooLong))] {
            guard case .failure(let refusal) = refused else {
                Issue.record("258 bytes were let in")
                continue
            }
            #expect(refusal.status == .badRequest)
        }
    }

    private func join(_ wrapped: Livekit_WrappedJoinRequest) throws -> Result<JoinRequest, Authorization.Refusal> {
        let key = try APIKey(name: "k", secret: "s")
        let token = try AccessToken(
            signing: TokenClaims(identity: "x", video: .join(room: "r")), with: key, now: 100)
        let bytes: [UInt8] = try wrapped.serializedBytes()
        let text = Base64URL.encode(bytes, padded: true).replacingOccurrences(of: "=", with: "%3D")
        return Authorization(keys: [key]).join(
            WebRequest(
                method: .GET, uri: "/rtc/v1?join_request=\(text)", headers: ["Authorization": "Bearer \(token.jwt)"]),
            now: 100)
    }

    @Test("the join request of v1 is read, compressed or not", arguments: [true, false])
    func joinRequests(isCompressed: Bool) throws {
        let request = Livekit_JoinRequest.with {
            $0.clientInfo.protocol = 17
            $0.clientInfo.clientProtocol = 2
            $0.clientInfo.capabilities = [.capPacketTrailer]
            $0.connectionSettings.autoSubscribe = true
            $0.reconnect = true
            $0.participantSid = "PA_1"
            $0.addTrackRequests = [.with { $0.cid = "a" }]
            $0.publisherOffer.sdp = String(repeating: "v=0", count: 1000)
        }
        let bytes = ByteBuffer(bytes: try request.serializedBytes() as [UInt8])
        let packed = try #require(Deflate.deflate(bytes, format: .gzip))
        let join = try join(
            .with {
                $0.compression = isCompressed ? .gzip : .none
                $0.joinRequest = Data((isCompressed ? packed : bytes).readableBytesView)
            }
        ).get()
        #expect(join.usesSingleConnection && join.protocolLevel == 17 && join.clientProtocol == 2)
        #expect(join.capabilities == [.capPacketTrailer] && join.subscribesAutomatically && join.resumes == "PA_1")
        #expect(join.tracks.map(\.cid) == ["a"] && join.offer == request.publisherOffer)
        let silent = try self.join(.with { $0.joinRequest = Data([0x4A, 0x01, 0x78]) }).get()
        #expect(silent.usesSingleConnection && !silent.subscribesAutomatically && silent.resumes == nil)
        #expect(silent.offer == nil)
    }

    @Test("a join request that cannot be read, or that expands without end, is refused")
    func badJoinRequests() throws {
        func refusal(_ compression: Livekit_WrappedJoinRequest.Compression, _ bytes: Data) throws -> String {
            let outcome = try join(
                .with {
                    $0.compression = compression
                    $0.joinRequest = bytes
                })
            guard case .failure(let refusal) = outcome else { return "none" }
            #expect(refusal.status == .badRequest)
            return refusal.body
        }
        let zeros = ByteBuffer(repeating: 0, count: WrappedJoin.largest + 1)
        let bomb = try #require(Deflate.deflate(zeros, format: .gzip))
        #expect(try refusal(.gzip, Data(bomb.readableBytesView)) == "join request too large")
        #expect(try refusal(.gzip, Data(bomb.readableBytesView.prefix(30))) == "cannot read decompressed join request")
        #expect(try refusal(.gzip, Data("no gzip".utf8)) == "cannot read decompressed join request")
        #expect(try refusal(.none, Data([0x0A, 0xFF])) == "cannot unmarshal join request")
        #expect(try refusal(.none, Data(zeros.readableBytesView)) == "join request too large")
    }

    @Test("metadata of one's own need the right to set them, in v1 as attributes do")
    func ownMetadata() throws {
        let request = try Livekit_JoinRequest.with { $0.metadata = "m" }.serializedData()
        guard case .failure(let refusal) = try join(.with { $0.joinRequest = request }) else {
            Issue.record("it was let in")
            return
        }
        #expect(refusal.status == .unauthorized)
    }

    @Test("a worker needs the agent grant")
    func workers() throws {
        let key = try APIKey(name: "k", secret: "s")
        let authorization = Authorization(keys: [key])
        var grant = VideoGrant()
        func refusal(_ grant: VideoGrant?) throws -> Authorization.Refusal? {
            let token = try AccessToken(signing: TokenClaims(video: grant), with: key, now: 100)
            return authorization.worker(
                WebRequest(method: .GET, uri: "/agent", headers: ["Authorization": "Bearer \(token.jwt)"]), now: 100)
        }
        #expect(try refusal(grant)?.status == .unauthorized)
        grant.agent = true
        #expect(try refusal(grant) == nil)
        #expect(
            authorization.worker(WebRequest(method: .GET, uri: "/agent"), now: 1)?.body
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
