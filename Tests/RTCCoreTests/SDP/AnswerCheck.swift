import Testing

@testable import RTCCore

/// Answers whole offers as a subscriber does, and checks what every answer must keep.
enum AnswerCheck {
    static let transport = LocalTransportDescription(
        ufrag: "abcd", password: "0123456789012345678901", fingerprints: ["sha-256 AA:BB"], setup: .active,
        candidates: ["candidate:1 1 udp 2130706431 127.0.0.1 4000 typ host"])

    static func capabilities(_ kind: MediaKind) -> MediaCapabilities { kind == .audio ? .audio : .video }

    static func answer(_ offer: SessionDescription, wanted: MediaDirection = .recvonly) throws -> SessionDescription {
        let media = try offer.media.map { section -> MediaDescription in
            guard let kind = section.mediaKind else {
                return .dataChannel(
                    mid: try #require(section.mid), transport: transport, maximumMessageSize: 65535,
                    transportProtocol: section.transportProtocol)
            }
            return Negotiation.answer(
                to: section, capabilities: capabilities(kind), wanted: wanted, transport: transport,
                remoteDirection: offer.direction(of: section))
        }
        let answer = SessionDescription(sessionID: 1, version: 1, media: media)
        try check(answer, offer)
        return answer
    }

    private static func check(_ answer: SessionDescription, _ offer: SessionDescription) throws {
        #expect(try SessionDescription(parsing: answer.text) == answer)
        #expect(answer.media.map(\.mid) == offer.media.map(\.mid))
        for (ours, theirs) in zip(answer.media, offer.media) where ours.mediaKind != nil && !ours.isRejected {
            let offered = theirs.codecs
            for codec in ours.codecs {
                // Every payload type means what it meant in the offer.
                let same = try #require(offered.first { $0.payloadType == codec.payloadType })
                #expect(codec.isNamed(same.name) && codec.clockRate == same.clockRate)
                #expect(codec.channels == same.channels)
                #expect(Set(codec.feedback).isSubset(of: same.feedback))
                if let apt = codec.associatedPayloadType {
                    #expect(ours.codecs.contains { $0.payloadType == apt && !$0.isRetransmission })
                }
                #expect(
                    codec.redundantPayloadTypes.allSatisfy { type in ours.codecs.contains { $0.payloadType == type } })
            }
            #expect(
                ours.extensions.allSatisfy { own in theirs.extensions.contains { $0.id == own.id && $0.uri == own.uri }
                })
            #expect(!ours.direction.sends || theirs.direction.receives)
            #expect(!ours.direction.receives || theirs.direction.sends)
        }
    }
}
