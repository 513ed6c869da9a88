import Foundation
import NIOCore
import SansIO
import Testing

@testable import LiveKit

struct SignalTargetTests {
    private func options() throws -> SignalOptions {
        SignalOptions(server: try ServerURL("ws://lk:7880"), token: AccessToken(jwt: "t"))
    }

    private func joinRequest(_ path: String) throws -> (Livekit_WrappedJoinRequest, Livekit_JoinRequest) {
        let encoded = try #require(path.split(separator: "=", maxSplits: 1).last)
        let text = try #require(String(encoded).removingPercentEncoding)
        #expect(text.count.isMultiple(of: 4), "the server wants padding")
        let wrapped = try Livekit_WrappedJoinRequest(parsing: ByteBuffer(bytes: #require(Base64URL.decode(text))))
        var inner = ByteBuffer(bytes: wrapped.joinRequest)
        if wrapped.compression == .gzip { inner = try Deflate.inflate(inner, format: .gzip, limit: 1 << 20) }
        return (wrapped, try Livekit_JoinRequest(parsing: inner))
    }

    @Test func theV1JoinRequestSaysWhatTheQueryWouldSay() throws {
        let target = SignalTarget(options: try options(), publisherOffer: nil)
        let (_, join) = try joinRequest(target.path(.v1, .join))
        #expect(join.connectionSettings.autoSubscribe, "false unless set")
        #expect(join.clientInfo.sdk == .go, "any other is moved to ICE over TCP")
        #expect(join.clientInfo.protocol == 16)
        #expect(join.clientInfo.clientProtocol == 2)
        #expect(join.clientInfo.capabilities == [.capCompressionDeflateRaw])
        #expect(!join.reconnect)
        let (_, resume) = try joinRequest(
            target.path(.v1, .resume(participantSID: "PA_9", reason: .subscriberFailed)))
        #expect(resume.reconnect)
        #expect(resume.participantSid == "PA_9")
        #expect(resume.reconnectReason == .rrSubscriberFailed)
    }

    @Test func aLargeJoinRequestIsCompressedWithItsOffer() throws {
        let offer = Livekit_SessionDescription.with {
            $0.type = "offer"
            $0.sdp = String(repeating: "a=rtpmap:111 opus/48000/2\r\n", count: 200)
        }
        let target = SignalTarget(options: try options(), publisherOffer: offer)
        let path = target.path(.v1, .join)
        let (wrapped, join) = try joinRequest(path)
        #expect(wrapped.compression == .gzip)
        #expect(path.utf8.count < 1000)
        #expect(join.publisherOffer == offer)
        let (_, resume) = try joinRequest(target.path(.v1, .resume(participantSID: "P", reason: .unknown)))
        #expect(!resume.hasPublisherOffer)
    }

    @Test func theV0QueryIsEscaped() throws {
        var options = try options()
        options.attributes = ["a": "ä&=?"]
        options.autoSubscribe = false
        let path = SignalTarget(options: options, publisherOffer: nil).path(.v0, .join)
        let parts = try #require(URLComponents(string: "http://x" + path)?.queryItems)
        let values = Dictionary(uniqueKeysWithValues: parts.map { ($0.name, $0.value ?? "") })
        #expect(values["protocol"] == "16")
        #expect(values["sdk"] == "go", "any other is moved to ICE over TCP")
        #expect(values["auto_subscribe"] == "0")
        #expect(values["capabilities"] == "CAP_COMPRESSION_DEFLATE_RAW")
        let attributes = try #require(Base64URL.decode(values["attributes"] ?? ""))
        #expect(try JSONDecoder().decode([AttributeKey: String].self, from: Data(attributes)) == options.attributes)
        #expect(values["access_token"] == nil, "the token goes in a header, not into logs of URLs")
    }
}
