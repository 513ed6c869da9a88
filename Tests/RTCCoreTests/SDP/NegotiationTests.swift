import Testing

@testable import RTCCore

@Suite struct NegotiationTests {
    private func answer(_ name: String, wanted: MediaDirection = .recvonly) throws -> SessionDescription {
        try AnswerCheck.answer(SessionDescription(parsing: SDPFixtures.text(name)), wanted: wanted)
    }

    private func section(_ lines: String, kind: String = "video", types: String) throws -> MediaDescription {
        let text = "v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nt=0 0\nm=\(kind) 9 UDP/TLS/RTP/SAVPF \(types)\na=mid:0\n\(lines)"
        return try #require(SessionDescription(parsing: text).media.first)
    }

    private func negotiate(_ section: MediaDescription, _ capabilities: MediaCapabilities) -> NegotiatedMedia? {
        Negotiation.negotiate(capabilities, with: section, wanted: .sendrecv)
    }

    @Test func theServersTracksAreAcceptedForReceiving() throws {
        let answer = try answer("v0-vp8-07-in-offer")
        #expect(answer.bundle == ["0", "1", "2"])
        #expect(answer.media.map(\.direction) == [.sendrecv, .recvonly, .recvonly])
        #expect(answer.media[1].codecs.map(\.payloadType) == [111, 63])
        #expect(answer.media[2].codecs.map(\.payloadType) == [96, 97, 98, 99, 125, 126, 108, 109])
        #expect(answer.media[2].extensions.map(\.id) == [3])
        #expect(answer.media[1].extensions.isEmpty)
    }

    @Test func aRecvonlySlotIsAnsweredInactiveByAReceiver() throws {
        let answer = try answer("v1-single-pc-01-out-offer")
        #expect(answer.media.filter { $0.mediaKind != nil }.allSatisfy { $0.direction == .inactive })
    }

    @Test func aNativeClientsSlotsAreAnsweredForSending() throws {
        let answer = try answer("libwebrtc-01-out-offer", wanted: .sendrecv)
        let video = try #require(answer.section(mid: "10"))
        #expect(video.direction == .sendonly)
        // 42001f is plain baseline: another profile than ours. VP9 profile 2 and video RED are not ours either.
        #expect(video.codecs.filter { !$0.isRetransmission }.map(\.payloadType) == [96, 109, 115, 98])
        #expect(video.codecs.filter(\.isRetransmission).compactMap(\.associatedPayloadType) == [96, 109, 115, 98])
        #expect(answer.section(mid: "7")?.codecs.map(\.payloadType) == [111, 63])
    }

    @Test("simulcast is taken with all layers that are declared, where it is wanted")
    func simulcast() throws {
        let offer = try section(
            """
            a=rtpmap:96 VP8/90000
            a=sendonly
            a=rid:q send
            a=rid:h send pt=96;max-width=640
            a=rid:f recv
            a=simulcast:recv x send ~q;h,k;f;q
            """, types: "96")
        #expect(offer.sentStreamIDs == ["q", "h"])
        #expect(try section("a=rtpmap:96 VP8/90000", types: "96").sentStreamIDs.isEmpty)
        #expect(try section("a=rid:q send\na=simulcast:send", types: "96").sentStreamIDs.isEmpty)
        let transport = LocalTransportDescription(ufrag: "u", password: "p", fingerprints: [], setup: .active)
        func answer(_ accepts: Bool) -> MediaDescription {
            Negotiation.answer(
                to: offer, capabilities: .video, wanted: .recvonly, transport: transport, acceptsSimulcast: accepts)
        }
        #expect(answer(true).restrictionIDs == ["q recv", "h recv"])
        #expect(answer(true).simulcast == "recv q;h")
        #expect(answer(false).restrictionIDs.isEmpty && answer(false).simulcast == nil)
    }

    @Test func redundancyFollowsThePayloadTypesOfTheOffer() throws {
        let offer = try section(
            """
            a=rtpmap:96 opus/48000/2
            a=fmtp:96 minptime=10
            a=rtpmap:97 red/48000/2
            a=fmtp:97 96/96
            """, kind: "audio", types: "96 97")
        let agreed = try #require(negotiate(offer, .audio))
        #expect(agreed.codecs.map(\.payloadType) == [96, 97])
        #expect(agreed.codecs[1].redundantPayloadTypes == [96, 96])
        #expect(agreed.codecs[0].parameters["useinbandfec"] == "1")
    }

