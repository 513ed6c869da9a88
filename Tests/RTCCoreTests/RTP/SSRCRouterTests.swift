import NIOCore
import Testing

@testable import RTCCore

@Suite struct SSRCRouterTests {
    private func packet(
        _ ssrc: UInt32, type: UInt8, extensions: [RTPExtensionElement] = [], number: UInt16 = 1
    ) -> RTPPacket {
        RTPPacket(
            payloadType: type, sequenceNumber: number, timestamp: 0, ssrc: ssrc, extensions: extensions,
            payload: ByteBuffer(bytes: [1]))
    }

    private func update(
        _ router: inout SSRCRouter, _ fixture: String, wanted: MediaDirection = .recvonly,
        audio: MediaCapabilities = .audio, video: MediaCapabilities = .video
    ) throws {
        let remote = try SessionDescription(parsing: SDPFixtures.text(fixture))
        for (index, section) in remote.media.enumerated() {
            guard let kind = section.mediaKind, let mid = section.mid else { continue }
            let agreed = Negotiation.negotiate(kind == .audio ? audio : video, with: section, wanted: wanted)
            router.update(SSRCRouter.Section(index: index, mid: mid, remote: section, agreed: agreed))
        }
    }

    /// `a` is section 0, `b` section 1 and so on.
    private static func index(_ mid: String) -> Int { Int(mid.utf8.first ?? 0) - Int(UInt8(ascii: "a")) }

    /// A section of a client that sends and announces no source, as with simulcast by `rid`.
    private func section(_ mid: String, kind: String = "video", direction: String = "sendrecv", sources: String = "")
        throws
        -> SSRCRouter.Section
    {
        let codecs =
            kind == "video"
            ? "96 97\na=rtpmap:96 VP8/90000\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=96" : "111\na=rtpmap:111 opus/48000/2"
        let text = """
            v=0
            o=- 1 1 IN IP4 0.0.0.0
            s=-
            m=\(kind) 9 UDP/TLS/RTP/SAVPF \(codecs)
            a=mid:\(mid)
            a=\(direction)
            a=extmap:4 \(HeaderExtension.midURI)
            a=extmap:10 \(HeaderExtension.streamIDURI)
            a=extmap:11 \(HeaderExtension.repairedStreamIDURI)
            \(sources)
            """
        let remote = try #require(SessionDescription(parsing: text).media.first)
        var own: MediaCapabilities = kind == "video" ? .video : .audio
        own.extensions = [HeaderExtension.midURI, HeaderExtension.streamIDURI, HeaderExtension.repairedStreamIDURI]
            .enumerated().map { HeaderExtension(id: UInt8($0.offset + 1), uri: $0.element) }
        let agreed = Negotiation.negotiate(own, with: remote, wanted: .recvonly)
        return SSRCRouter.Section(index: Self.index(mid), mid: mid, remote: remote, agreed: agreed)
    }

    @Test func announcedSourcesLeadToTheirSections() throws {
        var router = SSRCRouter()
        try update(&router, "v0-vp8-07-in-offer")
        let found1 = router.route(packet(1_471_156_441, type: 63))
        let audio = try #require(found1)
        #expect(audio == .init(section: 1, ssrc: 1_471_156_441, isRetransmission: false, layer: nil))
        let found2 = router.route(packet(3_137_449_787, type: 97))
        let rtx = try #require(found2)
        #expect(rtx == .init(section: 2, ssrc: 1_274_201_679, isRetransmission: true, layer: nil))
        #expect(router.learnedCount == 0)
    }

    @Test func recordedPacketsFindTheirSections() throws {
        var router = SSRCRouter()
        try update(&router, "v0-vp8-07-in-offer")
        for recorded in try PacketFixtures.packets("v0-vp8") where recorded.kind == "rtp" {
            let packet = try RTPPacket(parsing: recorded.bytes)
            #expect(router.route(packet)?.section == (packet.header.payloadType == 63 ? 1 : 2))
        }
        #expect(router.learnedCount == 0)
    }

    @Test func anUnknownSourceIsBoundWhereOneSectionFits() throws {
        var router = SSRCRouter()
        try update(&router, "v0-vp8-07-in-offer")
        #expect(router.route(packet(77, type: 111))?.section == 1)
        #expect(router.route(packet(77, type: 63))?.section == 1)
        #expect(router.route(packet(78, type: 50)) == nil)
        #expect(router.learnedCount == 1)
    }

    @Test func anUnknownSourceIsNotGuessedAmongSeveralSections() throws {
        var router = SSRCRouter()
        for mid in ["a", "b"] { router.update(try section(mid, kind: "audio")) }
        #expect(router.route(packet(5, type: 111)) == nil)
        router.update(try section("a", kind: "audio", sources: "a=ssrc:9 cname:x"))
        #expect(router.route(packet(5, type: 111))?.section == 1)
        // Now both have a source.
        #expect(router.route(packet(6, type: 111)) == nil)
    }

    @Test func aSectionUsedAgainLosesItsOldSources() throws {
        var router = SSRCRouter()
        router.update(try section("a", kind: "audio", sources: "a=ssrc:9 cname:x"))
        #expect(router.route(ssrc: 9)?.section == 0)
        router.update(try section("a", kind: "audio", direction: "recvonly"))
        #expect(router.route(packet(9, type: 111)) == nil)
        router.update(try section("a", kind: "audio", sources: "a=ssrc:10 cname:y"))
        #expect(router.route(packet(10, type: 111))?.ssrc == 10)
        #expect(router.route(ssrc: 9) == nil)
    }

