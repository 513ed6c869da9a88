import Foundation
import Testing

@testable import LiveKit

struct TokenTests {
    private let key: APIKey
    private let verifier: TokenVerifier
    private let now: Int64 = 1_800_000_000

    init() throws {
        key = try APIKey(name: "devkey", secret: "captures-throwaway-secret-0123456789abcdef")
        verifier = TokenVerifier(keys: [key])
    }

    private struct Fixture: Decodable {
        struct Token: Decodable {
            var name: String
            var token: String
        }
        var tokens: [Token]
    }

    private func fixture(_ name: String) throws -> String {
        let data = try Data(contentsOf: Capture.fixtures.appendingPathComponent("tokens.json"))
        let tokens = try JSONDecoder().decode(Fixture.self, from: data).tokens
        return try #require(tokens.first { $0.name == name }).token
    }

    /// Just after the fixtures were minted.
    private func minted(_ token: String) throws -> Int64 {
        try #require(try TokenVerifier.peek(AccessToken(jwt: token)).notBefore)
    }

    @Test func tokensOfTheServerSDKVerify() throws {
        let token = try fixture("join")
        let claims = try verifier.verify(token, now: minted(token))
        #expect(claims.identity == "cand-é")
        #expect(claims.name == "Ca\"ndi/date")
        #expect(claims.metadata == #"{"a":1}"#)
        #expect(claims.attributes == ["jask.role": "candidate"])
        #expect(claims.video?.roomJoin == true)
        #expect(claims.video?.room == "interview 1")
        #expect(claims.video?.canPublishSources == ["camera"])
        #expect(claims.video?.canPublishData == false)
        #expect(claims.issuer == "devkey")
    }

    @Test func kindAndRoomConfigurationOfTheServerSDKAreRead() throws {
        let agent = try fixture("agent")
        let claims = try verifier.verify(agent, now: minted(agent))
        #expect(claims.kind == "agent")
        #expect(claims.video?.hidden == true)
        #expect(claims.video?.canUpdateOwnMetadata == true)
        let dispatch = try fixture("dispatch")
        let configuration = try #require(try verifier.verify(dispatch, now: minted(dispatch)).roomConfiguration)
        #expect(configuration.agents == [.init(agentName: "jask", metadata: #"{"task":"two-sum"}"#)])
        #expect(configuration.message.agents.first?.agentName == "jask")
        #expect(configuration.message.emptyTimeout == 30)
    }

    @Test func roomConfigurationInSnakeCaseIsReadToo() throws {
        let json = #"{"empty_timeout": 7, "agents": [{"agent_name": "a", "metadata": "m"}]}"#
        let claim = try JSONDecoder().decode(RoomConfigurationClaim.self, from: Data(json.utf8))
        #expect(claim.emptyTimeout == 7)
        #expect(claim.agents == [.init(agentName: "a", metadata: "m")])
    }

    @Test("an agent's empty fields are not written: servers that do not know them refuse the token")
    func emptyFieldsAreNotWritten() throws {
        let bare = RoomConfigurationClaim(agents: [.init(agentName: "jask")])
        #expect(
            String(decoding: try JSONEncoder().encode(bare), as: UTF8.self) == #"{"agents":[{"agentName":"jask"}]}"#)
        let full = RoomConfigurationClaim.Agent(agentName: "a", metadata: "m", attributes: ["k": "v"])
        let again = try JSONDecoder().decode(RoomConfigurationClaim.Agent.self, from: JSONEncoder().encode(full))
        #expect(again == full)
    }

    @Test func whatIsMintedVerifiesUnchanged() throws {
        var claims = TokenClaims(identity: "jask-RM_1", video: .join(room: "a/b ü"))
        claims.kind = "agent"
        claims.name = "Jask"
        claims.attributes = ["lk.agent.state": "listening"]
        claims.roomConfiguration = RoomConfigurationClaim(agents: [.init(agentName: "jask", metadata: "x")])
        let token = try AccessToken(signing: claims, with: key, now: now, validity: .seconds(60))
        var read = try verifier.verify(token.jwt, now: now)
        #expect(read.issuer == "devkey")
        #expect(read.notBefore == now)
        #expect(read.expires == now + 60)
        (read.issuer, read.notBefore, read.issuedAt, read.expires) = (nil, nil, nil, nil)
        #expect(read == claims)
    }

    @Test func timesAreCheckedWithLeeway() throws {
        let token = try AccessToken(signing: TokenClaims(identity: "x"), with: key, now: now, validity: .seconds(100))
            .jwt
        _ = try verifier.verify(token, now: now + 160)
        #expect(throws: TokenError.expired(at: now + 100)) { try verifier.verify(token, now: now + 161) }
        _ = try verifier.verify(token, now: now - 60)
        #expect(throws: TokenError.notValidBefore(now)) { try verifier.verify(token, now: now - 61) }
    }