    @Test(arguments: ["0/0", "96/0", "96/", "/", "300/300", "96/96/97"])
    func redundancyOfCodecsThatWeDoNotTakeIsLeftOut(blocks: String) throws {
        let offer = try section(
            "a=rtpmap:96 opus/48000/2\na=rtpmap:97 red/48000/2\na=fmtp:97 \(blocks)\n", kind: "audio", types: "96 97 0")
        #expect(negotiate(offer, .audio)?.codecs.map(\.payloadType) == [96])
    }

    @Test func retransmissionGoesOnlyWithItsCodec() throws {
        let offer = try section(
            """
            a=rtpmap:96 AV1/90000
            a=rtpmap:97 rtx/90000
            a=fmtp:97 apt=96
            a=rtpmap:98 VP8/90000
            a=rtpmap:99 rtx/90000
            a=fmtp:99 apt=98
            a=rtpmap:100 rtx/90000
            a=rtpmap:101 rtx/90000
            a=fmtp:101 apt=999
            """, types: "96 97 98 99 100 101")
        #expect(negotiate(offer, .video)?.codecs.map(\.payloadType) == [98, 99])
    }

    @Test func retransmissionAloneIsNoCodec() throws {
        let offer = try section("a=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\n", types: "97")
        #expect(negotiate(offer, .video) == nil)
    }

    @Test(arguments: [
        ("42e01f", "1", true), ("42E034", "1", true), ("4d801f", "1", true), ("42001f", "1", false),
        ("4d001f", "1", false), ("640032", "1", false), ("42e01f", "0", false), ("42e01f", "2", false),
        ("zz", "1", false), ("42e0", "1", false), ("+2e01f", "1", false),
    ])
    func h264MatchesByProfileAndPacketizationMode(level: String, mode: String, matches: Bool) throws {
        let offer = try section(
            "a=rtpmap:96 H264/90000\na=fmtp:96 profile-level-id=\(level);packetization-mode=\(mode)\n", types: "96")
        var own = MediaCapabilities.video
        own.codecs.removeAll { $0.parameters["packetization-mode"] == "0" }
        #expect((negotiate(offer, own) != nil) == matches)
    }

    @Test func h264WithoutParametersMeansBaselineModeZero() throws {
        let offer = try section("a=rtpmap:96 H264/90000\n", types: "96")
        #expect(negotiate(offer, .video) == nil)
        let baseline = Codec(payloadType: 100, name: "h264", clockRate: 90000, parameters: "profile-level-id=42001f")
        #expect(negotiate(offer, MediaCapabilities(codecs: [baseline], extensions: [])) != nil)
    }

    @Test func theLowerLevelIsAnsweredUnlessBothAllowThemToDiffer() throws {
        let lower = "packetization-mode=1;profile-level-id=42e00d"
        let offer = try section("a=rtpmap:96 H264/90000\na=fmtp:96 \(lower)\n", types: "96")
        #expect(negotiate(offer, .video)?.codecs[0].parameters["profile-level-id"] == "42e00d")
        let asymmetric = try section(
            "a=rtpmap:96 H264/90000\na=fmtp:96 \(lower);level-asymmetry-allowed=1\n", types: "96")
        #expect(negotiate(asymmetric, .video)?.codecs[0].parameters["profile-level-id"] == "42e01f")
    }

    @Test func feedbackForAllPayloadTypesCounts() throws {
        let offer = try section("a=rtpmap:96 VP8/90000\na=rtcp-fb:* nack\na=rtcp-fb:96 ccm tmmbr\n", types: "96")
        #expect(negotiate(offer, .video)?.codecs[0].feedback == ["nack"])
    }

    @Test func codecsMatchByNameInAnyCaseClockAndChannels() throws {
        let offer = try section(
            "a=rtpmap:96 OPUS/48000/2\na=rtpmap:97 opus/48000\na=rtpmap:98 opus/16000/2\n", kind: "audio",
            types: "96 97 98")
        #expect(negotiate(offer, .audio)?.codecs.map(\.payloadType) == [96])
    }

    @Test("video codecs that are not decoded are not answered, so that the server asks for the publisher's backup")
    func codecsThatAreNotDecoded() throws {
        let foreign = "a=rtpmap:45 AV1/90000\na=rtpmap:46 rtx/90000\na=fmtp:46 apt=45\na=rtpmap:104 H265/90000\n"
        #expect(negotiate(try section(foreign, types: "45 46 104"), .video) == nil)
        let mixed = try section(
            foreign + "a=rtpmap:96 VP8/90000\na=rtpmap:98 VP9/90000\na=fmtp:98 profile-id=2\n", types: "45 46 104 96 98"
        )
        #expect(negotiate(mixed, .video)?.codecs.map(\.payloadType) == [96])
    }