    @Test func anUpdateThatChangesNothingKeepsWhatWasLearned() throws {
        var router = SSRCRouter()
        router.update(try section("a", kind: "audio"))
        #expect(router.route(packet(5, type: 111))?.section == 0)
        router.update(try section("a", kind: "audio"))
        #expect(router.route(ssrc: 5)?.section == 0)
        router.update(try section("a", kind: "audio", direction: "inactive"))
        #expect(router.route(packet(5, type: 111)) == nil && router.learnedCount == 0)
    }

    @Test func theSectionNamedInThePacketIsRight() throws {
        var router = SSRCRouter()
        for mid in ["a", "b"] { router.update(try section(mid, kind: "audio")) }
        let named = { (mid: String) in [RTPExtensionElement.mid(mid, id: 4)] }
        #expect(router.route(packet(5, type: 111, extensions: named("b")))?.section == 1)
        // Later packets need not repeat it.
        #expect(router.route(packet(5, type: 111))?.section == 1)
        // It may move.
        #expect(router.route(packet(5, type: 111, extensions: named("a")))?.section == 0)
        #expect(router.learnedCount == 1)
        // A section that does not exist is nobody's.
        #expect(router.route(packet(6, type: 111, extensions: named("zz"))) == nil)
    }

    @Test func aKnownSourceIsConfirmedByAPacketThatNamesItsSectionOrNone() throws {
        var router = SSRCRouter()
        for mid in ["a", "b"] { router.update(try section(mid, kind: "audio")) }
        #expect(router.confirms(packet(5, type: 111), section: 0))
        #expect(router.confirms(packet(5, type: 111, extensions: [.mid("a", id: 4)]), section: 0))
        #expect(!router.confirms(packet(5, type: 111, extensions: [.mid("b", id: 4)]), section: 0))
        #expect(!router.confirms(packet(5, type: 111, extensions: [.mid("aa", id: 4)]), section: 0))
        #expect(router.confirms(packet(5, type: 111, extensions: [.audioLevel(9, isVoice: true, id: 2)]), section: 0))
    }

    @Test func simulcastLayersAndTheirRetransmissionsAreToldApart() throws {
        var router = SSRCRouter()
        router.update(try section("v"))
        let text = { (id: UInt8, text: String) in RTPExtensionElement(id: id, data: Array(text.utf8)) }
        // A retransmission before its layer is known leads nowhere.
        let repair = packet(21, type: 97, extensions: [.mid("v", id: 4), text(11, "h")])
        #expect(router.route(repair) == nil)
        for (ssrc, layer) in [(11, "q"), (12, "h")] as [(UInt32, String)] {
            let route = router.route(packet(ssrc, type: 96, extensions: [.mid("v", id: 4), text(10, layer)]))
            #expect(route == .init(section: Self.index("v"), ssrc: ssrc, isRetransmission: false, layer: layer))
        }
        #expect(router.route(repair) == .init(section: Self.index("v"), ssrc: 12, isRetransmission: true, layer: "h"))
        #expect(router.route(packet(21, type: 97))?.ssrc == 12)
    }

    @Test func aRetransmissionWithoutNamesFindsTheOnlySource() throws {
        var router = SSRCRouter()
        for mid in ["a", "b"] { router.update(try section(mid)) }
        router.update(try section("a", sources: "a=ssrc:9 cname:x"))
        #expect(router.route(packet(30, type: 97)) == .init(section: 0, ssrc: 9, isRetransmission: true, layer: nil))
    }

    @Test func anAnnouncementOverridesWhatWasLearned() throws {
        var router = SSRCRouter()
        for mid in ["a", "b"] { router.update(try section(mid, kind: "audio")) }
        #expect(router.route(packet(5, type: 111, extensions: [.mid("a", id: 4)]))?.section == 0)
        router.update(try section("b", kind: "audio", sources: "a=ssrc:5 cname:x"))
        #expect(router.route(ssrc: 5)?.section == 1 && router.learnedCount == 0)
    }

    @Test func aSourceAnnouncedTwiceStaysWhereItWasFirst() throws {
        var router = SSRCRouter()
        for mid in ["a", "b"] { router.update(try section(mid, kind: "audio", sources: "a=ssrc:5 cname:x")) }
        #expect(router.route(ssrc: 5)?.section == 0)
    }

    @Test func aSourceThatSaidGoodbyeMayComeBack() throws {
        var router = SSRCRouter()
        router.update(try section("a", kind: "audio", sources: "a=ssrc:9 cname:x"))
        #expect(router.route(packet(5, type: 111))?.section == 0)
        router.sourceEnded(5)
        router.sourceEnded(9)
        #expect(router.learnedCount == 0)
        #expect(router.route(packet(9, type: 111))?.section == 0)
        #expect(router.route(packet(5, type: 111))?.section == 0)
    }

    @Test func whatIsLearnedIsBounded() throws {
        var router = SSRCRouter()
        router.update(try section("a", kind: "audio"))
        for ssrc in 1...1000 as ClosedRange<UInt32> { #expect(router.route(packet(ssrc, type: 111))?.ssrc == ssrc) }
        #expect(router.learnedCount == SSRCRouter.maximumLearned)
        #expect(router.route(ssrc: 1000) != nil && router.route(ssrc: 1) == nil)
    }
}