    @Test func everyChangedByteIsNoticed() throws {
        let token = try AccessToken(
            signing: TokenClaims(identity: "x", video: .join(room: "r")), with: key, now: now
        ).jwt
        let bytes = Array(token.utf8)
        for index in bytes.indices where bytes[index] != UInt8(ascii: ".") {
            var changed = bytes
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(throws: TokenError.self, "byte \(index)") {
                try verifier.verify(String(decoding: changed, as: UTF8.self), now: now)
            }
        }
        for size in 0..<bytes.count {
            #expect(throws: TokenError.self) {
                try verifier.verify(String(decoding: bytes[..<size], as: UTF8.self), now: now)
            }
        }
    }

    @Test func errorsNameWhatIsWrong() throws {
        let other = try APIKey(name: "other", secret: "s")
        let strange = try AccessToken(signing: TokenClaims(identity: "x"), with: other, now: now).jwt
        #expect(throws: TokenError.unknownKey("other")) { try verifier.verify(strange, now: now) }
        let forged = try APIKey(name: "devkey", secret: "wrong")
        let wrong = try AccessToken(signing: TokenClaims(identity: "x"), with: forged, now: now).jwt
        #expect(throws: TokenError.badSignature) { try verifier.verify(wrong, now: now) }
        #expect(throws: TokenError.malformed) { try verifier.verify("a.b", now: now) }
        #expect(throws: TokenError.unsupportedAlgorithm("none")) {
            try verifier.verify(unsigned(header: #"{"alg":"none"}"#, claims: #"{"iss":"devkey"}"#), now: now)
        }
        #expect(throws: TokenError.unreadable(.claims, detail: "\"video.room\" has the wrong type")) {
            try verifier.verify(unsigned(header: #"{"alg":"HS256"}"#, claims: #"{"video":{"room":5}}"#), now: now)
        }
        #expect(throws: TokenError.emptyKey) { try APIKey(name: "a", secret: "") }
    }

    private func unsigned(header: String, claims: String) -> String {
        Base64URL.encode(header.utf8, padded: false) + "." + Base64URL.encode(claims.utf8, padded: false) + ".AAAA"
    }

    @Test func aTokenWithoutExpiryIsRefusedUnlessAllowed() throws {
        let body =
            Base64URL.encode(#"{"alg":"HS256"}"#.utf8, padded: false) + "."
            + Base64URL.encode(#"{"iss":"devkey","sub":"x","nbf":1.5e9}"#.utf8, padded: false)
        let signature = try TokenSignature.compute(over: Array(body.utf8), secret: key.secret)
        let token = body + "." + Base64URL.encode(signature, padded: false)
        #expect(throws: TokenError.neverExpires) { try verifier.verify(token, now: now) }
        let lenient = TokenVerifier(keys: [key], requiresExpiry: false)
        #expect(try lenient.verify(token, now: now).notBefore == 1_500_000_000)
    }

    @Test func secretsAndTokensAreInNoDescription() throws {
        let token = try AccessToken(signing: TokenClaims(identity: "x"), with: key, now: now)
        var dumped = ""
        dump((token, key, verifier), to: &dumped)
        let texts = ["\(token)", "\(key)", String(reflecting: token), String(reflecting: key), dumped]
        for text in texts {
            #expect(!text.contains("eyJ"))
            #expect(!text.contains("throwaway"))
        }
    }

    @Test func tokensOfTheCapturesVerify() throws {
        var seen = 0
        for line in try Capture.lines("agent") where line.ch == "agent" && line.isIncoming {
            let message = try Livekit_ServerMessage(parsing: line.bytes)
            guard case .assignment(let assignment)? = message.message else { continue }
            let start = try minted(assignment.token)
            let claims = try verifier.verify(assignment.token, now: start + 1)
            #expect(claims.kind == "agent")
            #expect(claims.video?.hidden == true)
            #expect(claims.video?.room?.text == assignment.job.room.name)
            #expect(claims.attributes?["lk.agent_name"] == assignment.job.agentName)
            seen += 1
        }
        #expect(seen == 3)
    }

    @Test func randomTextIsRefusedAndNeverTraps() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("eyJABCabc019-_.=.{\"é ".unicodeScalars)
        for _ in 0..<2000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0..<80, using: &random) {
                if let scalar = alphabet.randomElement(using: &random) { text.append(scalar) }
            }
            #expect(throws: TokenError.self) { try verifier.verify(String(text), now: now) }
        }
    }
}