    @Test("JPEG is taken where it is wanted, also under its fixed payload type alone")
    func jpeg() throws {
        let offer = try section("a=rtcp-fb:26 nack pli\n", types: "26")
        #expect(negotiate(offer, .video) == nil)
        let agreed = try #require(negotiate(offer, .videoWithJPEG))
        #expect(agreed.codecs.map(\.payloadType) == [26] && agreed.codecs[0].clockRate == 90_000)
        #expect(agreed.codecs[0].feedback == ["nack pli"])
        let both = try section("a=rtpmap:100 JPEG/90000\na=rtpmap:96 VP8/90000\n", types: "100 96")
        #expect(negotiate(both, .videoWithJPEG)?.codecs.map(\.name) == ["JPEG", "VP8"])
        #expect(negotiate(both, .video)?.codecs.map(\.name) == ["VP8"])
    }

    @Test func extensionsKeepTheRemoteIdsOnceEach() throws {
        let uri = HeaderExtension.midURI
        let offer = try section(
            """
            a=rtpmap:96 VP8/90000
            a=extmap:9 urn:unknown
            a=extmap:7/sendonly \(uri)
            a=extmap:8 \(uri)
            a=extmap:7 \(HeaderExtension.absoluteSendTimeURI)
            """, types: "96")
        let agreed = try #require(negotiate(offer, .video))
        #expect(agreed.extensions == [HeaderExtension(id: 7, uri: uri, direction: .recvonly)])
    }

    @Test(arguments: MediaDirection.allCases, MediaDirection.allCases)
    func theAnswersDirectionIsWhatBothAllow(remote: MediaDirection, wanted: MediaDirection) throws {
        let offer = try section("a=rtpmap:96 VP8/90000\na=\(remote.rawValue)\n", types: "96")
        let agreed = try #require(Negotiation.negotiate(.video, with: offer, wanted: wanted))
        #expect(agreed.direction.sends == (wanted.sends && remote.receives))
        #expect(agreed.direction.receives == (wanted.receives && remote.sends))
    }

    @Test func aSectionWithNothingInCommonIsRejectedAndNotBundled() throws {
        let text = """
            v=0
            o=- 1 1 IN IP4 0.0.0.0
            s=-
            t=0 0
            a=group:BUNDLE a b c d
            m=video 9 UDP/TLS/RTP/SAVPF 96
            a=mid:a
            a=rtpmap:96 H261/90000
            m=video 9 RTP/AVP 96
            a=mid:b
            a=rtpmap:96 VP8/90000
            m=video 0 UDP/TLS/RTP/SAVPF 96
            a=mid:c
            a=rtpmap:96 VP8/90000
            m=video 0 UDP/TLS/RTP/SAVPF 96
            a=mid:d
            a=bundle-only
            a=rtpmap:96 VP8/90000
            """
        let answer = try AnswerCheck.answer(SessionDescription(parsing: text))
        #expect(answer.media.map(\.isRejected) == [true, true, true, false])
        #expect(answer.bundle == ["d"])
    }

    @Test func aSendingAnswerAnnouncesItsSources() throws {
        let offer = try SessionDescription(parsing: SDPFixtures.text("v1-single-pc-01-out-offer"))
        let msid = MediaStreamIdentification(streamID: "stream", trackID: "track")
        let track = LocalTrackDescription(msid: msid, cname: "name", ssrc: 1, rtxSSRC: 2)
        for (mid, rtx) in [("3", UInt32(2)), ("0", nil)] as [(String, UInt32?)] {
            let remote = try #require(offer.section(mid: mid))
            let answer = Negotiation.answer(
                to: remote, capabilities: AnswerCheck.capabilities(try #require(remote.mediaKind)), wanted: .sendonly,
                transport: AnswerCheck.transport, track: track)
            #expect(answer.msid == msid)
            #expect(answer.mediaSources.map(\.ssrc) == [1])
            #expect(answer.mediaSources.first?.rtxSSRC == rtx)
            #expect(answer.sources.allSatisfy { $0.cname == "name" && $0.msid == msid })
        }
    }

    @Test func theRoleInTheAnswerIsTheOneLeftOver() {
        #expect(Negotiation.answeredSetup(to: .actpass) == .active)
        #expect(Negotiation.answeredSetup(to: .passive) == .active)
        #expect(Negotiation.answeredSetup(to: .active) == .passive)
        #expect(Negotiation.answeredSetup(to: nil) == .active)
    }
}
